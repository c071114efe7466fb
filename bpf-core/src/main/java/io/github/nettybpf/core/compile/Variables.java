package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.compile.Partition.OutlinedMethod;
import java.util.Arrays;
import org.objectweb.asm.Opcodes;

/**
 * The local variables of an outlined method that exist at every label: after the packet its length, the registers that
 * are passed in, the number of the entry point, the other registers, and two for intermediate results.
 */
final class Variables {
    final int length;

    /** The number of the entry point; -1 if there is only one. */
    final int entry;

    /** An offset or a slot. */
    final int temporary;

    /** A long: the result of {@link io.github.nettybpf.core.Packet#load} or of an extension. */
    final int loaded;

    private final Code code;
    private final int[] registers = new int[Registers.COUNT];
    private final int firstUnset;

    Variables(Code code, OutlinedMethod method) {
        this.code = code;
        Arrays.fill(registers, -1);
        length = code.newLocal(1);
        place(method.parameters());
        entry = method.entryPoints().size() > 1 ? code.newLocal(1) : -1;
        firstUnset = length + 1 + Integer.bitCount(method.parameters()) + (entry < 0 ? 0 : 1);
        place(method.plan().used() & ~method.parameters());
        temporary = code.newLocal(1);
        loaded = code.newLocal(2);
    }

    private void place(int set) {
        for (int register : Registers.IN_ORDER) {
            if ((set & Registers.bit(register)) != 0) {
                registers[register] = code.newLocal(1);
            }
        }
    }

    /** Sets all variables that are not parameters. */
    void initialize(boolean isFirst) {
        if (isFirst) {
            code.packet();
            code.packetMethod("length", "()I");
            code.store(length);
        }
        for (int local = firstUnset; local < loaded; local++) {
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

    /** {@return whether the register has a variable, which it has if it is used anywhere in the plan} */
    boolean has(int register) {
        return registers[register] >= 0;
    }

    /** {@return the variable of a register, or -1 if it has none} */
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
