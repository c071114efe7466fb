package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/**
 * {@code dst <- val}.
 *
 * @param dst the register to load
 * @param val the value
 */
public record LoadConstant(Register dst, int val) implements Instruction {
    @Override
    public RawInstruction assemble() {
        return RawInstruction.of((dst == Register.A ? LD : LDX) | IMM, val);
    }

    @Override
    public String toString() {
        return (dst == Register.A ? "ld #" : "ldx #") + unsigned(val);
    }
}
