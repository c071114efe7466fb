package io.github.nettybpf.core.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RawInstruction;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.Opcodes;

/**
 * What it costs to compile programs that are as long as they may be and made to be costly: programs come from peers and
 * files. Work is counted, in comparisons that are looked at and in bytes that are allocated; no clock is read.
 */
class CompileCostTest {
    private static final long MAX_BYTES = 20_000_000;
    private static final int MAX_TABLE_BYTES = 1 << 16;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    static Stream<Arguments> programs() {
        SplittableRandom random = new SplittableRandom(20261130);
        return Stream.of(
                row("one key, targets far away", 0x20, i -> jump(0x15, i, 255, 0, 5)),
                row("one key, targets anywhere", 0x20, i -> jump(0x15, i, random.nextInt(256), 0, 5)),
                row("one bound, returns", 0x20, i -> i % 2 == 0 ? jump(0x25, i, 0, 1, 5) : ret(i)),
                row("one key, returns", 0x20, i -> i % 2 == 0 ? jump(0x15, i, 0, 1, 5) : ret(i)),
                row("bounds, targets anywhere", 0x28, i -> jump(0x35, i, random.nextInt(256), 0, random.nextInt())),
                row("bits, targets anywhere", 0x20, i -> jump(0x45, i, random.nextInt(256), 0, 1 << (i & 31))),
                row("keys", 0x20, i -> jump(0x15, i, Math.max(0, 255 - i % 256), 0, random.nextInt())),
                row("keys, a verdict each", 0x20, i -> i % 2 == 0 ? jump(0x15, i, 0, 1, random.nextInt()) : ret(i)),
                row(
                        "a load, then a test",
                        0x28,
                        i -> i % 2 == 0 ? load(0x30, i % 30) : jump(0x25, i, random.nextInt(256), 0, i % 250)),
                row(
                        "a load, then eight keys",
                        0x28,
                        i -> i % 9 == 0 ? load(0x20, i % 60) : jump(0x15, i, 9 - i % 9, 0, random.nextInt())),
                row("loads of extensions", 0x28, i -> load(0x20, 0xfffff000 + 4 * (i % 16))),
                row("indirect loads", 0x28, i -> load(0x50, i % 64)),
                row("all scratch slots", 0x28, i -> switch (i % 3) {
                    case 0 -> load(0x02, i % 16);
                    case 1 -> jump(0x45, i, random.nextInt(256), random.nextInt(256), 1 << (i & 31));
                    default -> load(0x02, (i + 7) % 16);
                }),
                Arguments.of("keys that no multiplier separates", keySwitch(inseparable())));
    }

    private static Arguments row(String name, int firstLoad, IntFunction<RawInstruction> instructions) {
        List<RawInstruction> raw = new ArrayList<>(List.of(load(firstLoad, 12)));
        while (raw.size() < Program.MAX_SIZE - 2) {
            raw.add(instructions.apply(raw.size() - 1));
        }
        raw.add(ret(0));
        raw.add(new RawInstruction(0x16, 0, 0, 0));
        return Arguments.of(name, Program.ofRaw(raw));
    }

    private static RawInstruction load(int code, int k) {
        return new RawInstruction(code, 0, 0, k);
    }

    private static RawInstruction ret(int verdict) {
        return new RawInstruction(0x06, 0, 0, verdict);
    }

    /** A jump of the i-th instruction after the first load, as far as asked, but not beyond the last two. */
    private static RawInstruction jump(int code, int i, int skipTrue, int skipFalse, int k) {
        int room = Program.MAX_SIZE - 3 - i - 1;
        return new RawInstruction(code, Math.min(room, skipTrue), Math.min(room, skipFalse), k);
    }

    private static Program keySwitch(List<Integer> keys) {
        List<RawInstruction> raw = new ArrayList<>(List.of(load(0x20, 0)));
        for (int i = 0; i < keys.size(); i++) {
            raw.add(new RawInstruction(0x15, 0, 1, keys.get(i)));
            raw.add(ret(1 + i % 2));
        }
        raw.add(ret(0));
        return Program.ofRaw(raw);
    }

    /**
     * Two keys for each pair of multipliers that a table of 1,510 keys is tried with: they have one slot and one
     * bucket. The sequence of the multipliers is that of {@link PerfectHashTable}.
     */
    private static List<Integer> inseparable() {
        int size = 1510;
        SplittableRandom multipliers = new SplittableRandom(size);
        for (int i = 0; i < 8; i++) {
            multipliers.nextInt(); // one try without buckets each, which fails for so many keys anyway
        }
        Set<Integer> keys = new LinkedHashSet<>();
        SplittableRandom random = new SplittableRandom(1);
        for (int bits = 12; bits <= 14; bits++) {
            for (int i = 0; i < 32; i++) {
                addPair(keys, random, multipliers.nextInt() | 1, bits, multipliers.nextInt() | 1);
            }
        }
        while (keys.size() < size) {
            keys.add(random.nextInt());
        }
        return List.copyOf(keys);
    }

