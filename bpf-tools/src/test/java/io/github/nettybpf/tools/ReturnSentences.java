package io.github.nettybpf.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The {@code {@return ...}} tags in the doc comments of a Java source, as javadoc renders them: "Returns ", the text of
 * the tag, a full stop, and then whatever follows the tag. So the text has to be a sentence without its end, and what
 * follows has to be a new sentence.
 */
final class ReturnSentences {
    /** A tag whose sentence is broken. */
    record Finding(int line, String rendered, String problem) {
        @Override
        public String toString() {
            return line + ": " + problem + ": " + rendered;
        }
    }

    private static final String TAG = "{@return";
    private static final int SHOWN = 160;

    private static final Pattern CODE = Pattern.compile("\\{@(?:code|literal)\\s+((?:[^{}]|\\{[^{}]*})*)}");
    private static final Pattern INLINE_TAG = Pattern.compile("\\{@(\\w+)\\s*([^{}]*)}");
    private static final Pattern TARGET = Pattern.compile("^[^\\s(]+(?:\\([^)]*\\))?\\s+(?=\\S)");
    private static final Pattern INLINE_HTML = Pattern.compile("</?(?:b|i|em|strong|code|sub|sup|a|tt)\\b[^>]*>");
    private static final Pattern BLOCK_HTML =
            Pattern.compile("</?(?:p|ul|ol|li|dl|dt|dd|pre|table|tr|td|th|blockquote|h[1-6]|hr|br)\\b[^>]*>");
    private static final Pattern REPEATED = Pattern.compile("(?i)returns?\\b");
    private static final Pattern CAPITAL =
            Pattern.compile("(?:The|An|Whether|How|What|Which|When|Where|This|True|False|If|All|Each|One|Number)\\b");

    /** A word, and not the name of a file or of an instruction: those may begin a sentence. */
    private static final Pattern LOWER_CASE = Pattern.compile("(\\p{Ll}[\\p{L}'-]*)(?=[\\s,;:.)]*(?:\\s|$))");

    private static final Pattern SENTENCE_END = Pattern.compile("[.!?:][)\"'\u201d]*$");

    private final String source;
    private final List<Finding> findings = new ArrayList<>();

    private ReturnSentences(String source) {
        this.source = source;
    }

    /** {@return the tags of a source whose sentences are broken} */
    static List<Finding> broken(String source) {
        ReturnSentences sentences = new ReturnSentences(source);
        sentences.readSource();
        return sentences.findings;
    }

    private void readSource() {
        int at = 0;
        while (at < source.length()) {
            if (source.startsWith("/*", at)) {
                int end = indexOrEnd("*/", at + 2);
                if (source.charAt(Math.min(at + 2, source.length() - 1)) == '*' && end > at + 2) {
                    readComment(at + 3, end);
                }
                at = end + 2;
            } else if (source.startsWith("//", at)) {
                at = indexOrEnd("\n", at);
            } else if (source.startsWith("\"\"\"", at)) {
                at = afterLiteral(at + 3, "\"\"\"");
            } else if (source.charAt(at) == '"' || source.charAt(at) == '\'') {
                at = afterLiteral(at + 1, source.substring(at, at + 1));
            } else {
                at++;
            }
        }
    }

    private int indexOrEnd(String text, int from) {
        int index = source.indexOf(text, from);
        return index < 0 ? source.length() : index;
    }

    private int afterLiteral(int from, String quotes) {
        int at = from;
        while (at < source.length() && !source.startsWith(quotes, at)) {
            at += source.charAt(at) == '\\' ? 2 : 1;
        }
        return at + quotes.length();
    }

    /** Takes the asterisks at the beginnings of lines away, and reads up to the first block tag. */
    private void readComment(int from, int end) {
        StringBuilder text = new StringBuilder();
        List<Integer> lines = new ArrayList<>();
        int line =
                (int) source.substring(0, from).chars().filter(c -> c == '\n').count() + 1;
        int at = from;
        while (at < end) {
            int lineEnd = Math.min(indexOrEnd("\n", at), end);
            String content = source.substring(at, lineEnd);
            content = at == from ? content : content.replaceFirst("^\\s*\\*+", "");
            for (int i = 0; i <= content.length(); i++) {
                lines.add(line);
            }
            text.append(content).append('\n');
            line++;
            at = lineEnd + 1;
        }
        readDescription(text.toString(), lines);
    }

