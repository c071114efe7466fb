package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;

/** The words of a command of the debugger, read from left to right. */
final class CommandWords {
    private static final long MAX = 0xffff_ffffL;

    private String rest;

    CommandWords(String line) {
        rest = line.strip();
    }

    /** {@return the next word, empty at the end of the line} */
    String next() {
        int end = 0;
        while (end < rest.length() && !Character.isWhitespace(rest.charAt(end))) {
            end++;
        }
        String word = rest.substring(0, end);
        rest = rest.substring(end).strip();
        return word;
    }

    /** {@return the rest of the line, without the blanks around it} */
    String remaining() {
        String all = rest;
        rest = "";
        return all;
    }

    /**
     * Checks that the line has no more words.
     *
     * @throws Refusal if it has
     */
    void end() throws Refusal {
        if (!rest.isEmpty()) {
            throw new Refusal("'" + Printable.message(rest) + "' (expected: nothing more)");
        }
    }

    /** {@return whether a word is not empty and a name begins with it} */
    static boolean isAbbreviation(String typed, String name) {
        return !typed.isEmpty() && name.startsWith(typed);
    }

    /**
     * {@return an unsigned number of 32 bits, written in decimal, or in hexadecimal after 0x}
     *
     * @throws Refusal if the word is not such a number
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
