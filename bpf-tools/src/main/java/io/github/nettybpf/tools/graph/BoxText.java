package io.github.nettybpf.tools.graph;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.tools.graph.FlowGraph.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The rows of boxes: instructions as tcpdump lists them, without the targets of jumps, which the edges show. */
final class BoxText {
    private static final int LIST_HEAD = 8;
    private static final int LIST_TAIL = 2;
    private static final int CODE_HEAD = 20;
    private static final int CODE_TAIL = 10;

    private final Program program;
    private final List<String> instructions;
    private final boolean fold;
    private final @Nullable Traffic traffic;

    BoxText(Program program, boolean fold, @Nullable Traffic traffic) {
        this.program = program;
        this.instructions = InstructionText.of(program);
        this.fold = fold;
        this.traffic = traffic;
    }

    /** {@return a row for each instruction from one to another, inclusive} */
    List<Row> code(int from, int to) {
        List<Row> rows = new ArrayList<>();
        int left = to - from + 1 - CODE_HEAD - CODE_TAIL;
        for (int pc = from; pc <= to; pc++) {
            if (fold && left > 1 && pc == from + CODE_HEAD) {
                rows.add(gap(left, ended(pc, pc + left - 1)));
                pc += left;
            }
            rows.add(new Row(pc, instructions.get(pc), note(pc)));
        }
        return rows;
    }

    /** Returns show how many packets they ended, and other instructions how many ended there without a return. */
    private String note(int pc) {
        boolean isReturn = program.instructions().get(pc).isReturn();
        return isReturn && traffic != null ? String.format(Locale.ROOT, "%,d", traffic.visits(pc)) : ended(pc, pc);
    }

    private String ended(int from, int to) {
        long ended = 0;
        for (int pc = from; traffic != null && pc <= to; pc++) {
            ended += traffic.ended(pc);
        }
        return ended == 0 ? "" : String.format(Locale.ROOT, "%,d end here", ended);
    }

    /** {@return the row of a test in a list with one target} */
    Row test(int pc) {
        return new Row(pc, instructions.get(pc), hits(traffic == null ? 0 : traffic.taken(pc)));
    }

    /** {@return the row of a test in a list, with the return that it leads to} */
    Row test(int pc, int target) {
        Row test = test(pc);
        return new Row(pc, test.text() + " \u2192 " + instructions.get(target).replaceFirst(" +", " "), test.note());
    }

    private String hits(long hits) {
        return traffic == null ? "" : String.format(Locale.ROOT, "%,d", hits);
    }

    /** {@return the rows of a list, shortened in the middle if there are many} */
    List<Row> shortened(List<Row> rows, long[] hits) {
        int left = rows.size() - LIST_HEAD - LIST_TAIL;
        if (left <= 1) {
            return rows;
        }
        long hidden = 0;
        for (int i = LIST_HEAD; i < LIST_HEAD + left; i++) {
            hidden += hits[i];
        }
        List<Row> shortened = new ArrayList<>(rows.subList(0, LIST_HEAD));
        shortened.add(gap(left, hits(hidden)));
        shortened.addAll(rows.subList(LIST_HEAD + left, rows.size()));
        return shortened;
    }

    private static Row gap(int left, String note) {
        return new Row(-1, String.format(Locale.ROOT, "\u2026 %,d more", left), note);
    }
}
