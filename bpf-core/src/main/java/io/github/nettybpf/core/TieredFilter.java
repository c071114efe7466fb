package io.github.nettybpf.core;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Tiered execution: interprets the program at first, and runs it compiled after some packets. It is compiled on a
 * separate thread, never on one that runs the filter.
 */
final class TieredFilter implements Filter {
    /**
     * How many packets are interpreted before a program is compiled: a system property. If it is negative, programs are
     * never compiled.
     */
    static final int COMPILE_AFTER = Integer.getInteger("io.github.nettybpf.compileAfter", 1000);

    /**
     * The JDK's facade, which every logging framework can serve: this module must not depend on Netty, whose
     * InternalLogger bpf-netty uses. Only what makes filters slower than they could be is logged.
     */
    private static final Logger LOGGER = System.getLogger(Filter.class.getName());

    private static final AtomicBoolean COMPLAINED = new AtomicBoolean();

    /** Compiles one program at a time. The thread ends when there is nothing to do. */
    private static final Executor COMPILER = compiler();

    private static final int MOST_WAITING = 256;
    private static final int RETRY_AFTER = 100;

    private final Program program;
    private final Supplier<Filter> compiled;
    private final Executor executor;
    private volatile Filter current;

    TieredFilter(Program program, PacketKinds kinds) {
        this(program, COMPILE_AFTER, () -> Filter.compile(program, kinds), COMPILER);
    }

    TieredFilter(Program program, int compileAfter, Supplier<Filter> compiled, Executor executor) {
        this.program = program;
        this.compiled = compiled;
        this.executor = executor;
        Filter interpreter = new Interpreter(program);
        this.current = compileAfter < 0 ? interpreter : new Counting(interpreter, compileAfter);
    }

    @Override
    public int run(Packet packet) {
        return current.run(packet);
    }

    private void compile() {
        try {
            current = compiled.get();
        } catch (UnsupportedOperationException e) {
            if (COMPLAINED.compareAndSet(false, true)) {
                LOGGER.log(Level.WARNING, "this JVM cannot compile filters: they stay interpreted", e);
            }
        } catch (RuntimeException | Error e) {
            LOGGER.log(
                    Level.WARNING,
                    "a filter of " + program.size() + " instructions could not be compiled and stays interpreted",
                    e);
        }
    }

    private static Executor compiler() {
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MOST_WAITING), task -> {
                    Thread thread = new Thread(null, task, "bpf-compiler", 0, false);
                    thread.setDaemon(true);
                    thread.setContextClassLoader(null);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    /** Interprets and counts. The count is not exact if several threads run it, which does no harm. */
    private final class Counting implements Filter {
        private final Filter interpreter;
        private final int compileAfter;
        private final AtomicBoolean asked = new AtomicBoolean();
        private int left;

        Counting(Filter interpreter, int compileAfter) {
            this.interpreter = interpreter;
            this.compileAfter = compileAfter;
            this.left = compileAfter;
        }

        @Override
        public int run(Packet packet) {
            if (--left < 0 && !asked.get() && asked.compareAndSet(false, true)) {
                ask();
            }
            return interpreter.run(packet);
        }

        /** A request that waits refers to the filter weakly, so that an unused filter is collected. */
        private void ask() {
            WeakReference<TieredFilter> waiting = new WeakReference<>(TieredFilter.this);
            try {
                executor.execute(() -> {
                    TieredFilter filter = waiting.get();
                    if (filter != null) {
                        filter.compile();
                    }
                });
            } catch (RejectedExecutionException | OutOfMemoryError e) {
                // Too many are waiting, or no thread can be started. The packet must not suffer: ask again later.
                left = Math.max(compileAfter, RETRY_AFTER);
                asked.set(false);
            }
        }
    }
}
