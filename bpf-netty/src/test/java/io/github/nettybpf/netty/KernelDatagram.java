package io.github.nettybpf.netty;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Packet;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/** A datagram as the filter of a UDP socket sees it in the kernel, but for its checksum, TTL and the like. */
final class KernelDatagram implements Packet {
    private static final int UDP_HEADER = 8;
    private static final int PROTOCOL_UDP = 17;

    private final Packet udp;
    private final Packet ip;
    private final int protocol;

    KernelDatagram(InetSocketAddress from, InetSocketAddress to, byte[] payload) {
        byte[] bytes = ByteBuffer.allocate(UDP_HEADER + payload.length)
                .putShort((short) from.getPort())
                .putShort((short) to.getPort())
                .putShort((short) (UDP_HEADER + payload.length))
                .putShort((short) 0)
                .put(payload)
                .array();
        boolean isIp4 = from.getAddress() instanceof Inet4Address;
        ByteBuffer whole = ByteBuffer.allocate((isIp4 ? 20 : 40) + bytes.length);
        whole.put(0, (byte) (isIp4 ? 0x45 : 0x60)).put(isIp4 ? 9 : 6, (byte) PROTOCOL_UDP);
        whole.position(isIp4 ? 12 : 8);
        whole.put(from.getAddress().getAddress()).put(to.getAddress().getAddress());
        whole.put(bytes);
        udp = Packet.of(bytes);
        ip = Packet.of(whole.array());
        protocol = isIp4 ? 0x0800 : 0x86dd;
    }

    @Override
    public int length() {
        return udp.length();
    }

    @Override
    public int u8(int offset) {
        return udp.u8(offset);
    }

    @Override
    public int u16(int offset) {
        return udp.u16(offset);
    }

    @Override
    public int u32(int offset) {
        return udp.u32(offset);
    }

    @Override
    public Packet network() {
        return ip;
    }

    @Override
    public long extension(Extension extension, int a, int x) {
        return extension == Extension.PROTO ? protocol : Packet.super.extension(extension, a, x);
    }
}
