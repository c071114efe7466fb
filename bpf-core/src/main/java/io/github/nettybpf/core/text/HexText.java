package io.github.nettybpf.core.text;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RawInstruction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the bytes of {@code struct sock_filter} in hexadecimal: digits, {@code 0x28, 0x00}, {@code "\x28\x00"}, or a dump
 * by xxd, hexdump -C or od -t x1, whose offsets and characters are compared with the bytes.
 */
public final class HexText {
    private static final int MOST_BYTES = Program.MAX_SIZE * RawInstruction.BYTES;
    private static final int LINE_BYTES = 16;
    private static final int FEWEST_DIGITS = 2 * RawInstruction.BYTES;

    /** od writes offsets of so many digits in octal. Those of the other tools are hexadecimal, and have 4, 6 or 8. */
    private static final int OCTAL_DIGITS = 7;

    /** A dump begins with the offset 0, and then has one or two bytes. */
    private static final Pattern DUMP = Pattern.compile("0{4,16}:?+[ \\t]++(?:[0-9a-fA-F]{2}){1,2}(?![0-9a-zA-Z])");

    private static final Pattern DUMP_LINE =
            Pattern.compile("[ \\t]*+([0-9a-fA-F]{4,16})(:?+)((?:[ \\t]++[0-9a-fA-F]++(?=\\s|$))*+)([^\\n]*+)");
    private static final Pattern PREFIXED = Pattern.compile("(?:0[xX][0-9a-fA-F]{1,2}(?:[\\s,]++|$)){8,}+$");
    private static final Pattern ESCAPED = Pattern.compile("(?:b?+[\"'][^\\n]{0,64}?)?\\\\x[0-9a-fA-F]{2}");

    private final String text;
    private final String hex;
    private final NumericText result;
    private final byte[] bytes = new byte[MOST_BYTES + 1];
    private final int[] positions = new int[MOST_BYTES + 1];
    private int count;

    /** The number of digits of the offsets of a dump, which is that of the first line; 0 before it. */
    private int offsetDigits;

    private HexText(String text) {
        this.text = text;
        this.hex = Surroundings.blanked(text);
        this.result = new NumericText(text);
    }

    /** {@return whether the text, which is blanked, has only bytes in hexadecimal} */
    static boolean isHex(String text, int start) {
        return isDigits(text, start)
                || DUMP.matcher(text).region(start, text.length()).lookingAt()
                || ESCAPED.matcher(text).region(start, text.length()).lookingAt()
                || PREFIXED.matcher(text).region(start, text.length()).lookingAt();
    }

    /** {@return whether the text is words of an even number of digits, which are enough for an instruction} */
    private static boolean isDigits(String text, int start) {
        int digits = 0;
        int word = 0;
        for (int at = start; at < text.length(); at++) {
            char c = text.charAt(at);
            if (Surroundings.isSpace(c)) {
                if (word % 2 != 0) {
                    return false;
                }
                word = 0;
            } else if (Character.digit(c, 16) < 0 || c > 'f') {
                return false;
            } else {
                word++;
                digits++;
            }
        }
        return digits >= FEWEST_DIGITS && word % 2 == 0;
    }

    /** {@return the instructions of the text, of which nothing is left over} */
    public static NumericText read(String text) {
        HexText reader = new HexText(text);
        int start = Surroundings.skipSpace(reader.hex, 0, text.length());
        if (DUMP.matcher(reader.hex).region(start, text.length()).lookingAt()) {
            reader.readDump(start);
        } else if (ESCAPED.matcher(reader.hex).region(start, text.length()).lookingAt()) {
            reader.readEscaped(start);
        } else {
            reader.readWords(start);
        }
        reader.readStructs();
        return reader.result;
    }

