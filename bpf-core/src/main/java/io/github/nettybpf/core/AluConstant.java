package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/**
 * {@code A <- A op val}.
 *
 * @param op the operation
 * @param val the operand; a program may not divide by 0 nor shift by more than 31
 */
public record AluConstant(AluOp op, int val) implements Instruction {
    @Override
    public RawInstruction assemble() {
        return RawInstruction.of(ALU | op.bits | K, val);
    }

    @Override
    public String toString() {
        return op.mnemonic + " #" + unsigned(val);
    }
}
