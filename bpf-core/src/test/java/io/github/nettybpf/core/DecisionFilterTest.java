package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.SteppingMachine.Cause;
import io.github.nettybpf.core.SteppingMachine.End;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The random test is seeded: a failure names its seed, program and packet. */
class DecisionFilterTest {
    private static final int SEED = 20261201;

    private static final Program DNS = Program.parse("""
            ldh [2]
            jne #53, drop
            ldb [8]
            jset #0x80, drop
            ret #-1
            drop: ret #0
            """);

    private static Packet packet(String hex) {
        return Packet.of(HexFormat.of().parseHex(hex));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0000 0035 0009 0000 00 | -1 | insn 3: jset #128: no: insn 4: ret #4294967295
            0000 0035 0009 0000 80 | 0  | insn 3: jset #128: yes: insn 5: ret #0
            0000 0036 0009 0000 80 | 0  | insn 1: jeq #53: no: insn 5: ret #0
            0000 0035 0008 0000    | 0  | insn 2: ldb [8]: outside the packet
            000000                 | 0  | insn 0: ldh [2]: outside the packet
            """)
    void eachWayToEndIsTold(String hex, int verdict, String description) {
        Packet packet = packet(hex.replace(" ", ""));
        for (DecisionFilter filter :
                List.of(DecisionFilter.interpret(DNS), DecisionFilter.compile(DNS, BytesPacket.KINDS))) {
            int decision = filter.decide(packet);
            assertEquals(description, filter.decisions().get(decision).describe(DNS));
            assertEquals(verdict, filter.verdict(decision, packet));
            assertEquals(verdict, filter.constantVerdict(decision));
        }
    }

    @Test
    void decisionsAreInTheOrderOfTheInstructions() {
        assertEquals(
                List.of(
                        new Decision(Cause.OUT_OF_BOUNDS, 0, OptionalInt.empty(), false),
                        new Decision(Cause.RETURNED, 5, OptionalInt.of(1), false),
                        new Decision(Cause.OUT_OF_BOUNDS, 2, OptionalInt.empty(), false),
                        new Decision(Cause.RETURNED, 5, OptionalInt.of(3), true),
                        new Decision(Cause.RETURNED, 4, OptionalInt.of(3), false),
                        new Decision(Cause.RETURNED, 4, OptionalInt.empty(), false),
                        new Decision(Cause.RETURNED, 5, OptionalInt.empty(), false)),
                DecisionFilter.interpret(DNS).decisions());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ldx #0; ld #1; div x; ret a | 0 | insn 2: div x: division by 0
            ld #7; ret a                | 7 | insn 1: ret a
            ld #7; ld ifidx; ret a      | 7 | insn 1: ld #ifidx: no network interface
            ld #1; ldx #1; jge x, 0, 1; ret #4; ret #0 | 4 | insn 2: jge x: yes: insn 3: ret #4
            ja 0; ret #9                | 9 | insn 1: ret #9
            """)
    void otherEnds(String text, int verdict, String description) {
        Program program = Program.parse(text.replace("; ", "\n"));
        Packet packet = new UnixPacket(new byte[0]);
        for (DecisionFilter filter :
                List.of(DecisionFilter.interpret(program), DecisionFilter.compile(program, BytesPacket.KINDS))) {
            int decision = filter.decide(packet);
            assertEquals(description, filter.decisions().get(decision).describe(program));
            assertEquals(verdict, filter.verdict(decision, packet));
        }
    }

    /** A program that reads ifidx is stepped, and can also end because there is no interface. */
    @ParameterizedTest
    @ValueSource(strings = {"mark", "ifidx"})
    void whatIsNotKnownOfAPacketIsTold(String extension) {
        Program program = Program.parse("ld " + extension + "\nret #1");
        DecisionFilter filter = DecisionFilter.interpret(program);
        Decision decision = filter.decisions().get(filter.decide(packet("00")));
        assertEquals("insn 0: ld #" + extension + ": not known of the packet", decision.describe(program));
    }

    /** A packet of one byte, 0x45, that counts how often it is read. */
    private static final class ReadPacket extends UnixPacket {
        private int reads;

        ReadPacket() {
            super(new byte[] {0x45});
        }

        @Override
        public int u8(int offset) {
            reads++;
            return super.u8(offset);
        }
    }

