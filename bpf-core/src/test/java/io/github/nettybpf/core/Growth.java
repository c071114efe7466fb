package io.github.nettybpf.core;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Compares the work for an input with the work for one that is eight times as large, in CPU time of the thread that
 * does it. A slow machine is slow with both, and what else runs on it takes none of that time. Linear work grows
 * eightfold, quadratic work 64-fold, and the limit is between them.
 */
public final class Growth {
    private static final int FACTOR = 8;

    /**
     * Half of what quadratic work takes. Caches that are too small for the larger input double the time of linear work.
     */
    private static final int MOST = 32;

    /** Shorter times are of code that is not compiled yet, and of data that are still in the cache. */
    private static final long LEAST_NANOS = 3_000_000;

    private static final int ATTEMPTS = 5;
    private static final int PATIENCE_MINUTES = 10;

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final String what;
    private long small = Long.MAX_VALUE;
    private long large = Long.MAX_VALUE;

    private Growth(String what) {
        this.what = what;
    }

    /**
     * Fails where the work grows much faster than the input.
     *
     * @param what the input
     * @param size of the larger input
     * @param prepared makes an input of that size, and answers with the work
     */
    public static void assertNearlyLinear(String what, int size, IntFunction<Runnable> prepared) {
        Growth growth = new Growth(what);
        Runnable few = prepared.apply(size / FACTOR);
        Runnable many = prepared.apply(size);
        List<String> seen = new ArrayList<>();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            growth.measure(few, many);
            seen.add(growth.small / 1_000_000.0 + " ms, then " + growth.large / 1_000_000.0 + " ms");
            if (growth.large <= MOST * Math.max(growth.small, LEAST_NANOS)) {
                return;
            }
        }
        throw new AssertionError(what + ": for " + FACTOR + " times as much: " + seen + " (expected: at most " + MOST
                + " times as long)");
    }

    /** The least of each counts; the smaller work is done again when its code has been compiled. */
    private void measure(Runnable few, Runnable many) {
        small = Math.min(small, nanos(few));
        large = Math.min(large, nanos(many));
        small = Math.min(small, nanos(few));
    }

    /** What never ends is left behind, in a thread that keeps no JVM alive. */
    private long nanos(Runnable work) {
        long[] took = new long[1];
        List<@Nullable Throwable> thrown = new ArrayList<>();
        Thread thread = new Thread(() -> {
            long before = threads.getCurrentThreadCpuTime();
            try {
                work.run();
            } catch (Throwable e) {
                thrown.add(e);
            }
            took[0] = threads.getCurrentThreadCpuTime() - before;
        });
        thread.setDaemon(true);
        thread.start();
        try {
            thread.join(TimeUnit.MINUTES.toMillis(PATIENCE_MINUTES));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (thread.isAlive()) {
            throw new AssertionError(what + ": not done after " + PATIENCE_MINUTES + " minutes");
        }
        if (!thrown.isEmpty()) {
            throw new AssertionError(what, thrown.get(0));
        }
        return took[0];
    }
}
