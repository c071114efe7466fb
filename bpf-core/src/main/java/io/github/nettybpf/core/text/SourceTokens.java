package io.github.nettybpf.core.text;

import io.github.nettybpf.core.AssemblyException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The words, numbers and signs of text in the syntax of C, Go, Rust or Python, without its comments. */
final class SourceTokens {
    private static final String END = "";

    /** The first of the control characters that have a letter, \a to \r. */
    private static final int BELL = 7;

    private static final Pattern TOKEN =
            Pattern.compile("[A-Za-z_$][A-Za-z0-9_$]*+|[0-9][A-Za-z0-9_]*+|<<|.", Pattern.DOTALL);

    /** A preprocessor directive that leaves a part of the text out, or makes names mean something else. */
    private static final Pattern DIRECTIVE =
            Pattern.compile("#(?:if|ifdef|ifndef|else|elif|endif|undef|error|pragma|line)\\b");

    private static final Pattern DEFINE = Pattern.compile("#[ \\t]*+define[ \\t]++\\w++");
    private static final Pattern CHARACTER = Pattern.compile("'(?:\\\\[^'\\n]{1,4}|\\\\'|[^'\\\\\\n])'");
    private static final Pattern BYTE = Pattern.compile("[0-9]{1,2}|1[0-9]{2}|2[0-4][0-9]|25[0-5]");
    private static final Pattern CONTINUED = Pattern.compile("\\\\[ \\t]*+\\r?+(?:\\n|$)");

    private final String text;
    private final String code;
    private int at;
    private String token = END;

    SourceTokens(String text) {
        this.text = text;
        this.code = withoutComments(text);
        moveTo(0);
    }

    /** {@return the text with blanks in place of comments, so that positions in it stay the same} */
    private static String withoutComments(String text) {
        StringBuilder code = new StringBuilder(Surroundings.withoutMessages(text));
        boolean isLineStart = true;
        int before = -1;
        int at = 0;
        while (at < text.length()) {
            char c = code.charAt(at);
            int end = commentEnd(text, at, c, isLineStart, before);
            if (end > at) {
                Surroundings.blank(code, at, end);
                at = end;
            } else {
                isLineStart = c == '\n' || (isLineStart && Surroundings.isSpace(c));
                before = Surroundings.isSpace(c) ? before : at;
                at++;
            }
        }
        return code.toString();
    }

    /**
     * {@return where what is no code ends, or the position itself if it is code}
     *
     * @param before the position of the last character of code, or -1
     */
    private static int commentEnd(String text, int at, char c, boolean isLineStart, int before) {
        if (c == '#') {
            return hashEnd(text, at, isLineStart);
        } else if (c == '\\') {
            return CONTINUED.matcher(text).region(at, text.length()).lookingAt() ? at + 1 : at;
        } else if (c == '\'' && before >= 0) {
            return characterEnd(text, at, before + 1);
        } else if (c == '/' && text.startsWith("//", at)) {
            return Surroundings.lineEnd(text, at);
        } else if (c == '/' && text.startsWith("/*", at)) {
            int end = text.indexOf("*/", at + 2);
            if (end < 0) {
                throw new Scanner(text).error(at, "a comment without end (expected: */)");
            }
            return end + 2;
        }
        return at;
    }

    /** gdb prints the value of a char twice: {@code 1 '\001'}. The character has to be the one of the number. */
    private static int characterEnd(String text, int at, int numberEnd) {
        Matcher character = CHARACTER.matcher(text).region(at, text.length());
        int start = numberEnd;
        while (start > 0 && Character.isLetterOrDigit(text.charAt(start - 1))) {
            start--;
        }
        String number = text.substring(start, numberEnd);
        if (!character.lookingAt() || !BYTE.matcher(number).matches()) {
            return at;
        }
        String expected = "'" + characterText(Integer.parseInt(number)) + "'";
        if (!character.group().equals(expected)) {
            throw new Scanner(text)
                    .error(at + 1, character.group() + " (expected: " + expected + ", the character " + number + ")");
        }
        return character.end();
    }

    /** {@return a byte as gdb prints it between quotes} */
    private static String characterText(int value) {
        if (value >= BELL && value <= '\r') {
            return "\\" + "abtnvfr".charAt(value - BELL);
        } else if (value == '\'' || value == '\\') {
            return "\\" + (char) value;
        }
        return value >= ' ' && value <= '~' ? String.valueOf((char) value) : String.format("\\%03o", value);
    }

    /** A hash begins a comment of Python; of the directives of C, the name that one defines is no code. */
    private static int hashEnd(String text, int at, boolean isLineStart) {
        if (isLineStart && DIRECTIVE.matcher(text).region(at, text.length()).lookingAt()) {
            int end = Surroundings.lineEnd(text, at);
            throw new Scanner(text)
                    .error(
                            at,
                            Scanner.quoted(text.substring(at, end).strip())
                                    + " (expected: the text that the preprocessor makes of it)");
        }
        Matcher define = DEFINE.matcher(text).region(at, text.length());
        return isLineStart && define.lookingAt() ? define.end() : Surroundings.lineEnd(text, at);
    }

    /** {@return the position of the next token} */
    int position() {
        return at;
    }

    boolean isEnd() {
        return token.isEmpty();
    }

    boolean is(String expected) {
        return token.equals(expected);
    }

    boolean isWord() {
        char first = isEnd() ? ' ' : token.charAt(0);
        return (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '_' || first == '$';
    }

    boolean isNumber() {
        char first = isEnd() ? ' ' : token.charAt(0);
        return first >= '0' && first <= '9';
    }

    /** {@return whether a bracket opens here} */
    boolean isOpener() {
        return is("{") || is("[") || is("(");
    }

    /** {@return the next token, which is not taken; empty at the end} */
    String peek() {
        return token;
    }

    /** {@return the next token} */
    String take() {
        String taken = token;
        moveTo(at + taken.length());
        return taken;
    }

    boolean take(String expected) {
        boolean isNext = is(expected);
        if (isNext) {
            take();
        }
        return isNext;
    }

    void require(String expected) {
        if (!take(expected)) {
            throw unexpected(expected);
        }
    }

    /** Goes to a position, forward or back. */
    void moveTo(int position) {
        at = Surroundings.skipSpace(code, position, code.length());
        Matcher matcher = TOKEN.matcher(code).region(at, code.length());
        token = matcher.lookingAt() ? matcher.group() : END;
    }

    AssemblyException unexpected(String expected) {
        return error(at, (isEnd() ? "end of text" : new Scanner(text).describe(at)) + " (expected: " + expected + ")");
    }

    AssemblyException error(int position, String problem) {
        return new Scanner(text).error(position, problem);
    }
}
