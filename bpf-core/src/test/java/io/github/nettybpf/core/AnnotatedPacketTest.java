package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AnnotatedPacketTest {
    private static int run(AnnotatedPacket packet, String program) {
        return Filter.interpret(Program.parse(program)).run(packet);
    }

    private static AnnotatedPacket frame() {
        byte[] bytes = new byte[40];
        bytes[14] = 0x45;
        bytes[39] = 7;
        return new AnnotatedPacket(bytes, 1500, 14, true);
    }

    @Test
    void showsTheHeadersOfAFrame() {
        assertEquals(0x45, run(frame(), "ldb [0xfff00000]\nret a"));
        assertEquals(7, run(frame(), "ldb [0xfff00019]\nret a"));
        assertEquals(0, run(frame(), "ldb [0xfff0001a]\nret #1"));
        assertEquals(0x45, run(frame(), "ldb [0xffe0000e]\nret a"));
        assertEquals(1500, run(frame(), "ld len\nret a"));
        AnnotatedPacket bare = new AnnotatedPacket(new byte[3], 3, 14, false);
        assertEquals(0, run(bare, "ldb [0xfff00000]\nret #1"));
        assertEquals(0, run(bare, "ldb [0xffe00000]\nret #1"));
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"LEN", "XOR_X", "NLA", "NLAN"})
    void extensionsAreSetAndUnset(Extension extension) {
        AnnotatedPacket packet = frame();
        Program program = Program.of(
                new LoadConstant(Register.A, 5),
                new LoadExtension(extension),
                new AluConstant(AluOp.OR, 1),
                new ReturnA());
        packet.set(extension, 0xffff_fffeL);
        assertEquals(OptionalLong.of(0xffff_fffeL), packet.value(extension));
        assertEquals(-1, Filter.interpret(program).run(packet));
        packet.set(extension, Packet.NO_DEVICE);
        assertEquals(5, Filter.interpret(program).run(packet));
        packet.unset(extension);
        assertEquals(OptionalLong.empty(), packet.value(extension));
        if (extension != Extension.RAND) {
            assertEquals(0, Filter.interpret(program).run(packet));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"LEN", "XOR_X", "NLA", "NLAN"})
    void whatIsComputedCannotBeSet(Extension extension) {
        assertEquals(
                extension.text + " cannot be set (expected: one that is not computed)",
                assertThrows(IllegalArgumentException.class, () -> frame().set(extension, 1))
                        .getMessage());
    }

    @Test
    void valuesHave32Bits() {
        assertEquals(
                "mark 4294967296 (expected: 0..4294967295)",
                assertThrows(IllegalArgumentException.class, () -> frame().set(Extension.MARK, 1L << 32))
                        .getMessage());
        assertEquals(
                "mark -3 (expected: 0..4294967295)",
                assertThrows(IllegalArgumentException.class, () -> frame().set(Extension.MARK, -3))
                        .getMessage());
    }
}
