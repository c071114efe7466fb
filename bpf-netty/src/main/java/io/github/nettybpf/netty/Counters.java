package io.github.nettybpf.netty;

import io.github.nettybpf.netty.source.SourceCounters;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counters with one writer, the event loop, and readers on any thread: a plain addition and an opaque store, so that no
 * locked instruction is on the path of a packet.
 */
final class Counters {
    private static final VarHandle ACCEPTED;
    private static final VarHandle TRUNCATED;
    private static final VarHandle DROPPED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            ACCEPTED = lookup.findVarHandle(Counters.class, "accepted", long.class);
            TRUNCATED = lookup.findVarHandle(Counters.class, "truncated", long.class);
            DROPPED = lookup.findVarHandle(Counters.class, "dropped", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Of the packets that are dropped because of their sources. */
    final SourceCounters sources = new SourceCounters();

    private long accepted;
    private long truncated;
    private long dropped;
    private volatile long droppedInKernel;

    void accept() {
        ACCEPTED.setOpaque(this, accepted + 1);
    }

    void truncate() {
        TRUNCATED.setOpaque(this, truncated + 1);
    }

    void drop() {
        DROPPED.setOpaque(this, dropped + 1);
    }

    /** Keeps what the kernel had dropped when the handler was removed. */
    void keepDroppedInKernel(long count) {
        droppedInKernel = count;
    }

    long accepted() {
        return (long) ACCEPTED.getOpaque(this);
    }

    long truncated() {
        return (long) TRUNCATED.getOpaque(this);
    }

    long dropped() {
        return (long) DROPPED.getOpaque(this);
    }

    /** {@return how many packets the kernel dropped, or 0 until the handler was removed} */
    long droppedInKernel() {
        return droppedInKernel;
    }
}
