package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

import java.util.List;

/**
 * One instruction of the machine. The records hold everything that has an encoding; {@link Program} verifies which
 * instructions a program may contain, and with which operands.
 *
 * <p>An instruction tells where the program can continue after it ({@link #successors}), which registers and scratch
 * slots it uses ({@link #reads}, {@link #writes}), and whether it ends the program ({@link #isReturn}).
 *
 * <p>Names and fields are those of golang.org/x/net/bpf. 32-bit values are unsigned: use {@link Integer#toUnsignedLong}
 * and the like to compare or print them.
 *
 * <p>{@code toString} gives the instruction in bpf_asm notation, with the number of instructions that a jump skips
 * where the text of a program has a label.
 */
public sealed interface Instruction {
    /** {@return the encoding, which {@link RawInstruction#disassemble} decodes to this instruction} */
    RawInstruction assemble();

    /** {@return the operation's name in bpf_asm notation, for example {@code ldh}} */
    default String mnemonic() {
        return Opcodes.mnemonic(assemble().code());
    }

    /**
     * {@return the instructions that can be executed next} A conditional jump has two, first the one for when the
     * condition holds; a return has none; all others have one. That a load outside the packet and a division by X = 0
     * end the program is not listed.
     *
     * @param pc the index of this instruction in its program
     */
    default List<Integer> successors(int pc) {
        return List.of(pc + 1);
    }

    /** {@return the registers and scratch slots whose values this instruction uses} */
    default RegisterSet reads() {
        return RegisterUse.reads(assemble());
    }

    /** {@return the registers and scratch slots that this instruction sets} */
    default RegisterSet writes() {
        return RegisterUse.writes(assemble());
    }

    /** {@return whether this instruction always ends the program} */
    default boolean isReturn() {
        return false;
    }

    /** Loads bytes of the packet. If the packet does not have them all, the program ends with verdict 0. */
    sealed interface PacketLoad extends Instruction {
        /** {@return the offset of the first byte, to which an indirect load adds X} */
        int off();

        /** {@return 1, 2 or 4 bytes} */
        int size();
    }

    /** Continues at one of two instructions. */
    sealed interface ConditionalJump extends Instruction {
        /** {@return the condition, which compares A with an operand} */
        JumpCondition cond();

        /** {@return how many instructions are skipped when the condition holds, 0..255} */
        int skipTrue();

        /** {@return how many instructions are skipped when it does not hold, 0..255} */
        int skipFalse();

        /** {@return the instruction after this one, at {@code pc}, when the condition holds} */
        default int trueTarget(int pc) {
            return pc + 1 + skipTrue();
        }

        /** {@return the instruction after this one, at {@code pc}, when the condition does not hold} */
        default int falseTarget(int pc) {
            return pc + 1 + skipFalse();
        }

        @Override
        default List<Integer> successors(int pc) {
            return List.of(trueTarget(pc), falseTarget(pc));
        }
    }

    /** Ends the program with a verdict. */
    sealed interface Return extends Instruction {
        @Override
        default List<Integer> successors(int pc) {
            return List.of();
        }

        @Override
        default boolean isReturn() {
            return true;
        }
    }

    /**
     * {@code dst <- val}.
     *
     * @param dst the register to load
     * @param val the value
     */
    record LoadConstant(Register dst, int val) implements Instruction {
        @Override
        public RawInstruction assemble() {
            return RawInstruction.of((dst == Register.A ? LD : LDX) | IMM, val);
        }

        @Override
        public String toString() {
            return (dst == Register.A ? "ld #" : "ldx #") + unsigned(val);
        }
    }

    /**
     * {@code dst <- M[n]}.
     *
     * @param dst the register to load
     * @param n the slot; a program may use 0..15, and only slots that it has written before
     */
    record LoadScratch(Register dst, int n) implements Instruction {
        @Override
        public RawInstruction assemble() {
            return RawInstruction.of((dst == Register.A ? LD : LDX) | MEM, n);
        }