    /** A second run would read the byte a second time. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ldb [0]; ldb [1]; ret #1                     | 1 | insn 1: ldb [1]: outside the packet
            ldb [0]; ldxb 4*([1]&0xf); ret a             | 1 | insn 1: ldxb 4*([1]&0xf): outside the packet
            ldb [0]; tax; ldh [x+3]; ret #1              | 1 | insn 2: ldh [x + 3]: outside the packet
            ldb [0]; tax; ldb [x+2147483647]; ret #1     | 2 | insn 2: ldb [x + 2147483647]: outside the packet
            ldb [0]; ld [0]; ret #1                      | 1 | insn 1: ld [0]: outside the packet
            ldb [0]; and #1; tax; ldb [x+0]; ret #1      | 1 | insn 3: ldb [x + 0]: outside the packet
            ldb [0]; tax; ldb [x+2147483392]; ret #1     | 1 | insn 2: ldb [x + 2147483392]: outside the packet
            ldb [0]; ldx len; ldb [x+0]; ret #1          | 2 | insn 2: ldb [x + 0]: outside the packet
            ldb [0]; and #0; tax; ld #9; div x; ret #1   | 1 | insn 4: div x: division by 0
            ldb [0]; ldx #0; mod x; ret #1               | 1 | insn 2: mod x: division by 0
            ldb [0]; ld [0xfff00004]; ret #1             | 2 | insn 1: ld [4293918724]: outside the packet
            """)
    void mostThatFailIsFoundInTheFirstRun(String text, int reads, String description) {
        Program program = Program.parse(text.replace("; ", "\n"));
        for (DecisionFilter filter :
                List.of(DecisionFilter.interpret(program), DecisionFilter.compile(program, BytesPacket.KINDS))) {
            ReadPacket packet = new ReadPacket();
            int decision = filter.decide(packet);
            assertEquals(description, filter.decisions().get(decision).describe(program));
            assertEquals(reads, packet.reads);
        }
    }

    /** A division needs a place for A while X is compared with 0. */
    @Test
    void aProgramThatUsesAllOfTheScratchMemoryDecidesAsStepped() {
        StringBuilder text = new StringBuilder("ldb [0]\n");
        for (int slot = 0; slot < Program.SCRATCH_SLOTS; slot++) {
            text.append("st M[").append(slot).append("]\n");
        }
        Program program = Program.parse(text + "ldx #0\ndiv x\nret #1");
        DecisionFilter filter = DecisionFilter.interpret(program);
        ReadPacket packet = new ReadPacket();
        Decision decision = filter.decisions().get(filter.decide(packet));
        assertEquals("insn 18: div x: division by 0", decision.describe(program));
        assertEquals(2, packet.reads);
    }

    /** A malformed capture says that the packet was shorter than what was captured of it. */
    @Test
    void aLengthThatIsLessThanTheBytesDecidesNothing() {
        DecisionFilter filter = DecisionFilter.interpret(DNS);
        Packet packet = ofLength(HexFormat.of().parseHex("000000350009000000"), 3);
        assertEquals(
                "insn 3: jset #128: no: insn 4: ret #4294967295",
                filter.decisions().get(filter.decide(packet)).describe(DNS));
    }

    private static Packet ofLength(byte[] bytes, int wireLength) {
        return new UnixPacket(bytes) {
            @Override
            public int wireLength() {
                return wireLength;
            }
        };
    }

    /** A packet for which each random number is another one. */
    private static Packet random(int... numbers) {
        return new UnixPacket(new byte[0]) {
            private int next;

            @Override
            public long extension(Extension extension, int a, int x) {
                return extension == Extension.RAND
                        ? Integer.toUnsignedLong(numbers[next++])
                        : super.extension(extension, a, x);
            }
        };
    }

    /** To judge a packet again by another random number could keep what was dropped. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ld rand; jge #128, 1, 0; ret #9; ldb [1]; ret #9 | 0   | insn 3: ldb [1]: outside the packet
            ld rand; jge #128, 1, 0; ret #0; ret a           | 128 | insn 1: jge #128: yes: insn 3: ret a
            ld rand; tax; ld #5; jge #128, 0, 1; ret #1; ret a | 5 | insn 3: jge #128: no: insn 5: ret a
            """)
    void aRandomNumberIsReadOnce(String text, int verdict, String description) {
        Program program = Program.parse(text.replace("; ", "\n"));
        for (DecisionFilter filter :
                List.of(DecisionFilter.interpret(program), DecisionFilter.compile(program, BytesPacket.KINDS))) {
            Packet packet = random(128, 0, 0);
            int decision = filter.decide(packet);
            assertEquals(verdict, filter.verdict(decision, packet));
            assertEquals(description, filter.decisions().get(decision).describe(program));
        }
    }

    /** The numbered program has three times as many instructions as the kernel takes. */
    @Test
    void theLongestProgramHasADecisionForEachTest() {
        List<Instruction> instructions = new ArrayList<>(List.of(new LoadAbsolute(0, 4)));
        int tests = (Program.MAX_SIZE - 1) / 2;
        for (int i = 0; i < tests; i++) {
            instructions.add(new JumpIf(JumpCondition.JEQ, i, 0, 1));
            instructions.add(new ReturnConstant(i + 1));
        }
        instructions.add(new ReturnConstant(0));
        Program program = Program.of(instructions);
        DecisionFilter interpreted = DecisionFilter.interpret(program);
        DecisionFilter compiled = DecisionFilter.compile(program, BytesPacket.KINDS);
        for (int key : List.of(0, 1, 1000, tests - 1, tests, -1)) {
            Packet packet = packet(String.format("%08x", key));
            int decision = interpreted.decide(packet);
            boolean isInList = key >= 0 && key < tests;
            assertEquals(
                    isInList ? 1 + 2 * key : 2 * tests - 1,
                    interpreted.decisions().get(decision).decisive());
            assertEquals(isInList ? key + 1 : 0, interpreted.verdict(decision, packet));
            assertEquals(decision, compiled.decide(packet));
        }
    }

