package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.LoadScratch;
import io.github.nettybpf.core.Instruction.NegateA;
import io.github.nettybpf.core.Instruction.PacketLoad;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.Instruction.Txa;
import io.github.nettybpf.core.Register;

/**
 * Known bits: how many low bits of A and X may be set; the higher ones are known to be 0. With fewer than 32 a register
 * is an int that is not negative, so that signed operations are right for it.
 *
 * @param a 0..32
 * @param x 0..32
 */
record KnownBits(int a, int x) {
    /** Nothing is known. */
    static final KnownBits ANY = new KnownBits(Integer.SIZE, Integer.SIZE);

    /** A and X are 0, as at the start of a run. */
    static final KnownBits ZERO = new KnownBits(0, 0);

    /** An IPv4 header has up to 60 bytes. */
    private static final int HEADER_LENGTH = 6;

    /** {@return what is known where control comes from both} */
    KnownBits join(KnownBits other) {
        return new KnownBits(Math.max(a, other.a), Math.max(x, other.x));
    }

    /** {@return what is known after the instruction, of a register that it leaves alone what was known before} */
    KnownBits after(Instruction instruction) {
        if (instruction instanceof LoadMemShift) {
            return new KnownBits(a, HEADER_LENGTH);
        } else if (instruction instanceof PacketLoad load) {
            return new KnownBits(Byte.SIZE * load.size(), x);
        } else if (instruction instanceof LoadConstant load) {
            return with(load.dst(), width(load.val()));
        } else if (instruction instanceof LoadScratch load) {
            return with(load.dst(), Integer.SIZE);
        } else if (instruction instanceof LoadExtension load) {
            return with(load.dst(), Integer.SIZE);
        } else if (instruction instanceof AluConstant alu) {
            return new KnownBits(after(alu, a), x);
        } else if (instruction instanceof AluX || instruction instanceof NegateA) {
            return new KnownBits(Integer.SIZE, x);
        } else if (instruction instanceof Tax) {
            return new KnownBits(a, a);
        } else if (instruction instanceof Txa) {
            return new KnownBits(x, x);
        } else if ((instruction.writes().bits() & (Registers.bit(Registers.A) | Registers.bit(Registers.X))) != 0) {
            throw new AssertionError(instruction);
        }
        return this;
    }

    private KnownBits with(Register register, int width) {
        return register == Register.A ? new KnownBits(width, x) : new KnownBits(a, width);
    }

    /** {@return how many low bits of A may be set after the operation} */
    static int after(AluConstant alu, int a) {
        int constant = width(alu.val());
        return switch (alu.op()) {
            case AND -> Math.min(a, constant);
            case OR, XOR -> Math.max(a, constant);
            case ADD -> Math.min(Integer.SIZE, Math.max(a, constant) + 1); // 1 for the carry
            case MUL -> Math.min(Integer.SIZE, a + constant);
            case DIV -> a;
            case MOD -> Math.min(a, constant);
            case RSH -> Math.max(0, a - (alu.val() & 31));
            case LSH -> Math.min(Integer.SIZE, a + (alu.val() & 31));
            case SUB -> Integer.SIZE;
        };
    }

    private static int width(int value) {
        return Integer.SIZE - Integer.numberOfLeadingZeros(value);
    }
}
