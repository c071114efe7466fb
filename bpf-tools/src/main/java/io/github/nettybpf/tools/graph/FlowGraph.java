package io.github.nettybpf.tools.graph;

import io.github.nettybpf.core.Program;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The control flow of a program: boxes of instructions that run one after the other, and the ways between them, which only
 * lead on. Does not change.
 *
 * @param heading what stands above the picture, a line each
 * @param boxes the boxes, in the order of their first instructions
 * @param edges the ways
 * @param packets how many packets took these ways, or -1 if none were sent
 */
public record FlowGraph(List<String> heading, List<Box> boxes, List<Edge> edges, long packets) {
    /** What becomes of a packet in a box. */
    enum Kind {
        /** It goes on. */
        CODE,
        /** A constant other than 0 is returned. */
        KEEP,
        /** 0 is returned. */
        DROP,
        /** A is returned. */
        RETURN_A
    }

    /** Which way out of a box. */
    enum Way {
        TRUE,
        FALSE,
        NEXT
    }

    /**
     * A line of a box.
     *
     * @param pc the number of the instruction, or -1 where some are left out
     * @param text the instruction
     * @param note what the packets did there, or empty
     */
    record Row(int pc, String text, String note) {}

    /**
     * Instructions without a jump but behind the last, or a list of tests.
     *
     * @param kind how it ends
     * @param rows the instructions
     * @param dead whether no way leads here from the first instruction
     * @param count how many packets came here; 0 if none were sent
     */
    record Box(Kind kind, List<Row> rows, boolean dead, long count) {}

    /**
     * A way from a box to one further down.
     *
     * @param from the index of the box it leaves
     * @param to the index of the box it leads to
     * @param way which
     * @param label when it is taken
     * @param count how many packets took it; 0 if none were sent
     */
    record Edge(int from, int to, Way way, String label, long count) {}

    /**
     * {@return the graph of a program}
     *
     * @param heading what stands above the picture, a line each
     * @param program the program
     * @param fold whether lists of tests become one box, jumps to jumps one way, and long boxes short
     * @param traffic what packets did, or null
     */
    public static FlowGraph of(List<String> heading, Program program, boolean fold, @Nullable Traffic traffic) {
        return new FlowGraphBuilder(program, fold, traffic).graph(heading);
    }

    /** {@return whether packets were sent} */
    boolean hasTraffic() {
        return packets >= 0;
    }

    /** {@return whether packets were sent, and none came this way} */
    boolean isIdle(long count) {
        return hasTraffic() && count == 0;
    }

    /** {@return how many packets went this way, and what share of all they are: {@code 1,204 (35.1 %)}} */
    String share(long count) {
        if (count == 0) {
            return "0";
        }
        return String.format(Locale.ROOT, "%,d (%.1f %%)", count, 100.0 * count / packets);
    }

    /** {@return the width of a line for so many packets, in pixels}: from 1 for hardly any to 6 for all. */
    double stroke(long count) {
        if (!hasTraffic()) {
            return 1.6;
        }
        return count == 0 ? 1 : 1.4 + 4.6 * Math.sqrt((double) count / packets);
    }
}
