package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/**
 * {@code M[n] <- src}.
 *
 * @param src the register to store
 * @param n the slot; a program may use 0..15
 */
public record StoreScratch(Register src, int n) implements Instruction {
    @Override
    public RawInstruction assemble() {
        return RawInstruction.of(src == Register.A ? ST : STX, n);
    }

    @Override
    public String toString() {
        return (src == Register.A ? "st M[" : "stx M[") + unsigned(n) + "]";
    }
}
