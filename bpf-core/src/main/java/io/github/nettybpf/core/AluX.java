package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/**
 * {@code A <- A op X}. Dividing by X = 0 ends the program with verdict 0.
 *
 * @param op the operation
 */
public record AluX(AluOp op) implements Instruction {
    @Override
    public RawInstruction assemble() {
        return RawInstruction.of(ALU | op.bits | X, 0);
    }

    @Override
    public String toString() {
        return op.mnemonic + " x";
    }
}
