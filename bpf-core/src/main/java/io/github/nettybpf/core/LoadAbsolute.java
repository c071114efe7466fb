package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/**
 * Loads from a fixed place: {@code A <- P[off:size]}, big-endian. If the bytes are not all there, the program ends with
 * verdict 0.
 *
 * <p>Offsets from 0xfff00000 count from the network header (SKF_NET_OFF), those from 0xffe00000 from the link-layer
 * header (SKF_LL_OFF), and from 0xfffff000 stand the extensions: those are {@link LoadExtension}, and a program turns
 * this record into that one.
 *
 * @param off the offset of the first byte
 * @param size 1, 2 or 4 bytes
 */
public record LoadAbsolute(int off, int size) implements Instruction {
    /**
     * Checks the size.
     *
     * @throws IllegalArgumentException if {@code size} is not 1, 2 or 4
     */
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
