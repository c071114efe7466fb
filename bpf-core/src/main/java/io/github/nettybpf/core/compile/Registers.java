package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.Register;
import io.github.nettybpf.core.RegisterSet;
import java.util.List;
import java.util.stream.IntStream;

/** The machine's registers as numbers: those of the bits of a {@link RegisterSet}. */
final class Registers {
    static final int A = of(Register.A);
    static final int X = of(Register.X);
    static final int COUNT = Program.SCRATCH_SLOTS + Register.values().length;

    /** The order of their variables: A and X come first, because the JVM has shorter instructions for low variables. */
    static final List<Integer> IN_ORDER = IntStream.concat(
                    IntStream.of(A, X),
                    IntStream.range(0, Program.SCRATCH_SLOTS).map(Registers::scratch))
            .boxed()
            .toList();

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
