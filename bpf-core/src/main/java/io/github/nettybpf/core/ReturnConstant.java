package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/**
 * Ends the program with verdict {@code val}: 0 drops the packet, anything else keeps so many bytes of it.
 *
 * @param val the verdict
 */
public record ReturnConstant(int val) implements Instruction {
    @Override
    public RawInstruction assemble() {
        return RawInstruction.of(RET | K, val);
    }

    @Override
    public String toString() {
        return "ret #" + unsigned(val);
    }
}
