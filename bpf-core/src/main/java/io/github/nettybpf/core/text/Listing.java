package io.github.nettybpf.core.text;

import io.github.nettybpf.core.AssemblyException;
import io.github.nettybpf.core.Extension;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the listings of {@code tcpdump -d} by translating each line to bpf_asm text. In a listing, jump targets are
 * instruction numbers, and some extensions have other names. Source: libpcap's bpf_image.c, and what it prints.
 */
public final class Listing {
    private static final Pattern LINE = Pattern.compile(
            "\\s*+\\((\\d{1,5})\\)\\s++([a-z]++)(?:\\s++(\\S.{0,63}?))??(?:\\s++jt\\s++(\\d{1,5})\\s++jf\\s++(\\d{1,5}))?\\s*+");
    private static final Pattern START = Pattern.compile("\\(\\d{3,5}\\)[ \\t]++[a-z]");
    private static final Pattern OPERAND =
            Pattern.compile("(?:#(?:0x[0-9a-f]{1,8}|-?\\d{1,10}|pktlen)|x|a|\\d{1,5}|M\\[\\d{1,2}]"
                    + "|\\[(?:x \\+ )?-?\\d{1,10}]|\\[[a-z_]{1,16}]|4\\*\\(\\[-?\\d{1,10}]&0xf\\))?");
    private static final Pattern BRACKETED_NAME = Pattern.compile("\\[([a-z_]+)]");
    private static final Map<String, Extension> NAMES =
            Map.of("vlanp", Extension.VLAN_AVAIL, "random", Extension.RAND, "#pktlen", Extension.LEN);

    private Listing() {}

    /** {@return tcpdump's name of the extension} */
    static String name(Extension extension) {
        return switch (extension) {
            case VLAN_AVAIL -> "vlanp";
            case RAND -> "random";
            default -> extension.mnemonic();
        };
    }

    /** {@return whether the text, which is blanked, begins with a line of a listing} */
    static boolean isListing(String text, int start) {
        return START.matcher(text).region(start, text.length()).lookingAt();
    }

    /**
     * {@return what the assembler makes of the listing}
     *
     * @throws AssemblyException if it refuses it, or the text is no listing; the place is the beginning of a line
     */
    public static <T> T read(String listing, Function<String, T> assembler) {
        String assembly = toAssembly(listing);
        try {
            return assembler.apply(assembly);
        } catch (AssemblyException e) {
            int last = (int) assembly.stripTrailing().lines().count();
            AssemblyException placed = new AssemblyException(Math.min(e.line(), Math.max(1, last)), 1, e.problem());
            placed.initCause(e.getCause());
            throw placed;
        }
    }

    /** {@return the bpf_asm text of the listing, with as many lines} */
    private static String toAssembly(String listing) {
        StringBuilder assembly = new StringBuilder();
        String[] lines = Surroundings.blanked(listing).split("\n", -1);
        int pc = 0;
        for (int i = 0; i < lines.length; i++) {
            if (!lines[i].isBlank()) {
                assembly.append(statement(lines[i], i + 1, pc++));
            }
            assembly.append('\n');
        }
        return assembly.toString();
    }

    private static String statement(String line, int number, int pc) {
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            throw new AssemblyException(
                    number,
                    1,
                    Scanner.quoted(line.strip()) + " (expected: a line of tcpdump -d, such as (003) ldh [12])");
        }
        if (Integer.parseInt(matcher.group(1)) != pc) {
            throw new AssemblyException(number, 1, "instruction " + matcher.group(1) + " (expected: " + pc + ")");
        }
        String mnemonic = matcher.group(2);
        String operand = matcher.group(3) == null ? "" : matcher.group(3);
        if (!OPERAND.matcher(operand).matches()) {
            throw new AssemblyException(
                    number, 1, Scanner.quoted(operand) + " (expected: an operand as tcpdump -d prints it)");
        }
        if (mnemonic.equals("ret") && operand.isEmpty()) {
            operand = "a";
        }
        String targets = "";
        if (matcher.group(4) != null) {
            targets = ", " + target(matcher.group(4), number, pc) + ", " + target(matcher.group(5), number, pc);
        } else if (mnemonic.equals("ja") && operand.matches("\\d+")) {
            operand = target(operand, number, pc);
        } else if (mnemonic.startsWith("j")) {
            throw new AssemblyException(
                    number, 1, Scanner.quoted(line.strip()) + " (expected: its targets, such as jt 4 jf 5)");
        }
        return "l" + pc + ": " + mnemonic + " " + operand(operand) + targets;
    }

    /** {@return the label of a target} */
    private static String target(String target, int number, int pc) {
        int at = Integer.parseInt(target);
        if (at <= pc) {
            throw new AssemblyException(
                    number,
                    1,
                    "jumps backward, to " + at
                            + " (expected: a later instruction; the kernel runs no loops, which protochain needs)");
        }
        return "l" + at;
    }

    private static String operand(String operand) {
        Extension renamed = NAMES.get(operand);
        if (renamed != null) {
            return renamed.mnemonic();
        }
        Matcher bracketed = BRACKETED_NAME.matcher(operand);
        if (!bracketed.matches()) {
            return operand;
        }
        String name = bracketed.group(1);
        return NAMES.containsKey(name) ? NAMES.get(name).mnemonic() : name;
    }
}
