package io.github.nettybpf.netty.observe;

import io.github.nettybpf.netty.observe.FilterEvents.Watch;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Looks from time to time which handlers drop many packets. It reads their counters, so that the path of a packet has
 * nothing to do with it, and keeps no handler alive. For any thread.
 */
final class DropBursts {
    /** More than so many packets a second are worth an event. */
    static final int MANY = 1000;

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
    private final ReferenceQueue<PacketCounters> gone = new ReferenceQueue<>();

    /** The counters of one handler, and what they said at the last look. */
    private static final class Watched extends WeakReference<PacketCounters> {
        private final String channelId;
        private long lookedAt;
        private long dropped;

        Watched(String channelId, PacketCounters counters, ReferenceQueue<PacketCounters> queue, long now) {
            super(counters, queue);
            this.channelId = channelId;
            this.lookedAt = now;
            this.dropped = counters.dropped();
        }

        synchronized void look(long now) {
            PacketCounters counters = get();
            if (counters == null) {
                return;
            }
            long total = counters.dropped();
            long since = total - dropped;
            long interval = now - lookedAt;
            dropped = total;
            lookedAt = now;
            // What is less than a second ago counts as a whole one.
            if (since > MANY * Math.max(1, (double) interval / SECOND)) {
                DropBurstEvent event = new DropBurstEvent();
                event.channelId = channelId;
                event.dropped = since;
                event.interval = interval;
                event.total = total;
                event.commit();
            }
        }
    }

    /** Watches the counters until the result is called, or they are garbage-collected. */
    Watch watch(String channelId, PacketCounters counters) {
        for (Reference<?> each = gone.poll(); each != null; each = gone.poll()) {
            watched.remove(each);
        }
        Watched added = new Watched(channelId, counters, gone, System.nanoTime());
        watched.add(added);
        return () -> watched.remove(added);
    }

    /** Records an event for each handler that has dropped many since the last look. */
    void look() {
        look(System.nanoTime());
    }

    /**
     * As {@link #look()}.
     *
     * @param now the time, in nanoseconds
     */
    void look(long now) {
        watched.forEach(each -> each.look(now));
    }

    /** {@return how many handlers are watched} */
    int size() {
        return watched.size();
    }
}
