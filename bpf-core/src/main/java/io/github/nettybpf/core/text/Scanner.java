package io.github.nettybpf.core.text;

import io.github.nettybpf.core.AssemblyException;
import org.jspecify.annotations.Nullable;

/**
 * Scans the words, numbers and signs of bpf_asm text. The meaning of {@code #} depends on its position: at the start of
 * a line, and wherever no operand can follow, it starts a comment. So the assembler says when it asks for an operand.
 */
final class Scanner {
    private static final char END = '\0';
    private static final int MAX_QUOTED = 40;

    private final String text;
    private int at;
    private int operand;

    Scanner(String text) {
        this.text = text;
    }

    /** {@return whether there is another token} */
    boolean hasNext() {
        skip(true);
        return at < text.length();
    }

    /** {@return the position of the next token} */
    int position() {
        skip(false);
        return at;
    }

    /** Notes the position of the next token as that of the operand, for errors. */
    void markOperand() {
        operand = position();
    }

    /** {@return the position that {@link #markOperand} noted last} */
    int operandPosition() {
        return operand;
    }

    boolean isNext(char sign) {
        skip(false);
        return peek() == sign;
    }

    boolean isNextWord() {
        skip(false);
        return isWordStart(peek());
    }

    boolean isNextWord(String lowerCase) {
        skip(false);
        int end = wordEnd();
        return text.substring(at, end).equalsIgnoreCase(lowerCase);
    }

    /** Takes a {@code #} before an operand, if there is one, and notes the position of the operand. */
    boolean takeOperandHash() {
        skip(false);
        boolean taken = peek() == '#';
        if (taken) {
            at++;
        }
        markOperand();
        return taken;
    }

    boolean takeX() {
        return takeRegister("x");
    }

    /** Takes the name of a register, with or without {@code %}, if it comes next. */
    boolean takeRegister(String lowerCase) {
        skip(false);
        int before = at;
        if (peek() == '%') {
            at++;
            skip(false);
        }
        if (isNextWord(lowerCase)) {
            at = wordEnd();
            return true;
        }
        at = before;
        return false;
    }

    void expect(char sign) {
        skip(true);
        if (peek() != sign) {
            throw error(at, describeNext() + " (expected: " + sign + ")");
        }
        at++;
    }

    void expectWord(String lowerCase, String expected) {
        if (!isNextWord(lowerCase)) {
            throw error(at, describeNext() + " (expected: " + expected + ")");
        }
        at = wordEnd();
    }

    void expectNumber(int value, String expected) {
        int before = position();
        if (!isNumberStart() || number() != value) {
            at = before;
            throw error(before, describeNext() + " (expected: " + expected + ")");
        }
    }

    String word(String expected) {
        skip(false);
        if (!isWordStart(peek())) {
            throw error(at, describeNext() + " (expected: " + expected + ")");
        }
        int start = at;
        at = wordEnd();
        return text.substring(start, at);
    }

    /** Takes a number: decimal with an optional sign, 0x hexadecimal, 0b binary or 0 octal, -2147483648..4294967295. */
    int number() {
        skip(false);
        int start = at;
        if (!isNumberStart()) {
            throw error(at, describeNext() + " (expected: a number)");
        }
        boolean negative = peek() == '-';
        boolean signed = negative || peek() == '+';
        if (signed) {
            at++;
        }
        int radix = 10;
        if (!signed && peek() == '0' && at + 1 < text.length()) {
            char marker = text.charAt(at + 1);
            if (marker == 'x' || marker == 'X') {
                radix = 16;
                at += 2;
            } else if (marker == 'b' || marker == 'B') {
                radix = 2;
                at += 2;
            } else if (isDigit(marker)) {
                radix = 8;
                at += 1;
            }
        }
        int digits = at;
        long value = 0;
        while (Character.digit(peekAscii(), radix) >= 0) {
            value = Math.min(value * radix + Character.digit(peek(), radix), 1L << 33);
            at++;
        }
        if (at == digits || isWordPart(peek())) {
            at = tokenEnd(start + (signed ? 1 : 0));
            throw error(start, quoted(text.substring(start, at)) + " (expected: a number)");
        }
        if (value > (negative ? 1L << 31 : 0xffff_ffffL)) {
            throw error(
                    start,
                    "number " + quoted(text.substring(start, at)).replace("'", "")
                            + " (expected: -2147483648..4294967295)");
        }
        return (int) (negative ? -value : value);
    }

    /** {@return whether a number comes next} */
    boolean isNextNumber() {
        markOperand();
        return isNumberStart();
    }

    private boolean isNumberStart() {
        char first = peek();
        if (first != '-' && first != '+') {
            return isDigit(first);
        }
        char digit = at + 1 < text.length() ? text.charAt(at + 1) : END;
        return digit >= '1' && digit <= '9';
    }

    /** {@return the next token in quotes, for a message} */
    String describeNext() {
        skip(false);
        if (at == text.length()) {
            return "end of text";
        }
        int end = Math.max(tokenEnd(at), text.offsetByCodePoints(at, 1));
        int first = text.codePointAt(at);
        return Character.isISOControl(first)
                ? String.format("character 0x%02x", first)
                : quoted(text.substring(at, end));
    }

    /** {@return the token at a position in quotes, for a message} */
    String describe(int position) {
        at = position;
        return describeNext();
    }

    /** {@return the token in quotes, for a message: truncated if it is long, without control characters} */
    static String quoted(String token) {
        String shown = token.length() > MAX_QUOTED ? token.substring(0, MAX_QUOTED) + "..." : token;
        return "'" + shown.replaceAll("\\p{Cntrl}", "?") + "'";
    }

    AssemblyException error(int position, String problem) {
        return error(position, problem, null);
    }

    /** A look-alike at the position is the problem, whatever else was expected there. */
    AssemblyException error(int position, String problem, @Nullable Throwable cause) {
        String lookalike = cause == null ? Lookalikes.problem(text, position) : null;
        int line = 1;
        int lineStart = 0;
        for (int i = text.indexOf('\n'); i >= 0 && i < position; i = text.indexOf('\n', i + 1)) {
            line++;
            lineStart = i + 1;
        }
        AssemblyException error =
                new AssemblyException(line, position - lineStart + 1, lookalike == null ? problem : lookalike);
        if (cause != null) {
            error.initCause(cause);
        }
        return error;
    }

    /** Skips white space and comments; those that start with {@code #} only if no operand can follow. */
    private void skip(boolean hashIsComment) {
        while (at < text.length()) {
            char next = text.charAt(at);
            if (next == ' ' || next == '\t' || next == '\n' || next == '\r' || next == '\f') {
                at++;
            } else if (next == ';' || text.startsWith("//", at) || (next == '#' && (hashIsComment || isLineStart()))) {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else if (text.startsWith("/*", at)) {
                int end = text.indexOf("*/", at + 2);
                if (end < 0) {
                    throw error(at, "a comment without end (expected: */)");
                }
                at = end + 2;
            } else {
                return;
            }
        }
    }

    private boolean isLineStart() {
        return at == 0 || text.charAt(at - 1) == '\n';
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : END;
    }

    /** {@return the next character if it is ASCII: digits of other scripts are not accepted} */
    private char peekAscii() {
        return peek() < 128 ? peek() : END;
    }

    private int wordEnd() {
        if (!isWordStart(peek())) {
            return at;
        }
        return tokenEnd(at);
    }

    private int tokenEnd(int start) {
        int end = start;
        while (end < text.length() && isWordPart(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isWordStart(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    }

    private static boolean isWordPart(char c) {
        return isWordStart(c) || isDigit(c);
    }
}
