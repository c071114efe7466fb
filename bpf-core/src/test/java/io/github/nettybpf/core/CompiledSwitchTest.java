package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Instruction.JumpIf;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Switches and if-conversions give the verdicts of the comparisons that they replace, for all values near the constants of
 * a program and for packets of all lengths. Each row is a form that the compiler has separate code for.
 */
class CompiledSwitchTest {
    private static final String[] CONDITIONS = {"jeq", "jgt", "jge", "jset"};
    private static final String[] CONSTANTS = {"0", "1", "0x7f", "0x7fffffff", "0x80000000", "0xffffffff"};

    /** The last lines of programs with two targets. */
    private static final String ENDS = "yes: ret #1\nno: ret #0";

    static Stream<Arguments> programs() {
        Stream.Builder<Arguments> programs = Stream.builder();
        for (String load : new String[] {"ldb [0]", "ldh [0]", "ld [0]", "ldxb 4*([0]&0xf)\ntxa"}) {
            for (String condition : CONDITIONS) {
                for (String constant : CONSTANTS) {
                    String test = load + "\n" + condition + " #" + constant;
                    add(programs, test + ", second, no\nsecond: ldh [4]\njeq #7, yes, no\n" + ENDS);
                    add(programs, test + ", yes, second\nsecond: ldh [4]\njeq #7, yes, no\n" + ENDS);
                    add(programs, test + ", no, second\nsecond: ldh [4]\njeq #7, yes, no\nyes: ret #7\nno: ret #9");
                }
            }
        }
        for (int step : new int[] {1, 3, 256, 0x1000000, 0x7fffffff}) {
            for (int count : new int[] {3, 4, 5, 8, 20, 600}) {
                String chain = chain(0x01020304, step, count);
                add(programs, "ld [0]\n" + chain + "no: ret #0\nyes: ret #1");
                add(programs, "ld [0]\nand #0xffffff00\n" + chain(0x01020300, step << 8, count) + ENDS);
                add(programs, "ldb [0]\n" + chain(1, 1, Math.min(count, 200)) + "no: ret #0\nyes: ret #1");
                add(programs, asSecondTest("ld [0]\n" + chain));
                add(programs, asSecondTest("ldh [0]\n" + chain(5, 2, count)));
            }
        }
        for (long width : new long[] {1, 2, 256, 0x50000, 0x50001}) {
            for (int count : new int[] {2, 4, 5, 10, 40}) {
                add(programs, "ld [0]\n" + ranges(0x01000000, 0x1000000L, width, count, "yes") + ENDS);
                add(programs, asSecondTest("ld [0]\n" + ranges(0, 0x1000000L, width, count, "yes")));
                add(programs, "ld [0]\nand #0xffff0000\n" + ranges(0x10000, 0x100000L, 0x30000, count, "yes") + ENDS);
            }
        }
        // All values but multiples of 256: only "and" makes low bits 0.
        add(programs, "ld [0]\nor #0x100\n" + ranges(0x01000100, 0x1000000L, 0x51, 10, "yes") + ENDS);
        for (boolean returns : new boolean[] {true, false}) {
            for (int count : new int[] {4, 7, 8, 50}) {
                add(programs, "ld [0]\n" + severalTargets(chain(0x01020304, 3, count), returns));
                add(programs, "ld [0]\n" + severalTargets(ranges(0, 0x1000000L, 0x50001, count, "yes"), returns));
                add(programs, "ld [0]\n" + severalTargets(ranges(0x100, 0x1000L, 256, count, "yes"), returns));
            }
        }
        for (int count : new int[] {5, 9, 50}) {
            // Keys that a half word cannot have, and keys that lead where all other values do.
            add(programs, asSecondTest("ldh [0]\n" + chain(0x80000000, 0x20000003, count)));
            add(programs, asSecondTest("ldh [0]\n" + chain(0x80000000, 3, count)));
            String alternating = chain(0x01020304, 3, count).replaceAll("(ja yes\n[^y]*)ja yes", "$1ja no");
            add(programs, "ld [0]\n" + alternating + ENDS);
            add(programs, asSecondTest("ld [0]\n" + alternating));
        }
        return programs.build();
    }

