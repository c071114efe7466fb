package io.github.nettybpf.core.text;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads programs that are written as groups of four numbers, {@code code jt jf k}: separated by commas, as in bytecode,
 * or one a line, as {@code tcpdump -ddd} prints them. The number of instructions may come before them, and the lines of
 * tools that show bytecode may be around them.
 */
public final class NumberRows {
    private static final String BLANKS = "[ \\t]++";

    /** No leading zeros, and no more digits than the fields have: bytes in hexadecimal are something else. */
    private static final String FOUR = "(?:0[xX][0-9a-fA-F]{1,4}|0|[1-9][0-9]{0,4})" + BLANKS
            + "(?:(?:0[xX][0-9a-fA-F]{1,2}|0|[1-9][0-9]{0,2})" + BLANKS + "){2}"
            + "-?+(?:0[xX][0-9a-fA-F]{1,8}|0|[1-9][0-9]{0,9})";

    /** A group, which is all of the line but a comment, or the number of instructions and then a group. */
    private static final Pattern LINES = Pattern.compile("(?:" + FOUR
            + "|[0-9]{1,5}[ \\t]*+\\r?+\\n\\s*+(?:[0-9xa-fA-F]{1,20}" + BLANKS + "){3}-?+[0-9xa-fA-F]{1,20})"
            + "[ \\t]*+(?:(?:#|//)[^\\n]*+)?+\\r?+(?:\\n|$)");

    private static final Pattern COMMAS = Pattern.compile("['\"]?+\\s*+(?:[0-9]{1,20}\\s*+,|" + FOUR + "\\s*+,)");

    /** The table that seccomp-tools and scmp_bpf_disasm print: its first line, or a line of its body. */
    private static final Pattern TABLE =
            Pattern.compile("line" + BLANKS + "(?:CODE|OP)\\b|[0-9]{4,5}:" + BLANKS + "0[xX]");

    private static final Pattern TABLE_HEAD =
            Pattern.compile("\\s*+(?:line\\s++(?:CODE|OP)\\s++JT\\s++JF\\s++K\\s*+|=++\\s*+)?+");
    private static final Pattern TABLE_ROW = Pattern.compile("\\s*+([0-9]{4,5}):\\s++(0[xX][0-9a-fA-F]{1,4})\\s++"
            + "(0[xX][0-9a-fA-F]{1,2})\\s++(0[xX][0-9a-fA-F]{1,2})\\s++(0[xX][0-9a-fA-F]{1,8})(?:\\s.*+)?+");

    /** {@code --bytecode "…"} of iptables and {@code bytecode '…'} of tc. */
    private static final Pattern OPTION = Pattern.compile("\\bbytecode[ \\t=]++(['\"])");

