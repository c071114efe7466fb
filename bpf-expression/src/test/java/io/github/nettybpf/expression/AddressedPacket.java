package io.github.nettybpf.expression;

import io.github.nettybpf.core.Packet;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A packet with given addresses, for any link type. */
final class AddressedPacket {
    static final int IP = 0x800;
    static final int IP6 = 0x86dd;
    static final int ARP = 0x806;
    static final int RARP = 0x8035;

    /** The Ethernet type of what carries the addresses. */
    final int carrier;

    /** The address of the sender, 4 or 16 bytes. */
    final byte[] source;

    /** That of the receiver. */
    final byte[] destination;

    AddressedPacket(int carrier, byte[] source, byte[] destination) {
        this.carrier = carrier;
        this.source = source;
        this.destination = destination;
    }

    /** {@return whether the link type has a number for ARP} */
    static boolean carriesArp(LinkType type) {
        return switch (type) {
            case EN10MB, LINUX_SLL, LINUX_SLL2, C_HDLC, IEEE802_11, IEEE802_11_RADIO -> true;
            case RAW, NULL, LOOP, PPP, PPP_ETHER, FRELAY, IPNET, OTHER -> false;
        };
    }

    /** {@return the packet of a link type whose headers are known} */
    Packet of(LinkType type) {
        boolean isIp = carrier == IP;
        ByteBuffer packet = ByteBuffer.allocate(200);
        switch (type) {
            case EN10MB -> packet.putLong(0x0200000000010200L).putInt(2).putShort((short) carrier);
            case LINUX_SLL ->
                packet.putShort((short) 0)
                        .putShort((short) 1)
                        .putShort((short) 6)
                        .putLong(0)
                        .putShort((short) carrier);
            case LINUX_SLL2 -> packet.putShort((short) carrier).put(new byte[18]);
            case RAW -> {}
            case NULL -> packet.putInt(isIp ? 0x02000000 : 0x0a000000);
            case LOOP -> packet.putInt(isIp ? 2 : 10);
            case PPP -> packet.putInt(isIp ? 0xff030021 : 0xff030057);
            case PPP_ETHER -> packet.putInt(0x11000007).putInt(isIp ? 0x00280021 : 0x00280057);
            case C_HDLC -> packet.putShort((short) 0x0f00).putShort((short) carrier);
            case FRELAY -> packet.putInt(isIp ? 0x184103cc : 0x1841038e);
            case IPNET -> packet.putInt(isIp ? 0x01020001 : 0x011a0001).put(new byte[20]);
            case IEEE802_11 -> frame(packet);
            case IEEE802_11_RADIO -> frame(packet.putInt(0x00000800).putInt(0));
            case OTHER -> throw new IllegalArgumentException("headers that are not known");
        }
        network(packet);
        return Packet.of(Arrays.copyOf(packet.array(), packet.position()));
    }

    /** {@return the packet as a socket's filter sees it, of UDP or TCP} */
    Packet ofSocket(boolean udp) {
        ByteBuffer packet = ByteBuffer.allocate(200);
        network(packet);
        packet.put(carrier == IP ? 9 : 6, (byte) (udp ? 17 : 6));
        Packet whole = Packet.of(Arrays.copyOf(packet.array(), packet.position()));
        return new SocketPlacementTest.Datagram(whole, packet.position() - 20);
    }

    /** A frame of data with a SNAP header. */
    private void frame(ByteBuffer packet) {
        packet.putInt(0x08000000).put(new byte[18]).putShort((short) 16);
        packet.putInt(0xaaaa0300).putShort((short) 0).putShort((short) carrier);
    }

    /** The network header, and 20 bytes after it. */
    private void network(ByteBuffer packet) {
        switch (carrier) {
            case IP ->
                packet.putLong(0x4500002800010000L)
                        .putInt(0x40110000)
                        .put(source)
                        .put(destination);
            case IP6 -> packet.putInt(0x60000000).putInt(0x00141140).put(source).put(destination);
            case ARP, RARP ->
                packet.putLong(0x0001080006040001L)
                        .putShort((short) 0x0200)
                        .putInt(1)
                        .put(source)
                        .putShort((short) 0x0200)
                        .putInt(2)
                        .put(destination);
            default -> throw new IllegalArgumentException(Integer.toHexString(carrier));
        }
        packet.put(new byte[20]);
    }
}
