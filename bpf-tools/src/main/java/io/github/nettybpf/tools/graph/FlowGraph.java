package io.github.nettybpf.tools.graph;

import io.github.nettybpf.core.Program;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The control-flow graph of a program: basic blocks, here called boxes, and the edges between them, which only lead
 * forwards. Immutable.
 *
 * @param heading the lines above the picture
 * @param boxes the boxes, in the order of their first instructions
 * @param edges the edges
 * @param packets how many packets were run through the program, or -1 without a capture
 */
public record FlowGraph(List<String> heading, List<Box> boxes, List<Edge> edges, long packets) {
    /** How a box ends. */
    enum Kind {
        /** With a jump, or at the beginning of the next box. */
        CODE,
        /** With a return of a constant other than 0. */
        KEEP,
        /** With a return of 0. */
        DROP,
        /** With a return of A. */
        RETURN_A
    }

    /** Which of the edges out of a box. */
    enum Branch {
        /** From a test that holds. */
        TRUE,
        /** From a test that does not hold. */
        FALSE,
        /** The only one. */
        NEXT
    }

    /**
     * A row of a box.
     *
     * @param pc the number of the instruction, or -1 where some are left out
     * @param text the instruction
     * @param note how many packets ended or branched there, or empty
     */
    record Row(int pc, String text, String note) {}

    /**
     * A basic block, or a list of tests.
     *
     * @param kind how it ends
     * @param rows the instructions
     * @param dead whether it is unreachable
     * @param count how many packets reached it; 0 without a capture
     */
    record Box(Kind kind, List<Row> rows, boolean dead, long count) {}

    /**
     * An edge from a box to a later one.
     *
     * @param from the index of the box that it leaves
     * @param to the index of the box that it leads to
     * @param branch which of the edges out of its box it is
     * @param label when it is taken
     * @param count how many packets took it; 0 without a capture
     */
    record Edge(int from, int to, Branch branch, String label, long count) {}

    /**
     * {@return the graph of a program}
     *
     * @param heading the lines above the picture
     * @param program the program
     * @param fold whether lists of tests become one box, jumps to jumps one edge, and long boxes short
     * @param traffic the counts of packets, or null without a capture
     */
    public static FlowGraph of(List<String> heading, Program program, boolean fold, @Nullable Traffic traffic) {
        return new FlowGraphBuilder(program, fold, traffic).graph(heading);
    }

    /** {@return whether there are counts of packets} */
    boolean hasTraffic() {
        return packets >= 0;
    }

    /** {@return whether there are counts of packets, and this one is 0} */
    boolean isIdle(long count) {
        return hasTraffic() && count == 0;
    }

    /** {@return a count of packets and its share of all, for example {@code 1,204 (35.1 %)}} */
    String share(long count) {
        if (count == 0) {
            return "0";
        }
        return String.format(Locale.ROOT, "%,d (%.1f %%)", count, 100.0 * count / packets);
    }

    /** {@return the width of an edge for a count of packets, in pixels, from 1 for none to 6 for all} */
    double stroke(long count) {
        if (!hasTraffic()) {
            return 1.6;
        }
        return count == 0 ? 1 : 1.4 + 4.6 * Math.sqrt((double) count / packets);
    }
}
