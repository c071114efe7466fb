package io.github.nettybpf.expression;

import io.github.nettybpf.core.Packet;
import java.nio.ByteBuffer;

/** A packet of a capture, of which perhaps only the beginning was kept. */
record CapturedPacket(ByteBuffer bytes, int wireLength) implements Packet {
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
}
