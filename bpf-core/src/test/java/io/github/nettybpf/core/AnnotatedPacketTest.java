package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.ReturnA;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
        packet.set(extension, extension.maximum());
        assertEquals(OptionalLong.of(extension.maximum()), packet.value(extension));
        assertEquals(
                extension.maximum(),
                Integer.toUnsignedLong(Filter.interpret(program).run(packet)));
        if (extension.isOfDevice()) {
            packet.set(extension, Packet.NO_DEVICE);
            assertEquals(5, Filter.interpret(program).run(packet));
        }
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

    /** What an analysis of the program knows holds for every value that can be set. */
    @ParameterizedTest
    @CsvSource({
        "mark, 4294967296, 4294967295",
        "mark, -3, 4294967295",
        "mark, -2, 4294967295",
        "rand, -1, 4294967295",
        "proto, 65536, 65535",
        "type, 8, 7",
        "type, 100, 7",
        "queue, 65536, 65535",
        "hatype, 65536, 65535",
        "ifidx, 2147483648, 2147483647",
        "cpu, 2147483648, 2147483647",
        "vlan_tci, 65536, 65535",
        "vlan_avail, 2, 1",
        "vlan_avail, -2, 1",
        "vlan_tpid, 65536, 65535"
    })
    void valuesAreThoseThatTheKernelCanGive(String name, long value, long maximum) {
        Extension extension = Extension.valueOf(name.toUpperCase(Locale.ROOT));
        assertEquals(
                name + " " + value + " (expected: 0.." + maximum + ")",
                assertThrows(IllegalArgumentException.class, () -> annotated().set(extension, value))
                        .getMessage());
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"LEN", "XOR_X", "NLA", "NLAN"})
    void verdictsAreAmongThoseThatTheAnalysisKnows(Extension extension) {
        List<Long> values = new ArrayList<>(List.of(0L, 1L, extension.maximum() / 2, extension.maximum()));
        if (extension.isOfDevice()) {
            values.add(Packet.NO_DEVICE);
        }
        if (extension != Extension.RAND) {
            values.add(Packet.NOT_KNOWN);
        }
        AnnotatedPacket packet = annotated();
        for (long value : values) {
            packet.set(extension, value);
            for (String limit : List.of("0", "1", "7", "0xffff", "0x7fffffff", "0xffffffff")) {
                Program program = Program.parse(
                        "ld #5\nld " + extension.mnemonic() + "\njgt #" + limit + ", l\nret #1\nl: ret #2");
                int verdict = Filter.interpret(program).run(packet);
                assertTrue(program.verdicts().orElseThrow().contains(verdict), () -> program + "value " + value);
                assertEquals(verdict, Filter.compile(program).run(packet), () -> program + "value " + value);
            }
        }
    }
}
