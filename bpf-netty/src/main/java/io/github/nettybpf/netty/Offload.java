package io.github.nettybpf.netty;

/** Whether the kernel runs the program instead of the pipeline. */
public enum Offload {
    /**
     * In the kernel where that gives the same verdicts, otherwise in the pipeline: {@link FilterStats#reason} says why.
     */
    AUTO,
    /** In the kernel: where that is not possible, the channel fails to bind or connect, or is closed. */
    REQUIRED,
    /** In the pipeline. */
    NEVER
}
