package io.github.nettybpf.examples;

import io.netty.buffer.ByteBuf;

/** The hardware address of an Ethernet interface: 48 bits. */
record Mac(long bits) {
    static final int LENGTH = 6;
    static final Mac BROADCAST = new Mac(0xffff_ffff_ffffL);

    static Mac of(byte[] bytes) {
        long bits = 0;
        for (int i = 0; i < LENGTH; i++) {
            bits = bits << 8 | (bytes[i] & 0xff);
        }
        return new Mac(bits);
    }

    static Mac at(ByteBuf buffer, int index) {
        return new Mac((long) buffer.getUnsignedShort(index) << 32 | buffer.getUnsignedInt(index + 2));
    }

    void write(ByteBuf buffer) {
        buffer.writeShort((int) (bits >>> 32)).writeInt((int) bits);
    }

    /** {@return whether one interface can have this address, which is not a group address or 00:00:00:00:00:00} */
    boolean isStation() {
        return bits != 0 && (bits & 0x0100_0000_0000L) == 0;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int octet = (int) (bits >>> shift) & 0xff;
            text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 15, 16));
            text.append(shift > 0 ? ":" : "");
        }
        return text.toString();
    }
}
