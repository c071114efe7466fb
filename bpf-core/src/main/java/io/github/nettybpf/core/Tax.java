package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/** {@code X <- A}. */
public record Tax() implements Instruction {
    @Override
    public RawInstruction assemble() {
        return RawInstruction.of(MISC | TAX, 0);
    }

    @Override
    public String toString() {
        return "tax";
    }
}
