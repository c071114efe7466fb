package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.Instruction.Txa;
import io.github.nettybpf.core.VerificationException.Rule;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

class ProgramTest {
    /** Reads bytecode without the count. */
    static List<RawInstruction> raw(String bytecode) {
        List<RawInstruction> program = new ArrayList<>();
        for (String instruction : bytecode.split(",", -1)) {
            String[] n = instruction.strip().split(" ", 4);
            program.add(new RawInstruction(
                    Integer.parseInt(n[0]),
                    Integer.parseInt(n[1]),
                    Integer.parseInt(n[2]),
                    Integer.parseUnsignedInt(n[3])));
        }
        return program;
    }

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "verifier.txt", delimiter = '|')
    void keepsTheRulesOfTheKernel(String name, String bytecode, String rule, String message) {
        List<RawInstruction> raw = raw(bytecode);
        if (rule.equals("accepted")) {
            assertEquals(raw, Program.ofRaw(raw).raw());
            return;
        }
        VerificationException e = assertThrows(VerificationException.class, () -> Program.ofRaw(raw), name);
        assertEquals(Rule.valueOf(rule.toUpperCase(Locale.ROOT)), e.rule());
        assertEquals(message, e.getMessage());
        assertEquals(true, e.getMessage().startsWith("insn " + e.pc() + ": "));
        assertEquals(true, e.getMessage().endsWith(e.problem()));
    }

    @Test
    void aPlacementIsNoPartOfWhatAProgramComputes() {
        Program program = Program.parse("ldh [2]\nret a");
        Program placed = program.at(Placement.UDP_SOCKET);
        assertEquals(Optional.empty(), program.placement());
        assertEquals(Optional.of(Placement.UDP_SOCKET), placed.placement());
        assertEquals(
                Optional.of(Placement.PAYLOAD), placed.at(Placement.PAYLOAD).placement());
        assertEquals(program, placed);
        assertEquals(program.hashCode(), placed.hashCode());
        assertEquals(program.raw(), placed.raw());
        assertEquals(program.toString(), placed.toString());
    }

    @Test
    void originsAreNoPartOfWhatAProgramComputes() {
        Program program =
                Program.parse("ldh [2]\njeq #53, 0, 1\nret #1\nret #0").at(Placement.UDP_SOCKET);
        Program known = program.withOrigins(pc -> pc < 2 ? Optional.of("dst port 53") : Optional.empty());
        for (int pc = 0; pc < 4; pc++) {
            Optional<String> expected = pc < 2 ? Optional.of("dst port 53") : Optional.empty();
            assertEquals(Optional.empty(), program.origin(pc));
            assertEquals(expected, known.origin(pc));
            assertEquals(expected, known.at(Placement.PAYLOAD).origin(pc));
        }
        assertEquals(
                Optional.of("other"),
                known.withOrigins(pc -> Optional.of("other")).origin(3));
        assertEquals(Optional.of(Placement.UDP_SOCKET), known.placement());
        assertEquals(program, known);
        assertEquals(program.hashCode(), known.hashCode());
        assertEquals(program.toString(), known.toString());
        assertEquals(program.raw(), known.raw());
    }

    @Test
    void onlyInstructionsOfTheProgramHaveOrigins() {
        Program program = Program.parse("ldh [2]\nret a").withOrigins(pc -> Optional.of("any"));
        for (int pc : new int[] {-1, 2}) {
            IndexOutOfBoundsException e = assertThrows(IndexOutOfBoundsException.class, () -> program.origin(pc));
            assertEquals("Index " + pc + " out of bounds for length 2", e.getMessage());
        }
    }

    @Test
    void has1To4096Instructions() {
        assertEquals(1, Program.of(new ReturnA()).size());
        assertEquals(4096, Program.of(Collections.nCopies(4096, new ReturnA())).size());
        for (int size : new int[] {0, 4097}) {
            VerificationException e = assertThrows(
                    VerificationException.class, () -> Program.of(Collections.nCopies(size, new ReturnA())));
            assertEquals(size + " instructions (expected: 1..4096)", e.getMessage());
            assertEquals(-1, e.pc());
            assertEquals(Rule.LENGTH, e.rule());
        }
    }

    @Test
    void equalityIsThatOfTheInstructions() {
        Program program = Program.ofRaw(raw("7 1 2 3,22 9 9 9"));
        assertEquals(Program.of(new Tax(), new ReturnA()), program);
        assertEquals(Program.of(new Tax(), new ReturnA()).hashCode(), program.hashCode());
        assertNotEquals(Program.of(new Txa(), new ReturnA()), program);
        assertEquals(raw("7 1 2 3,22 9 9 9"), program.raw());
        assertThrows(UnsupportedOperationException.class, () -> program.raw().clear());
        assertThrows(UnsupportedOperationException.class, () -> program.instructions()
                .clear());
    }

    @Test
    void anAbsoluteLoadOfAnExtensionIsThatExtension() {
        Program program = Program.of(new LoadAbsolute(0xfffff014, 4), new ReturnA());
        assertEquals(List.of(new LoadExtension(Extension.MARK), new ReturnA()), program.instructions());
    }

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "facts.txt", delimiter = '|')
    void tellsWhatAProgramCanDo(
            String name, String source, String extensions, String bases, String reach, String verdicts) {
        Program program = Program.parse(source.replace('⏎', '\n'));
        assertEquals(extensions, program.extensions().toString(), "extensions");
        assertEquals(bases, program.offsetBases().toString(), "bases");
        assertEquals(reach, program.reach().isPresent() ? "" + program.reach().getAsLong() : "?", "reach");
        assertEquals(verdicts, program.verdicts().map(ProgramTest::sorted).orElse("?"), "verdicts");
    }

    private static String sorted(Set<Integer> verdicts) {
        Set<Long> unsigned = new TreeSet<>();
        verdicts.forEach(verdict -> unsigned.add(Integer.toUnsignedLong(verdict)));
        return unsigned.toString();
    }

    @Test
    void tellsWhereSomethingIsReadFirst() {
        Program program = Program.parse("ldh [12]\nld mark\nld [0xfff00010]\nld mark\nret a");
        assertEquals(1, program.firstReading(Extension.MARK).getAsInt());
        assertEquals(true, program.firstReading(Extension.CPU).isEmpty());
        assertEquals(0, program.firstReading(OffsetBase.PACKET).getAsInt());
        assertEquals(2, program.firstReading(OffsetBase.NETWORK).getAsInt());
        assertEquals(true, program.firstReading(OffsetBase.LINK_LAYER).isEmpty());
    }

    /** Each row was measured on Linux 6.18 with SO_MEMINFO. */
    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "kernel-cost.txt", delimiter = '|')
    void kernelCostIsWhatTheKernelCharged(String source, int instructions) {
        assertEquals(
                96 + 8 * instructions, Program.parse(source.replace('⏎', '\n')).kernelCost());
    }
}
