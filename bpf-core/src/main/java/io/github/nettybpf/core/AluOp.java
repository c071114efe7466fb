package io.github.nettybpf.core;

import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;

/**
 * What {@link AluConstant} and {@link AluX} do to A. All are unsigned and modulo 2<sup>32</sup>.
 *
 * <p>Source: net/core/filter.c of the kernel, {@code bpf_convert_filter}.
 */
public enum AluOp {
    /** {@code A <- A + operand} */
    ADD("add", Opcodes.ADD),
    /** {@code A <- A - operand} */
    SUB("sub", Opcodes.SUB),
    /** {@code A <- A * operand} */
    MUL("mul", Opcodes.MUL),
    /** {@code A <- A / operand}; a zero in X ends the program with verdict 0. */
    DIV("div", Opcodes.DIV),
    /** {@code A <- A | operand} */
    OR("or", Opcodes.OR),
    /** {@code A <- A & operand} */
    AND("and", Opcodes.AND),
    /** {@code A <- A << operand}, by the low five bits of the operand. */
    LSH("lsh", Opcodes.LSH),
    /** {@code A <- A >>> operand}, by the low five bits of the operand. */
    RSH("rsh", Opcodes.RSH),
    /** {@code A <- A % operand}; a zero in X ends the program with verdict 0. */
    MOD("mod", Opcodes.MOD),
    /** {@code A <- A ^ operand} */
    XOR("xor", Opcodes.XOR);

    private final String mnemonic;
    final int bits;

    AluOp(String mnemonic, int bits) {
        this.mnemonic = mnemonic;
        this.bits = bits;
    }

    /** {@return the operation that an ALU opcode stands for} */
    static AluOp ofCode(int code) {
        for (AluOp each : values()) {
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
     * {@return the new A}
     *
     * @param a the old A
     * @param operand the operand; a divisor must not be 0
     */
    public int apply(int a, int operand) {
        return switch (this) {
            case ADD -> a + operand;
            case SUB -> a - operand;
            case MUL -> a * operand;
            case DIV -> Integer.divideUnsigned(a, operand);
            case OR -> a | operand;
            case AND -> a & operand;
            case LSH -> a << operand;
            case RSH -> a >>> operand;
            case MOD -> Integer.remainderUnsigned(a, operand);
            case XOR -> a ^ operand;
        };
    }
}