    private void readStructs() {
        if (count % RawInstruction.BYTES != 0) {
            int at = positions[count - count % RawInstruction.BYTES];
            throw result.error(
                    at, count + (count == 1 ? " byte" : " bytes") + " (expected: 8 for each instruction, and no rest)");
        }
        ByteBuffer structs = ByteBuffer.wrap(bytes, 0, count).order(ByteOrder.nativeOrder());
        while (structs.hasRemaining()) {
            int at = positions[structs.position()];
            result.add(RawInstruction.readFrom(structs), at);
        }
    }

    private void add(int value, int at) {
        if (count == MOST_BYTES) {
            throw result.error(at, "instruction number 4097 (expected: at most 4096)");
        }
        bytes[count] = (byte) value;
        positions[count++] = at;
    }

    private void readWords(int start) {
        int at = start;
        while (at < text.length()) {
            boolean isPrefixed = hex.startsWith("0x", at) || hex.startsWith("0X", at);
            int from = isPrefixed ? at + 2 : at;
            int end = digitsEnd(from);
            if (isPrefixed && (end == from || end > from + 2)) {
                throw result.error(at, quoted(at, end) + " (expected: a byte, such as 0x06)");
            } else if (isPrefixed) {
                add(Integer.parseInt(hex, from, end, 16), at);
            } else {
                addDigits(at, end);
            }
            at = afterSeparator(end);
        }
    }

    /** White space or a comma separate bytes. */
    private int afterSeparator(int from) {
        int at = Surroundings.skipSpace(hex, from, hex.length());
        if (at < hex.length() && hex.charAt(at) == ',') {
            return Surroundings.skipSpace(hex, at + 1, hex.length());
        } else if (at == from && at < hex.length()) {
            throw result.error(at, new Scanner(text).describe(at) + " (expected: bytes in hexadecimal)");
        }
        return at;
    }

    private int digitsEnd(int from) {
        int at = from;
        while (at < hex.length() && hex.charAt(at) <= 'f' && Character.digit(hex.charAt(at), 16) >= 0) {
            at++;
        }
        return at;
    }

    private void addDigits(int from, int to) {
        if (to == from) {
            throw result.error(from, new Scanner(text).describe(from) + " (expected: bytes in hexadecimal)");
        } else if ((to - from) % 2 != 0) {
            throw result.error(from, quoted(from, to) + " (expected: two digits for each byte)");
        }
        for (int at = from; at < to; at += 2) {
            add(Integer.parseInt(hex, at, at + 2, 16), at);
        }
    }

    private String quoted(int from, int to) {
        return Scanner.quoted(text.substring(from, to));
    }

    /** A string of C, Python or Ruby, or several; a byte that can be printed may be written as its character. */
    private void readEscaped(int start) {
        int at = start;
        while (at < text.length()) {
            if (hex.startsWith("b\"", at) || hex.startsWith("b'", at)) {
                at++;
            }
            char quote = hex.charAt(at);
            if (quote == '"' || quote == '\'') {
                at = readString(at + 1, quote);
            } else {
                at = readEscape(at);
            }
            at = Surroundings.skipSpace(hex, at, text.length());
        }
    }

    private int readString(int start, char quote) {
        int at = start;
        while (at < text.length() && text.charAt(at) != quote) {
            char c = text.charAt(at);
            if (c == '\\') {
                at = readEscape(at);
            } else if (c >= ' ' && c <= '~') {
                add(c, at++);
            } else {
                throw result.error(at, new Scanner(text).describe(at) + " (expected: " + quote + ")");
            }
        }
        if (at == text.length()) {
            throw result.error(at, "end of text (expected: " + quote + ")");
        }
        return at + 1;
    }

    private int readEscape(int at) {
        String expected = " (expected: \\x and two hexadecimal digits)";
        if (hex.charAt(at) != '\\') {
            throw result.error(at, new Scanner(text).describe(at) + expected);
        }
        char kind = at + 1 < text.length() ? text.charAt(at + 1) : ' ';
        int simple = "ntr\\'\"".indexOf(kind);
        if (kind == 'x' && Math.min(digitsEnd(at + 2), at + 4) == at + 4) {
            add(Integer.parseInt(hex, at + 2, at + 4, 16), at);
            return at + 4;
        } else if (simple >= 0) {
            add("\n\t\r\\'\"".charAt(simple), at);
            return at + 2;
        }
        throw result.error(at, quoted(at, Math.min(text.length(), at + 4)) + expected);
    }

