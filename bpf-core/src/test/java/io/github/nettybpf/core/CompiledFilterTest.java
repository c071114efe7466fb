package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Compiled and interpreted programs give the same verdicts. Seeded: a failure names its seed, program and packet. */
class CompiledFilterTest {
    private static final int SEED = 20261121;

    @Test
    void randomPrograms() {
        RandomPrograms random = RandomPrograms.deterministic(SEED);
        compare(SEED, random::program, random::packet, RandomPrograms.share(2_000), 25);
    }

    @Test
    void chains() {
        RandomPrograms random = RandomPrograms.deterministic(SEED + 1);
        compare(SEED + 1, random::chains, random::keyedPacket, RandomPrograms.share(200), 100);
    }

    @Test
    void tests() {
        RandomPrograms random = RandomPrograms.deterministic(SEED + 2);
        compare(SEED + 2, random::tests, random::smallPacket, RandomPrograms.share(750), 60);
    }

    @Test
    void trees() {
        RandomTrees random = new RandomTrees(SEED + 3);
        compare(SEED + 3, random::program, random::packet, RandomPrograms.share(750), 100);
    }

    private static void compare(
            long seed, Supplier<Program> programs, Supplier<byte[]> packets, int count, int packetsOfEach) {
        for (int i = 0; i < count; i++) {
            Program program = programs.get();
            Filter interpreted = Filter.interpret(program);
            Filter compiled;
            try {
                compiled = Filter.compile(program);
            } catch (RuntimeException | LinkageError e) {
                throw new AssertionError("seed " + seed + "\n" + program, e);
            }
            for (int n = 0; n < packetsOfEach; n++) {
                byte[] bytes = packets.get();
                compare(seed, program, interpreted, compiled, Packet.of(bytes));
                compare(seed, program, interpreted, compiled, slice(bytes));
                compare(seed, program, interpreted, compiled, new UnixPacket(bytes));
            }
        }
    }

    /** A part of an array, with other bytes before and after it. */
    private static Packet slice(byte[] bytes) {
        byte[] array = new byte[bytes.length + 7];
        Arrays.fill(array, (byte) 0x55);
        System.arraycopy(bytes, 0, array, 3, bytes.length);
        return Packet.of(array, 3, bytes.length);
    }

    private static void compare(long seed, Program program, Filter interpreted, Filter compiled, Packet packet) {
        int expected = interpreted.run(packet);
        int verdict = compiled.run(packet);
        if (expected != verdict) {
            assertEquals(
                    Integer.toUnsignedLong(expected),
                    Integer.toUnsignedLong(verdict),
                    () -> "seed " + seed + "\n" + program + "packet " + packet);
        }
    }

    @Test
    @Tag("soak")
    void forLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("compiled programs, first seed " + seed);
        long pairs = 0;
        for (; System.nanoTime() < end; seed++) {
            RandomPrograms random = RandomPrograms.deterministic(seed);
            compare(seed, random::program, random::packet, 1_000, 100);
            compare(seed, random::chains, random::keyedPacket, 100, 1_000);
            compare(seed, random::tests, random::smallPacket, 2_000, 100);
            RandomTrees trees = new RandomTrees(seed);
            compare(seed, trees::program, trees::packet, 1_000, 200);
            pairs += 1_400_000;
        }
        System.out.println("compiled programs: " + pairs + " programs and packets, no difference");
    }
}
