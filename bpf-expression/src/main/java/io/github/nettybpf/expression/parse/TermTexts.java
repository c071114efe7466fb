package io.github.nettybpf.expression.parse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where the terms of an expression that have no terms of their own are in its text, in the order of the text. A term has
 * two pieces, because its qualifiers may precede it at a distance: {@code port 80} is inherited by {@code 443} in {@code
 * port 80 or 443}, and {@code not} may follow qualifiers.
 */
final class TermTexts {
    /** For each term the offset of its qualifiers, the one after them, and those of the rest of it. */
    private int[] offsets = new int[16];

    private int used;

    /** Adds a term in one piece. */
    void add(int start, int end) {
        add(start, start, start, end);
    }

    /** Adds a term whose qualifiers may be elsewhere. */
    void add(int qualifiersStart, int qualifiersEnd, int start, int end) {
        if (used == offsets.length) {
            offsets = Arrays.copyOf(offsets, 2 * used);
        }
        offsets[used++] = qualifiersStart;
        offsets[used++] = qualifiersEnd;
        offsets[used++] = start;
        offsets[used++] = end;
    }

    /** {@return the terms as they are written, but with one blank between words} */
    List<String> in(String text) {
        List<String> terms = new ArrayList<>(used / 4);
        for (int i = 0; i < used; i += 4) {
            String written =
                    text.substring(offsets[i], offsets[i + 1]) + " " + text.substring(offsets[i + 2], offsets[i + 3]);
            terms.add(written.strip().replaceAll("[ \\t\\r\\n]+", " "));
        }
        return terms;
    }
}
