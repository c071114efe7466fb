package io.github.nettybpf.expression.parse;

import java.util.Collection;
import java.util.TreeSet;

/** How messages show a word of an expression, and which word its author may have meant. */
public final class Spelling {
    /** How many characters of a word a message shows. */
    static final int SHOWN = 40;

    private Spelling() {}

    /**
     * {@return the text, cut after 40 characters}
     *
     * @param text a word of an expression
     */
    public static String shortened(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    }

    /**
     * {@return "; did you mean 'NAME'?" for the candidate with the smallest edit distance, or "" if none is near}
     *
     * @param word a word that is not known
     * @param candidates the words that are
     */
    public static String suggestion(String word, Collection<String> candidates) {
        String best = "";
        int bestDistance = word.length() <= 3 ? 2 : 3;
        if (word.length() > 1 && word.length() <= SHOWN) {
            for (String candidate : new TreeSet<>(candidates)) {
                int distance = distance(word, candidate);
                if (distance < bestDistance && distance < candidate.length()) {
                    best = candidate;
                    bestDistance = distance;
                }
            }
        }
        return best.isEmpty() ? "" : "; did you mean '" + best + "'?";
    }

    /** {@return the Damerau-Levenshtein distance: insertions, deletions, substitutions and transpositions} */
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int replaced = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(replaced, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                boolean swapped =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                if (swapped) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
