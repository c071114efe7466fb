package io.github.nettybpf.netty.observe;

import io.github.nettybpf.netty.drops.DropListener;
import io.github.nettybpf.netty.drops.DroppedPacket;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Brings samples to a listener, in order, on a thread of its own, which ends when none have come for some seconds. There
 * is one for each listener. For any thread.
 */
public final class SampleQueue {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(SampleQueue.class);

    /** A listener that does not return holds back so much and no more. */
    static final int MOST_SAMPLES = 1024;

    static final long MOST_BYTES = 16L << 20;
    private static final int IDLE_SECONDS = 5;

    /** Handlers hold the queues; where no handler does, an entry is only as long there as its listener. */
    private static final Map<Identity, WeakReference<SampleQueue>> QUEUES = new HashMap<>();

    private static final ReferenceQueue<DropListener> GONE = new ReferenceQueue<>();

    /** A listener as the object that it is, whatever it says that it is equal to, and without keeping it alive. */
    private static final class Identity extends WeakReference<DropListener> {
        private final int hash;

        Identity(DropListener listener) {
            super(listener, GONE);
            this.hash = System.identityHashCode(listener);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other || (other instanceof Identity same && get() != null && refersTo(same.get()));
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    private final DropListener listener;
    private final ThreadPoolExecutor executor;
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicBoolean complained = new AtomicBoolean();

    private SampleQueue(DropListener listener) {
        this.listener = listener;
        this.executor = new ThreadPoolExecutor(
                1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MOST_SAMPLES), task -> {
                    Thread thread = new Thread(null, task, "bpf-drop-samples", 0, false);
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
    }

    /** {@return the queue of a listener} */
    public static SampleQueue of(DropListener listener) {
        synchronized (QUEUES) {
            for (Reference<?> gone = GONE.poll(); gone != null; gone = GONE.poll()) {
                QUEUES.remove(gone);
            }
            Identity key = new Identity(listener);
            WeakReference<SampleQueue> known = QUEUES.get(key);
            @Nullable SampleQueue queue = known == null ? null : known.get();
            if (queue == null) {
                queue = new SampleQueue(listener);
                QUEUES.put(key, new WeakReference<>(queue));
            }
            return queue;
        }
    }

    /** {@return whether there is room for a sample of so many bytes, so that it is worth copying} */
    boolean hasRoom(int length) {
        return executor.getQueue().remainingCapacity() > 0 && bytes.get() + length <= MOST_BYTES;
    }

    /**
     * {@return whether the listener will get the sample}
     *
     * @param length how many bytes it holds
     * @param packet makes the sample, on the listener's thread
     */
    boolean offer(int length, Supplier<DroppedPacket> packet) {
        bytes.addAndGet(length);
        try {
            executor.execute(() -> {
                deliver(packet);
                bytes.addAndGet(-length);
            });
            return true;
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            // There is no room after all, or no thread can be started.
            bytes.addAndGet(-length);
            return false;
        }
    }

    /** Whatever goes wrong, the memory of the sample is given back, and the next one is delivered. */
    private void deliver(Supplier<DroppedPacket> packet) {
        try {
            listener.dropped(packet.get());
        } catch (Exception | Error e) {
            if (complained.compareAndSet(false, true)) {
                LOGGER.warn("{} did not take a sample; what it throws for others is not logged", listener, e);
            }
        }
    }
}
