package io.github.nettybpf.tools.explain;

import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads a packet as text: hexadecimal digits, or a dump by tcpdump, tshark, Wireshark, xxd, hexdump -C or od -t x1,
 * whose offsets and characters are compared with the bytes. All of the text is understood, or refused.
 */
final class PacketText {
    private static final int LINE_BYTES = 16;

    /** More blanks than that are before the characters, not between bytes. */
    private static final int WIDEST_GAP = 2;

    private static final String BYTES_ONLY =
            " (expected: bytes, as xxd, hexdump -C and od -t x1 print them; words are in the byte order of a machine)";

    /** An offset with a sign of its own, or zeros before the first byte or word of a line. */
    private static final Pattern DUMP = Pattern.compile("(?:0[xX][0-9a-fA-F]{4,16}:?|[0-9a-fA-F]{4,16}:)[ \\t].*"
            + "|(?:0{4}|0{6,8}|0{16})[ \\t]+[0-9a-fA-F]{2}(?:\\s.*)?"
            + "|0{6,7}[ \\t]+(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{8}|[0-9a-fA-F]{16})(?:\\s.*)?");

    /** What could be an offset that is not 0, or two bytes or more: a number of digits, and then only bytes. */
    private static final Pattern DOUBTFUL = Pattern.compile(
            "(?:[0-9a-fA-F]{4}|[0-9a-fA-F]{6,8})[ \\t]+[0-9a-fA-F]{2}(?:\\s++[0-9a-fA-F]{2})++(?:\\s.*)?");

    private static final Pattern LINE = Pattern.compile("(?:0[xX])?([0-9a-fA-F]{4,16})(:?)(.*)");
    private static final Pattern WORD = Pattern.compile("([ \\t]+)([0-9a-fA-F]+)(?=\\s|$)");
    private static final int HEX = 16;

    /** od writes offsets of so many digits in octal or decimal. Those of the other tools are hexadecimal. */
    private static final int OD_DIGITS = 7;

    private final String text;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** The bytes of the last line of a dump. */
    private byte[] last = {};

    /** The bases in which all offsets are right so far; empty before the first line of a dump. */
    private final List<Integer> bases = new ArrayList<>();

    private PacketText(String text) {
        this.text = text;
    }

    /**
     * {@return the bytes}
     *
     * @throws Refusal if a part of the text is neither bytes nor an offset or the characters of bytes; the message
     *     begins with the part in quotes
     */
    static byte[] read(String text) throws Refusal {
        PacketText reader = new PacketText(text);
        List<String> lines =
                text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
        String first = lines.isEmpty() ? "" : lines.get(0);
        if (DUMP.matcher(first).matches()) {
            reader.readDump();
        } else if (DOUBTFUL.matcher(first).matches() || haveOffsets(lines)) {
            throw new Refusal("'" + firstWord(first)
                    + "' at the beginning (expected: offset 0, or bytes alone: two digits each)");
        } else {
            reader.readDigits();
        }
        return reader.bytes.toByteArray();
    }

    /** {@return whether the lines, two or more, begin with numbers that count bytes, from another than 0} */
    private static boolean haveOffsets(List<String> lines) {
        for (int i = 1; i < lines.size(); i++) {
            String before = firstWord(lines.get(i - 1));
            String word = firstWord(lines.get(i));
            boolean isOffset = word.matches("[0-9a-fA-F]{4,8}")
                    && word.length() == before.length()
                    && lines.get(i - 1).length() > before.length()
                    && value(word, HEX) - value(before, HEX) == LINE_BYTES;
            if (!isOffset) {
                return false;
            }
        }
        return lines.size() > 1;
    }

    private static String firstWord(String line) {
        return line.split("[ \\t]", 2)[0];
    }

