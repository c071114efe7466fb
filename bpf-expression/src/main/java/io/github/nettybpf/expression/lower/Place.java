package io.github.nettybpf.expression.lower;

import org.jspecify.annotations.Nullable;

/**
 * Where something begins in a packet.
 *
 * @param base what is added to the offset, or null
 * @param offset the offset
 */
record Place(@Nullable Value base, int offset) {
    static Place at(int offset) {
        return new Place(null, offset);
    }

    Place plus(int more) {
        return new Place(base, offset + more);
    }
}
