package io.github.nettybpf.netty;

/**
 * What a {@link BpfFilterHandler} has done so far. {@code received == accepted + dropped}.
 *
 * @param received packets that came to the handler
 * @param accepted packets that it passed on, truncated ones included
 * @param truncated packets that it passed on shorter than they came
 * @param dropped packets that it released
 * @param droppedInKernel packets that the kernel dropped while it had the filter: by the filter, or because the receive
 *     queue was full. The kernel counts both together (SK_MEMINFO_DROPS)
 * @param location where the program runs
 * @param reason why it runs there, for people
 */
public record FilterStats(
        long received,
        long accepted,
        long truncated,
        long dropped,
        long droppedInKernel,
        Location location,
        String reason) {

    /** Where a program runs. */
    public enum Location {
        /** Not decided yet: the channel is neither bound nor connected. */
        UNDECIDED,
        /** In the pipeline. */
        PIPELINE,
        /** In the kernel: the handler passes on what comes. */
        KERNEL,
        /** The kernel drops, and the pipeline judges what comes through and cuts it. */
        KERNEL_AND_PIPELINE
    }
}
