package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Damaged and mixed texts in all notations. Each is refused with an {@link AssemblyException}, or is a program that is
 * all of the text: its numbers, or its digits, are those of the text. Seeded: a failure names its seed and text.
 */
class NotationsFuzzTest {
    private static final int SEED = 20261130;
    private static final int TEXTS = 3_000;
    private static final Pattern NUMBER = Pattern.compile("-?\\b(?:0[xX][0-9a-fA-F]+|[0-9]+)\\b");
    private static final Pattern ASM_TOKEN = Pattern.compile(
            "(?<comment>(?s:/\\*.*?\\*/)|(?:;|//)[^\\n]*)|#[^\\n]*|(?<mnemonic>(?i:ld[bhix]?|ldx[bi]|stx?"
                    + "|jmp|ja|jn?eq|jne|jl[te]|jg[te]|jset|add|sub|mul|div|mod|neg|and|x?or|lsh|rsh|ret|tax|txa)"
                    + "(?![A-Za-z0-9_]))|[A-Za-z0-9_]+|\\S");
    private static final String[] PIECES = {
        "4",
        "40 0 0 12",
        "6 0 0 0",
        ",",
        "\n",
        " ",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "0x28",
        "0600000000000000",
        "06 00",
        "#",
        "//",
        "/*",
        "*/",
        ";",
        "=",
        ".code",
        "k",
        ":",
        "\"",
        "'",
        "\\x06",
        "\\",
        "BPF_STMT(BPF_RET|BPF_K, 0)",
        "-1",
        "~0U",
        "+",
        "|",
        "(000) ret #0\n",
        "(001)",
        "jt 1",
        "jf 2",
        "ret #0\n",
        "ldh [12]\n",
        "l1:",
        "r0 = 1",
        "0000:",
        "00000000:",
        "00000010",
        "|......|",
        "bytecode '",
        "match bpf ",
        "bpf filter (1):",
        "Warning: x\n",
        "\ufeff",
        "\u00a0",
        "\uff08",
        "\r",
        "sock_filter",
        "struct sock_filter x[] = {",
        "};",
        "99999999999",
        "*",
        "tcp port 80",
        "é"
    };

    private final Random random = new Random();
    private final List<String> problems = new ArrayList<>();
    private int accepted;

    @Test
    void everyReaderRefusesOrUnderstandsAllOfAText() {
        fuzz(SEED, TEXTS);
        assertTrue(accepted > TEXTS / 20, accepted + " texts accepted");
    }

    @Test
    @Tag("soak")
    void forLong() {
        long first = Long.getLong("notations.seed", System.nanoTime());
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = first;
        System.out.println("notations, first seed " + first);
        for (; System.nanoTime() < end; seed++) {
            fuzz(seed, 10_000);
        }
        System.out.println("notations: " + (seed - first) * 10_000
                + " texts for each of six readers and the detection, " + accepted + " programs");
    }

    /** Each text is given to every reader by its name, and to the one that is detected. */
    private void fuzz(long seed, int texts) {
        random.setSeed(seed);
        RandomPrograms programs = new RandomPrograms(seed);
        for (int i = 0; i < texts; i++) {
            List<RawInstruction> raw = programs.program().raw();
            String text = damaged(Spellings.of(random, raw.subList(Math.max(0, raw.size() - 6), raw.size())));
            for (ProgramFormat format : ProgramFormat.values()) {
                check(seed, format, text, false);
            }
            check(seed, ProgramFormat.detect(text), text, true);
        }
        assertEquals(List.of(), problems);
    }

    private String damaged(String text) {
        StringBuilder damaged = new StringBuilder(text);
        for (int n = random.nextInt(4); n > 0; n--) {
            int at = random.nextInt(damaged.length() + 1);
            int end = Math.min(damaged.length(), at + 1 + random.nextInt(random.nextBoolean() ? 3 : 30));
            switch (random.nextInt(4)) {
                case 0 -> damaged.delete(at, end);
                case 1 -> damaged.insert(at, damaged.substring(at, end));
                case 2 -> damaged.setLength(at);
                default -> damaged.insert(at, PIECES[random.nextInt(PIECES.length)]);
            }
        }
        return damaged.toString();
    }

    private void check(long seed, ProgramFormat format, String text, boolean isDetected) {
        Program program;
        try {
            program = isDetected ? ProgramFormat.readAny(text) : format.read(text);
        } catch (AssemblyException e) {
            int lines = (int) text.chars().filter(c -> c == '\n').count() + 1;
            assertTrue(
                    e.line() >= 1 && e.line() <= lines && e.column() >= 1,
                    () -> "seed " + seed + ", " + format + ": " + e.getMessage() + ":\n" + text);
            return;
        }
        accepted++;
        String problem = leftOver(format, text.startsWith("\ufeff") ? text.substring(1) : text, program);
        if (problem != null && problems.size() < 10) {
            problems.add("seed " + seed + ", " + format + ": " + problem + ":\n" + text);
        }
    }

    /** {@return what of the text is not in the program, or null if nothing is}, by other means than the reader's */
    private static String leftOver(ProgramFormat format, String text, Program program) {
        List<Long> fields = new ArrayList<>();
        for (RawInstruction raw : program.raw()) {
            fields.addAll(
                    List.of((long) raw.code(), (long) raw.jt(), (long) raw.jf(), Integer.toUnsignedLong(raw.k())));
        }
        return switch (format) {
            case BYTECODE, DDD -> numbers(text, fields);
            case HEX -> digits(text, program);
            case C -> initialisers(text, program);
            case LISTING -> lines(text, program);
            case ASM -> statements(text, program);
        };
    }

