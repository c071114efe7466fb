package io.github.nettybpf.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The program translated to C and compiled into a shared object, so that the C compiler does not know the frames.
 *
 * @param name the name in the table, which contains the compiler and its option: {@code C, cc -O3}
 * @param loader an executable whose arguments are the file of the frames and the shared object
 */
record CEngine(String name, Path loader) implements Engine {
    /** The prefix of the names in the table. */
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
                throw new IOException(compiler + " failed on " + workload.name());
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return List.of(loader.toString(), frames.toString(), object.toString());
    }
}
