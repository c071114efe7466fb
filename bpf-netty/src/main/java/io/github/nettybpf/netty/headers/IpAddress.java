package io.github.nettybpf.netty.headers;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an IP address, without an array. One is used for packet after packet. An IPv6 address that is the same
 * as before is not read again, because {@link InetAddress#getAddress} copies its bytes.
 */
public final class IpAddress {
    private final boolean isAnyKnown;
    private @Nullable InetAddress held;
    private int length;
    private long high;
    private long low;

    /**
     * No address yet.
     *
     * @param isAnyKnown whether the wildcard address is the address of a packet, as a DHCP client's, and not any of a host's
     */
    public IpAddress(boolean isAnyKnown) {
        this.isAnyKnown = isAnyKnown;
    }

    /** Takes the address; null is no known address. */
    public void hold(@Nullable InetSocketAddress address) {
        InetAddress ip = address == null ? null : address.getAddress();
        if (ip instanceof Inet4Address) {
            // Escape analysis removes this array of four bytes once the method is compiled.
            low = word(ip.getAddress(), 0);
            length = low == 0 && !isAnyKnown ? 0 : 4;
            forget();
        } else if (ip == null || (ip.isAnyLocalAddress() && !isAnyKnown)) {
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
        // The kernel shows a v4-mapped packet on an IPv6 socket as IPv4.
        boolean mapped = high == 0 && low >>> 32 == 0xffff;
        length = mapped ? 4 : 16;
    }

    private static long word(byte[] bytes, int at) {
        return (bytes[at] & 0xffL) << 24
                | (bytes[at + 1] & 0xffL) << 16
                | (bytes[at + 2] & 0xffL) << 8
                | (bytes[at + 3] & 0xffL);
    }

    /** {@return how many bytes the address has: 4, 16, or 0 if it is not known} */
    public int length() {
        return length;
    }

    /** {@return an IPv4 address as a number} */
    public int number() {
        return (int) low;
    }

    /** {@return the byte, 0..255} */
    public int u8(int index) {
        if (length == 4) {
            return (int) (low >>> (24 - 8 * index)) & 0xff;
        }
        long half = index < 8 ? high : low;
        return (int) (half >>> (56 - 8 * (index & 7))) & 0xff;
    }
}
