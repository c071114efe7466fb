package io.github.nettybpf.core.kernel;

import io.github.nettybpf.core.Packet;
import java.nio.ByteOrder;

/**
 * Finds Netlink attributes for the extensions nla and nlan. An attribute is {@code u16 length, u16 type, payload}, in
 * the byte order of the machine, aligned to 4. Source: net/core/filter.c ({@code bpf_skb_get_nlattr}) and lib/nlattr.c
 * of the kernel.
 */
public final class NetlinkAttributes {
    private static final int HEADER = 4;
    private static final int TYPE_MASK = 0x3fff;
    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private NetlinkAttributes() {}

    /** {@return the offset of the first attribute of that type from {@code start} on, or 0 if there is none} */
    public static int find(Packet packet, int start, int type) {
        if (!holdsHeader(packet, start)) {
            return 0;
        }
        return find(packet, start, packet.length() - start, type);
    }

    /**
     * {@return the offset of the first attribute of that type inside the one at {@code start}, or 0 if there is none}
     */
    public static int findNested(Packet packet, int start, int type) {
        if (!holdsHeader(packet, start)) {
            return 0;
        }
        int length = u16(packet, start);
        if (length > packet.length() - start) {
            return 0;
        }
        return find(packet, start + HEADER, length - HEADER, type);
    }

    private static boolean holdsHeader(Packet packet, int start) {
        return packet.length() >= HEADER && Integer.compareUnsigned(start, packet.length() - HEADER) <= 0;
    }

    private static int find(Packet packet, int start, int length, int type) {
        int offset = start;
        int remaining = length;
        while (remaining >= HEADER) {
            int attribute = u16(packet, offset);
            if (attribute < HEADER || attribute > remaining) {
                return 0;
            }
            if ((u16(packet, offset + 2) & TYPE_MASK) == type) {
                return offset;
            }
            int aligned = attribute + 3 & -4;
            offset += aligned;
            remaining -= aligned;
        }
        return 0;
    }

    private static int u16(Packet packet, int offset) {
        int value = packet.u16(offset);
        return LITTLE_ENDIAN ? Short.toUnsignedInt(Short.reverseBytes((short) value)) : value;
    }
}
