package io.github.nettybpf.netty.source;

import org.jspecify.annotations.Nullable;

/**
 * Values of one word of an address, unsigned.
 *
 * @param first the first value
 * @param last the last one, which is the same if a part decides
 * @param part the ranges among which the words after this one decide, or null if all addresses are in the set
 */
record WordValues(int first, int last, @Nullable WordRanges part) {
    boolean isOne() {
        return first == last;
    }
}