    private void readDescription(String text, List<Integer> lines) {
        boolean isLineStart = true;
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '@' && isLineStart) {
                return;
            }
            isLineStart = c == '\n' || (isLineStart && Character.isWhitespace(c));
            if (!text.startsWith("{@", at)) {
                at++;
                continue;
            }
            int end = closingBrace(text, at);
            if (isReturn(text, at)) {
                String problem = end < 0
                        ? "the tag is not closed"
                        : problem(text, at, end).orElse("");
                if (!problem.isEmpty()) {
                    findings.add(new Finding(lines.get(end < 0 ? at : end), rendered(text, at, end), problem));
                }
            }
            at = end < 0 ? text.length() : end + 1;
        }
    }

    private static boolean isReturn(String text, int at) {
        int after = at + TAG.length();
        return text.startsWith(TAG, at) && (Character.isWhitespace(text.charAt(after)) || text.charAt(after) == '}');
    }

    /** {@return the index of the brace that closes the one at an index, or -1 if none does} */
    private static int closingBrace(String text, int open) {
        int depth = 0;
        for (int at = open; at < text.length(); at++) {
            depth += text.charAt(at) == '{' ? 1 : text.charAt(at) == '}' ? -1 : 0;
            if (depth == 0) {
                return at;
            }
        }
        return -1;
    }

    /** {@return what follows a tag in the description: all up to the first block tag} */
    private static String rest(String text, int end) {
        Matcher block = Pattern.compile("^[ \\t]*@[A-Za-z]", Pattern.MULTILINE).matcher(text);
        return text.substring(end + 1, block.find(end + 1) ? block.start() : text.length());
    }

    private static String rendered(String text, int at, int end) {
        String before = plain(text.substring(0, at));
        String fragment = plain(text.substring(at + TAG.length(), end < 0 ? text.length() : end));
        String sentence = "Returns " + fragment.strip() + (end < 0 ? "" : "." + plain(rest(text, end)));
        String all = (before + sentence).strip();
        return all.length() <= SHOWN ? all : all.substring(0, SHOWN) + "...";
    }

    /** {@return the text as it is shown: inline tags by their labels, runs of white space as one blank} */
    private static String plain(String text) {
        // Braces in code are no tags.
        String plain = CODE.matcher(text)
                .replaceAll(code -> Matcher.quoteReplacement(
                        code.group(1).replace('{', '\u0001').replace('}', '\u0002')));
        for (Matcher tag = INLINE_TAG.matcher(plain); tag.find(); tag = INLINE_TAG.matcher(plain)) {
            String shown = shown(tag.group(1), tag.group(2).strip());
            plain = plain.substring(0, tag.start()) + shown + plain.substring(tag.end());
        }
        return plain.replace('\u0001', '{').replace('\u0002', '}').replaceAll("\\s+", " ");
    }

    private static String shown(String tag, String content) {
        return switch (tag) {
            case "return" -> "Returns " + content + ".";
            case "link", "linkplain" ->
                TARGET.matcher(content).replaceFirst("").replaceFirst("^#", "").replace('#', '.');
            default -> content;
        };
    }

    private static Optional<String> problem(String text, int at, int end) {
        String before = plain(text.substring(0, at)).strip();
        if (!before.isEmpty() && !SENTENCE_END.matcher(before).find()) {
            return Optional.of("the tag is inside a sentence");
        }
        String fragment = plain(text.substring(at + TAG.length(), end)).strip();
        if (fragment.isEmpty()) {
            return Optional.of("the tag is empty");
        }
        if (REPEATED.matcher(fragment).lookingAt()) {
            return Optional.of("says 'returns' twice");
        }
        if (CAPITAL.matcher(fragment).lookingAt()) {
            return Optional.of("a capital letter inside the sentence");
        }
        char last = fragment.charAt(fragment.length() - 1);
        if (".,;:!?-\u2013\u2014\u2026".indexOf(last) >= 0) {
            return Optional.of("'" + last + "' before the full stop");
        }
        if (endsWithBlock(fragment)) {
            return Optional.of("a full stop after a paragraph, list or table");
        }
        String rest = rest(text, end);
        return rest.isBlank() ? Optional.empty() : problemAfter(rest);
    }

    private static boolean endsWithBlock(String text) {
        Matcher block = BLOCK_HTML.matcher(text);
        int end = -1;
        while (block.find()) {
            end = block.end();
        }
        return end == text.length();
    }

    private static Optional<String> problemAfter(String rest) {
        String next = INLINE_HTML.matcher(rest).replaceAll("");
        if (!Character.isWhitespace(rest.charAt(0)) && rest.charAt(0) != '<') {
            return Optional.of("'" + rest.charAt(0) + "' directly after the full stop");
        }
        String shown = next.strip().replaceFirst("^[(\"'\u201c]+", "");
        if (!shown.isEmpty()
                && !shown.startsWith("{@")
                && !BLOCK_HTML.matcher(shown).lookingAt()) {
            int first = shown.codePointAt(0);
            Matcher word = LOWER_CASE.matcher(shown);
            if (word.lookingAt()) {
                return Optional.of("'" + word.group(1) + "' after the full stop");
            }
            if (!Character.isLetterOrDigit(first)) {
                return Optional.of("'" + Character.toString(first) + "' after the full stop");
            }
        }
        String end = plain(next).strip();
        return SENTENCE_END.matcher(end).find() || endsWithBlock(end)
                ? Optional.empty()
                : Optional.of("no full stop at the end");
    }
}
