package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/**
 * Compares A with X and skips instructions.
 *
 * @param cond the test
 * @param skipTrue how many instructions to skip when the test holds, 0..255
 * @param skipFalse how many to skip when it does not, 0..255
 */
public record JumpIfX(JumpTest cond, int skipTrue, int skipFalse) implements Instruction {
    /**
     * Checks the distances.
     *
     * @throws IllegalArgumentException if one does not fit in 8 bits
     */
    public JumpIfX {
        RawInstruction.requireByte("skipTrue", skipTrue);
        RawInstruction.requireByte("skipFalse", skipFalse);
    }

    @Override
    public RawInstruction assemble() {
        return new RawInstruction(JMP | cond.bits | X, skipTrue, skipFalse, 0);
    }

    @Override
    public String toString() {
        return cond.mnemonic + " x, " + skipTrue + ", " + skipFalse;
    }
}
