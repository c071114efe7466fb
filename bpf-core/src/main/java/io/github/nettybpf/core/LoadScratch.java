package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/**
 * {@code dst <- M[n]}.
 *
 * @param dst the register to load
 * @param n the slot; a program may use 0..15, and only slots that it has written before
 */
public record LoadScratch(Register dst, int n) implements Instruction {
    @Override
    public RawInstruction assemble() {
        return RawInstruction.of((dst == Register.A ? LD : LDX) | MEM, n);
    }

    @Override
    public String toString() {
        return (dst == Register.A ? "ld M[" : "ldx M[") + unsigned(n) + "]";
    }
}
