package io.github.nettybpf.tools.explain;

import io.github.nettybpf.core.Packet;
import org.jspecify.annotations.Nullable;

/** What is at an offset as instructions have it: in the packet, from one of its headers on, or nowhere. */
final class PacketBytes {
    private static final int NETWORK = 0xfff00000;
    private static final int LINK_LAYER = 0xffe00000;

    private PacketBytes() {}

    /** {@return which bytes a load names}: {@code bytes 12..13}, {@code network header bytes 0..1}, ... */
    static String name(int offset, int size) {
        String header = offset >= 0 ? "" : offset >= NETWORK ? "network header " : "link-layer header ";
        long first = offset >= 0 ? offset : offset - (offset >= NETWORK ? NETWORK : LINK_LAYER);
        return header + (size == 1 ? "byte " + first : "bytes " + first + ".." + (first + size - 1));
    }

    /** {@return those bytes, which are there, and which they are} */
    static String shown(Packet packet, int offset, int size) {
        StringBuilder shown = new StringBuilder(name(offset, size)).append(':');
        for (int i = 0; i < size; i++) {
            shown.append(String.format(" %02x", Packet.load(packet, offset + i, 1)));
        }
        return shown.toString();
    }

    /** {@return which bytes those are, and why they are not there} */
    static String missing(Packet packet, int offset, int size) {
        if (offset < 0 && offset < LINK_LAYER) {
            return "offset " + Integer.toUnsignedString(offset) + ", where there is never anything";
        }
        Packet window = window(packet, offset);
        String header = offset >= NETWORK ? "network header" : "link-layer header";
        if (window == null) {
            return name(offset, size) + ", and there is no " + header;
        }
        String from = offset >= 0 ? "the packet has only " : "from there on the packet has only ";
        return name(offset, size) + ", and " + from + window.length();
    }

    private static @Nullable Packet window(Packet packet, int offset) {
        if (offset >= 0) {
            return packet;
        }
        return offset >= NETWORK ? packet.network() : packet.linkLayer();
    }
}
