package io.github.nettybpf.tools.capture;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * The IP header of a captured packet, and what follows it. Valid until the packet is overwritten.
 *
 * @param packet the packet
 * @param addresses the offset of the source address, which the destination address follows
 * @param addressLength how many bytes each has
 * @param transport the offset of the header after that of IP and its extensions, or -1 if it was not captured or the packet
 *     is a fragment other than the first
 * @param protocol the number of its protocol
 * @param end the offset of the end of the packet, which padding may follow; {@link Integer#MAX_VALUE} if the header does
 *     not tell
 */
public record IpHeader(CapturedPacket packet, int addresses, int addressLength, int transport, int protocol, int end) {
    static final int TCP = 6;
    static final int UDP = 17;
    private static final int IPV4_LEAST = 20;
    private static final int IPV6_LENGTH = 40;
    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int DESTINATION_OPTIONS = 60;
    private static final int FRAGMENT_OFFSET = 0x1fff;

    /** {@return the header, or null if the packet has none, or not all of it was captured} */
    public static @Nullable IpHeader of(CapturedPacket packet) {
        int at = packet.networkOffset();
        if (at < 0 || packet.length() <= at) {
            return null;
        }
        int version = packet.u8(at) >>> 4;
        if (version == 4 && packet.length() - at >= IPV4_LEAST) {
            return ofIpv4(packet, at);
        }
        return version == 6 && packet.length() - at >= IPV6_LENGTH ? ofIpv6(packet, at) : null;
    }

    private static @Nullable IpHeader ofIpv4(CapturedPacket packet, int at) {
        int header = (packet.u8(at) & 0xf) * 4;
        boolean isEthernet = packet.origin().linkType() == LinkTypes.EN10MB;
        if (header < IPV4_LEAST || (isEthernet && packet.u16(at - 2) != 0x0800)) {
            return null;
        }
        boolean isFirst = (packet.u16(at + 6) & FRAGMENT_OFFSET) == 0;
        int length = packet.u16(at + 2);
        return of(packet, at + 12, 4, isFirst ? at + header : -1, packet.u8(at + 9), length == 0 ? -1 : at + length);
    }

    private static @Nullable IpHeader ofIpv6(CapturedPacket packet, int at) {
        boolean isEthernet = packet.origin().linkType() == LinkTypes.EN10MB;
        if (isEthernet && packet.u16(at - 2) != 0x86dd) {
            return null;
        }
        int length = packet.u16(at + 4);
        int end = length == 0 ? -1 : at + IPV6_LENGTH + length;
        int next = packet.u8(at + 6);
        int header = at + IPV6_LENGTH;
        while (next == HOP_BY_HOP || next == ROUTING || next == FRAGMENT || next == DESTINATION_OPTIONS) {
            if (packet.length() - header < 8 || (next == FRAGMENT && packet.u16(header + 2) >>> 3 != 0)) {
                return of(packet, at + 8, 16, -1, next, end);
            }
            int size = next == FRAGMENT ? 8 : 8 * (packet.u8(header + 1) + 1);
            next = packet.u8(header);
            header += size;
        }
        return of(packet, at + 8, 16, header, next, end);
    }

    private static IpHeader of(
            CapturedPacket packet, int addresses, int addressLength, int transport, int protocol, int end) {
        int known = transport <= packet.length() ? transport : -1;
        return new IpHeader(packet, addresses, addressLength, known, protocol, end < 0 ? Integer.MAX_VALUE : end);
    }

    /** {@return the source address and, of TCP and UDP, the port, for example {@code 192.0.2.1:53}} */
    public String source() {
        return address(addresses) + port(0);
    }

    /** {@return the destination address and, of TCP and UDP, the port} */
    public String destination() {
        return address(addresses + addressLength) + port(2);
    }

    private String port(int at) {
        boolean hasPorts = (protocol == TCP || protocol == UDP) && transport >= 0 && packet.length() - transport >= 4;
        return hasPorts ? ":" + packet.u16(transport + at) : "";
    }

    private String address(int at) {
        byte[] bytes = new byte[addressLength];
        for (int i = 0; i < addressLength; i++) {
            bytes[i] = (byte) packet.u8(at + i);
        }
        try {
            String text = NetUtil.toAddressString(InetAddress.getByAddress(bytes));
            return text.indexOf(':') < 0 ? text : "[" + text + "]";
        } catch (UnknownHostException e) {
            throw new AssertionError(e); // the length is right
        }
    }
}
