package io.github.nettybpf.packet;

import java.nio.ByteBuffer;

/** Puts a VLAN tag (IEEE 802.1Q) that the kernel or the network card removed back into the bytes of its frame. */
final class VlanTag {
    static final int BYTES = 4;

    /** The offset of the tag in a frame: after the two Ethernet addresses. */
    static final int OFFSET = 12;

    private static final int ETHERTYPE_VLAN = 0x8100;

    private VlanTag() {}

    /**
     * {@return the tag as it is on the wire: TPID, then TCI} The frame's status must have TP_STATUS_VLAN_VALID.
     */
    static int of(int status, int tci, int tpid) {
        int protocol = (status & PacketFrame.STATUS_VLAN_TPID_VALID) != 0 ? tpid : ETHERTYPE_VLAN;
        return (protocol << 16) | (tci & 0xffff);
    }

    /**
     * Moves the two addresses {@link #BYTES} bytes towards the start, and writes the tag after them: the frame then
     * begins {@link #BYTES} bytes earlier.
     *
     * @param from the offset of the frame in the memory. The frame has at least {@link #OFFSET} bytes, and {@link
     *     #BYTES} bytes before it are free
     */
    static void putBack(ByteBuffer memory, int from, int tag) {
        int start = from - BYTES;
        for (int i = 0; i < OFFSET; i++) {
            memory.put(start + i, memory.get(from + i));
        }
        for (int i = 0; i < BYTES; i++) {
            memory.put(start + OFFSET + i, (byte) (tag >> (24 - 8 * i)));
        }
    }
}
