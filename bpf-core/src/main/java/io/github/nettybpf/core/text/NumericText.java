package io.github.nettybpf.core.text;

import io.github.nettybpf.core.AssemblyException;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RawInstruction;
import io.github.nettybpf.core.VerificationException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads and writes the notations that consist of the numbers of {@code struct sock_filter}. */
public final class NumericText {
    private static final Pattern C_NUMBER =
            Pattern.compile("(0[xX][0-9a-fA-F]{1,16}|0[0-7]{0,20}|[1-9][0-9]{0,19})[uUlL]{0,3}");
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,20}");
    private static final int HEX_DIGITS = 2 * RawInstruction.BYTES;
    private static final HexFormat HEX = HexFormat.of();

    private final String text;
    private final List<RawInstruction> program = new ArrayList<>();

    /** The positions in the text where each instruction starts. */
    private final List<Integer> starts = new ArrayList<>();

    private NumericText(String text) {
        this.text = text;
    }

    public static String writeCounted(List<RawInstruction> program, char separator) {
        return program.stream()
                .map(RawInstruction::toString)
                .collect(Collectors.joining(
                        Character.toString(separator), program.size() + Character.toString(separator), separator + ""));
    }

    /** Pads numbers as {@code %#04x} and {@code %#010x} do in bpf_asm, which print zero without 0x. */
    public static String writeC(List<RawInstruction> program) {
        return program.stream()
                .map(raw -> String.format(
                        "{ %s, %2d, %2d, %s },\n", cHex(raw.code(), 2), raw.jt(), raw.jf(), cHex(raw.k(), 8)))
                .collect(Collectors.joining());
    }

    private static String cHex(int value, int digits) {
        return value == 0 ? "0".repeat(digits + 2) : String.format("0x%0" + digits + "x", value);
    }

    public static String writeHex(List<RawInstruction> program) {
        return program.stream().map(NumericText::hex).collect(Collectors.joining("\n", "", "\n"));
    }

    private static String hex(RawInstruction raw) {
        ByteBuffer struct = ByteBuffer.allocate(RawInstruction.BYTES).order(ByteOrder.nativeOrder());
        raw.writeTo(struct);
        return HEX.formatHex(struct.array());
    }

    /** {@return whether the first line of the text is one number and the second line is four} */
    public static boolean isCountedLines(String text) {
        return text.matches("(?s)\\s*\\d{1,5}[ \\t]*\\r?\\n\\s*(\\d+[ \\t]+){3}\\d+\\s*(\\n.*)?");
    }

    public static boolean isHex(String text) {
        int digits = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (HexFormat.isHexDigit(c)) {
                digits++;
            } else if (!Character.isWhitespace(c)) {
                return false;
            }
        }
        return digits > 0 && digits % HEX_DIGITS == 0;
    }

    public static NumericText readCounted(String text, char separator) {
        NumericText reader = new NumericText(text);
        reader.readCounted(separator, reader.skipSpace(0));
        return reader;
    }

    public static NumericText readC(String text) {
        NumericText reader = new NumericText(withoutComments(text));
        reader.readC();
        return reader;
    }

    /** {@return the text with its C comments replaced by spaces, so that positions in it stay the same} */
    private static String withoutComments(String text) {
        StringBuilder code = new StringBuilder(text);
        int at = 0;
        while (at < text.length()) {
            boolean block = text.startsWith("/*", at);
            if (!block && !text.startsWith("//", at)) {
                at++;
                continue;
            }
            int end = block ? text.indexOf("*/", at + 2) + 2 : text.indexOf('\n', at);
            if (block && end < 2) {
                throw new Scanner(text).error(at, "a comment without end (expected: */)");
            }
            end = end < 0 ? text.length() : end;
            for (; at < end; at++) {
                code.setCharAt(at, text.charAt(at) == '\n' ? '\n' : ' ');
            }
        }
        return code.toString();
    }

    public static NumericText readHex(String text) {
        NumericText reader = new NumericText(text);
        reader.readHex();
        return reader;
    }

    /** {@return the instructions, which are not verified} */
    public List<RawInstruction> raw() {
        return program;
    }

    public Program verified() {
        try {
            return Program.ofRaw(program);
        } catch (VerificationException e) {
            int at = e.pc() < 0 ? 0 : starts.get(e.pc());
            throw error(at, String.valueOf(e.getMessage()), e);
        }
    }

    private void readCounted(char separator, int countAt) {
        int end = endOf(countAt, separator);
        String count = text.substring(countAt, end).strip();
        if (!DECIMAL.matcher(count).matches()) {
            throw error(countAt, Scanner.quoted(count) + " (expected: the number of instructions)");
        }
        for (int at = end + 1; at < text.length(); at = end + 1) {
            end = endOf(at, separator);
            String group = text.substring(at, end);
            if (!group.isBlank()) {
                instruction(group.strip().split("\\s+"), DECIMAL, skipSpace(at));
            } else if (!text.substring(end).chars().allMatch(c -> c == separator || Character.isWhitespace(c))) {
                throw error(at, "nothing (expected: an instruction: code jt jf k)");
            } else {
                break;
            }
        }
        if (parse(count, 10) != program.size()) {
            throw error(countAt, "count " + count + " (expected: " + program.size() + ", the instructions after it)");
        }
    }

    private int endOf(int from, char separator) {
        int end = text.indexOf(separator, from);
        return end < 0 ? text.length() : end;
    }

    /** Reads initialisers alone, as the tools print them, or inside the braces of the definition of an array. */
    private void readC() {
        int equals = text.indexOf('=');
        int at = equals < 0 ? 0 : text.indexOf('{', equals) + 1;
        while (true) {
            at = skipSpace(at);
            if (at == text.length() || text.startsWith("}", at)) {
                requireEnd(at);
                return;
            }
            if (text.charAt(at) == ',' && !program.isEmpty()) {
                at++;
                continue;
            }
            int end = text.indexOf('}', at);
            if (text.charAt(at) != '{' || end < 0) {
                String token = text.substring(at, Math.min(text.length(), at + 16))
                        .lines()
                        .findFirst()
                        .orElse("");
                throw error(at, Scanner.quoted(token) + " (expected: an initialiser { code, jt, jf, k })");
            }
            instruction(fields(text.substring(at + 1, end)), C_NUMBER, at);
            at = end + 1;
        }
    }

    /** C allows a comma after the last field. */
    private static String[] fields(String initialiser) {
        String stripped = initialiser.strip();
        String list = stripped.endsWith(",") ? stripped.substring(0, stripped.length() - 1) : stripped;
        String[] fields = list.split(",", -1);
        for (int i = 0; i < fields.length; i++) {
            fields[i] = fields[i].strip();
        }
        return fields;
    }

    /** Only a semicolon may follow the brace that closes an array. */
    private void requireEnd(int brace) {
        int at = brace == text.length() ? brace : skipSpace(brace + 1);
        at = text.startsWith(";", at) ? skipSpace(at + 1) : at;
        if (at < text.length()) {
            String token = text.substring(at, Math.min(text.length(), at + 16))
                    .lines()
                    .findFirst()
                    .orElse("");
            throw error(at, Scanner.quoted(token) + " (expected: nothing more)");
        }
    }

    private void readHex() {
        StringBuilder digits = new StringBuilder();
        for (int at = 0; at < text.length(); at++) {
            if (Character.isWhitespace(text.charAt(at))) {
                continue;
            }
            if (digits.isEmpty()) {
                starts.add(at);
            }
            digits.append(text.charAt(at));
            if (digits.length() == HEX_DIGITS) {
                program.add(RawInstruction.readFrom(
                        ByteBuffer.wrap(HEX.parseHex(digits)).order(ByteOrder.nativeOrder())));
                digits.setLength(0);
                requireRoom(at);
            }
        }
    }

    private void instruction(String[] words, Pattern pattern, int at) {
        if (words.length != 4) {
            throw error(at, words.length + " numbers (expected: 4: code jt jf k)");
        }
        long[] fields = new long[4];
        for (int i = 0; i < 4; i++) {
            Matcher matcher = pattern.matcher(words[i]);
            if (!matcher.matches()) {
                throw error(at, Scanner.quoted(words[i]) + " (expected: a number)");
            }
            fields[i] = matcher.groupCount() == 0 ? parse(words[i], 10) : literal(matcher.group(1));
        }
        program.add(new RawInstruction(
                (int) bounded("code", fields[0], 0xffff, at),
                (int) bounded("jt", fields[1], 0xff, at),
                (int) bounded("jf", fields[2], 0xff, at),
                (int) bounded("k", fields[3], 0xffff_ffffL, at)));
        starts.add(at);
        requireRoom(at);
    }

    private void requireRoom(int at) {
        if (program.size() > Program.MAX_SIZE) {
            throw error(at, "instruction number 4097 (expected: at most 4096)");
        }
    }

    private long bounded(String field, long value, long max, int at) {
        if (value > max) {
            throw error(at, field + " " + value + " (expected: 0.." + max + ")");
        }
        return value;
    }

    /** {@return the value of a C literal without its suffix} */
    private static long literal(String literal) {
        String lower = literal.toLowerCase(Locale.ROOT);
        if (lower.startsWith("0x")) {
            return parse(lower.substring(2), 16);
        }
        return parse(lower, lower.startsWith("0") ? 8 : 10);
    }

    /** {@return the number, or the greatest long if it does not fit, which is then refused for its width} */
    private static long parse(String digits, int radix) {
        try {
            return Long.parseLong(digits, radix);
        } catch (NumberFormatException tooLong) {
            return Long.MAX_VALUE;
        }
    }

    private int skipSpace(int from) {
        int at = from;
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private AssemblyException error(int at, String problem) {
        return error(at, problem, null);
    }

    private AssemblyException error(int at, String problem, @Nullable Throwable cause) {
        return new Scanner(text).error(at, problem, cause);
    }
}
