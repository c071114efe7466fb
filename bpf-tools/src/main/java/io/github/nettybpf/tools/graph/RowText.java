package io.github.nettybpf.tools.graph;

import io.github.nettybpf.tools.graph.FlowGraph.Box;
import io.github.nettybpf.tools.graph.FlowGraph.Row;

/** Rows as plain text, for notations in which a box is one text. */
final class RowText {
    private RowText() {}

    /** {@return the number of an instruction, or as many blanks} */
    static String number(Row row) {
        return row.pc() < 0 ? "   " : String.format("%03d", row.pc());
    }

    /** {@return how many characters the numbers and instructions take} */
    static int width(Box box) {
        return box.rows().stream()
                .mapToInt(row -> number(row).length() + 2 + row.text().length())
                .max()
                .orElse(0);
    }

    /** {@return the row, with its note behind a column} */
    static String of(Row row, int width) {
        String line = number(row) + "  " + row.text();
        return row.note().isEmpty() ? line : line + " ".repeat(width - line.length()) + "   " + row.note();
    }
}