    private void readDump(int start) {
        boolean isRepeated = false;
        int lineStart = start;
        while (lineStart < text.length()) {
            int end = Surroundings.lineEnd(text, lineStart);
            int from = Surroundings.skipSpace(hex, lineStart, end);
            if (from == end) {
                lineStart = end + 1;
                continue;
            }
            if (hex.substring(from, end).strip().equals("*") && count >= LINE_BYTES) {
                isRepeated = true;
            } else {
                Matcher line = DUMP_LINE.matcher(hex).region(from, end);
                if (!line.matches()) {
                    throw result.error(from, quoted(from, end) + " (expected: an offset and bytes in hexadecimal)");
                }
                readDumpLine(line, isRepeated);
                isRepeated = false;
            }
            lineStart = end + 1;
        }
        if (isRepeated) {
            throw result.error(text.length(), "end of text (expected: the offset where the repeated lines end)");
        }
    }

    private void readDumpLine(Matcher line, boolean isRepeated) {
        String offset = line.group(1);
        boolean hasColon = !line.group(2).isEmpty();
        boolean isOctal = offset.length() == OCTAL_DIGITS && !hasColon;
        offsetDigits = offsetDigits == 0 ? offset.length() : offsetDigits;
        if (offset.length() != offsetDigits) {
            throw result.error(
                    line.start(1),
                    "offset " + offset + " (expected: " + offsetDigits + " digits, as many as that of the first line)");
        }
        while (isRepeated && !isOffset(offset, isOctal) && count < MOST_BYTES) {
            repeatLine(line.start(1));
        }
        if (!isOffset(offset, isOctal)) {
            throw result.error(
                    line.start(1),
                    String.format(
                            isOctal ? "offset %s (expected: %o in octal)" : "offset %s (expected: %x)", offset, count));
        }
        int before = count;
        int at = line.start(3);
        while (at < line.end(3) && count - before < LINE_BYTES) {
            int word = Surroundings.skipSpace(hex, at, line.end(3));
            int end = digitsEnd(word);
            boolean isGap = count > before && word - at > 2;
            if (isGap || word == end) {
                break;
            }
            int digits = end - word;
            if (digits != 2 && !(hasColon && digits == 4)) {
                throw result.error(
                        word, quoted(word, end) + " (expected: bytes, as hexdump -C and od -t x1 print them)");
            }
            addDigits(word, end);
            at = end;
        }
        requireCharacters(before, at, line.end());
    }

    private void repeatLine(int at) {
        int from = count - LINE_BYTES;
        for (int i = 0; i < LINE_BYTES; i++) {
            add(bytes[from + i], at);
        }
    }

    private boolean isOffset(String offset, boolean isOctal) {
        String digits = offset.replaceFirst("^0+(?=.)", "");
        return digits.equals(isOctal ? Integer.toOctalString(count) : Integer.toHexString(count));
    }

    /** After the bytes a line has them as characters, or nothing. */
    private void requireCharacters(int before, int from, int to) {
        String characters = text.substring(from, to).strip();
        if (characters.isEmpty()) {
            return;
        }
        StringBuilder expected = new StringBuilder();
        for (int i = before; i < count; i++) {
            expected.append(bytes[i] >= ' ' && bytes[i] <= '~' ? (char) bytes[i] : '.');
        }
        boolean isSame = characters.equals(expected.toString().strip())
                || characters.equals("|" + expected + "|")
                || characters.equals(">" + expected + "<");
        if (!isSame) {
            int at = Surroundings.skipSpace(text, from, to);
            throw result.error(at, quoted(at, to) + " (expected: " + expected + ", the bytes as characters)");
        }
    }
}
