package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.junit.jupiter.api.Test;

/** The comparison itself can fail. */
class GrowthTest {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** Takes so much CPU time, on any machine. */
    private static void work(int millis) {
        long end = THREADS.getCurrentThreadCpuTime() + millis * 1_000_000L;
        while (THREADS.getCurrentThreadCpuTime() < end) {
            Thread.onSpinWait();
        }
    }

    @Test
    void linearWorkPasses() {
        Growth.assertNearlyLinear("linear", 80, size -> () -> work(size));
    }

    @Test
    void quadraticWorkFails() {
        AssertionError e = assertThrows(
                AssertionError.class,
                () -> Growth.assertNearlyLinear("quadratic", 16, size -> () -> work(size * size)));
        assertTrue(e.getMessage().startsWith("quadratic: for 8 times as much: ["), e.getMessage());
    }
}
