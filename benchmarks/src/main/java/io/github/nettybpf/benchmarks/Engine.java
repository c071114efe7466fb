package io.github.nettybpf.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** An engine that runs programs on frames in its own process. The table has a row for each engine and program. */
interface Engine {
    /** {@return the name in the table} */
    String name();

    /**
     * {@return whether the engine runs this program}
     *
     * @param workload the program
     */
    default boolean has(Workload workload) {
        return true;
    }

    /**
     * {@return the command that starts a {@link PeerProcess}}
     *
     * @param workload the program
     * @param frames the file that {@link Frames#write} wrote, in a temporary folder
     * @throws IOException if the program cannot be compiled for the engine
     */
    List<String> command(Workload workload, Path frames) throws IOException;
}
