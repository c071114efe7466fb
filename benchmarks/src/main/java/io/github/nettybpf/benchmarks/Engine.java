package io.github.nettybpf.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Something that runs programs over frames, in a process of its own. The table has a row for each engine and program. */
interface Engine {
    /** {@return the name in the table} */
    String name();

    /**
     * {@return whether the engine has this program}
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
     * @param frames the file of {@link Frames#write}, in a folder for such files
     * @throws IOException if something had to be made for the program, and could not be
     */
    List<String> command(Workload workload, Path frames) throws IOException;
}
