package io.github.nettybpf.netty;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an address, held without an array. One is used for packet after packet; a peer that sends again is
 * recognised, because Java gives an address's bytes only as a fresh copy.
 */
final class IpAddress {
    private @Nullable InetAddress held;
    private int length;
    private long high;
    private long low;

    /** Holds the address; none where there is none, or where it stands for all that a host has. */
    void hold(@Nullable InetSocketAddress address) {
        InetAddress ip = address == null ? null : address.getAddress();
        if (ip instanceof Inet4Address) {
            // Four bytes that go no further need no memory once this is compiled.
            low = word(ip.getAddress(), 0);
            length = low == 0 ? 0 : 4;
            forget();
        } else if (ip == null || ip.isAnyLocalAddress()) {
            length = 0;
            forget();
        } else if (!ip.equals(held)) {
            held = ip;
            take(ip.getAddress());
        }
    }

    private void forget() {
        if (held != null) {
            held = null;
        }
    }

    private void take(byte[] bytes) {
        high = word(bytes, 0) << 32 | word(bytes, 4);
        low = word(bytes, 8) << 32 | word(bytes, 12);
        // The kernel shows IPv4 that comes to an IPv6 socket as IPv4.
        boolean mapped = high == 0 && low >>> 32 == 0xffff;
        length = mapped ? 4 : 16;
    }

    private static long word(byte[] bytes, int at) {
        return (bytes[at] & 0xffL) << 24
                | (bytes[at + 1] & 0xffL) << 16
                | (bytes[at + 2] & 0xffL) << 8
                | (bytes[at + 3] & 0xffL);
    }

    /** {@return 4, 16, or 0 if the address is not known} */
    int length() {
        return length;
    }

    /** {@return an IPv4 address as a number} */
    int number() {
        return (int) low;
    }

    /** {@return the byte, 0..255} */
    int u8(int index) {
        if (length == 4) {
            return (int) (low >>> (24 - 8 * index)) & 0xff;
        }
        long half = index < 8 ? high : low;
        return (int) (half >>> (56 - 8 * (index & 7))) & 0xff;
    }
}
