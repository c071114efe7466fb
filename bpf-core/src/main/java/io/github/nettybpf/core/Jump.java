package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/**
 * Goes on {@code skip} instructions behind the next one.
 *
 * @param skip how many instructions to skip, unsigned
 */
public record Jump(int skip) implements Instruction {
    @Override
    public RawInstruction assemble() {
        return RawInstruction.of(JMP | JA, skip);
    }

    @Override
    public String toString() {
        return "ja " + unsigned(skip);
    }
}
