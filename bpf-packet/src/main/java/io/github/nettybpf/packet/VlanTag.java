package io.github.nettybpf.packet;

import java.nio.ByteBuffer;

/** Puts the VLAN tags back that the kernel took out of frames. */
final class VlanTag {
    static final int BYTES = 4;

    /** Where the tag belongs: behind the two addresses of Ethernet. */
    static final int OFFSET = 12;

    private static final int ETHERTYPE_VLAN = 0x8100;

    private VlanTag() {}

    /**
     * {@return the tag as it is on the wire}: its protocol, then its control information. The status says that there is one.
     */
    static int of(int status, int tci, int tpid) {
        int protocol = (status & PacketFrame.STATUS_VLAN_TPID_VALID) != 0 ? tpid : ETHERTYPE_VLAN;
        return (protocol << 16) | (tci & 0xffff);
    }

    /**
     * Moves the two addresses to the front, and puts the tag behind them: the frame begins {@link #BYTES} bytes earlier
     * then.
     *
     * @param from where the frame begins, which is at least {@link #OFFSET} bytes long; {@link #BYTES} bytes
     *     before it are free
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
