package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/** {@code A <- -A}. */
public record NegateA() implements Instruction {
    @Override
    public RawInstruction assemble() {
        return RawInstruction.of(ALU | NEG, 0);
    }

    @Override
    public String toString() {
        return "neg";
    }
}