    private static String numbers(String text, List<Long> fields) {
        if (Pattern.compile("(?m)\\A\\s*(?:line\\s|[0-9]{4,5}:\\s+0[xX])")
                .matcher(withoutComments(text))
                .find()) {
            return rowsOfTable(text, fields.size() / 4);
        }
        List<Long> numbers = new ArrayList<>();
        boolean isLineOfTool = text.contains("bytecode") || text.contains("match bpf") || text.contains("bpf filter");
        Matcher matcher = NUMBER.matcher(isLineOfTool ? text : withoutComments(text));
        while (matcher.find()) {
            numbers.add(number(matcher.group()));
        }
        // Before them are at most the count, and what a tool says of a filter: its priority, its handle.
        boolean isAll = numbers.size() >= fields.size()
                && Collections.indexOfSubList(numbers, fields) >= 0
                && (numbers.size() - fields.size() <= 1 || isLineOfTool);
        return isAll ? null : "numbers " + numbers + " and not " + fields;
    }

    /** {@return the value of decimal or hexadecimal digits, where a negative one is what 32 bits make of it} */
    private static long number(String text) {
        boolean isHex = text.contains("x") || text.contains("X");
        String digits = isHex ? text.replaceFirst("0[xX]", "") : text;
        BigInteger value = new BigInteger(digits, isHex ? 16 : 10);
        long clamped = value.min(BigInteger.valueOf(Long.MAX_VALUE)).longValue();
        return clamped < 0 && clamped >= Integer.MIN_VALUE ? clamped & 0xffff_ffffL : clamped;
    }

    private static String rowsOfTable(String text, int instructions) {
        long rows =
                text.lines().filter(line -> line.matches("\\s*[0-9]{4,5}:.*")).count();
        return rows == instructions ? null : rows + " rows and " + instructions + " instructions";
    }

    private static String digits(String text, Program program) {
        String expected = ProgramFormat.HEX.write(program).replace("\n", "");
        if (text.contains("0000") && text.lines().anyMatch(line -> line.matches("\\s*0{4,16}:?\\s.*"))) {
            // A dump: the lines are those of the bytes, in order.
            StringBuilder bytes = new StringBuilder();
            for (String line : withoutComments(text).lines().toList()) {
                Matcher offset = Pattern.compile("\\s*[0-9a-fA-F]{4,16}:?").matcher(line);
                if (offset.lookingAt()) {
                    String rest = line.substring(offset.end()).strip().replaceAll("[ \\t]{1,2}(?=[0-9a-fA-F])", "");
                    Matcher hex = Pattern.compile("[0-9a-fA-F]{0,32}").matcher(rest);
                    bytes.append(hex.lookingAt() ? hex.group() : "");
                }
            }
            boolean isSame = bytes.toString().toLowerCase(Locale.ROOT).equals(expected) || text.contains("*");
            return isSame ? null : "bytes " + bytes + " and not " + expected;
        }
        if (text.contains("\\x")) {
            int escapes = text.split("\\\\x", -1).length - 1;
            return escapes <= expected.length() / 2 ? null : escapes + " escapes for " + expected;
        }
        String digits = withoutComments(text)
                .replaceAll("0[xX]([0-9a-fA-F])(?![0-9a-fA-F])", "0$1")
                .replaceAll("0[xX]|[\\s,]", "");
        return digits.equalsIgnoreCase(expected) ? null : "digits " + digits + " and not " + expected;
    }

    /** Each instruction has brackets of its own, and nothing but a definition has others. */
    private static String initialisers(String text, Program program) {
        String code = text.replaceAll("'(?:\\\\.{1,3}|.)'", " ")
                .replaceAll("(?s)/\\*.*?\\*/", " ")
                .replaceAll("(?m)(?:#(?!define)|//|^Warning: ).*$", "");
        int brackets = code.replaceAll("\\((?:BPF_\\w+|u_int|[| +])*\\)", "")
                .replaceAll("[^{(]", "")
                .length();
        int square = code.replaceAll("[^\\[]", "").length();
        boolean isAll = brackets + square >= program.size() && brackets <= program.size() + 3;
        return isAll ? null : brackets + " brackets for " + program.size() + " instructions";
    }

    private static String lines(String text, Program program) {
        long lines = withoutComments(text)
                .lines()
                .filter(line -> line.strip().startsWith("("))
                .count();
        return lines == program.size() ? null : lines + " lines for " + program.size() + " instructions";
    }

    /** Each statement of assembly has one mnemonic, and the names of labels here are no mnemonics. */
    private static String statements(String text, Program program) {
        int count = 0;
        boolean isOperandNext = false;
        int at = 0;
        Matcher token = ASM_TOKEN.matcher(text);
        while (token.find(at)) {
            at = token.end();
            boolean isHash = token.group().startsWith("#");
            if (isHash && isOperandNext && text.charAt(token.start() - 1) != '\n') {
                at = token.start() + 1; // of an operand; every other hash begins a comment
            } else if (!isHash && token.group("comment") == null) {
                boolean isMnemonic = token.group("mnemonic") != null;
                isOperandNext = isMnemonic && !token.group().matches("(?i)neg|tax|txa");
                count += isMnemonic ? 1 : 0;
            }
        }
        return count == program.size() ? null : count + " mnemonics for " + program.size() + " instructions";
    }

    private static String withoutComments(String text) {
        return text.replaceAll("(?m)(?:#(?!define)|//).*$|^\\s*;.*$", "").replaceAll("(?m)^Warning: .*$", "");
    }
}