        @Override
        public String toString() {
            return (dst == Register.A ? "ld M[" : "ldx M[") + unsigned(n) + "]";
        }
    }

    /**
     * Loads from a fixed offset: {@code A <- P[off:size]}, big-endian. If the packet does not have all the bytes, the
     * program ends with verdict 0.
     *
     * <p>What the offset counts from is told by {@link OffsetBase#of}. Loads at offsets from 0xfffff000 on are
     * extensions: a program holds a {@link LoadExtension} in their place.
     *
     * @param off the offset of the first byte
     * @param size 1, 2 or 4 bytes
     */
    record LoadAbsolute(int off, int size) implements PacketLoad {
        /** @throws IllegalArgumentException if {@code size} is not 1, 2 or 4 */
        public LoadAbsolute {
            Opcodes.size(size);
        }

        @Override
        public RawInstruction assemble() {
            return RawInstruction.of(LD | ABS | Opcodes.size(size), off);
        }

        @Override
        public String toString() {
            return loadMnemonic(size) + " [" + unsigned(off) + "]";
        }
    }

    /**
     * Loads from an offset relative to X: {@code A <- P[X + off:size]}, big-endian, the sum modulo 2<sup>32</sup>. If
     * the packet does not have all the bytes, the program ends with verdict 0.
     *
     * @param off the offset to add to X
     * @param size 1, 2 or 4 bytes
     */
    record LoadIndirect(int off, int size) implements PacketLoad {
        /** @throws IllegalArgumentException if {@code size} is not 1, 2 or 4 */
        public LoadIndirect {
            Opcodes.size(size);
        }

        @Override
        public RawInstruction assemble() {
            return RawInstruction.of(LD | IND | Opcodes.size(size), off);
        }

        @Override
        public String toString() {
            return loadMnemonic(size) + " [x + " + unsigned(off) + "]";
        }
    }

    /**
     * Loads the length of an IPv4 header: {@code X <- 4 * (P[off:1] & 15)}. A is kept. If the packet does not have the
     * byte, the program ends with verdict 0.
     *
     * @param off the offset of the byte
     */
    record LoadMemShift(int off) implements PacketLoad {
        @Override
        public RawInstruction assemble() {
            return RawInstruction.of(LDX | MSH | B, off);
        }

        @Override
        public int size() {
            return 1;
        }

        @Override
        public String toString() {
            return "ldxb 4*([" + unsigned(off) + "]&0xf)";
        }
    }

    /**
     * {@code dst <- extension}: loads a fact about the packet that is not in its bytes.
     *
     * @param num the extension
     * @param dst A, or X where {@code num} is {@link Extension#LEN}
     * @param size 4; for all but {@link Extension#LEN} also 1 or 2, which the encoding keeps and the machine ignores
     */
    record LoadExtension(Extension num, Register dst, int size) implements Instruction {
        /** @throws IllegalArgumentException if the extension cannot be loaded so */
        public LoadExtension {
            Opcodes.size(size);
            if (num == Extension.LEN && size != 4) {
                throw new IllegalArgumentException("size " + size + " of len (expected: 4)");
            }
            if (num != Extension.LEN && dst == Register.X) {
                throw new IllegalArgumentException(
                        num.mnemonic() + " into X (expected: A; only len can be loaded into X)");
            }
        }

        /** Loads {@code num} into A, encoded as a word load. */
        public LoadExtension(Extension num) {
            this(num, Register.A, 4);
        }

        @Override
        public RawInstruction assemble() {
            if (num == Extension.LEN) {
                return RawInstruction.of((dst == Register.A ? LD : LDX) | LEN, 0);
            }
            return RawInstruction.of(LD | ABS | Opcodes.size(size), Extension.SKF_AD_OFF + num.number);
        }

        @Override
        public String toString() {
            return (dst == Register.A ? loadMnemonic(size) : "ldx") + " #" + num.mnemonic();
        }
    }