    private static void addPair(Set<Integer> keys, SplittableRandom random, int multiplier, int bits, int ofBuckets) {
        Map<Long, Integer> seen = new HashMap<>();
        while (true) {
            int key = random.nextInt();
            int slot = (key * multiplier) >>> (Integer.SIZE - bits);
            int bucket = (key * ofBuckets) >>> (Integer.SIZE - 10);
            Integer other = seen.putIfAbsent((long) slot << 32 | bucket, key);
            if (other != null && other != key) {
                keys.add(other);
                keys.add(key);
                return;
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("programs")
    void compilesWithinBounds(String name, Program program) {
        check(program);
    }

    private static void check(Program program) {
        long fewest = Long.MAX_VALUE;
        byte[] classFile = {};
        for (int i = 0; i < 3 && fewest > MAX_BYTES / 2; i++) { // the first also loads classes
            long before = THREADS.getCurrentThreadAllocatedBytes();
            classFile = Filter.classFile(program);
            fewest = Math.min(fewest, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        long bytes = fewest;
        assertTrue(bytes <= MAX_BYTES, () -> bytes + " bytes for\n" + program);
        for (int length : tables(classFile)) {
            assertTrue(4 * length <= MAX_TABLE_BYTES, () -> "int[" + length + "] for\n" + program);
        }
        ControlFlow flow = new ControlFlow(program.instructions());
        Plan.of(flow);
        long most = 40L * program.size() + 2000;
        assertTrue(flow.steps() <= most, () -> flow.steps() + " comparisons looked at for\n" + program);
    }

    /** {@return the lengths of the tables, which a compiled class lists} */
    private static int[] tables(byte[] classFile) {
        List<String> found = new ArrayList<>();
        new ClassReader(classFile)
                .accept(
                        new ClassVisitor(Opcodes.ASM9) {
                            @Override
                            public void visitSource(String source, String debug) {
                                if (debug != null) {
                                    found.addAll(Arrays.asList(debug.split(" ")));
                                }
                            }
                        },
                        0);
        return found.stream()
                .mapToInt(table -> Integer.parseInt(table.substring(4, table.length() - 1)))
                .toArray();
    }

    /** Such keys are looked up by ranges. */
    @Test
    void keysThatNoMultiplierSeparatesHaveNoHashTable() {
        List<Integer> keys = inseparable();
        assertNull(PerfectHashTable.of(keys));
        assertNotNull(PerfectHashTable.of(keys.subList(0, 1500)));
        Program program = keySwitch(keys);
        Filter interpreted = Filter.interpret(program);
        Filter compiled = Filter.compile(program);
        for (int key : keys) {
            for (int value = key - 1; value != key + 2; value++) {
                Packet packet = Packet.of(ByteBuffer.allocate(4).putInt(value).array());
                assertEquals(interpreted.run(packet), compiled.run(packet));
            }
        }
    }

    /** Sizes of tables, for lists of all lengths of random keys. */
    @Test
    void randomKeysHaveHashTables() {
        SplittableRandom random = new SplittableRandom(20261130);
        for (int size : new int[] {2, 4, 7, 8, 50, 255, 1000, 2047, 2048, 2049, 4094}) {
            List<Integer> keys = random.ints().distinct().limit(size).boxed().toList();
            PerfectHashTable table = PerfectHashTable.of(keys);
            assertNotNull(table, () -> size + " keys");
            assertTrue(4 * table.keys.length <= MAX_TABLE_BYTES, () -> size + " keys: " + table.keys.length);
            assertEquals(
                    Set.copyOf(keys),
                    Set.copyOf(IntStream.of(table.keys).boxed().toList()));
        }
    }

    @Test
    @Tag("soak")
    void forLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("costs of compiling, first seed " + seed);
        long programs = 0;
        for (; System.nanoTime() < end; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int kinds = 1 + random.nextInt(6);
            int[] codes = random.ints(kinds, 0, 9).toArray();
            int[] reach = random.ints(kinds, 0, 256).toArray();
            Arguments row = row("random", 0x20, i -> {
                int kind = random.nextInt(4) == 0 ? random.nextInt(kinds) : i % kinds;
                int k = random.nextInt(3) == 0 ? random.nextInt() : random.nextInt(1 << (1 + i % 16));
                return switch (codes[kind]) {
                    case 0 -> jump(0x15, i, reach[kind], 0, k);
                    case 1 -> jump(0x15, i, random.nextInt(1 + reach[kind]), 0, k);
                    case 2 -> jump(0x25, i, reach[kind], random.nextInt(2), k);
                    case 3 -> jump(0x35, i, random.nextInt(1 + reach[kind]), 0, k);
                    case 4 -> jump(0x45, i, random.nextInt(1 + reach[kind]), random.nextInt(2), k);
                    case 5 -> load(0x28, k & 255);
                    case 6 -> load(0x50, k & 63);
                    case 7 -> load(0x54, k | 1);
                    default -> ret(k);
                };
            });
            check((Program) row.get()[1]);
            programs++;
        }
        System.out.println("costs of compiling: " + programs + " programs of 4,096 instructions within the bounds");
    }
}
