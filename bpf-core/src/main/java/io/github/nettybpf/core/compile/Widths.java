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
 * How many bits A and X have at most: the higher ones are 0. With fewer than 32 a register is a positive int.
 *
 * @param a 0..32
 * @param x 0..32
 */
record Widths(int a, int x) {
    /** Nothing is known. */
    static final Widths ANY = new Widths(Integer.SIZE, Integer.SIZE);

    /** Where a run begins. */
    static final Widths ZERO = new Widths(0, 0);

    private static final int HEADER_LENGTH = 6;

    Widths or(Widths other) {
        return new Widths(Math.max(a, other.a), Math.max(x, other.x));
    }

    /** {@return what holds behind the instruction} */
    Widths behind(Instruction instruction) {
        if (instruction instanceof LoadMemShift) {
            return new Widths(a, HEADER_LENGTH);
        } else if (instruction instanceof PacketLoad load) {
            return new Widths(Byte.SIZE * load.size(), x);
        } else if (instruction instanceof LoadConstant load) {
            return with(load.dst(), of(load.val()));
        } else if (instruction instanceof LoadScratch load) {
            return with(load.dst(), Integer.SIZE);
        } else if (instruction instanceof LoadExtension load) {
            return with(load.dst(), Integer.SIZE);
        } else if (instruction instanceof AluConstant alu) {
            return new Widths(behind(alu, a), x);
        } else if (instruction instanceof AluX || instruction instanceof NegateA) {
            return new Widths(Integer.SIZE, x);
        } else if (instruction instanceof Tax) {
            return new Widths(a, a);
        } else if (instruction instanceof Txa) {
            return new Widths(x, x);
        } else if ((instruction.writes().bits() & (Registers.bit(Registers.A) | Registers.bit(Registers.X))) != 0) {
            throw new AssertionError(instruction);
        }
        return this;
    }

    private Widths with(Register register, int width) {
        return register == Register.A ? new Widths(width, x) : new Widths(a, width);
    }

    /** {@return how many bits A has at most behind the operation} */
    static int behind(AluConstant alu, int a) {
        int constant = of(alu.val());
        return switch (alu.op()) {
            case AND -> Math.min(a, constant);
            case OR, XOR -> Math.max(a, constant);
            case ADD -> Math.min(Integer.SIZE, Math.max(a, constant) + 1);
            case MUL -> Math.min(Integer.SIZE, a + constant);
            case DIV -> a;
            case MOD -> Math.min(a, constant);
            case RSH -> Math.max(0, a - (alu.val() & 31));
            case LSH -> Math.min(Integer.SIZE, a + (alu.val() & 31));
            case SUB -> Integer.SIZE;
        };
    }

    private static int of(int value) {
        return Integer.SIZE - Integer.numberOfLeadingZeros(value);
    }
}
