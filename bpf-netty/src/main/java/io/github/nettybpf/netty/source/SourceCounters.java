package io.github.nettybpf.netty.source;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;

/** Counters of packets with one writer, an event loop, and of changes; for readers on any thread. */
public final class SourceCounters {
    private static final VarHandle DENIED;
    private static final VarHandle NOT_ALLOWED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            DENIED = lookup.findVarHandle(SourceCounters.class, "denied", long.class);
            NOT_ALLOWED = lookup.findVarHandle(SourceCounters.class, "notAllowed", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long denied;
    private long notAllowed;
    private final AtomicLong changes = new AtomicLong();

    /** Counts a change of the sets. From any thread. */
    void countChange() {
        changes.incrementAndGet();
    }

    /** {@return how often the sets were changed} */
    public long changes() {
        return changes.get();
    }

    void countUnwanted(boolean isDenied) {
        if (isDenied) {
            DENIED.setOpaque(this, denied + 1);
        } else {
            NOT_ALLOWED.setOpaque(this, notAllowed + 1);
        }
    }

    /** {@return how many packets came from sources that are denied} */
    public long denied() {
        return (long) DENIED.getOpaque(this);
    }

    /** {@return how many packets came from sources that are neither denied nor allowed, or that are not known} */
    public long notAllowed() {
        return (long) NOT_ALLOWED.getOpaque(this);
    }
}
