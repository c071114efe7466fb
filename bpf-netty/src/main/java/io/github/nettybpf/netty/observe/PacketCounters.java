package io.github.nettybpf.netty.observe;

import io.github.nettybpf.netty.drops.DropReason;
import io.github.nettybpf.netty.source.SourceCounters;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counters with one writer, the event loop, and readers on any thread: a plain addition and an opaque store, so that no
 * locked instruction is on the path of a packet.
 */
public final class PacketCounters {
    private static final VarHandle ACCEPTED;
    private static final VarHandle TRUNCATED;
    private static final VarHandle DROPPED = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle DISCARDED;
    private static final VarHandle WOULD_TRUNCATE;
    private static final VarHandle WOULD_DROP;
    private static final VarHandle SAMPLED;
    private static final VarHandle LOST_SAMPLES;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            ACCEPTED = lookup.findVarHandle(PacketCounters.class, "accepted", long.class);
            TRUNCATED = lookup.findVarHandle(PacketCounters.class, "truncated", long.class);
            DISCARDED = lookup.findVarHandle(PacketCounters.class, "discarded", long.class);
            WOULD_TRUNCATE = lookup.findVarHandle(PacketCounters.class, "wouldTruncate", long.class);
            WOULD_DROP = lookup.findVarHandle(PacketCounters.class, "wouldDrop", long.class);
            SAMPLED = lookup.findVarHandle(PacketCounters.class, "sampled", long.class);
            LOST_SAMPLES = lookup.findVarHandle(PacketCounters.class, "lostSamples", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Of the packets that are dropped because of their sources. */
    public final SourceCounters sources = new SourceCounters();

    /** Of the packets that are dropped by the program. */
    public final RuleDrops rules = new RuleDrops();

    private long accepted;
    private long truncated;
    private final long[] dropped = new long[4]; // by reason
    private long discarded;
    private long wouldTruncate;
    private long wouldDrop;
    private long sampled;
    private long lostSamples;
    private volatile long droppedInKernel;

    /** Counts a packet that is passed on. */
    public void accept() {
        ACCEPTED.setOpaque(this, accepted + 1);
    }

    /** Counts one that is passed on shorter than it was received. */
    public void truncate() {
        TRUNCATED.setOpaque(this, truncated + 1);
    }

    /**
     * Counts one that is released.
     *
     * @param reason why; none of a shadow program, which drops nothing
     */
    public void drop(DropReason reason) {
        int index = index(reason);
        DROPPED.setOpaque(dropped, index, dropped[index] + 1);
    }

    /** Counts one that is released without having been judged. */
    public void discard() {
        DISCARDED.setOpaque(this, discarded + 1);
    }

    /** Keeps what the kernel had dropped when the handler was removed. */
    public void keepDroppedInKernel(long count) {
        droppedInKernel = count;
    }

    /** {@return how many packets were passed on} */
    public long accepted() {
        return (long) ACCEPTED.getOpaque(this);
    }

    /** {@return how many of them were shorter than received} */
    public long truncated() {
        return (long) TRUNCATED.getOpaque(this);
    }

    /** {@return how many were released, for all reasons} */
    public long dropped() {
        long sum = discarded();
        for (int i = 0; i < dropped.length; i++) {
            sum += (long) DROPPED.getOpaque(dropped, i);
        }
        return sum;
    }

    /** {@return how many were released for a reason} */
    public long dropped(DropReason reason) {
        return (long) DROPPED.getOpaque(dropped, index(reason));
    }

    private static int index(DropReason reason) {
        return switch (reason) {
            case PROGRAM -> 0;
            case NOT_KNOWN -> 1;
            case SOURCE_DENIED -> 2;
            case SOURCE_NOT_ALLOWED -> 3;
            case SHADOW_DROPS, SHADOW_KEEPS, SHADOW_CUTS ->
                throw new IllegalArgumentException(reason + " drops nothing (expected: a reason of the handler)");
        };
    }

    /** {@return how many were released without having been judged} */
    public long discarded() {
        return (long) DISCARDED.getOpaque(this);
    }

    /** {@return how many packets the kernel dropped, or 0 until the handler was removed} */
    public long droppedInKernel() {
        return droppedInKernel;
    }

    /** Counts one that is passed on whole in a dry run, and would not be otherwise. */
    public void wouldTruncate() {
        WOULD_TRUNCATE.setOpaque(this, wouldTruncate + 1);
    }

    /** Counts one that is passed on in a dry run, and would be released otherwise. */
    public void wouldDrop() {
        WOULD_DROP.setOpaque(this, wouldDrop + 1);
    }

    /** Counts a sample that a listener will get. */
    void sample() {
        SAMPLED.setOpaque(this, sampled + 1);
    }

    /** Counts one that it will not get. */
    void loseSample() {
        LOST_SAMPLES.setOpaque(this, lostSamples + 1);
    }

    /** {@return how many packets would have been passed on shorter} */
    public long wouldTruncateCount() {
        return (long) WOULD_TRUNCATE.getOpaque(this);
    }

    /** {@return how many packets would have been released} */
    public long wouldDropCount() {
        return (long) WOULD_DROP.getOpaque(this);
    }

    /** {@return how many samples were handed to a listener's queue} */
    public long sampled() {
        return (long) SAMPLED.getOpaque(this);
    }

    /** {@return how many samples were lost because a listener is slow, or there were too many} */
    public long lostSamples() {
        return (long) LOST_SAMPLES.getOpaque(this);
    }
}
