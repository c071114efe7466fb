package io.github.nettybpf.tools;

/** Makes untrusted text safe for a terminal: one line, no control characters. */
public final class Printable {
    private static final int MESSAGE_HEAD = 300;
    private static final int MESSAGE_TAIL = 100;
    private static final int EXCERPT_WIDTH = 76;
    private static final String CUT = "...";

    private Printable() {}

    /** {@return the text, a blank for each tab and ? for each character that a terminal would act on or not show} */
    public static String of(String text) {
        StringBuilder printable = new StringBuilder(text.length());
        text.codePoints().forEach(c -> printable.appendCodePoint(replacement(c)));
        return printable.toString();
    }

    private static int replacement(int c) {
        if (c == '\t') {
            return ' ';
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.UNASSIGNED,
                    Character.PRIVATE_USE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.NON_SPACING_MARK,
                    Character.ENCLOSING_MARK -> '?';
            default -> c;
        };
    }

    /** {@return the message, printable, without its middle if it is very long} */
    public static String message(String message) {
        if (message.length() <= MESSAGE_HEAD + MESSAGE_TAIL) {
            return of(message);
        }
        return of(message.substring(0, MESSAGE_HEAD)) + CUT + of(message.substring(message.length() - MESSAGE_TAIL));
    }

    /** {@return two indented lines: the part of a line around a column, and a caret below the column} */
    public static String excerpt(String line, int column) {
        int at = Math.min(column - 1, line.length());
        int from = Math.max(0, Math.min(at - EXCERPT_WIDTH / 2, line.length() - EXCERPT_WIDTH));
        int to = Math.min(line.length(), from + EXCERPT_WIDTH);
        String text = of(line.substring(from, to));
        if (from > 0) {
            text = CUT + text.substring(CUT.length());
        }
        if (to < line.length()) {
            text = text.substring(0, text.length() - CUT.length()) + CUT;
        }
        return "  " + text + "\n  " + " ".repeat(at - from) + "^";
    }
}
