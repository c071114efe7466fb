package io.github.nettybpf.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;

/** A packet in a byte array, which is its own network header. */
final class BytesPacket implements Packet {
    /** What compiled filters have code for unless told otherwise. */
    static final PacketKinds KINDS = PacketKinds.of(MethodHandles.lookup(), List.of(BytesPacket.class));

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private final byte[] bytes;
    private final int start;
    private final int length;

    BytesPacket(byte[] bytes, int start, int length) {
        Objects.checkFromIndexSize(start, length, bytes.length);
        this.bytes = bytes;
        this.start = start;
        this.length = length;
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public int u8(int offset) {
        return bytes[start + offset] & 0xff;
    }

    @Override
    public int u16(int offset) {
        return (short) SHORT.get(bytes, start + offset) & 0xffff;
    }

    @Override
    public int u32(int offset) {
        return (int) INT.get(bytes, start + offset);
    }

    @Override
    public Packet network() {
        return this;
    }
}
