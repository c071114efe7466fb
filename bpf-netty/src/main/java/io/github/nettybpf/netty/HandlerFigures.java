package io.github.nettybpf.netty;

import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.address.SourceStats;
import io.github.nettybpf.netty.drops.DropReason;
import io.github.nettybpf.netty.observe.PacketCounters;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The figures of one handler, without keeping it alive: its counters are held, and what the kernel has dropped is known
 * to them from when the handler was removed. For any thread.
 */
final class HandlerFigures {
    private final WeakReference<BpfFilterHandler> handler;
    private final PacketCounters counters;
    private long droppedInKernel;

    HandlerFigures(BpfFilterHandler handler) {
        this.handler = new WeakReference<>(handler);
        this.counters = handler.counters();
    }

    /** {@return the handler's counters, which stand for it where it must not be kept alive} */
    PacketCounters counters() {
        return counters;
    }

    /** {@return whether the handler was garbage-collected} Then the figures are final. */
    boolean isGone() {
        return handler.get() == null;
    }

    long accepted() {
        return counters.accepted();
    }

    long truncated() {
        return counters.truncated();
    }

    long dropped() {
        return counters.dropped();
    }

    long dropped(DropReason reason) {
        return counters.dropped(reason);
    }

    long discarded() {
        return counters.discarded();
    }

    /** {@return how many packets the rule at an index of {@link #rules} has dropped} */
    long droppedByRule(int rule) {
        return counters.rules.count(rule);
    }

    long wouldDrop() {
        return counters.wouldDropCount();
    }

    long wouldTruncate() {
        return counters.wouldTruncateCount();
    }

    long sampled() {
        return counters.sampled();
    }

    long lostSamples() {
        return counters.lostSamples();
    }

    /** {@return the rules whose drops are counted, and {@code other}; nothing if the handler does not count returns} */
    List<String> rules() {
        BpfFilterHandler present = handler.get();
        return present == null ? counters.rules.listed() : present.rules();
    }

    long sourceChanges() {
        return counters.sources.changes();
    }

    /** {@return a figure of the sets of sources, or 0 if the handler is gone} */
    long ofSources(ToLongFunction<SourceStats> figure) {
        BpfFilterHandler present = handler.get();
        return present == null ? 0 : figure.applyAsLong(present.sources());
    }

    /** {@return how many packets the kernel dropped} Of a handler that went without being removed, as was last seen. */
    synchronized long droppedInKernel() {
        BpfFilterHandler present = handler.get();
        long now = present == null ? counters.droppedInKernel() : present.droppedInKernel();
        droppedInKernel = Math.max(droppedInKernel, now);
        return droppedInKernel;
    }

    /** {@return where the program runs, or null if the handler is gone} */
    @Nullable
    Location location() {
        BpfFilterHandler present = handler.get();
        return present == null ? null : present.location();
    }
}
