package io.github.nettybpf.expression.lower;

import org.jspecify.annotations.Nullable;

/**
 * Where something begins in a packet.
 *
 * @param base what is added to the offset, or null
 * @param offset the offset
 */
record PacketOffset(@Nullable Value base, int offset) {
    static PacketOffset at(int offset) {
        return new PacketOffset(null, offset);
    }

    PacketOffset plus(int more) {
        return new PacketOffset(base, offset + more);
    }
}
