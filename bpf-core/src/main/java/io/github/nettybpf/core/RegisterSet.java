package io.github.nettybpf.core;

import java.util.StringJoiner;

/**
 * A set of registers and scratch slots: A, X and M[0..15].
 *
 * @param bits bits 0..15 for M[0..15], 16 for A, 17 for X
 */
public record RegisterSet(int bits) {
    /** The empty set. */
    public static final RegisterSet NONE = new RegisterSet(0);

    /** The accumulator alone. */
    public static final RegisterSet A = new RegisterSet(1 << 16);

    /** The index register alone. */
    public static final RegisterSet X = new RegisterSet(1 << 17);

    private static final int ALL = (1 << 18) - 1;

    /**
     * Checks the bits.
     *
     * @throws IllegalArgumentException if a bit above 17 is set
     */
    public RegisterSet {
        if ((bits & ~ALL) != 0) {
            throw new IllegalArgumentException(String.format("bits 0x%x (expected: 0..0x%x)", bits, ALL));
        }
    }

    /**
     * {@return the set of one register}
     *
     * @param register the register
     */
    public static RegisterSet of(Register register) {
        return register == Register.A ? A : X;
    }

    /**
     * {@return the set of one scratch slot, or the empty set for a slot that the machine does not have}
     *
     * @param slot the slot
     */
    public static RegisterSet scratch(int slot) {
        return slot >= 0 && slot < Program.SCRATCH_SLOTS ? new RegisterSet(1 << slot) : NONE;
    }

    /**
     * {@return the union of the two sets}
     *
     * @param other the other set
     */
    public RegisterSet union(RegisterSet other) {
        return new RegisterSet(bits | other.bits);
    }

    /**
     * {@return whether the register is in this set}
     *
     * @param register the register
     */
    public boolean contains(Register register) {
        return (bits & of(register).bits) != 0;
    }

    /**
     * {@return whether the scratch slot is in this set}
     *
     * @param slot the slot
     */
    public boolean containsScratch(int slot) {
        return (bits & scratch(slot).bits) != 0;
    }

    /** {@return the members, for example {@code A, M[3]}} */
    @Override
    public String toString() {
        StringJoiner names = new StringJoiner(", ");
        for (Register register : Register.values()) {
            if (contains(register)) {
                names.add(register.name());
            }
        }
        for (int slot = 0; slot < Program.SCRATCH_SLOTS; slot++) {
            if (containsScratch(slot)) {
                names.add("M[" + slot + "]");
            }
        }
        return names.toString();
    }
}
