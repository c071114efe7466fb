package io.github.nettybpf.netty;

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

    private long accepted;
    private long truncated;
    private long dropped;

    void accept() {
        ACCEPTED.setOpaque(this, accepted + 1);
    }

    void truncate() {
        TRUNCATED.setOpaque(this, truncated + 1);
    }

    void drop() {
        DROPPED.setOpaque(this, dropped + 1);
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
}
