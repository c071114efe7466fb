package io.github.nettybpf.benchmarks;

import java.io.IOException;

/** Something that runs programs over the frames. The table has one row for each of them. */
interface Engine {
    /** {@return the name in the table} */
    String name();

    /**
     * {@return the program, ready to run}
     *
     * @param workload the program
     * @throws IOException if the engine cannot be started
     */
    Run start(Workload workload) throws IOException;

    /** A program on an engine. */
    interface Run extends AutoCloseable {
        /** {@return what it cost to run the program over all frames in their order, once} */
        Round round() throws IOException;

        @Override
        default void close() {}
    }

    /**
     * One pass over the frames.
     *
     * @param nanos CPU time of the thread
     * @param checksum of the verdicts, in order: each is added to 31 times the sum before, modulo 2^32
     */
    record Round(long nanos, int checksum) {}
}
