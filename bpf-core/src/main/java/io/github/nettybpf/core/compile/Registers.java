package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.Register;
import io.github.nettybpf.core.RegisterSet;

/** The machine's registers as numbers: those of the bits of a {@link RegisterSet}. M[] comes first, then A and X. */
final class Registers {
    static final int A = of(Register.A);
    static final int X = of(Register.X);
    static final int COUNT = Program.SCRATCH_SLOTS + Register.values().length;

    private Registers() {}

    static int of(Register register) {
        return Integer.numberOfTrailingZeros(RegisterSet.of(register).bits());
    }

    static int scratch(int slot) {
        return Integer.numberOfTrailingZeros(RegisterSet.scratch(slot).bits());
    }

    static int bit(int register) {
        return 1 << register;
    }
}
