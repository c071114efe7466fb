package io.github.nettybpf.netty.observe;

import io.github.nettybpf.netty.drops.DropReason;
import io.github.nettybpf.netty.drops.ShadowStats;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** Counts where two programs differ. For one event loop; {@link #stats} for any thread. */
public final class ShadowCounter {
    private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int COMPARED = 0;
    private static final int DROPS = 1;
    private static final int KEEPS = 2;
    private static final int SAMPLED_KEEPS = 3;
    private static final int CUTS = 4;

    private final int oneIn;
    private final long[] counts = new long[5];

    /**
     * Nothing is compared yet.
     *
     * @param oneIn of how many packets the kernel lets one pass as a sample, when it does
     */
    public ShadowCounter(int oneIn) {
        this.oneIn = oneIn;
    }

    /**
     * {@return how the two differ about a packet, or null if they do not}
     *
     * @param kept how many bytes the program in force keeps, or a negative number
     * @param otherwise the same of the other program
     * @param isSampled whether what the program in force drops is a sample of what the kernel drops
     */
    public @Nullable DropReason compare(int kept, int otherwise, boolean isSampled) {
        count(COMPARED);
        if (kept < 0) {
            if (otherwise < 0) {
                return null;
            }
            count(isSampled ? SAMPLED_KEEPS : KEEPS);
            return DropReason.SHADOW_KEEPS;
        } else if (otherwise < 0) {
            count(DROPS);
            return DropReason.SHADOW_DROPS;
        } else if (kept != otherwise) {
            count(CUTS);
            return DropReason.SHADOW_CUTS;
        }
        return null;
    }

    private void count(int index) {
        COUNTS.setOpaque(counts, index, counts[index] + 1);
    }

    /** {@return the figures} From any thread. */
    public ShadowStats stats() {
        long keeps = get(KEEPS);
        long sampled = get(SAMPLED_KEEPS);
        return new ShadowStats(get(COMPARED), get(DROPS), keeps + sampled, keeps + oneIn * sampled, get(CUTS));
    }

    private long get(int index) {
        return (long) COUNTS.getOpaque(counts, index);
    }
}
