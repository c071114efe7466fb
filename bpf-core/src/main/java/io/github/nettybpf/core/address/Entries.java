package io.github.nettybpf.core.address;

import java.net.InetAddress;
import java.nio.ByteBuffer;

/** Collects ranges of IPv4 and IPv6 addresses, up to a number. Not thread-safe. */
final class Entries {
    private final RangeList ipv4 = new RangeList();
    private final RangeList ipv6 = new RangeList();
    private final AddressText address = new AddressText();
    private final int most;

    /**
     * No entries yet.
     *
     * @param most how many there may be
     */
    Entries(int most) {
        this.most = most;
    }

    RangeList ipv4() {
        return ipv4;
    }

    RangeList ipv6() {
        return ipv6;
    }

    int most() {
        return most;
    }

    boolean isFull() {
        return ipv4.size() + ipv6.size() == most;
    }

    private void requireRoom() {
        if (isFull()) {
            throw new IllegalArgumentException("entry number " + (most + 1) + " (expected: at most " + most + ")");
        }
    }

    /** Adds the addresses of a prefix; bits of its address after the prefix do not matter. */
    void add(AddressPrefix prefix) {
        requireRoom();
        take(prefix.address());
        addPrefix(address, prefix.length());
    }

    /** Adds the addresses from one to another. */
    void addRange(InetAddress first, InetAddress last) {
        requireRoom();
        take(first);
        boolean isIpv4 = address.isIpv4();
        long high = address.high();
        long low = address.low();
        take(last);
        if (!addRange(isIpv4, high, low, address)) {
            throw new IllegalArgumentException("range " + first.getHostAddress() + "-" + last.getHostAddress()
                    + " (expected: two addresses of one kind, the lower one first)");
        }
    }

    private void take(InetAddress from) {
        ByteBuffer bytes = ByteBuffer.wrap(from.getAddress());
        if (bytes.capacity() == 4) {
            address.set((long) bytes.getInt() << 32, 0, true);
        } else {
            address.set(bytes.getLong(), bytes.getLong(), false);
        }
    }

    static long highMask(int length) {
        return length == 0 ? 0 : length >= 64 ? -1 : -1L << (64 - length);
    }

    static long lowMask(int length) {
        return length <= 64 ? 0 : -1L << (128 - length);
    }

    /** Adds the addresses that begin with the same bits as one; there is room for it. */
    void addPrefix(AddressText first, int length) {
        long high = first.high();
        long low = first.low();
        (first.isIpv4() ? ipv4 : ipv6)
                .add(high & highMask(length), low & lowMask(length), high | ~highMask(length), low | ~lowMask(length));
    }

    /** {@return whether it is a range of addresses} If it is, it is added; there is room for it. */
    boolean addRange(boolean isIpv4, long high, long low, AddressText last) {
        if (isIpv4 != last.isIpv4() || RangeList.compare(high, low, last.high(), last.low()) > 0) {
            return false;
        }
        if (isIpv4) {
            ipv4.add(high, 0, last.high() | 0xffffffffL, -1);
        } else {
            ipv6.add(high, low, last.high(), last.low());
        }
        return true;
    }
}
