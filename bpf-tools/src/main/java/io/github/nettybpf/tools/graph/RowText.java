package io.github.nettybpf.tools.graph;

import io.github.nettybpf.tools.graph.FlowGraph.Box;
import io.github.nettybpf.tools.graph.FlowGraph.Row;

/** Formats rows as plain text, for formats in which a box is one text. */
final class RowText {
    private RowText() {}

    /** {@return the number of an instruction, or three blanks for a row without one} */
    static String number(Row row) {
        return row.pc() < 0 ? "   " : String.format("%03d", row.pc());
    }

    /** {@return the width of the rows in characters, without notes} */
    static int width(Box box) {
        return box.rows().stream()
                .mapToInt(row -> number(row).length() + 2 + row.text().length())
                .max()
                .orElse(0);
    }

    /** {@return the row, with its note after a column of {@code width}} */
    static String of(Row row, int width) {
        String line = number(row) + "  " + row.text();
        return row.note().isEmpty() ? line : line + " ".repeat(width - line.length()) + "   " + row.note();
    }
}
