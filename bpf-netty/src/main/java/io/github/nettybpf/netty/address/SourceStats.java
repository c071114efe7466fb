package io.github.nettybpf.netty.address;

import java.time.Instant;
import java.util.List;

/**
 * What a handler does with sets of sources: a snapshot. Of sets that the kernel has as a whole, it does not tell what it
 * drops by them; that is in {@code FilterStats.droppedInKernel}.
 */
public final class SourceStats {
    private final Figures figures;

    private record Figures(
            long deniedPrefixes,
            long allowedPrefixes,
            long denied,
            long notAllowed,
            long prefixesInKernel,
            Instant changed,
            List<HotSource> hottest) {}

    /** Takes the figures in the order of the methods. */
    public SourceStats(
            long deniedPrefixes,
            long allowedPrefixes,
            long denied,
            long notAllowed,
            long prefixesInKernel,
            Instant changed,
            List<HotSource> hottest) {
        figures = new Figures(
                deniedPrefixes, allowedPrefixes, denied, notAllowed, prefixesInKernel, changed, List.copyOf(hottest));
    }

    /** {@return how many prefixes the denied set has, at least} */
    public long deniedPrefixes() {
        return figures.deniedPrefixes;
    }

    /** {@return how many prefixes the allowed set has, at least; 0 also if there is none} */
    public long allowedPrefixes() {
        return figures.allowedPrefixes;
    }

    /** {@return how many packets the pipeline dropped because their source is denied, or would have in a dry run} */
    public long denied() {
        return figures.denied;
    }

    /**
     * {@return how many packets the pipeline dropped because their source is not allowed, or not known, or would have in a
     * dry run}
     */
    public long notAllowed() {
        return figures.notAllowed;
    }

    /** {@return how many prefixes the kernel drops or allows: all, some of them, or none} */
    public long prefixesInKernel() {
        return figures.prefixesInKernel;
    }

    /** {@return when the sets were changed the last time} */
    public Instant changed() {
        return figures.changed;
    }

    /**
     * {@return the denied prefixes from which most packets come, in descending order, 20 at most} Empty where the kernel
     * has the whole set, and in the first second.
     */
    public List<HotSource> hottest() {
        return figures.hottest;
    }

    @Override
    public String toString() {
        return "SourceStats"
                + figures.toString().substring(Figures.class.getSimpleName().length());
    }
}
