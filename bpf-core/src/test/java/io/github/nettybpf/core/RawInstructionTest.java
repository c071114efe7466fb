package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import java.nio.BufferOverflowException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RawInstructionTest {
    /** The codes that Linux 6.18 accepts, measured. */
    private static final Set<Integer> ACCEPTED = Set.of(
            0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0c, 0x14, 0x15, 0x16, 0x1c, 0x1d, 0x20, 0x24, 0x25, 0x28,
            0x2c, 0x2d, 0x30, 0x34, 0x35, 0x3c, 0x3d, 0x40, 0x44, 0x45, 0x48, 0x4c, 0x4d, 0x50, 0x54, 0x5c, 0x60, 0x61,
            0x64, 0x6c, 0x74, 0x7c, 0x80, 0x81, 0x84, 0x87, 0x94, 0x9c, 0xa4, 0xac, 0xb1);

    @Test
    void every16BitCodeIsDecodedOrRefused() {
        Set<Class<?>> kinds = new HashSet<>();
        List<Integer> decoded = new ArrayList<>();
        for (int code = 0; code <= 0xffff; code++) {
            RawInstruction raw = new RawInstruction(code, 0, 0, 0);
            if (!ACCEPTED.contains(code)) {
                String message = String.format("opcode 0x%02x (expected: a classic BPF opcode)", code);
                assertEquals(
                        message,
                        assertThrows(IllegalArgumentException.class, raw::disassemble)
                                .getMessage());
                continue;
            }
            Instruction instruction = raw.disassemble();
            kinds.add(instruction.getClass());
            decoded.add(code);
            assertEquals(raw, instruction.assemble());
        }
        assertEquals(49, decoded.size());
        assertEquals(
                Arrays.stream(Instruction.class.getDeclaredClasses())
                        .filter(Class::isRecord)
                        .collect(Collectors.toSet()),
                kinds);
    }

    @Test
    void everyFieldThatMattersComesBack() {
        for (int code : ACCEPTED) {
            for (int k : new int[] {0, 1, 0x7fffffff, 0x80000000, 0xfffff004, 0xffffffff}) {
                RawInstruction raw = new RawInstruction(code, 3, 255, k);
                RawInstruction back = raw.disassemble().assemble();
                boolean branch = (code & 7) == Opcodes.JMP && code != 0x05;
                boolean ignoresK = Set.of(0x80, 0x81, 0x07, 0x87, 0x84, 0x16).contains(code)
                        || ((code & 7) == Opcodes.ALU && (code & 8) != 0)
                        || (branch && (code & 8) != 0);
                assertEquals(
                        new RawInstruction(code, branch ? 3 : 0, branch ? 255 : 0, ignoresK ? 0 : k),
                        back,
                        raw.toString());
                assertEquals(raw.disassemble(), back.disassemble());
            }
        }
    }

    @ParameterizedTest(name = "{4}")
    @CsvSource(
            delimiter = '|',
            value = {
                "65536 | 0 | 0 | 0 | code 65536 (expected: 0..65535)",
                "-1 | 0 | 0 | 0 | code -1 (expected: 0..65535)",
                "6 | 256 | 0 | 0 | jt 256 (expected: 0..255)",
                "6 | 0 | -1 | 0 | jf -1 (expected: 0..255)",
            })
    void widthsAreChecked(int code, int jt, int jf, int k, String message) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> new RawInstruction(code, jt, jf, k))
                        .getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "BIG_ENDIAN, ff fe fd fc 81 02 03 04 ff",
        "LITTLE_ENDIAN, fe ff fd fc 04 03 02 81 ff",
    })
    void structsAreInTheByteOrderOfTheBuffer(String order, String bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(HexFormat.ofDelimiter(" ").parseHex(bytes));
        buffer.order(order.equals("BIG_ENDIAN") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        RawInstruction raw = RawInstruction.readFrom(buffer);
        assertEquals(new RawInstruction(0xfffe, 0xfd, 0xfc, 0x81020304), raw);
        assertEquals(RawInstruction.BYTES, buffer.position());
        assertThrows(BufferUnderflowException.class, () -> RawInstruction.readFrom(buffer));

        ByteBuffer written = ByteBuffer.allocate(RawInstruction.BYTES).order(buffer.order());
        raw.writeTo(written);
        assertEquals(buffer.flip(), written.flip());
        assertThrows(BufferOverflowException.class, () -> raw.writeTo(ByteBuffer.allocate(RawInstruction.BYTES - 1)));
    }

    @ParameterizedTest(name = "{0} counts from {1}")
    @CsvSource({
        "0, PACKET",
        "2147483647, PACKET",
        "-1, NETWORK",
        "-1048576, NETWORK",
        "-1048577, LINK_LAYER",
        "-2097152, LINK_LAYER",
        "-2097153, ",
        "-2147483648, ",
    })
    void offsetsCountFromOneOfTheBases(int offset, @Nullable OffsetBase base) {
        assertEquals(Optional.ofNullable(base), OffsetBase.of(offset));
        if (base != null) {
            assertEquals(Optional.of(base), OffsetBase.of(base.start()));
        }
    }

    @Test
    void recordsHoldWhateverHasAnEncoding() {
        assertEquals("size 3 (expected: 1, 2 or 4)", refused(() -> new LoadAbsolute(0, 3)));
        assertEquals("size 0 (expected: 1, 2 or 4)", refused(() -> new LoadIndirect(0, 0)));
        assertEquals("size 2 of len (expected: 4)", refused(() -> new LoadExtension(Extension.LEN, Register.A, 2)));
        assertEquals(
                "mark into X (expected: A; only len can be loaded into X)",
                refused(() -> new LoadExtension(Extension.MARK, Register.X, 4)));
        assertEquals("skipTrue 256 (expected: 0..255)", refused(() -> new JumpIf(JumpCondition.JEQ, 1, 256, 0)));
        assertEquals("skipFalse -1 (expected: 0..255)", refused(() -> new JumpIfX(JumpCondition.JEQ, 0, -1)));
    }

    private static String refused(org.junit.jupiter.api.function.Executable executable) {
        return assertThrows(IllegalArgumentException.class, executable).getMessage();
    }

    @Test
    void extensionsStandWhereTheKernelHasThem() {
        List<String> found = new ArrayList<>();
        for (int offset = 0xfffff000; offset != 0; offset++) {
            Extension extension = Extension.atOffset(offset);
            if (extension != null) {
                found.add((offset - 0xfffff000) + " " + extension.mnemonic());
                assertEquals(RawInstruction.of(0x20, offset), new LoadExtension(extension).assemble());
            }
        }
        assertEquals(
                List.of(
                        "0 proto",
                        "4 type",
                        "8 ifidx",
                        "12 nla",
                        "16 nlan",
                        "20 mark",
                        "24 queue",
                        "28 hatype",
                        "32 rxhash",
                        "36 cpu",
                        "40 xor_x",
                        "44 vlan_tci",
                        "48 vlan_avail",
                        "52 poff",
                        "56 rand",
                        "60 vlan_tpid"),
                found);
    }
}
