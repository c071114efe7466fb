package io.github.nettybpf.netty;

import io.github.nettybpf.netty.drops.RuleHits;
import io.github.nettybpf.netty.drops.ShadowStats;
import io.github.nettybpf.netty.observe.PacketCounters;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link BpfFilterHandler} has done so far, and where its program runs. A snapshot; {@code received() ==
 * accepted() + dropped()}. Figures may be added in later versions.
 */
public final class FilterStats {
    /** Where a program runs. */
    public enum Location {
        /** Not decided yet: the channel is neither bound nor connected. */
        UNDECIDED,
        /** In the pipeline. */
        PIPELINE,
        /**
         * In the pipeline, after a handler that may consume, change or hold back packets: only what that one passes on is
         * judged.
         */
        PIPELINE_AFTER_HANDLER,
        /** In the pipeline, in a dry run: all is passed on, and what would be dropped is counted. */
        DRY_RUN,
        /** In the kernel: the handler passes on what comes. */
        KERNEL,
        /** The kernel drops, and the pipeline judges what comes through and cuts it. */
        KERNEL_AND_PIPELINE,
        /** Nowhere: the filter could not be installed. Nothing passes, and the channel is closed. */
        FAILED,
        /** Nowhere: the handler was removed from its pipeline, and filters no more. */
        REMOVED
    }

    private final Figures figures;

    private record Figures(
            long received,
            long accepted,
            long truncated,
            long dropped,
            long droppedInKernel,
            long wouldTruncate,
            long wouldDrop,
            long sampled,
            long lostSamples,
            List<RuleHits> returns,
            Optional<ShadowStats> shadow,
            Location location,
            String reason) {}

    FilterStats(
            PacketCounters counters,
            long droppedInKernel,
            List<RuleHits> returns,
            Optional<ShadowStats> shadow,
            Location location,
            String reason) {
        long accepted = counters.accepted();
        long dropped = counters.dropped();
        figures = new Figures(
                accepted + dropped,
                accepted,
                counters.truncated(),
                dropped,
                droppedInKernel,
                counters.wouldTruncateCount(),
                counters.wouldDropCount(),
                counters.sampled(),
                counters.lostSamples(),
                returns,
                shadow,
                location,
                reason);
    }

    /** {@return how many packets reached the handler} */
    public long received() {
        return figures.received;
    }

    /** {@return how many packets it passed on, truncated ones included} */
    public long accepted() {
        return figures.accepted;
    }

    /** {@return how many packets it passed on shorter than they were received} */
    public long truncated() {
        return figures.truncated;
    }

    /** {@return how many packets it released} */
    public long dropped() {
        return figures.dropped;
    }

    /**
     * {@return how many packets the kernel dropped while it had the filter} By the filter, or because the receive queue
     * was full: the kernel counts both together (SK_MEMINFO_DROPS). 0 where it does not tell.
     */
    public long droppedInKernel() {
        return figures.droppedInKernel;
    }

    /** {@return how many packets were passed on in a dry run that would have been released} They count as accepted. */
    public long wouldDrop() {
        return figures.wouldDrop;
    }

    /** {@return how many packets were passed on whole in a dry run that would have been shorter} */
    public long wouldTruncate() {
        return figures.wouldTruncate;
    }

    /** {@return how many samples of dropped packets were handed to the listener, or wait for it} */
    public long sampled() {
        return figures.sampled;
    }

    /** {@return how many samples were lost, because the listener is slow or there were more than 10,000 in a second} */
    public long lostSamples() {
        return figures.lostSamples;
    }

    /**
     * {@return how often the present program has ended in which way, most often first; unmodifiable} For a return, each
     * of the jumps that lead to it counts by itself. Empty unless {@link BpfFilterHandlerBuilder#countReturns} or {@link
     * BpfFilterHandlerBuilder#sampleDrops} was chosen, or there is a shadow program. The figures begin anew with another program or channel.
     *
     * <p>Where the kernel filters, they have what the pipeline judges: nothing, or, if drops are sampled, all packets that
     * are kept and the samples, from which {@link RuleHits#estimate} estimates the number of all.
     */
    public List<RuleHits> returns() {
        return figures.returns;
    }

    /** {@return how the shadow program would have judged, or empty if there is none} */
    public Optional<ShadowStats> shadow() {
        return figures.shadow;
    }

    /** {@return where the program runs} */
    public Location location() {
        return figures.location;
    }

    /** {@return why it runs there, for people} */
    public String reason() {
        return figures.reason;
    }

    /** {@return whether the other has the same figures} */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FilterStats stats && figures.equals(stats.figures);
    }

    @Override
    public int hashCode() {
        return figures.hashCode();
    }

    @Override
    public String toString() {
        return "FilterStats"
                + figures.toString().substring(Figures.class.getSimpleName().length());
    }
}