    private static final Pattern IPTABLES_LIST = Pattern.compile("\\bmatch bpf (?=[0-9])");
    private static final Pattern SS = Pattern.compile("\\bbpf filter \\(([0-9]{1,5})\\):");
    private static final Pattern FOUR_IN_A_ROW = Pattern.compile("(?:[0-9]++[ \\t,]++){3}[0-9]");
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,20}");
    private static final Pattern FIELD = Pattern.compile("(-?)(?:0[xX]([0-9a-fA-F]{1,16})|([0-9]{1,20}))");

    /** A byte in hexadecimal, as a dump of bytes has them, too. */
    private static final Pattern TWO_DIGITS = Pattern.compile("0[xX][0-9a-fA-F]{1,2}");

    private final String text;
    private final StringBuilder rows;
    private final NumericText result;

    private NumberRows(String text) {
        this.text = text;
        this.rows = new StringBuilder(Surroundings.blanked(text));
        this.result = new NumericText(text);
    }

    /** {@return whether the text, which is blanked, begins with numbers that commas separate, or has them in a line} */
    static boolean isCommas(String text, int start) {
        return COMMAS.matcher(text).region(start, text.length()).lookingAt()
                || SS.matcher(text).find(start)
                || IPTABLES_LIST.matcher(text).find(start)
                || OPTION.matcher(text).find(start);
    }

    /** {@return whether the text, which is blanked, begins with four numbers on a line, or with a table of them} */
    static boolean isLines(String text, int start) {
        return LINES.matcher(text).region(start, text.length()).lookingAt() || isTable(text, start);
    }

    private static boolean isTable(String text, int start) {
        return TABLE.matcher(text).region(start, text.length()).lookingAt();
    }

    /** {@return whether each line of the text has four bytes in hexadecimal, which could be four numbers as well} */
    public static boolean isAmbiguous(String text) {
        int count = 0;
        for (String line : Surroundings.blanked(text).split("\n", -1)) {
            String[] words = line.strip().split("[\\s,]+");
            if (!line.isBlank() && (words.length != 4 || !allMatch(TWO_DIGITS, words))) {
                return false;
            }
            count += line.isBlank() ? 0 : 1;
        }
        return count > 0 && count % 2 == 0;
    }

    private static boolean allMatch(Pattern pattern, String[] words) {
        for (String word : words) {
            if (!pattern.matcher(word).matches()) {
                return false;
            }
        }
        return true;
    }

    /** {@return the instructions of the text, of which nothing is left over} */
    public static NumericText read(String text) {
        NumberRows reader = new NumberRows(text);
        int start = Surroundings.skipSpace(reader.rows.toString(), 0, text.length());
        if (isTable(reader.rows.toString(), start)) {
            reader.readTable();
        } else {
            reader.readGroups(start);
        }
        return reader.result;
    }

    private void readTable() {
        int pc = 0;
        int start = 0;
        while (start < text.length()) {
            int end = Surroundings.lineEnd(text, start);
            String line = rows.substring(start, end);
            Matcher row = TABLE_ROW.matcher(line);
            if (row.matches()) {
                if (Integer.parseInt(row.group(1)) != pc) {
                    throw result.error(start + row.start(1), "line " + row.group(1) + " (expected: " + pc + ")");
                }
                addRow(row, start);
                pc++;
            } else if (pc > 0 ? !line.isBlank() : !TABLE_HEAD.matcher(line).matches()) {
                int at = Surroundings.skipSpace(line, 0, line.length());
                throw result.error(
                        start + at,
                        Scanner.quoted(line.strip())
                                + " (expected: a row of the table, such as 0003: 0x06 0x00 0x00 0x7fff0000)");
            }
            start = end + 1;
        }
    }

    private void addRow(Matcher row, int lineStart) {
        long[] fields = new long[4];
        int[] positions = new int[4];
        for (int i = 0; i < 4; i++) {
            fields[i] = Long.parseLong(row.group(2 + i).substring(2), 16);
            positions[i] = lineStart + row.start(2 + i);
        }
        result.add(fields, positions, positions[0]);
    }

    /** Finds the numbers in what surrounds them, and reads them. */
    private void readGroups(int start) {
        String line = rows.toString();
        Matcher option = OPTION.matcher(line);
        Matcher ss = SS.matcher(line);
        Matcher list = IPTABLES_LIST.matcher(line);
        if (ss.find(start)) {
            requireNoNumbers(start, ss.start());
            readGroups(ss.end(), text.length(), false);
            result.requireCount(Long.parseLong(ss.group(1)), ss.start(1));
        } else if (option.find(start)) {
            requireNoNumbers(start, option.start());
            int end = closingQuote(option.start(1));
            readGroups(option.end(), end, true);
            requireNoNumbers(end + 1, text.length());
        } else if (list.find(start)) {
            requireNoNumbers(start, list.start());
            int end = list.end();
            while (end < text.length() && "0123456789, ".indexOf(text.charAt(end)) >= 0) {
                end++;
            }
            if (end < text.length() && rows.charAt(end - 1) != ' ' && !Surroundings.isSpace(rows.charAt(end))) {
                throw result.error(end, new Scanner(text).describe(end) + " (expected: a blank after the numbers)");
            }
            readGroups(list.end(), end, false);
            requireNoNumbers(end, text.length());
        } else if (start < text.length() && (line.charAt(start) == '"' || line.charAt(start) == '\'')) {
            int end = closingQuote(start);
            readGroups(start + 1, end, true);
            requireNothing(end + 1);
        } else {
            blankComments(start, text.length());
            readGroups(start, text.length(), true);
        }
    }

    private int closingQuote(int quote) {
        int end = text.indexOf(text.charAt(quote), quote + 1);
        if (end < 0) {
            throw result.error(text.length(), "end of text (expected: " + text.charAt(quote) + ")");
        }
        return end;
    }

    /** What a tool writes around the bytecode is on the same line, and is no bytecode. */
    private void requireNoNumbers(int from, int to) {
        int end = to;
        while (end > from && Surroundings.isSpace(rows.charAt(end - 1))) {
            end--;
        }
        for (int at = from; at < end; at++) {
            if (text.charAt(at) == '\n' || text.charAt(at) == '"' || text.charAt(at) == '\'') {
                int next = Surroundings.skipSpace(rows.toString(), at, end);
                throw result.error(next, new Scanner(text).describe(next) + " (expected: one line with one program)");
            }
        }
        Matcher numbers = FOUR_IN_A_ROW.matcher(rows).region(Math.min(from, to), to);
        if (numbers.find()) {
            throw result.error(
                    numbers.start(),
                    new Scanner(text).describe(numbers.start()) + " (expected: one line with one program)");
        }
    }

    private void requireNothing(int from) {
        int at = Surroundings.skipSpace(rows.toString(), from, text.length());
        if (at < text.length()) {
            throw result.error(at, new Scanner(text).describe(at) + " (expected: nothing more)");
        }
    }

    private record Word(int start, int end) {}

    private void readGroups(int from, int to, boolean mayHaveCount) {
        boolean hasCommas = rows.substring(from, to).indexOf(',') >= 0;
        char separator = hasCommas ? ',' : '\n';
        int countAt = -1;
        boolean isFirst = true;
        int end;
        for (int at = from; at <= to; at = end + 1) {
            end = at;
            while (end < to && rows.charAt(end) != separator) {
                end++;
            }
            List<Word> words = words(at, end);
            if (words.isEmpty() && hasCommas) {
                requireLast(at, to);
                break;
            } else if (isFirst && mayHaveCount && words.size() == 1) {
                countAt = words.get(0).start;
                isFirst = false;
            } else if (!words.isEmpty()) {
                instruction(words);
                isFirst = false;
            }
        }
        if (countAt >= 0) {
            checkCount(countAt);
        }
    }

    /** Comments follow numbers on their lines, but not in quotes or in what tools print. */
    private void blankComments(int from, int to) {
        int at = from;
        while (at < to) {
            boolean isComment = rows.charAt(at) == '#' || (rows.charAt(at) == '/' && text.startsWith("//", at));
            int end = isComment ? Math.min(to, Surroundings.lineEnd(text, at)) : at + 1;
            if (isComment) {
                Surroundings.blank(rows, at, end);
            }
            at = end;
        }
    }

    /** The last comma may end the text, but between two commas there is an instruction. */
    private void requireLast(int at, int to) {
        int next = at;
        while (next < to && (rows.charAt(next) == ',' || Surroundings.isSpace(rows.charAt(next)))) {
            next++;
        }
        if (next < to) {
            throw result.error(at, "nothing (expected: an instruction: code jt jf k)");
        }
    }

    private List<Word> words(int from, int to) {
        List<Word> words = new ArrayList<>();
        int at = from;
        while (at < to) {
            int start = at;
            while (at < to && !Surroundings.isSpace(rows.charAt(at))) {
                at++;
            }
            if (at > start) {
                words.add(new Word(start, at));
            }
            at++;
        }
        return words;
    }

    private void checkCount(int at) {
        int end = at;
        while (end < text.length()
                && !Surroundings.isSpace(text.charAt(end))
                && ",\"'#".indexOf(text.charAt(end)) < 0) {
            end++;
        }
        String count = text.substring(at, end);
        if (!DECIMAL.matcher(count).matches()) {
            throw result.error(at, Scanner.quoted(count) + " (expected: the number of instructions)");
        }
        result.requireCount(parse(count, 10), at);
    }

    private void instruction(List<Word> words) {
        List<Long> fields = new ArrayList<>();
        List<Integer> positions = new ArrayList<>();
        for (Word word : words) {
            Matcher field = FIELD.matcher(rows).region(word.start, word.end);
            if (!field.matches()) {
                int foreign = Lookalikes.find(text, word.start, word.end);
                throw result.error(
                        foreign < 0 ? word.start : foreign,
                        Scanner.quoted(text.substring(word.start, word.end)) + " (expected: a number)");
            }
            long value = field.group(2) != null ? parse(field.group(2), 16) : parse(field.group(3), 10);
            fields.add(field.group(1).isEmpty() ? value : -value);
            positions.add(word.start);
        }
        result.add(fields, positions, words.get(0).start);
    }

    /** {@return the number, or the greatest long if it does not fit, which is then refused for its width} */
    private static long parse(String digits, int radix) {
        try {
            return Long.parseLong(digits, radix);
        } catch (NumberFormatException tooLong) {
            return Long.MAX_VALUE;
        }
    }
}
