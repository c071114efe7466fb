package io.github.nettybpf.expression;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Packet;
import java.nio.ByteBuffer;

/**
 * A packet of a capture, of which perhaps only the beginning was kept.
 *
 * @param bytes what was kept
 * @param wireLength how long it was
 * @param metadata what the kernel knows about it
 */
record CapturedPacket(ByteBuffer bytes, int wireLength, Metadata metadata) implements Packet {
    /**
     * What the kernel knows about a packet.
     *
     * @param type the packet type, 4 for outgoing
     * @param index the index of the interface
     * @param tag the VLAN tag that was stripped off the frame, or -1
     */
    record Metadata(int type, int index, int tag) {
        static final Metadata NOTHING = new Metadata(0, 1, -1);
    }

    @Override
    public int length() {
        return bytes.capacity();
    }

    @Override
    public int u8(int offset) {
        return bytes.get(offset) & 0xff;
    }

    @Override
    public int u16(int offset) {
        return bytes.getShort(offset) & 0xffff;
    }

    @Override
    public int u32(int offset) {
        return bytes.getInt(offset);
    }

    @Override
    public long extension(Extension extension, int a, int x) {
        return switch (extension) {
            case TYPE -> metadata.type;
            case IFIDX -> metadata.index;
            case VLAN_AVAIL -> metadata.tag < 0 ? 0 : 1;
            case VLAN_TCI -> Math.max(metadata.tag, 0);
            default -> Packet.super.extension(extension, a, x);
        };
    }
}
