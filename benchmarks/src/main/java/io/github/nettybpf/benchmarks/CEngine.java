package io.github.nettybpf.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The program as C, compiled into a shared object, so that the compiler knows nothing of the frames.
 *
 * @param name the name in the table, which tells the compiler and its option: {@code C, cc -O3}
 * @param loader an executable that is started with the file of the frames and the shared object
 */
record CEngine(String name, Path loader) implements Engine {
    /** What the names begin with. */
    static final String PREFIX = "C, ";

    @Override
    public List<String> command(Workload workload, Path frames) throws IOException {
        String compiler = name.substring(PREFIX.length());
        Path source = frames.resolveSibling(compiler + ".c");
        Path object = frames.resolveSibling(compiler + ".so");
        Files.writeString(source, CSource.of(workload.program()));
        List<String> command = new ArrayList<>(Arrays.asList(compiler.split(" ", -1)));
        command.addAll(List.of("-shared", "-fPIC", "-o", object.toString(), source.toString()));
        Process process = new ProcessBuilder(command).inheritIO().start();
        try {
            if (process.waitFor() != 0) {
                throw new IOException(compiler + ": it failed on " + workload.name());
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return List.of(loader.toString(), frames.toString(), object.toString());
    }
}
