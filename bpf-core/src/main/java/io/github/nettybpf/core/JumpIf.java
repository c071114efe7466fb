package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/**
 * Compares A with a constant and skips instructions.
 *
 * @param cond the test
 * @param val the constant
 * @param skipTrue how many instructions to skip when the test holds, 0..255
 * @param skipFalse how many to skip when it does not, 0..255
 */
public record JumpIf(JumpTest cond, int val, int skipTrue, int skipFalse) implements Instruction {
    /**
     * Checks the distances.
     *
     * @throws IllegalArgumentException if one does not fit in 8 bits
     */
    public JumpIf {
        RawInstruction.requireByte("skipTrue", skipTrue);
        RawInstruction.requireByte("skipFalse", skipFalse);
    }

    @Override
    public RawInstruction assemble() {
        return new RawInstruction(JMP | cond.bits | K, skipTrue, skipFalse, val);
    }

    @Override
    public String toString() {
        return cond.mnemonic + " #" + unsigned(val) + ", " + skipTrue + ", " + skipFalse;
    }
}