    @Test
    void randomProgramsDecideAsTheyAreStepped() {
        int ends = decideAsStepped(SEED, 200);
        assertTrue(ends > 300, "too few kinds of end to mean anything: " + ends);
    }

    @Test
    @Tag("soak")
    void forLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("decisions, first seed " + seed);
        for (; System.nanoTime() < end; seed++) {
            decideAsStepped(seed, 300);
        }
    }

    /** {@return how many different decisions were seen} */
    private static int decideAsStepped(long seed, int programs) {
        RandomPrograms random = RandomPrograms.deterministic(seed);
        int seen = 0;
        for (int i = 0; i < programs; i++) {
            boolean isAny = i % 2 == 0;
            Program program = isAny ? random.program() : random.tests();
            DecisionFilter interpreted = DecisionFilter.interpret(program);
            DecisionFilter compiled = DecisionFilter.compile(program, BytesPacket.KINDS);
            Filter filter = Filter.interpret(program);
            int number = i;
            boolean[] found = new boolean[interpreted.decisions().size()];
            for (int j = 0; j < 50; j++) {
                byte[] bytes = isAny ? random.packet() : random.smallPacket();
                Packet cut = ofLength(bytes, bytes.length + j % 5 - 2);
                for (Packet packet : List.of(new UnixPacket(bytes), Packet.of(bytes), cut)) {
                    Supplier<String> what =
                            () -> "seed " + seed + ", program " + number + "\n" + program + "packet " + packet;
                    int decision = interpreted.decide(packet);
                    SteppingMachine machine = new SteppingMachine(program, packet);
                    assertEquals(stepped(machine), interpreted.decisions().get(decision), what);
                    assertEquals(decision, compiled.decide(packet), what);
                    int verdict = filter.run(packet);
                    assertEquals(verdict, interpreted.verdict(decision, packet), what);
                    assertEquals(verdict, compiled.verdict(decision, packet), what);
                    found[decision] = true;
                }
            }
            seen += (int) IntStream.range(0, found.length).filter(d -> found[d]).count();
        }
        return seen;
    }

    /** {@return the decision as the stepping machine shows it} */
    private static Decision stepped(SteppingMachine machine) {
        List<Integer> path = new ArrayList<>();
        while (machine.end().isEmpty()) {
            path.add(machine.pc());
            machine.step();
        }
        End end = machine.end().orElseThrow();
        List<Instruction> instructions = machine.program().instructions();
        int before = path.size() - 2;
        while (before >= 0 && instructions.get(path.get(before)) instanceof Jump) {
            before--;
        }
        if (end.cause() != Cause.RETURNED
                || before < 0
                || !(instructions.get(path.get(before)) instanceof ConditionalJump jump)) {
            return new Decision(end.cause(), end.pc(), OptionalInt.empty(), false);
        }
        int test = path.get(before);
        boolean holds = jump.skipTrue() == jump.skipFalse()
                ? holds(machine, jump)
                : jump.trueTarget(test) == path.get(before + 1);
        return new Decision(Cause.RETURNED, end.pc(), OptionalInt.of(test), holds);
    }

    /** What does not show in the path: A and X are what they were when the jump was taken. */
    private static boolean holds(SteppingMachine machine, ConditionalJump jump) {
        int operand = jump instanceof JumpIf constant ? constant.val() : machine.x();
        return switch (jump.cond()) {
            case JEQ -> machine.a() == operand;
            case JGT -> Integer.compareUnsigned(machine.a(), operand) > 0;
            case JGE -> Integer.compareUnsigned(machine.a(), operand) >= 0;
            case JSET -> (machine.a() & operand) != 0;
        };
    }

    @Test
    void aVerdictThatIsAIsThatOfThePacket() {
        Program program = Program.of(new LoadAbsolute(0, 1), new ReturnA());
        DecisionFilter filter = DecisionFilter.interpret(program);
        assertEquals(5, filter.verdict(filter.decide(packet("05")), packet("05")));
        assertEquals(0, filter.verdict(filter.decide(packet("00")), packet("00")));
        assertEquals(program, filter.program());
    }
}