    private static void add(Stream.Builder<Arguments> programs, String text) {
        programs.add(Arguments.of(text.lines().limit(3).toList().toString(), text));
    }

    /** Compares A with constants, one after the other. */
    private static String chain(int first, int step, int count) {
        StringJoiner chain = new StringJoiner("\n", "", "\n");
        for (int i = 0; i < count; i++) {
            chain.add("jneq #" + Integer.toUnsignedString(first + i * step) + ", c" + (i + 1) + "\nja yes\nc" + (i + 1)
                    + ":");
        }
        return chain + "ja no\n";
    }

    /** Compares A with the bounds of ascending ranges. */
    private static String ranges(long first, long step, long width, int count, String inside) {
        StringJoiner ranges = new StringJoiner("\n", "", "\n");
        for (int i = 0; i < count; i++) {
            long low = first + i * step;
            ranges.add("jgt #" + (low + width - 1) + ", r" + (i + 1) + "\njge #" + low + ", i" + i + "\nja no\ni" + i
                    + ": ja " + inside + "\nr" + (i + 1) + ":");
        }
        return ranges + "ja no\n";
    }

    /** Puts a test of another field before the comparisons, so that both become an if-conversion. */
    private static String asSecondTest(String comparisons) {
        return "ldh [4]\njeq #7, second\nja no\nsecond: " + comparisons + ENDS;
    }

    /** Makes every third comparison lead to another target. */
    private static String severalTargets(String comparisons, boolean returns) {
        String[] lines = comparisons.split("\n", -1);
        int targets = 0;
        for (int i = 0; i < lines.length; i++) {
            lines[i] = lines[i].endsWith("ja yes") ? lines[i].replace("ja yes", "ja t" + targets++ % 3) : lines[i];
        }
        String load = returns ? "" : "ldb [5]\nadd #";
        StringBuilder text = new StringBuilder(String.join("\n", lines));
        for (int i = 0; i < 3; i++) {
            text.append("t" + i + ": " + (returns ? "ret #" + (20 + i) : load + i + "\nret a") + "\n");
        }
        return text + "no: ret #0";
    }

    @ParameterizedTest(name = "{index}: {0}")
    @MethodSource("programs")
    void verdictsAreThoseOfTheComparisons(String start, String text) {
        Program program = Program.parse(text);
        Filter interpreted = Filter.interpret(program);
        Filter compiled = Filter.compile(program);
        for (int value : values(program)) {
            for (int other = 6; other <= 8; other++) {
                byte[] packet = ByteBuffer.allocate(6)
                        .putInt(value)
                        .putShort((short) other)
                        .array();
                compare(program, interpreted, compiled, packet);
                compare(program, interpreted, compiled, Arrays.copyOf(packet, 4 + other % 2));
            }
        }
        for (int length = 0; length < 6; length++) {
            compare(program, interpreted, compiled, new byte[length]);
        }
    }

    private static void compare(Program program, Filter interpreted, Filter compiled, byte[] packet) {
        int expected = interpreted.run(Packet.of(packet));
        int verdict = compiled.run(Packet.of(packet));
        if (expected != verdict) {
            assertEquals(expected, verdict, () -> program + "packet " + Arrays.toString(packet));
        }
    }

    /** The constants of the program and their neighbours, as a word, and in the first half word or byte of it. */
    private static Set<Integer> values(Program program) {
        Set<Integer> values = new TreeSet<>(Set.of(0, -1, Integer.MAX_VALUE, Integer.MIN_VALUE));
        for (Instruction instruction : program.instructions()) {
            if (instruction instanceof JumpIf jump) {
                for (int value = jump.val() - 1; value != jump.val() + 2; value++) {
                    values.add(value);
                    values.add(value << 16 | 0x1234);
                    values.add(value << 24 | 0x123456);
                }
            }
        }
        return values;
    }
}
