package io.github.nettybpf.core.text;

import io.github.nettybpf.core.RawInstruction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/** Writes the notations that consist of the numbers of {@code struct sock_filter}. */
public final class NumericWriter {
    private static final HexFormat HEX = HexFormat.of();

    private NumericWriter() {}

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
        return program.stream().map(NumericWriter::hex).collect(Collectors.joining("\n", "", "\n"));
    }

    private static String hex(RawInstruction raw) {
        ByteBuffer struct = ByteBuffer.allocate(RawInstruction.BYTES).order(ByteOrder.nativeOrder());
        raw.writeTo(struct);
        return HEX.formatHex(struct.array());
    }
}
