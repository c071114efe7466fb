package io.github.nettybpf.core.text;

import java.util.regex.Pattern;

/**
 * What comes along when a program is copied from a file or a terminal, and is not part of it: a byte order mark, lines
 * of comments, and the messages of tcpdump in front of a program.
 */
public final class Surroundings {
    private static final String BYTE_ORDER_MARK = "\ufeff";

    /** "$ " is the prompt of a shell. tc writes a line for each filter, and one more for each of its handles. */
    private static final Pattern MESSAGE = Pattern.compile("Warning: |tcpdump: |reading from file |\\$ "
            + "|filter (?:parent \\S++ )?+protocol \\S++ pref [0-9]++ bpf(?: chain [0-9]++)?+\\s*+$");

    private static final Pattern HASH_LINE = Pattern.compile("^[ \\t]*+#.*+$", Pattern.MULTILINE);

    private Surroundings() {}

    /** {@return the text without the mark that some editors put at the beginning of files} */
    public static String withoutByteOrderMark(String text) {
        return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    }

    /**
     * {@return the text with blanks in place of all lines that begin with {@code #}, {@code ;} or {@code //}, and of the
     * messages before the first other line} All else stays at its position.
     */
    static String blanked(String text) {
        return blanked(text, true);
    }

    /** {@return the text without the lines that begin with {@code #}} */
    static String withoutHashLines(String text) {
        return HASH_LINE.matcher(text).replaceAll("");
    }

    /** {@return the text with blanks in place of the messages before the first line that is no comment} */
    static String withoutMessages(String text) {
        return blanked(text, false);
    }

    private static String blanked(String text, boolean withComments) {
        StringBuilder blanked = null;
        boolean isInFront = true;
        int start = 0;
        while (start < text.length()) {
            int end = lineEnd(text, start);
            int at = skipSpace(text, start, end);
            boolean isMessage =
                    isInFront && MESSAGE.matcher(text).region(at, end).lookingAt();
            boolean isComment = at < end && isComment(text, at);
            if (isMessage || (isComment && withComments)) {
                blanked = blanked == null ? new StringBuilder(text) : blanked;
                blank(blanked, at, end);
            }
            isInFront &= at == end || isMessage || isComment;
            start = end + 1;
        }
        return blanked == null ? text : blanked.toString();
    }

    private static boolean isComment(String text, int at) {
        return text.charAt(at) == '#' || text.charAt(at) == ';' || text.startsWith("//", at);
    }

    static void blank(StringBuilder text, int from, int to) {
        for (int at = from; at < to; at++) {
            if (text.charAt(at) != '\n') {
                text.setCharAt(at, ' ');
            }
        }
    }

    static int lineEnd(String text, int from) {
        int end = text.indexOf('\n', from);
        return end < 0 ? text.length() : end;
    }

    static int skipSpace(String text, int from, int to) {
        int at = from;
        while (at < to && isSpace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /** {@return whether it separates words} Those of other scripts do not: they are named instead. */
    static boolean isSpace(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }
}
