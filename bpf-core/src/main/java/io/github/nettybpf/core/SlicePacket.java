package io.github.nettybpf.core;

import java.util.Objects;

/** A packet that is a part of a byte array, and its own network header. */
final class SlicePacket implements Packet {
    private final byte[] bytes;
    private final int start;
    private final int length;

    SlicePacket(byte[] bytes, int start, int length) {
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
        int at = start + offset;
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }

    @Override
    public int u32(int offset) {
        int at = start + offset;
        return bytes[at] << 24 | (bytes[at + 1] & 0xff) << 16 | (bytes[at + 2] & 0xff) << 8 | (bytes[at + 3] & 0xff);
    }

    @Override
    public Packet network() {
        return this;
    }
}
