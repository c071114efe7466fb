package io.github.nettybpf.netty.packet;

import io.github.nettybpf.netty.packet.PacketFrame.Facts;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Copies frames out of memory that somebody else owns, and puts VLAN tags back on the way. */
final class Arrival {
    static final int VLAN_TAG = 4;

    /** Where the tag belongs: behind the two addresses of Ethernet. */
    static final int VLAN_OFFSET = 12;

    private Arrival() {}

    /** {@return the bytes}, in an array of their own. */
    static byte[] copy(ByteBuffer memory, int from, int length) {
        byte[] bytes = new byte[length];
        memory.get(from, bytes, 0, length);
        return bytes;
    }

    /** {@return the bytes with a VLAN tag in them}, in an array of their own; at least the two addresses are there. */
    static byte[] copyWithTag(ByteBuffer memory, int from, int length, int tpid, int tci) {
        byte[] bytes = new byte[length + VLAN_TAG];
        memory.get(from, bytes, 0, VLAN_OFFSET);
        memory.get(from + VLAN_OFFSET, bytes, VLAN_OFFSET + VLAN_TAG, length - VLAN_OFFSET);
        bytes[VLAN_OFFSET] = (byte) (tpid >> 8);
        bytes[VLAN_OFFSET + 1] = (byte) tpid;
        bytes[VLAN_OFFSET + 2] = (byte) (tci >> 8);
        bytes[VLAN_OFFSET + 3] = (byte) tci;
        return bytes;
    }

    /**
     * {@return the facts}, from a {@code struct sockaddr_ll} and what the kernel tells beside it.
     *
     * @param memory in native order
     * @param link where the address is in it
     */
    static Facts facts(
            ByteBuffer memory,
            int link,
            int wireLength,
            long timestampNanos,
            int status,
            int vlanTci,
            int vlanTpid,
            int networkOffset,
            PacketAddress local) {
        return new Facts(
                wireLength,
                timestampNanos,
                status,
                vlanTci,
                vlanTpid,
                networkOffset,
                memory.getInt(link + 4),
                (memory.get(link + 2) & 0xff) << 8 | (memory.get(link + 3) & 0xff),
                memory.getShort(link + 8) & 0xffff,
                memory.get(link + 10) & 0xff,
                memory.get(link + 11) & 0xff,
                bigEndianLong(memory, link + 12),
                local);
    }

    static int tpid(int status, int tpid) {
        return (status & PacketFrame.STATUS_VLAN_TPID_VALID) != 0 ? tpid : 0x8100;
    }

    private static long bigEndianLong(ByteBuffer memory, int at) {
        long value = memory.getLong(at);
        return memory.order() == ByteOrder.BIG_ENDIAN ? value : Long.reverseBytes(value);
    }
}
