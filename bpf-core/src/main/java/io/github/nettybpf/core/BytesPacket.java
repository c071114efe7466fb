package io.github.nettybpf.core;

import java.lang.invoke.MethodHandles;
import java.util.List;

/** A packet that is a whole byte array, and its own network header. */
final class BytesPacket implements Packet {
    /** What compiled filters have code for unless told otherwise. */
    static final PacketKinds KINDS =
            PacketKinds.of(MethodHandles.lookup(), List.of(BytesPacket.class, SlicePacket.class));

    private final byte[] bytes;

    BytesPacket(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public int length() {
        return bytes.length;
    }

    @Override
    public int u8(int offset) {
        return bytes[offset] & 0xff;
    }

    @Override
    public int u16(int offset) {
        return (bytes[offset] & 0xff) << 8 | (bytes[offset + 1] & 0xff);
    }

    @Override
    public int u32(int offset) {
        return bytes[offset] << 24
                | (bytes[offset + 1] & 0xff) << 16
                | (bytes[offset + 2] & 0xff) << 8
                | (bytes[offset + 3] & 0xff);
    }

    @Override
    public Packet network() {
        return this;
    }
}
