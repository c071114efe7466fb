package io.github.nettybpf.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The program as C, compiled by {@code cc} into a shared object, so that the compiler knows nothing of the frames.
 *
 * @param optimization an option of the C compiler
 * @param loader an executable that is started with the file of the frames and the shared object
 */
record CEngine(String optimization, Path loader) implements Engine {
    @Override
    public String name() {
        return "C " + optimization;
    }

    @Override
    public List<String> command(Workload workload, Path frames) throws IOException {
        Path source = frames.resolveSibling("filter" + optimization + ".c");
        Path object = frames.resolveSibling("filter" + optimization + ".so");
        Files.writeString(source, CSource.of(workload.program()));
        Process compiler = new ProcessBuilder(
                        "cc", optimization, "-shared", "-fPIC", "-o", object.toString(), source.toString())
                .inheritIO()
                .start();
        try {
            if (compiler.waitFor() != 0) {
                throw new IOException("cc " + optimization + ": it failed on " + workload.title());
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return List.of(loader.toString(), frames.toString(), object.toString());
    }
}
