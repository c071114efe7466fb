package io.github.nettybpf.core;

import java.util.Optional;

/**
 * What an offset of a load counts from. Source: include/uapi/linux/filter.h of the kernel ({@code SKF_NET_OFF},
 * {@code SKF_LL_OFF}).
 */
public enum OffsetBase {
    /** Offsets 0..0x7fffffff: the packet, from where the socket shows it. */
    PACKET(0),
    /** Offsets 0xfff00000..0xffffffff (SKF_NET_OFF): the network header. */
    NETWORK(OffsetBase.SKF_NET_OFF),
    /** Offsets 0xffe00000..0xffefffff (SKF_LL_OFF): the link-layer header. */
    LINK_LAYER(OffsetBase.SKF_LL_OFF);

    /** The offset of the first byte of the network header. */
    public static final int SKF_NET_OFF = -0x100000;

    /** The offset of the first byte of the link-layer header. */
    public static final int SKF_LL_OFF = -0x200000;

    private final int start;

    OffsetBase(int start) {
        this.start = start;
    }

    /** {@return the offset that names the first byte: 0, {@link #SKF_NET_OFF} or {@link #SKF_LL_OFF}} */
    public int start() {
        return start;
    }

    /**
     * {@return what the offset counts from, or empty if loads at this offset always end the program with verdict 0} The
     * offset is the one at which the bytes are loaded: for an indirect load, X is added.
     *
     * @param offset the offset
     */
    public static Optional<OffsetBase> of(int offset) {
        if (offset >= 0) {
            return Optional.of(PACKET);
        } else if (offset >= SKF_NET_OFF) {
            return Optional.of(NETWORK);
        }
        return offset >= SKF_LL_OFF ? Optional.of(LINK_LAYER) : Optional.empty();
    }
}