    /**
     * {@code M[n] <- src}.
     *
     * @param src the register to store
     * @param n the slot; a program may use 0..15
     */
    record StoreScratch(Register src, int n) implements Instruction {
        @Override
        public RawInstruction assemble() {
            return RawInstruction.of(src == Register.A ? ST : STX, n);
        }

        @Override
        public String toString() {
            return (src == Register.A ? "st M[" : "stx M[") + unsigned(n) + "]";
        }
    }

    /**
     * {@code A <- A op val}.
     *
     * @param op the operation
     * @param val the operand; a program may not divide by 0 nor shift by more than 31
     */
    record AluConstant(AluOp op, int val) implements Instruction {
        @Override
        public RawInstruction assemble() {
            return RawInstruction.of(ALU | op.bits | K, val);
        }

        @Override
        public String toString() {
            return op.mnemonic() + " #" + unsigned(val);
        }
    }

    /** {@code A <- A op X}. Dividing by X = 0 ends the program with verdict 0. */
    record AluX(AluOp op) implements Instruction {
        @Override
        public RawInstruction assemble() {
            return RawInstruction.of(ALU | op.bits | X, 0);
        }

        @Override
        public String toString() {
            return op.mnemonic() + " x";
        }
    }

    /** {@code A <- -A}. */
    record NegateA() implements Instruction {
        @Override
        public RawInstruction assemble() {
            return RawInstruction.of(ALU | NEG, 0);
        }

        @Override
        public String toString() {
            return "neg";
        }
    }

    /** Jumps over {@code skip} instructions, an unsigned number. */
    record Jump(int skip) implements Instruction {
        @Override
        public RawInstruction assemble() {
            return RawInstruction.of(JMP | JA, skip);
        }

        @Override
        public List<Integer> successors(int pc) {
            return List.of(pc + 1 + skip);
        }

        @Override
        public String toString() {
            return "ja " + unsigned(skip);
        }
    }

    /**
     * Compares A with a constant and skips instructions.
     *
     * @param cond the condition
     * @param val the constant
     * @param skipTrue how many instructions to skip when the condition holds, 0..255
     * @param skipFalse how many to skip when it does not, 0..255
     */
    record JumpIf(JumpCondition cond, int val, int skipTrue, int skipFalse) implements ConditionalJump {
        /** @throws IllegalArgumentException if a number of instructions is not 0..255 */
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
            return cond.mnemonic() + " #" + unsigned(val) + ", " + skipTrue + ", " + skipFalse;
        }
    }

    /**
     * Compares A with X and skips instructions.
     *
     * @param cond the condition
     * @param skipTrue how many instructions to skip when the condition holds, 0..255
     * @param skipFalse how many to skip when it does not, 0..255
     */
    record JumpIfX(JumpCondition cond, int skipTrue, int skipFalse) implements ConditionalJump {
        /** @throws IllegalArgumentException if a number of instructions is not 0..255 */
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
            return cond.mnemonic() + " x, " + skipTrue + ", " + skipFalse;
        }
    }

    /** Ends the program with verdict A. */
    record ReturnA() implements Return {
        @Override
        public RawInstruction assemble() {
            return RawInstruction.of(RET | A, 0);
        }

        @Override
        public String toString() {
            return "ret a";
        }
    }

    /**
     * Ends the program with verdict {@code val}: 0 drops the packet, any other verdict is the number of bytes to keep.
     *
     * @param val the verdict
     */
    record ReturnConstant(int val) implements Return {
        @Override
        public RawInstruction assemble() {
            return RawInstruction.of(RET | K, val);
        }

        @Override
        public String toString() {
            return "ret #" + unsigned(val);
        }
    }

    /** {@code X <- A}. */
    record Tax() implements Instruction {
        @Override
        public RawInstruction assemble() {
            return RawInstruction.of(MISC | TAX, 0);
        }

        @Override
        public String toString() {
            return "tax";
        }
    }

    /** {@code A <- X}. */
    record Txa() implements Instruction {
        @Override
        public RawInstruction assemble() {
            return RawInstruction.of(MISC | TXA, 0);
        }

        @Override
        public String toString() {
            return "txa";
        }
    }
}
