package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.compile.Partition.Piece;
import java.util.Arrays;
import org.objectweb.asm.Opcodes;

/**
 * The local variables of a piece's method that are there at every label: behind the packet its length, the registers that
 * are handed in, where to begin, the other registers, and two for intermediate results.
 */
final class Variables {
    final int length;

    /** Where to begin; -1 if there is no choice. */
    final int entry;

    /** An offset or a slot. */
    final int temporary;

    /** A long: what was loaded, or why it was not. */
    final int loaded;

    private final Code code;
    private final int[] registers = new int[Registers.COUNT];
    private final int given;

    Variables(Code code, Piece piece) {
        this.code = code;
        Arrays.fill(registers, -1);
        length = code.newLocal(1);
        place(piece.parameters());
        entry = piece.entries().size() > 1 ? code.newLocal(1) : -1;
        given = length + 1 + Integer.bitCount(piece.parameters()) + (entry < 0 ? 0 : 1);
        place(piece.plan().used() & ~piece.parameters());
        temporary = code.newLocal(1);
        loaded = code.newLocal(2);
    }

    private void place(int set) {
        for (int register = 0; register < Registers.COUNT; register++) {
            if ((set & Registers.bit(register)) != 0) {
                registers[register] = code.newLocal(1);
            }
        }
    }

    /** Gives all of them a value, but those that the method was called with. */
    void initialize(boolean isFirst) {
        if (isFirst) {
            code.packet();
            code.packetMethod("length", "()I");
            code.store(length);
        }
        for (int local = given; local < loaded; local++) {
            code.constant(0);
            code.store(local);
        }
        code.constant(0L);
        code.storeLong(loaded);
    }

    /** {@return their types, for a stack map frame} */
    Object[] types() {
        Object[] types = new Object[loaded];
        Arrays.fill(types, Opcodes.INTEGER);
        types[loaded - 1] = Opcodes.LONG;
        return types;
    }

    /** {@return whether the register has a variable}: one that is used nowhere has none. */
    boolean has(int register) {
        return registers[register] >= 0;
    }

    /** {@return the variable of a register}, or -1 */
    int of(int register) {
        return registers[register];
    }

    void get(int register) {
        code.load(registers[register]);
    }

    void set(int register) {
        code.store(registers[register]);
    }
}
