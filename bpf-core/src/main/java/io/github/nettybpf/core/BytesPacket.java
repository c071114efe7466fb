package io.github.nettybpf.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;

/** A packet that is a whole byte array, and its own network header. */
final class BytesPacket implements Packet {
    /** The kinds for which filters are compiled by default. */
    static final PacketKinds KINDS =
            PacketKinds.of(MethodHandles.lookup(), List.of(BytesPacket.class, SlicePacket.class));

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

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
        return (int) INT.get(bytes, offset);
    }

    @Override
    public Packet network() {
        return this;
    }
}
