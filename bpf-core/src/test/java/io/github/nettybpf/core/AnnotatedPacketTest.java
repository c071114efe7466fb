package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.ReturnA;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AnnotatedPacketTest {
    private static int run(AnnotatedPacket packet, String program) {
        return Filter.interpret(Program.parse(program)).run(packet);
    }

    private static AnnotatedPacket annotated() {
        return new AnnotatedPacket(Packet.of(new byte[] {0x45, 7}));
    }

    @Test
    void allElseIsOfTheOtherPacket() {
        AnnotatedPacket packet = annotated();
        packet.set(Extension.MARK, 3);
        assertEquals(7, run(packet, "ldb [1]\nret a"));
        assertEquals(0x45, run(packet, "ldb [0xfff00000]\nret a"));
        assertEquals(0, run(packet, "ldb [0xffe00000]\nret #1"));
        assertEquals(2, run(packet, "ld len\nret a"));
        packet.annotate(new UnixPacket(new byte[] {1, 2, 3, 4}));
        assertEquals(0x01020304, run(packet, "ld [0]\nret a"));
        assertEquals(0x0203, run(packet, "ldh [1]\nret a"));
        assertEquals(9, run(packet, "ld #9\nld ifidx\nret #1"));
        assertEquals(3, run(packet, "ld mark\nret a"));
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"LEN", "XOR_X", "NLA", "NLAN"})
    void extensionsAreSetAndUnset(Extension extension) {
        AnnotatedPacket packet = annotated();
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
                extension.mnemonic() + " cannot be set (expected: one that is not computed)",
                assertThrows(IllegalArgumentException.class, () -> annotated().set(extension, 1))
                        .getMessage());
    }

    @Test
    void valuesHave32Bits() {
        assertEquals(
                "mark 4294967296 (expected: 0..4294967295)",
                assertThrows(IllegalArgumentException.class, () -> annotated().set(Extension.MARK, 1L << 32))
                        .getMessage());
        assertEquals(
                "mark -3 (expected: 0..4294967295)",
                assertThrows(IllegalArgumentException.class, () -> annotated().set(Extension.MARK, -3))
                        .getMessage());
    }
}
