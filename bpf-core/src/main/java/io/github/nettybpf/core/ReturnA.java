package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/** Ends the program with verdict A. */
public record ReturnA() implements Instruction {
    @Override
    public RawInstruction assemble() {
        return RawInstruction.of(RET | A, 0);
    }

    @Override
    public String toString() {
        return "ret a";
    }
}
