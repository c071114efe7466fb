package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The comparison itself can fail. */
class GrowthTest {
    private static final AtomicInteger DONE = new AtomicInteger();

    private static void work(long steps) {
        int value = 1;
        for (long i = 0; i < steps; i++) {
            value = value * 31 + (int) i;
        }
        DONE.set(value);
    }

    @Test
    void linearWorkPasses() {
        Growth.assertNearlyLinear("linear", 40_000, size -> () -> work(1_000L * size));
    }

    @Test
    void quadraticWorkFails() {
        AssertionError e = assertThrows(
                AssertionError.class,
                () -> Growth.assertNearlyLinear("quadratic", 12_000, size -> () -> work((long) size * size)));
        assertTrue(e.getMessage().startsWith("quadratic: for 8 times as much: ["), e.getMessage());
    }
}
