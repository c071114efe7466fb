package io.github.nettybpf.tools.cli;

import java.util.Collection;
import java.util.TreeSet;

/** Finds the name that a misspelt one may have meant. */
final class Nearest {
    /** How many letters to insert, delete or replace, at most. */
    private static final int MOST_EDITS = 2;

    private Nearest() {}

    /** {@return "; did you mean 'NAME'?" for the name that takes the fewest edits, or "" if none is near} */
    static String suggestion(String word, Collection<String> names) {
        String best = "";
        int fewest = MOST_EDITS + 1;
        for (String name : new TreeSet<>(names)) {
            int edits = Math.abs(name.length() - word.length()) > MOST_EDITS ? fewest : edits(word, name);
            // Of a short word, something has to be left.
            if (edits < fewest && 2 * edits < word.length()) {
                best = name;
                fewest = edits;
            }
        }
        return best.isEmpty() ? "" : "; did you mean '" + best + "'?";
    }

    /** {@return the Levenshtein distance} */
    private static int edits(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
