package io.github.nettybpf.core;

import java.util.HexFormat;

/** A packet as a unix datagram socket shows it to its filter: no device, and 0 for extensions that it does not know. */
class UnixPacket implements Packet {
    private final byte[] bytes;

    UnixPacket(byte[] bytes) {
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
        return u8(offset) << 8 | u8(offset + 1);
    }

    @Override
    public int u32(int offset) {
        return u16(offset) << 16 | u16(offset + 2);
    }

    @Override
    public Packet network() {
        return this;
    }

    @Override
    public long extension(Extension extension, int a, int x) {
        return switch (extension) {
            case IFIDX, HATYPE -> NO_DEVICE;
            case PROTO, TYPE, MARK, QUEUE, RXHASH, CPU, VLAN_TCI, VLAN_AVAIL, POFF, VLAN_TPID -> 0;
            default -> Packet.super.extension(extension, a, x);
        };
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }
}
