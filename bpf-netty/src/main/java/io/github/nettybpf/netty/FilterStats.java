package io.github.nettybpf.netty;

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
            Location location,
            String reason) {}

    FilterStats(long accepted, long truncated, long dropped, long droppedInKernel, Location location, String reason) {
        figures = new Figures(accepted + dropped, accepted, truncated, dropped, droppedInKernel, location, reason);
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
    public boolean equals(Object other) {
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
