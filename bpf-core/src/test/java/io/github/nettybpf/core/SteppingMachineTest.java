package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.SteppingMachine.Cause;
import io.github.nettybpf.core.SteppingMachine.End;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The random test is seeded: a failure names its seed, program and packet. */
class SteppingMachineTest {
    private static final int SEED = 20261121;

    /** The whole state that a machine shows. */
    private record State(int pc, int steps, List<Integer> registers, Optional<End> end, List<Long> visits) {
        static State of(SteppingMachine machine) {
            List<Integer> registers = new ArrayList<>(List.of(machine.a(), machine.x()));
            for (int slot = 0; slot < 16; slot++) {
                registers.add(machine.m(slot));
            }
            List<Long> visits = new ArrayList<>();
            for (int pc = 0; pc < machine.program().size(); pc++) {
                visits.add(machine.visits(pc));
            }
            return new State(machine.pc(), machine.steps(), registers, machine.end(), visits);
        }
    }

    @Test
    void randomProgramsGoToTheEndAndBack() {
        long asked = goToTheEndAndBack(SEED, 400);
        assertTrue(asked > 20_000, "too few questions to mean anything: " + asked);
    }

    @Test
    @Tag("soak")
    void forLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("programs in steps, first seed " + seed);
        for (; System.nanoTime() < end; seed++) {
            goToTheEndAndBack(seed, 400);
        }
    }

    /** {@return how many registers were compared with the interpreter's} */
    private static long goToTheEndAndBack(long seed, int programs) {
        RandomPrograms random = RandomPrograms.deterministic(seed);
        long asked = 0;
        for (int i = 0; i < programs; i++) {
            Program program = i % 2 == 0 ? random.program() : random.tests();
            Packet packet = new UnixPacket(i % 2 == 0 ? random.packet() : random.smallPacket());
            int number = i;
            Supplier<String> seen = () -> "seed " + seed + ", program " + number + "\n" + program + "packet " + packet;
            SteppingMachine machine = new SteppingMachine(program, packet);
            List<State> passed = new ArrayList<>();
            while (true) {
                passed.add(State.of(machine));
                if (machine.end().isPresent()) {
                    break;
                }
                asked += agreesWithInterpreter(machine, seen);
                assertTrue(machine.step(), seen);
            }
            int verdict = machine.end().orElseThrow().verdict();
            assertEquals(Filter.interpret(program).run(packet), verdict, seen);
            assertEquals(new ReferenceMachine(program).run(packet), verdict, seen);
            assertFalse(machine.step(), seen);

            for (int at = passed.size() - 1; at > 0; at--) {
                assertEquals(passed.get(at), State.of(machine), seen);
                assertTrue(machine.stepBack(), seen);
            }
            assertEquals(State.of(new SteppingMachine(program, packet)), State.of(machine), seen);
            assertFalse(machine.stepBack(), seen);

            // Forwards again: steps that were taken back have no effect.
            machine.run();
            assertEquals(passed.get(passed.size() - 1), State.of(machine), seen);
        }
        return asked;
    }

    /**
     * Runs the interpreter to the next instruction, and lets it return each register there.
     *
     * @return how many registers were compared
     */
    private static int agreesWithInterpreter(SteppingMachine machine, Supplier<String> seen) {
        int asked = 0;
        for (int register = 0; register < 18; register++) {
            Program asking;
            try {
                asking = asking(machine.program(), machine.pc(), register);
            } catch (VerificationException e) {
                // On another path to this instruction the slot is unset: it cannot be read here.
                continue;
            }
            int number = register;
            int value = register < 16 ? machine.m(register) : register == 16 ? machine.a() : machine.x();
            assertEquals(
                    value,
                    Filter.interpret(asking).run(machine.packet()),
                    () -> "at " + machine.pc() + ", register " + number + ", " + seen.get());
            asked++;
        }
        return asked;
    }

    /** The program with a jump at the pc, to code after its end that returns M[register], A or X. */
    private static Program asking(Program program, int pc, int register) {
        List<RawInstruction> raw = new ArrayList<>(program.raw());
        raw.set(pc, RawInstruction.of(0x05, raw.size() + 1 - pc - 1));
        // Jumps over what follows, so that the scratch check does not consider the path through the last instruction.
        raw.add(RawInstruction.of(0x05, 2));
        raw.add(register < 16 ? RawInstruction.of(0x60, register) : RawInstruction.of(register == 16 ? 0x04 : 0x87, 0));
        raw.add(RawInstruction.of(0x16, 0));
        raw.add(RawInstruction.of(0x06, 0));
        return Program.ofRaw(raw);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a return of a constant | ld #1; ret #7 | 00 | RETURNED | 1 | 7 | 0",
                "a return of A | ld #9; ret a | 00 | RETURNED | 1 | 9 | 0",
                "a load past the end | ldh [12]; ret #1 | 000102 | OUT_OF_BOUNDS | 0 | 0 | 12",
                "a load half past the end | ldi #5; ld [1]; ret #1 | 00010203 | OUT_OF_BOUNDS | 1 | 0 | 1",
                "X is part of the offset | ldx #6; ldb [x + 4]; ret #1 | 00 | OUT_OF_BOUNDS | 1 | 0 | 10",
                "an indirect load wraps | ldx #4294967295; ldh [x + 1]; ret #1 | 00 | OUT_OF_BOUNDS | 1 | 0 | 0",
                "the header length | ldxb 4*([14]&0xf); ret #1 | 00 | OUT_OF_BOUNDS | 0 | 0 | 14",
                "a network header too short | ldb [0xfff00009]; ret #1 | 00 | OUT_OF_BOUNDS | 0 | 0 | 4293918729",
                "a division by 0 | ld #8; div x; ret #1 | 00 | DIVISION_BY_ZERO | 1 | 0 | 0",
                "a modulo by 0 | ld #8; mod x; ret #1 | 00 | DIVISION_BY_ZERO | 1 | 0 | 0",
                "no device | ld #8; ld ifidx; ret #1 | 00 | NO_DEVICE | 1 | 8 | 0",
            })
    void saysWhyAProgramEnded(
            String rule, String program, String packet, Cause cause, int pc, long verdict, long offset) {
        SteppingMachine machine = new SteppingMachine(
                Program.parse(program.replace("; ", "\n")),
                new UnixPacket(HexFormat.of().parseHex(packet)));
        assertEquals(new End(cause, pc, (int) verdict, (int) offset), machine.run());
        assertEquals(pc, machine.pc());
    }

    @Test
    void anExtensionThatNobodyKnowsEndsIt() {
        SteppingMachine machine =
                new SteppingMachine(Program.parse("ld #8\nld mark\nret #1"), Packet.of(new byte[] {0}));
        assertEquals(new End(Cause.NOT_KNOWN, 1, 0, 0), machine.run());
    }

    @Test
    void stopsBeforeABreakpoint() {
        Program program = Program.parse("ldb [0]\njeq #1, one\nst M[3]\nret #2\none: ret #1");
        SteppingMachine machine = new SteppingMachine(program, Packet.of(new byte[] {9}));
        assertTrue(machine.runTo(at -> at.pc() == 3));
        assertEquals(List.of(3, 9, 9, 3), List.of(machine.pc(), machine.a(), machine.m(3), machine.steps()));
        assertTrue(machine.runTo(at -> at.pc() == 3), "stands there already");
        assertFalse(machine.runTo(at -> at.pc() == 4), "the other way");
        assertEquals(new End(Cause.RETURNED, 3, 2, 0), machine.end().orElseThrow());

        machine.restart(Packet.of(new byte[] {1}));
        assertEquals(List.of(0, 0, 0, 0), List.of(machine.pc(), machine.a(), machine.m(3), machine.steps()));
        assertTrue(machine.runTo(at -> at.a() == 1));
        assertEquals(1, machine.pc());
        machine.run();
        assertEquals(
                List.of(2L, 2L, 1L, 1L, 1L),
                List.of(machine.visits(0), machine.visits(1), machine.visits(2), machine.visits(3), machine.visits(4)));
    }

    @Test
    void slotsAreChecked() {
        SteppingMachine machine = new SteppingMachine(Program.parse("ret #1"), Packet.of(new byte[0]));
        assertThrows(IndexOutOfBoundsException.class, () -> machine.m(16));
        assertThrows(IndexOutOfBoundsException.class, () -> machine.visits(1));
    }
}