    private void readDigits() throws Refusal {
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (Character.isWhitespace(c) || c == ':') {
                at++;
                continue;
            }
            boolean isPair =
                    at + 1 < text.length() && HexFormat.isHexDigit(c) && HexFormat.isHexDigit(text.charAt(at + 1));
            if (!isPair) {
                String there = Printable.of(
                        text.substring(at, Math.min(at + 2, text.length())).strip());
                throw new Refusal("'" + there + "' at character " + (at + 1)
                        + " (expected: hexadecimal digits in pairs, or a capture)");
            }
            bytes.write(HexFormat.fromHexDigits(text, at, at + 2));
            at += 2;
        }
    }

    private void readDump() throws Refusal {
        boolean isRepeated = false;
        int number = 0;
        for (String line : text.lines().toList()) {
            if (bytes.size() > PacketArgument.MAX_BYTES) {
                return; // too many, whatever follows
            }
            number++;
            String stripped = line.strip();
            if (stripped.equals("*") && last.length == LINE_BYTES) {
                isRepeated = true;
            } else if (!stripped.isEmpty()) {
                readLine(number, stripped, isRepeated);
                isRepeated = false;
            }
        }
        if (isRepeated) {
            throw new Refusal("end of text (expected: the offset where the repeated lines end)");
        }
    }

    private void readLine(int number, String line, boolean isRepeated) throws Refusal {
        Matcher parts = LINE.matcher(line);
        if (!parts.matches()) {
            throw error(number, line, " (expected: an offset and bytes in hexadecimal)");
        }
        String offset = parts.group(1);
        boolean hasColon = !parts.group(2).isEmpty();
        if (bases.isEmpty()) {
            boolean isOd = offset.length() == OD_DIGITS && !hasColon && line.startsWith(offset);
            bases.addAll(isOd ? List.of(8, 10) : List.of(HEX));
        }
        if (isRepeated) {
            repeatTo(number, offset);
        }
        List<Integer> possible = List.copyOf(bases);
        bases.removeIf(base -> !isOffset(offset, base));
        if (bases.isEmpty()) {
            String expected = possible.stream()
                    .map(base -> Integer.toString(bytes.size(), base))
                    .distinct()
                    .collect(Collectors.joining(" or "));
            throw error(number, offset, " (expected: offset " + expected + ")");
        }
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        String rest = parts.group(3);
        int end = 0;
        Matcher word = WORD.matcher(rest);
        while (read.size() < LINE_BYTES && word.region(end, rest.length()).lookingAt()) {
            if (read.size() > 0 && word.group(1).length() > WIDEST_GAP) {
                break;
            }
            String digits = word.group(2);
            if (digits.length() != 2 && !(hasColon && digits.length() == 4)) {
                throw error(number, digits, BYTES_ONLY);
            }
            read.writeBytes(HexFormat.of().parseHex(digits));
            end = word.end();
        }
        last = read.toByteArray();
        requireCharacters(number, rest.substring(end).strip());
        bytes.writeBytes(last);
    }

    /** Repeats the last line up to an offset, which has to be one in one base only. */
    private void repeatTo(int number, String offset) throws Refusal {
        List<Integer> ends = new ArrayList<>();
        for (int base : bases) {
            int end = value(offset, base);
            if (end > bytes.size() && end <= PacketArgument.MAX_BYTES && end % LINE_BYTES == 0 && !ends.contains(end)) {
                ends.add(end);
            }
        }
        if (ends.size() != 1) {
            throw error(
                    number,
                    offset,
                    ends.isEmpty()
                            ? " (expected: the offset where the repeated lines end)"
                            : " (expected: an offset in one base, as od -A x prints, or all lines, as od -v does)");
        }
        while (bytes.size() < ends.get(0)) {
            bytes.writeBytes(last);
        }
    }

    /** {@return the number that the digits are in a base, or -1 if they are none or too many} */
    private static int value(String digits, int base) {
        try {
            return Integer.parseInt(digits, base);
        } catch (NumberFormatException noNumber) {
            return -1;
        }
    }

    private boolean isOffset(String digits, int base) {
        String significant = digits.replaceFirst("^0+(?=.)", "");
        return significant.equalsIgnoreCase(Integer.toString(bytes.size(), base));
    }

    /** After the bytes a line has them as characters, with blanks of any width, or nothing. */
    private void requireCharacters(int number, String characters) throws Refusal {
        StringBuilder expected = new StringBuilder();
        for (byte b : last) {
            expected.append(b >= ' ' && b <= '~' ? (char) b : '.');
        }
        String shown = expected.toString().replace(" ", "");
        boolean isFramed = characters.length() > 1
                && ((characters.startsWith("|") && characters.endsWith("|"))
                        || (characters.startsWith(">") && characters.endsWith("<")));
        boolean isSame = characters.replace(" ", "").equals(shown)
                || (isFramed
                        && characters
                                .substring(1, characters.length() - 1)
                                .replace(" ", "")
                                .equals(shown));
        if (!characters.isEmpty() && !isSame) {
            throw error(number, characters, " (expected: " + expected + ", the bytes as characters)");
        }
    }

    private static Refusal error(int number, String part, String expected) {
        return new Refusal("'" + Printable.of(part) + "' in line " + number + expected);
    }
}
