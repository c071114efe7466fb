package io.github.nettybpf.core;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The same instructions as many tools write them. */
final class Spellings {
    private static final List<Function<List<RawInstruction>, String>> ALL = List.of(
            ProgramFormat.ASM::write,
            ProgramFormat.BYTECODE::write,
            ProgramFormat.C::write,
            ProgramFormat.DDD::write,
            ProgramFormat.HEX::write,
            ProgramFormat.LISTING::write,
            raw -> "-A INPUT -m bpf --bytecode \"" + counted(raw) + "\" -j DROP\n",
            raw -> "filter protocol ip pref 100 bpf chain 0 handle 0x1 flowid 1:1 bytecode '" + counted(raw) + "'\n",
            raw -> "\tbpf filter (" + raw.size() + "):  " + each(raw, "0x%02x %d %d %s,", " ") + "\n",
            raw -> "match bpf " + each(raw, "%d %d %d %s", ",") + "\n",
            raw -> "[" + each(raw, "{%d %d %d %s}", " ") + "]\n",
            raw -> "[" + each(raw, "{Op:%d Jt:%d Jf:%d K:%s}", " ") + "]\n",
            Spellings::printedByGdb,
            raw -> "struct sock_filter f[" + raw.size() + "] = {\n" + each(raw, "\t{ %d, %d, %d, %s },", "\n")
                    + "\n};\n",
            raw -> "[" + each(raw, "(0x%02x, %d, %d, %s)", ", ") + "]\n",
            raw -> each(raw, "sock_filter { code: 0x%x, jt: %d, jf: %d, k: %s },", "\n") + "\n",
            raw -> " line  CODE  JT   JF      K\n=====\n"
                    + IntStream.range(0, raw.size())
                            .mapToObj(pc -> String.format(
                                    " %04d: 0x%02x 0x%02x 0x%02x 0x%08x  text\n",
                                    pc,
                                    raw.get(pc).code(),
                                    raw.get(pc).jt(),
                                    raw.get(pc).jf(),
                                    raw.get(pc).k()))
                            .collect(Collectors.joining()),
            Spellings::dump,
            raw -> "\"" + bytes(raw, "\\x%02x") + "\"\n",
            raw -> bytes(raw, "0x%02x, ") + "\n",
            raw -> "# comment\n\n" + ProgramFormat.DDD.write(raw),
            raw -> "Warning: assuming Ethernet\n" + ProgramFormat.LISTING.write(raw));

    private Spellings() {}

    static String of(Random random, List<RawInstruction> program) {
        return ALL.get(random.nextInt(ALL.size())).apply(program);
    }

    static List<Function<List<RawInstruction>, String>> all() {
        return ALL;
    }

    private static String counted(List<RawInstruction> program) {
        return ProgramFormat.BYTECODE.write(program).strip();
    }

    private static String each(List<RawInstruction> program, String format, String separator) {
        return program.stream()
                .map(raw -> String.format(format, raw.code(), raw.jt(), raw.jf(), Integer.toUnsignedString(raw.k())))
                .collect(Collectors.joining(separator));
    }

    private static byte[] structs(List<RawInstruction> program) {
        ByteBuffer structs =
                ByteBuffer.allocate(program.size() * RawInstruction.BYTES).order(ByteOrder.nativeOrder());
        program.forEach(raw -> raw.writeTo(structs));
        return structs.array();
    }

    private static String bytes(List<RawInstruction> program, String format) {
        StringBuilder text = new StringBuilder();
        for (byte b : structs(program)) {
            text.append(String.format(format, Byte.toUnsignedInt(b)));
        }
        return text.toString();
    }

    private static String printedByGdb(List<RawInstruction> program) {
        return program.stream()
                .map(raw -> String.format(
                        "{code = %d, jt = %s, jf = %s, k = %s}",
                        raw.code(), character(raw.jt()), character(raw.jf()), Integer.toUnsignedString(raw.k())))
                .collect(Collectors.joining(", ", "$1 = {", "}\n"));
    }

    private static String character(int value) {
        String text = value == '\'' || value == '\\'
                ? "\\" + (char) value
                : value >= ' ' && value <= '~'
                        ? String.valueOf((char) value)
                        : value >= 7 && value <= 13
                                ? "\\" + "abtnvfr".charAt(value - 7)
                                : "\\" + Integer.toOctalString(512 + value).substring(1);
        return value + " '" + text + "'";
    }

    /** As hexdump -C writes it. */
    private static String dump(List<RawInstruction> program) {
        byte[] bytes = structs(program);
        StringBuilder text = new StringBuilder();
        for (int start = 0; start < bytes.length; start += 16) {
            StringBuilder hex = new StringBuilder();
            StringBuilder characters = new StringBuilder();
            for (int i = start; i < Math.min(bytes.length, start + 16); i++) {
                hex.append(i == start + 8 ? " " : "").append(String.format("%02x ", Byte.toUnsignedInt(bytes[i])));
                characters.append(bytes[i] >= ' ' && bytes[i] <= '~' ? (char) bytes[i] : '.');
            }
            text.append(String.format("%08x  %-49s |%s|\n", start, hex, characters));
        }
        return text + String.format("%08x\n", bytes.length);
    }
}
