package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Register;

/** The machine's registers as numbers: A, X, and behind them M[]. A set of them is a bit mask. */
final class Registers {
    static final int A = 0;
    static final int X = 1;
    static final int COUNT = 18;

    private Registers() {}

    static int of(Register register) {
        return register == Register.A ? A : X;
    }

    static int scratch(int slot) {
        return 2 + slot;
    }

    static int bit(int register) {
        return 1 << register;
    }
}
