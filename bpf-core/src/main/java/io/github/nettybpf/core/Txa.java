package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/** {@code A <- X}. */
public record Txa() implements Instruction {
    @Override
    public RawInstruction assemble() {
        return RawInstruction.of(MISC | TXA, 0);
    }

    @Override
    public String toString() {
        return "txa";
    }
}
