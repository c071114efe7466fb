package io.github.nettybpf.core.text;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Characters that word processors, chat programs and web pages put in the place of those that a notation has: curly
 * quotation marks, no-break spaces, full-width parentheses. On a screen they look right, so messages name them.
 */
final class Lookalikes {
    private static final int FULL_WIDTH_FIRST = 0xff01;
    private static final int FULL_WIDTH_LAST = 0xff5e;
    private static final int FULL_WIDTH_TO_ASCII = 0xff01 - '!';

    private Lookalikes() {}

    /** {@return what is wrong with the character at a position of the text, or null if it is no look-alike} */
    static @Nullable String problem(String text, int at) {
        if (at >= text.length()) {
            return null;
        }
        int character = text.codePointAt(at);
        String expected = expected(character);
        if (expected == null) {
            return null;
        }
        if (character < 128) {
            return "quotation mark " + (char) character + " (expected: " + expected + ")";
        }
        String name = String.valueOf(Character.getName(character)).toLowerCase(Locale.ROOT);
        return String.format("U+%04X, %s (expected: %s)", character, name, expected);
    }

    /** {@return the position of the first look-alike in a part of the text, or -1 if there is none} */
    static int find(String text, int from, int to) {
        for (int at = from; at < to; at++) {
            if (expected(text.charAt(at)) != null) {
                return at;
            }
        }
        return -1;
    }

    private static @Nullable String expected(int character) {
        if (character >= FULL_WIDTH_FIRST && character <= FULL_WIDTH_LAST) {
            return Character.toString(character - FULL_WIDTH_TO_ASCII);
        }
        return switch (character) {
            case '"', '\'', '`' -> "the text without quotes";
            case 0x2018, 0x2019, 0x201a, 0x201b, 0x2032 -> "' or no quotes";
            case 0x201c, 0x201d, 0x201e, 0x201f, 0x2033, 0xab, 0xbb -> "\" or no quotes";
            case 0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212 -> "-";
            case 0xd7 -> "*";
            case 0x200b, 0x200c, 0x200d, 0x2060, 0xfeff -> "nothing";
            default -> Character.getType(character) == Character.SPACE_SEPARATOR && character != ' ' ? "a space" : null;
        };
    }
}
