package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.AluOp;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Instruction selection for the unsigned arithmetic of the machine, which the JVM has only in part. */
final class UnsignedArithmetic {
    private static final String INTEGER = Type.getInternalName(Integer.class);
    private static final long LOW_WORD = 0xffff_ffffL;

    private UnsignedArithmetic() {}

    /**
     * Replaces A with the result of an operation with a constant, which is not 0 for a division.
     *
     * @param knownBits how many low bits of A may be set
     */
    static void apply(Code code, AluOp op, int value, int knownBits) {
        if (op == AluOp.DIV || op == AluOp.MOD) {
            divide(code, op, value, knownBits);
        } else {
            code.constant(value);
            code.insn(opcode(op));
        }
    }

    /** Replaces A and X with the result of an operation; X is not 0 for a division. */
    static void apply(Code code, AluOp op) {
        switch (op) {
            case DIV -> code.call(INTEGER, "divideUnsigned", "(II)I");
            case MOD -> code.call(INTEGER, "remainderUnsigned", "(II)I");
            default -> code.insn(opcode(op));
        }
    }

    /** HotSpot strength-reduces a signed division by a constant to a multiplication, but not an unsigned one. */
    private static void divide(Code code, AluOp op, int value, int knownBits) {
        if (Integer.bitCount(value) == 1) {
            code.constant(op == AluOp.DIV ? Integer.numberOfTrailingZeros(value) : value - 1);
            code.insn(op == AluOp.DIV ? Opcodes.IUSHR : Opcodes.IAND);
            return;
        }
        if (knownBits < Integer.SIZE && value > 0) {
            code.constant(value);
            code.insn(op == AluOp.DIV ? Opcodes.IDIV : Opcodes.IREM);
            return;
        }
        toUnsignedLong(code);
        code.constant(Integer.toUnsignedLong(value));
        code.insn(op == AluOp.DIV ? Opcodes.LDIV : Opcodes.LREM, Opcodes.L2I);
    }

    /** Replaces an int with the long of the same unsigned value. */
    static void toUnsignedLong(Code code) {
        code.insn(Opcodes.I2L);
        code.constant(LOW_WORD);
        code.insn(Opcodes.LAND);
    }

    /** Adds 2^31, so that a signed comparison orders ints as an unsigned one does. */
    static void flipSign(Code code) {
        code.constant(Integer.MIN_VALUE);
        code.insn(Opcodes.IADD);
    }

    private static int opcode(AluOp op) {
        return switch (op) {
            case ADD -> Opcodes.IADD;
            case SUB -> Opcodes.ISUB;
            case MUL -> Opcodes.IMUL;
            case OR -> Opcodes.IOR;
            case AND -> Opcodes.IAND;
            case XOR -> Opcodes.IXOR;
            case LSH -> Opcodes.ISHL;
            case RSH -> Opcodes.IUSHR;
            case DIV, MOD -> throw new AssertionError(op);
        };
    }
}
