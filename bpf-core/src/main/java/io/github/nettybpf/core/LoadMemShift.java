package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/**
 * Loads the length of an IPv4 header: {@code X <- 4 * (P[off:1] & 15)}; A is kept. If the byte is not there, the program
 * ends with verdict 0.
 *
 * @param off the offset of the byte
 */
public record LoadMemShift(int off) implements Instruction {
    @Override
    public RawInstruction assemble() {
        return RawInstruction.of(LDX | MSH | B, off);
    }

    @Override
    public String toString() {
        return "ldxb 4*([" + unsigned(off) + "]&0xf)";
    }
}
