package io.github.nettybpf.tools.explain;

import io.github.nettybpf.core.Packet;
import org.jspecify.annotations.Nullable;

/** The bytes that a load reads: in the packet, relative to one of its headers, or nowhere. */
final class PacketBytes {
    private static final int NETWORK = 0xfff00000;
    private static final int LINK_LAYER = 0xffe00000;

    private PacketBytes() {}

    /** {@return which bytes a load reads, for example {@code bytes 12..13} or {@code network header bytes 0..1}} */
    static String name(int offset, int size) {
        String header = offset >= 0 ? "" : offset >= NETWORK ? "network header " : "link-layer header ";
        long first = offset >= 0 ? offset : offset - (offset >= NETWORK ? NETWORK : LINK_LAYER);
        return header + (size == 1 ? "byte " + first : "bytes " + first + ".." + (first + size - 1));
    }

    /** {@return which bytes a load reads, and their values} */
    static String shown(Packet packet, int offset, int size) {
        StringBuilder shown = new StringBuilder(name(offset, size)).append(':');
        for (int i = 0; i < size; i++) {
            shown.append(String.format(" %02x", Packet.load(packet, offset + i, 1)));
        }
        return shown.toString();
    }

    /** {@return which bytes a load reads, and why they are not there} */
    static String missing(Packet packet, int offset, int size) {
        if (offset < 0 && offset < LINK_LAYER) {
            return "offset " + Integer.toUnsignedString(offset) + ", where there is never anything";
        }
        Packet base = base(packet, offset);
        String header = offset >= NETWORK ? "network header" : "link-layer header";
        if (base == null) {
            return name(offset, size) + ", and there is no " + header;
        }
        String from = offset >= 0 ? "the packet has only " : "from there on the packet has only ";
        return name(offset, size) + ", and " + from + base.length();
    }

    private static @Nullable Packet base(Packet packet, int offset) {
        if (offset >= 0) {
            return packet;
        }
        return offset >= NETWORK ? packet.network() : packet.linkLayer();
    }
}
