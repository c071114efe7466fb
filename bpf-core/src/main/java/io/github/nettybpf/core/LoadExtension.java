package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/**
 * {@code dst <- extension}: loads what the kernel knows about the packet.
 *
 * @param num the extension
 * @param dst A, or X where {@code num} is {@link Extension#LEN}
 * @param size 4; for all but {@link Extension#LEN} also 1 or 2, which the encoding keeps and the machine ignores
 */
public record LoadExtension(Extension num, Register dst, int size) implements Instruction {
    /**
     * Checks that there is an encoding.
     *
     * @throws IllegalArgumentException if there is none
     */
    public LoadExtension {
        Opcodes.size(size);
        if (num == Extension.LEN && size != 4) {
            throw new IllegalArgumentException("size " + size + " of len (expected: 4)");
        }
        if (num != Extension.LEN && dst == Register.X) {
            throw new IllegalArgumentException(num.text + " into X (expected: A; only len can be loaded into X)");
        }
    }

    /**
     * Loads into A, encoded as a word load.
     *
     * @param num the extension
     */
    public LoadExtension(Extension num) {
        this(num, Register.A, 4);
    }

    @Override
    public RawInstruction assemble() {
        if (num == Extension.LEN) {
            return RawInstruction.of((dst == Register.A ? LD : LDX) | LEN, 0);
        }
        return RawInstruction.of(LD | ABS | Opcodes.size(size), EXTENSION_BASE + num.number);
    }

    @Override
    public String toString() {
        return (dst == Register.A ? loadMnemonic(size) : "ldx") + " #" + num.text;
    }
}
