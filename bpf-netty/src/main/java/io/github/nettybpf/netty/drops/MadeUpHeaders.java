package io.github.nettybpf.netty.drops;

import io.github.nettybpf.netty.headers.IpAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * An IP header and a UDP header for the payload of a datagram, made of its addresses: a UDP socket gives no others to the
 * application. What the addresses do not tell is as in the simplest packet: no options, not fragmented, a TTL of 64.
 */
final class MadeUpHeaders {
    /** The limit of an IPv4 packet, and of the payload of an IPv6 packet. */
    private static final int MOST = 0xffff;

    private static final int UDP_HEADER = 8;
    private static final int IPV4_HEADER = 20;
    private static final int IPV6_HEADER = 40;
    private static final int PROTOCOL_UDP = 17;
    private static final int TTL = 64;
    private static final int DO_NOT_FRAGMENT = 0x4000;
    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

    private MadeUpHeaders() {}

    /**
     * {@return the headers of a datagram} An address that is not known is the wildcard address, a port 0. The lengths in
     * the headers have 16 bits, and are 65,535 for a longer datagram. The checksum of UDP is that of the bytes that were
     * captured.
     *
     * @param sender who sent it
     * @param recipient to whom
     * @param payload its captured bytes, from the first one on
     * @param length how many bytes of payload it had
     */
    static byte[] of(
            Optional<InetSocketAddress> sender, Optional<InetSocketAddress> recipient, ByteBuffer payload, int length) {
        IpAddress source = address(sender);
        IpAddress destination = address(recipient);
        boolean isIpv6 = source.length() == 16 || destination.length() == 16;
        int ipHeader = isIpv6 ? IPV6_HEADER : IPV4_HEADER;
        int room = room(ipHeader + UDP_HEADER);
        int udpLength = UDP_HEADER + Math.min(room, length);
        ByteBuffer headers = ByteBuffer.allocate(ipHeader + UDP_HEADER);
        if (isIpv6) {
            headers.putInt(0x60000000).putShort((short) udpLength);
            headers.put((byte) PROTOCOL_UDP).put((byte) TTL);
        } else {
            headers.putShort((short) 0x4500).putShort((short) (IPV4_HEADER + udpLength));
            headers.putShort((short) 0).putShort((short) DO_NOT_FRAGMENT);
            headers.put((byte) TTL).put((byte) PROTOCOL_UDP).putShort((short) 0);
        }
        int addresses = headers.position();
        put(source, isIpv6, headers);
        put(destination, isIpv6, headers);
        headers.putShort((short) port(sender)).putShort((short) port(recipient));
        headers.putShort((short) udpLength).putShort((short) 0);
        if (!isIpv6) {
            headers.putShort(10, (short) ~folded(sum(headers, 0, ipHeader)));
        }
        long sum = PROTOCOL_UDP + udpLength + sum(headers, addresses, headers.capacity());
        int checksum = ~folded(sum + sum(payload, 0, Math.min(room, payload.limit()))) & 0xffff;
        headers.putShort(ipHeader + 6, (short) (checksum == 0 ? 0xffff : checksum)); // 0 says that there is none
        return headers.array();
    }

    /** {@return how many bytes of payload fit in a packet, by the length of its headers} */
    static int room(int headers) {
        return (headers == IPV6_HEADER + UDP_HEADER ? MOST : MOST - IPV4_HEADER) - UDP_HEADER;
    }

    private static IpAddress address(Optional<InetSocketAddress> address) {
        IpAddress ip = new IpAddress(false);
        ip.hold(address.orElse(null));
        return ip;
    }

    /** An IPv4 address beside an IPv6 address is v4-mapped. */
    private static void put(IpAddress address, boolean isIpv6, ByteBuffer headers) {
        if (isIpv6 && address.length() == 4) {
            headers.put(MAPPED);
        }
        for (int i = 0; i < address.length(); i++) {
            headers.put((byte) address.u8(i));
        }
        if (address.length() == 0) {
            headers.position(headers.position() + (isIpv6 ? 16 : 4));
        }
    }

    private static int port(Optional<InetSocketAddress> address) {
        return address.map(InetSocketAddress::getPort).orElse(0);
    }

    /** {@return the sum of the 16-bit words, the last one filled by a zero byte} */
    private static long sum(ByteBuffer bytes, int from, int to) {
        long sum = 0;
        int at = from;
        for (; at + 1 < to; at += 2) {
            sum += bytes.getShort(at) & 0xffff;
        }
        return at < to ? sum + ((bytes.get(at) & 0xff) << 8) : sum;
    }

    private static int folded(long sum) {
        long folded = sum;
        while (folded >>> 16 != 0) {
            folded = (folded & 0xffff) + (folded >>> 16);
        }
        return (int) folded;
    }
}
