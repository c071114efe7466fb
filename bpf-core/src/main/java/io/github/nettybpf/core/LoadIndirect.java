package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/**
 * Loads from a place that X moves: {@code A <- P[X + off:size]}, big-endian, the sum modulo 2<sup>32</sup>. If the bytes
 * are not all there, the program ends with verdict 0.
 *
 * @param off the offset to add to X
 * @param size 1, 2 or 4 bytes
 */
public record LoadIndirect(int off, int size) implements Instruction {
    /**
     * Checks the size.
     *
     * @throws IllegalArgumentException if {@code size} is not 1, 2 or 4
     */
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
