package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;

/**
 * A line of words, which the debugger reads from left to right.
 */
final class CommandWords {
    private static final long MAX = 0xffff_ffffL;

    private String rest;

    CommandWords(String line) {
        rest = line.strip();
    }

    /** {@return the next word}, empty at the end of the line. */
    String next() {
        int end = 0;
        while (end < rest.length() && !Character.isWhitespace(rest.charAt(end))) {
            end++;
        }
        String word = rest.substring(0, end);
        rest = rest.substring(end).strip();
        return word;
    }

    /** {@return all that has not been read}, the blanks around it taken away. */
    String rest() {
        String all = rest;
        rest = "";
        return all;
    }

    /**
     * Asks for the end of the line.
     *
     * @throws Refusal if something is left
     */
    void end() throws Refusal {
        if (!rest.isEmpty()) {
            throw new Refusal("'" + Printable.message(rest) + "' (expected: nothing more)");
        }
    }

    /** {@return whether a word that was typed, and not nothing, is the beginning of a name} */
    static boolean isAbbreviation(String typed, String name) {
        return !typed.isEmpty() && name.startsWith(typed);
    }

    /**
     * {@return a number of 32 bits, unsigned}: decimal, or hexadecimal behind 0x.
     *
     * @throws Refusal if the word is none
     */
    static long number(String word) throws Refusal {
        boolean isHex = word.regionMatches(true, 0, "0x", 0, 2);
        String digits = isHex ? word.substring(2) : word;
        if (digits.matches(isHex ? "[0-9a-fA-F]{1,16}" : "[0-9]{1,18}")) {
            long value = isHex ? Long.parseUnsignedLong(digits, 16) : Long.parseLong(digits);
            if (value >= 0 && value <= MAX) {
                return value;
            }
        }
        throw new Refusal("'" + Printable.message(word) + "' (expected: a number, 0..4294967295 or 0x0..0xffffffff)");
    }
}
