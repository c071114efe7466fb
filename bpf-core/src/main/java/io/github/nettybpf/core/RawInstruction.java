package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.LoadScratch;
import io.github.nettybpf.core.Instruction.NegateA;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.Instruction.Txa;
import java.nio.BufferOverflowException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An encoded instruction, {@code struct sock_filter} of the kernel. It can hold any bits; {@link #disassemble} refuses
 * the codes that the kernel refuses.
 *
 * @param code the opcode, 16 bits
 * @param jt how many instructions a conditional jump skips when its condition holds, 8 bits; ignored elsewhere
 * @param jf how many it skips when the condition does not hold, 8 bits; ignored elsewhere
 * @param k the operand, 32 bits, unsigned
 */
public record RawInstruction(int code, int jt, int jf, int k) {
    /** The size of {@code struct sock_filter}. */
    public static final int BYTES = 8;

    /**
     * Checks the widths.
     *
     * @throws IllegalArgumentException if {@code code} does not fit in 16 bits or {@code jt} or {@code jf} not in 8
     */
    public RawInstruction {
        if (code < 0 || code > 0xffff) {
            throw new IllegalArgumentException("code " + code + " (expected: 0..65535)");
        }
        requireByte("jt", jt);
        requireByte("jf", jf);
    }

    /**
     * {@return the struct at the buffer's position, in the buffer's byte order} The position moves by {@link #BYTES}.
     *
     * @param buffer the buffer; the kernel's byte order is {@link ByteOrder#nativeOrder}
     * @throws BufferUnderflowException if fewer bytes remain
     */
    public static RawInstruction readFrom(ByteBuffer buffer) {
        int code = Short.toUnsignedInt(buffer.getShort());
        int jt = Byte.toUnsignedInt(buffer.get());
        int jf = Byte.toUnsignedInt(buffer.get());
        return new RawInstruction(code, jt, jf, buffer.getInt());
    }

    /**
     * Writes the struct at the buffer's position, in the buffer's byte order. The position moves by {@link #BYTES}.
     *
     * @param buffer the buffer; the kernel's byte order is {@link ByteOrder#nativeOrder}
     * @throws BufferOverflowException if fewer bytes remain
     */
    public void writeTo(ByteBuffer buffer) {
        buffer.putShort((short) code).put((byte) jt).put((byte) jf).putInt(k);
    }

    static void requireByte(String name, int value) {
        if (value < 0 || value > 255) {
            throw new IllegalArgumentException(name + " " + value + " (expected: 0..255)");
        }
    }

    static RawInstruction of(int code, int k) {
        return new RawInstruction(code, 0, 0, k);
    }

    /**
     * {@return the decoded instruction} {@link Instruction#assemble} gives these bits again, except that fields which
     * the kernel ignores for the code are 0: jt and jf of all but conditional jumps; k of tax, txa, neg, ret a, len and
     * of instructions whose operand is X.
     *
     * @throws IllegalArgumentException if the code is not one of the 49 that the kernel accepts
     */
    public Instruction disassemble() {
        return switch (code) {
            case LD | IMM -> new LoadConstant(Register.A, k);
            case LDX | IMM -> new LoadConstant(Register.X, k);
            case LD | MEM -> new LoadScratch(Register.A, k);
            case LDX | MEM -> new LoadScratch(Register.X, k);
            case ST -> new StoreScratch(Register.A, k);
            case STX -> new StoreScratch(Register.X, k);
            case LD | LEN -> new LoadExtension(Extension.LEN);
            case LDX | LEN -> new LoadExtension(Extension.LEN, Register.X, 4);
            case LD | ABS | W -> loadAbsolute(4);
            case LD | ABS | H -> loadAbsolute(2);
            case LD | ABS | B -> loadAbsolute(1);
            case LD | IND | W -> new LoadIndirect(k, 4);
            case LD | IND | H -> new LoadIndirect(k, 2);
            case LD | IND | B -> new LoadIndirect(k, 1);
            case LDX | MSH | B -> new LoadMemShift(k);
            case ALU | ADD | K -> new AluConstant(AluOp.ADD, k);
            case ALU | SUB | K -> new AluConstant(AluOp.SUB, k);
            case ALU | MUL | K -> new AluConstant(AluOp.MUL, k);
            case ALU | DIV | K -> new AluConstant(AluOp.DIV, k);
            case ALU | OR | K -> new AluConstant(AluOp.OR, k);
            case ALU | AND | K -> new AluConstant(AluOp.AND, k);
            case ALU | LSH | K -> new AluConstant(AluOp.LSH, k);
            case ALU | RSH | K -> new AluConstant(AluOp.RSH, k);
            case ALU | MOD | K -> new AluConstant(AluOp.MOD, k);
            case ALU | XOR | K -> new AluConstant(AluOp.XOR, k);
            case ALU | ADD | X -> new AluX(AluOp.ADD);
            case ALU | SUB | X -> new AluX(AluOp.SUB);
            case ALU | MUL | X -> new AluX(AluOp.MUL);
            case ALU | DIV | X -> new AluX(AluOp.DIV);
            case ALU | OR | X -> new AluX(AluOp.OR);
            case ALU | AND | X -> new AluX(AluOp.AND);
            case ALU | LSH | X -> new AluX(AluOp.LSH);
            case ALU | RSH | X -> new AluX(AluOp.RSH);
            case ALU | MOD | X -> new AluX(AluOp.MOD);
            case ALU | XOR | X -> new AluX(AluOp.XOR);
            case ALU | NEG -> new NegateA();
            case JMP | JA -> new Jump(k);
            case JMP | JEQ | K -> new JumpIf(JumpCondition.JEQ, k, jt, jf);
            case JMP | JGT | K -> new JumpIf(JumpCondition.JGT, k, jt, jf);
            case JMP | JGE | K -> new JumpIf(JumpCondition.JGE, k, jt, jf);
            case JMP | JSET | K -> new JumpIf(JumpCondition.JSET, k, jt, jf);
            case JMP | JEQ | X -> new JumpIfX(JumpCondition.JEQ, jt, jf);
            case JMP | JGT | X -> new JumpIfX(JumpCondition.JGT, jt, jf);
            case JMP | JGE | X -> new JumpIfX(JumpCondition.JGE, jt, jf);
            case JMP | JSET | X -> new JumpIfX(JumpCondition.JSET, jt, jf);
            case RET | K -> new ReturnConstant(k);
            case RET | A -> new ReturnA();
            case MISC | TAX -> new Tax();
            case MISC | TXA -> new Txa();
            default ->
                throw new IllegalArgumentException(
                        String.format("opcode 0x%02x (expected: a classic BPF opcode)", code));
        };
    }

    private Instruction loadAbsolute(int size) {
        Extension extension = Extension.atOffset(k);
        return extension == null ? new LoadAbsolute(k, size) : new LoadExtension(extension, Register.A, size);
    }

    /** {@return the four fields as bpf_asm writes them, for example {@code 40 0 0 12}} */
    @Override
    public String toString() {
        return code + " " + jt + " " + jf + " " + unsigned(k);
    }
}
