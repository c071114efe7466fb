package io.github.nettybpf.netty.drops;

import org.jspecify.annotations.Nullable;

/**
 * How a program that is tried beside the one in force would have judged. A snapshot. Where the kernel drops, of the
 * packets that it drops only the samples are compared, and {@link #keepsEstimate} tells what that means.
 */
public final class ShadowStats {
    private final Figures figures;

    private record Figures(long compared, long drops, long keeps, long keepsEstimate, long cuts) {}

    /** Takes the figures in the order of the methods. */
    public ShadowStats(long compared, long drops, long keeps, long keepsEstimate, long cuts) {
        figures = new Figures(compared, drops, keeps, keepsEstimate, cuts);
    }

    /** {@return how many packets both programs have judged} */
    public long compared() {
        return figures.compared;
    }

    /** {@return how many packets only the shadow program drops} */
    public long drops() {
        return figures.drops;
    }

    /** {@return how many packets, of those compared, only the shadow program keeps} */
    public long keeps() {
        return figures.keeps;
    }

    /** {@return about how many packets only the shadow program keeps, those included that the kernel has dropped} */
    public long keepsEstimate() {
        return figures.keepsEstimate;
    }

    /** {@return how many packets both keep, but not the same number of bytes of them} */
    public long cuts() {
        return figures.cuts;
    }

    /** {@return whether the other has the same figures} */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ShadowStats stats && figures.equals(stats.figures);
    }

    @Override
    public int hashCode() {
        return figures.hashCode();
    }

    @Override
    public String toString() {
        return "ShadowStats"
                + figures.toString().substring(Figures.class.getSimpleName().length());
    }
}
