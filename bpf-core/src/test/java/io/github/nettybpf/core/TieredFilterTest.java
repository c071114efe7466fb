package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class TieredFilterTest {
    private static final Program SEVEN = Program.parse("ret #7");
    private static final Filter SEVEN_FOR_EVER = Filter.interpret(SEVEN);
    private static final Packet EMPTY = Packet.of(new byte[0]);

    private final List<Runnable> asked = new ArrayList<>();

    private static int verdict(Filter filter) {
        return filter.run(EMPTY);
    }

    @Test
    void interpretsUntilItIsCompiled() {
        Filter filter = new TieredFilter(SEVEN, 3, () -> packet -> 8, asked::add);
        for (int i = 0; i < 3; i++) {
            assertEquals(7, verdict(filter));
            assertEquals(0, asked.size());
        }
        assertEquals(7, verdict(filter));
        assertEquals(7, verdict(filter));
        assertEquals(1, asked.size());
        asked.get(0).run();
        assertEquals(8, verdict(filter));
        assertEquals(1, asked.size());
    }

    @Test
    void compilesWithTheFirstPacketOrNever() {
        verdict(new TieredFilter(SEVEN, 0, () -> packet -> 8, asked::add));
        assertEquals(1, asked.size());
        Filter never = new TieredFilter(SEVEN, -1, () -> packet -> 8, asked::add);
        for (int i = 0; i < 100_000; i++) {
            assertEquals(7, verdict(never));
        }
        assertEquals(1, asked.size());
    }

    @Test
    void staysInterpretedWhereNothingCanBeCompiledAndSaysSoOnce() {
        List<LogRecord> logged = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord logRecord) {
                logged.add(logRecord);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(Filter.class.getName());
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try {
            Filter unsupported = new TieredFilter(
                    SEVEN,
                    0,
                    () -> {
                        throw new UnsupportedOperationException("no classes here");
                    },
                    Runnable::run);
            Filter broken = new TieredFilter(
                    SEVEN,
                    0,
                    () -> {
                        throw new VerifyError("a mistake");
                    },
                    Runnable::run);
            for (int i = 0; i < 10; i++) {
                assertEquals(7, verdict(unsupported));
                assertEquals(7, verdict(broken));
            }
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
        assertEquals(
                List.of(
                        "this JVM cannot compile filters: they stay interpreted",
                        "a filter of 1 instructions could not be compiled and stays interpreted"),
                logged.stream().map(LogRecord::getMessage).toList());
        assertEquals(Level.WARNING, logged.get(0).getLevel());
        assertEquals("no classes here", logged.get(0).getThrown().getMessage());
        assertEquals("a mistake", logged.get(1).getThrown().getMessage());
    }

    @Test
    void asksAgainWhereTooManyAreWaiting() {
        int[] refusals = {0};
        Filter filter = new TieredFilter(SEVEN, 10, () -> packet -> 8, task -> {
            if (refusals[0]++ < 2) {
                throw new RejectedExecutionException("full");
            }
            task.run();
        });
        int interpreted = 0;
        while (verdict(filter) == 7) {
            interpreted++;
        }
        assertEquals(10 + 1 + 2 * (100 + 1), interpreted);
        assertEquals(3, refusals[0]);
    }

    @Test
    void whatWaitsToBeCompiledKeepsNoFilter() {
        List<Runnable> waiting = new ArrayList<>();
        boolean[] compiled = {false};
        Filter filter = new TieredFilter(
                SEVEN,
                0,
                () -> {
                    compiled[0] = true;
                    return packet -> 8;
                },
                waiting::add);
        verdict(filter);
        WeakReference<Filter> unused = new WeakReference<>(filter);
        filter = SEVEN_FOR_EVER;
        await("the filter is collected", () -> {
            System.gc();
            return unused.get() == null;
        });
        waiting.get(0).run();
        assertEquals(7, verdict(filter));
        assertFalse(compiled[0]);
    }

    @Test
    void compilesOnAThreadOfItsOwn() {
        Program program = Program.parse("ldb [0]\nret a");
        Filter filter = Filter.of(program);
        Caller caller = new Caller();
        await("the filter is compiled", () -> {
            for (int i = 0; i < 1_000; i++) {
                filter.run(caller);
            }
            return caller.name.contains("CompiledFilter");
        });
        assertTrue(Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("bpf-compiler") && thread.isDaemon()));
    }

    /** Notes who reads its first byte. */
    private static final class Caller implements Packet {
        private String name = "";

        @Override
        public int length() {
            return 1;
        }

        @Override
        public int u8(int offset) {
            name = StackWalker.getInstance(
                            Set.of(StackWalker.Option.RETAIN_CLASS_REFERENCE, StackWalker.Option.SHOW_HIDDEN_FRAMES))
                    .walk(frames -> frames.skip(1).findFirst().orElseThrow().getClassName());
            return 1;
        }

        @Override
        public int u16(int offset) {
            throw new AssertionError();
        }

        @Override
        public int u32(int offset) {
            throw new AssertionError();
        }
    }

    @Test
    void equalProgramsShareAFilterUntilNobodyUsesIt() {
        Filter first = Filter.of(Program.parse("ld len\nret a"));
        assertSame(first, Filter.of(Program.parse("ld #len\nret a")));
        assertNotSame(first, Filter.of(Program.parse("ld len\nret #1")));
        WeakReference<Filter> unused = new WeakReference<>(Filter.of(Program.parse("ldx len\ntxa\nret a")));
        await("the filter is collected", () -> {
            System.gc();
            return unused.get() == null;
        });
        await("filters that nobody uses are forgotten", () -> {
            System.gc();
            Filter.of(Program.parse("ret #1"));
            return BytesPacket.KINDS.filters().size() <= 3;
        });
        assertEquals(0, verdict(first));
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, what);
            LockSupport.parkNanos(20_000);
        }
    }
}
