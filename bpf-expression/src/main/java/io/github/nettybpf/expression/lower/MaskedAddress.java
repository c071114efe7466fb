package io.github.nettybpf.expression.lower;

/**
 * A 32-bit address, and which of its bits count.
 *
 * @param address the address; bits outside of the mask are 0
 * @param mask the bits that count
 */
record MaskedAddress(int address, int mask) {
    /** {@return whether the mask is ones, then zeros} */
    boolean isPrefix() {
        return (~mask & (~mask + 1)) == 0;
    }

    /** {@return the addresses with this prefix} */
    RangeSet range() {
        long first = Integer.toUnsignedLong(address);
        return RangeSet.between(first, first | Integer.toUnsignedLong(~mask));
    }
}
