package io.github.nettybpf.core;

/** What an offset of a load counts from. Source: include/uapi/linux/filter.h of the kernel. */
public enum OffsetBase {
    /** Offsets 0..0x7fffffff: the packet, from where the socket shows it. */
    PACKET,
    /** Offsets 0xfff00000..0xffffffff (SKF_NET_OFF): the network header. */
    NETWORK,
    /** Offsets 0xffe00000..0xffefffff (SKF_LL_OFF): the link-layer header. */
    LINK_LAYER
}
