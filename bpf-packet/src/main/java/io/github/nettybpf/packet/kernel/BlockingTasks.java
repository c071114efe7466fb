package io.github.nettybpf.packet.kernel;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs tasks that block in the kernel on threads other than the event loop: a bind or a close takes about 20 ms, longer
 * with a large ring.
 */
public final class BlockingTasks {
    private static final int THREAD_COUNT = 4;

    /** Idle threads end after a second. */
    public static final Executor THREADS = threads();

    private BlockingTasks() {}

    private static Executor threads() {
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                THREAD_COUNT,
                THREAD_COUNT,
                1,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory("packet-channel", true));
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    /**
     * Runs the work on a thread that may block, and then the rest on the event loop, which does not terminate before
     * that. Called on the event loop.
     */
    public static void doThen(EventLoop loop, Runnable work, Runnable rest) {
        CompletableFuture<Void> done = CompletableFuture.runAsync(work, THREADS);
        AtomicBoolean first = new AtomicBoolean(true);
        Runnable restOnce = () -> {
            if (first.getAndSet(false)) {
                rest.run();
            }
        };
        Runnable hook = () -> {
            done.exceptionally(failure -> null).join();
            restOnce.run();
        };
        SingleThreadEventExecutor executor = loop instanceof SingleThreadEventExecutor single ? single : null;
        if (executor != null) {
            executor.addShutdownHook(hook);
        }
        done.whenComplete((nothing, failure) -> {
            try {
                loop.execute(() -> {
                    if (executor != null) {
                        executor.removeShutdownHook(hook);
                    }
                    restOnce.run();
                });
            } catch (RejectedExecutionException ended) {
                // A shutdown hook has run it, if the event loop has hooks.
                restOnce.run();
            }
        });
    }
}
