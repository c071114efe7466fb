package io.github.nettybpf.packet.kernel;

import java.util.concurrent.TimeUnit;

/**
 * How long a frame that the kernel does not take (ENOBUFS) is tried again, while those after it wait (head-of-line
 * blocking). The kernel says the same of a frame that an egress rule drops, for which no time is long enough, and of a
 * queue that is full at the moment.
 *
 * <p>So there is one wait of at most a second, from the first such failure after a frame that got out. When it is over,
 * frames fail at once until one gets out. And if it was in vain, no other one begins for a minute unless frames of the
 * channel's own are queued, which shows that the queue has not yet sent what it has.
 *
 * <p>Times are those of {@link System#nanoTime}. For one event loop.
 */
public final class SendPatience {
    private static final long LONGEST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long IMPATIENT_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** Whether no frame got out since the failure at {@link #blockedSince}. */
    private boolean blocked;

    private long blockedSince;

    /** Whether the frame that is tried has failed before, and waited. */
    private boolean waiting;

    /** Whether the last wait, which ended at {@link #vainSince}, was in vain. */
    private boolean vain;

    private long vainSince;

    /** Called when a frame got out. */
    public void sent() {
        if (waiting) {
            vain = false;
        }
        blocked = false;
        waiting = false;
    }

    /** Called when a frame failed for another reason, which says nothing of the queue. */
    public void failed() {
        waiting = false;
    }

    /**
     * {@return whether to try a frame once more that failed with ENOBUFS}
     *
     * @param now the time
     * @param ownFramesQueued whether frames that the channel has sent before are still queued
     */
    public boolean mayRetry(long now, boolean ownFramesQueued) {
        if (!blocked) {
            blocked = true;
            blockedSince = now;
        }
        boolean impatient = vain && now - vainSince < IMPATIENT_NANOS;
        boolean may = now - blockedSince < LONGEST_WAIT_NANOS && (ownFramesQueued || !impatient);
        if (!may && waiting) {
            vain = true;
            vainSince = now;
        }
        waiting = may;
        return may;
    }
}
