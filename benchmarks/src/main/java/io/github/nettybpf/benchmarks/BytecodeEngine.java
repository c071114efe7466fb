package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.ProgramFormat;
import java.nio.file.Path;
import java.util.List;

/**
 * An executable whose arguments are the file of the frames and the program in the notation {@link
 * ProgramFormat#BYTECODE}.
 *
 * @param name the name in the table
 * @param executable the executable
 */
record BytecodeEngine(String name, Path executable) implements Engine {
    @Override
    public List<String> command(Workload workload, Path frames) {
        String program = ProgramFormat.BYTECODE.write(workload.program()).trim();
        return List.of(executable.toString(), frames.toString(), program);
    }
}
