package io.github.nettybpf.examples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** The Ethernet, IPv4 and UDP headers of a frame. */
record UdpFrame(Mac from, Mac to, Ip4 source, int sourcePort, Ip4 destination, int destinationPort) {
    private static final int ETHERNET = 14;
    private static final int IP = 20;
    private static final int UDP = 8;
    private static final int DONT_FRAGMENT = 0x4000;
    private static final int TTL = 64;
    private static final int PROTOCOL_UDP = 17;

    /** The headers, and the UDP payload as a slice of the frame. */
    record Parsed(UdpFrame headers, ByteBuf payload) {}

    /**
     * Reads a whole Ethernet frame; what follows the IP packet is padding.
     *
     * @param udpChecksum whether the UDP checksum is verified; a frame that never left this host may lack it (checksum
     *     offload)
     */
    static Parsed parse(ByteBuf buffer, boolean udpChecksum) throws MalformedPacketException {
        ByteBuf frame = buffer.slice();
        check(frame.readableBytes() >= ETHERNET + IP, "frame", frame.readableBytes(), ">= 34 bytes");
        check(frame.getUnsignedShort(12) == 0x0800, "Ethernet type", frame.getUnsignedShort(12), "2048, IPv4");
        int version = frame.getUnsignedByte(ETHERNET) >>> 4;
        check(version == 4, "IP version", version, "4");
        int header = (frame.getUnsignedByte(ETHERNET) & 15) * 4;
        int length = frame.getUnsignedShort(ETHERNET + 2);
        int there = frame.readableBytes() - ETHERNET;
        check(header >= IP, "IP header length", header, ">= 20");
        check(length >= header + UDP, "IP length", length, ">= " + (header + UDP));
        check(length <= there, "IP length", length, "<= " + there);
        int sum = checksum(frame, ETHERNET, header, 0);
        check(sum == 0, "IP checksum", frame.getUnsignedShort(ETHERNET + 10), "a correct one");
        int fragment = frame.getUnsignedShort(ETHERNET + 6) & 0x3fff;
        check(fragment == 0, "IP fragment bits", fragment, "0, no fragment");
        int protocol = frame.getUnsignedByte(ETHERNET + 9);
        check(protocol == PROTOCOL_UDP, "IP protocol", protocol, "17, UDP");

        int udp = ETHERNET + header;
        int udpLength = frame.getUnsignedShort(udp + 4);
        check(udpLength >= UDP, "UDP length", udpLength, ">= 8");
        check(udpLength <= length - header, "UDP length", udpLength, "<= " + (length - header));
        Ip4 source = Ip4.at(frame, ETHERNET + 12);
        Ip4 destination = Ip4.at(frame, ETHERNET + 16);
        int given = frame.getUnsignedShort(udp + 6);
        if (udpChecksum && given != 0) {
            int udpSum = checksum(frame, udp, udpLength, pseudoHeader(source, destination, udpLength));
            check(udpSum == 0, "UDP checksum", given, "a correct one, or 0");
        }
        UdpFrame headers = new UdpFrame(
                Mac.at(frame, 6),
                Mac.at(frame, 0),
                source,
                frame.getUnsignedShort(udp),
                destination,
                frame.getUnsignedShort(udp + 2));
        return new Parsed(headers, frame.slice(udp + UDP, udpLength - UDP));
    }

    /**
     * {@return a frame with these headers and their checksums} The caller releases the frame, and keeps the payload.
     */
    ByteBuf encode(ByteBufAllocator allocator, ByteBuf payload) {
        int udpLength = UDP + payload.readableBytes();
        ByteBuf frame = allocator.buffer(ETHERNET + IP + udpLength);
        to.write(frame);
        from.write(frame);
        frame.writeShort(0x0800);
        frame.writeShort(0x4500).writeShort(IP + udpLength);
        frame.writeShort(0).writeShort(DONT_FRAGMENT);
        frame.writeByte(TTL).writeByte(PROTOCOL_UDP).writeShort(0);
        frame.writeInt(source.bits()).writeInt(destination.bits());
        frame.setShort(ETHERNET + 10, checksum(frame, ETHERNET, IP, 0));
        frame.writeShort(sourcePort).writeShort(destinationPort).writeShort(udpLength);
        frame.writeShort(0);
        frame.writeBytes(payload, payload.readerIndex(), payload.readableBytes());
        int sum = checksum(frame, ETHERNET + IP, udpLength, pseudoHeader(source, destination, udpLength));
        // 0 would say that there is no checksum (RFC 768).
        frame.setShort(ETHERNET + IP + 6, sum == 0 ? 0xffff : sum);
        return frame;
    }

    /** {@return the Internet checksum (RFC 1071), which is 0 for bytes that contain a correct checksum} */
    private static int checksum(ByteBuf frame, int index, int length, int start) {
        long sum = start;
        for (int i = 0; i + 1 < length; i += 2) {
            sum += frame.getUnsignedShort(index + i);
        }
        if ((length & 1) != 0) {
            sum += frame.getUnsignedByte(index + length - 1) << 8;
        }
        while (sum > 0xffff) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) ~sum & 0xffff;
    }

    private static int pseudoHeader(Ip4 source, Ip4 destination, int udpLength) {
        return (source.bits() >>> 16)
                + (source.bits() & 0xffff)
                + (destination.bits() >>> 16)
                + (destination.bits() & 0xffff)
                + PROTOCOL_UDP
                + udpLength;
    }

    private static void check(boolean holds, String field, int value, String expected) throws MalformedPacketException {
        if (!holds) {
            throw new MalformedPacketException(field + " " + value + " (expected: " + expected + ")");
        }
    }
}
