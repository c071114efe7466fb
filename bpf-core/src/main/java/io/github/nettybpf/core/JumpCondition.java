package io.github.nettybpf.core;

import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;

/**
 * The condition of a {@link JumpIf} or {@link JumpIfX}: an unsigned comparison of A with an operand. The machine has
 * these four; {@code jneq}, {@code jlt} and {@code jle} of bpf_asm are the same with the two targets exchanged.
 */
public enum JumpCondition {
    /** {@code A == operand} */
    JEQ("jeq", Opcodes.JEQ),
    /** {@code A > operand} */
    JGT("jgt", Opcodes.JGT),
    /** {@code A >= operand} */
    JGE("jge", Opcodes.JGE),
    /** {@code (A & operand) != 0}; has no opposite. */
    JSET("jset", Opcodes.JSET);

    private final String mnemonic;
    final int bits;

    JumpCondition(String mnemonic, int bits) {
        this.mnemonic = mnemonic;
        this.bits = bits;
    }

    /** {@return the condition that a JMP opcode stands for} */
    static JumpCondition ofCode(int code) {
        for (JumpCondition each : values()) {
            if (each.bits == (code & 0xf0)) {
                return each;
            }
        }
        throw new IllegalArgumentException(String.format("opcode 0x%02x", code));
    }

    /** {@return the name in bpf_asm notation} */
    public String mnemonic() {
        return mnemonic;
    }

    /**
     * {@return whether the condition holds}
     *
     * @param a A
     * @param operand the operand
     */
    public boolean holds(int a, int operand) {
        return switch (this) {
            case JEQ -> a == operand;
            case JGT -> Integer.compareUnsigned(a, operand) > 0;
            case JGE -> Integer.compareUnsigned(a, operand) >= 0;
            case JSET -> (a & operand) != 0;
        };
    }
}
