package io.github.nettybpf.expression.lower;

import org.jspecify.annotations.Nullable;

/**
 * An offset into the packet, of which a part may depend on the packet; libpcap's {@code bpf_abs_offset}.
 *
 * @param base the part that the program computes, or null if there is none
 * @param offset the constant part
 */
record PacketOffset(@Nullable Value base, int offset) {
    static PacketOffset at(int offset) {
        return new PacketOffset(null, offset);
    }

    PacketOffset plus(int more) {
        return new PacketOffset(base, offset + more);
    }
}
