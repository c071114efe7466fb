package io.github.nettybpf.benchmarks.address;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random prefixes, and sources to look up. Half of the prefixes are single addresses, the others have 20 to 31 bits (IPv4)
 * or 29 to 64 (IPv6). A quarter of all lie in another one, as in lists that were merged. The same in every run.
 */
final class AddressLists {
    private static final int CLUSTERS = 64;

    /** A prefix; the bits of an IPv4 address are the highest. */
    record Prefix(boolean isIpv4, long high, long low, int length) {
        /** {@return an address of the prefix} The other bits are those of two numbers. */
        Prefix with(long otherHigh, long otherLow) {
            long highMask = length == 0 ? 0 : length >= 64 ? -1 : -1L << (64 - length);
            long lowMask = length <= 64 ? 0 : -1L << (128 - length);
            return new Prefix(
                    isIpv4,
                    (high & highMask) | (otherHigh & ~highMask),
                    (low & lowMask) | (otherLow & ~lowMask),
                    isIpv4 ? 32 : 128);
        }

        /** {@return the prefix with its bits after the length 0} */
        Prefix first() {
            Prefix first = with(0, 0);
            return new Prefix(isIpv4, first.high, first.low, length);
        }

        /** {@return whether an address begins with the same bits} */
        boolean has(Prefix address) {
            Prefix masked = with(address.high, address.low);
            return masked.high == address.high && masked.low == address.low;
        }

        /** {@return the first address} */
        InetAddress address() {
            byte[] bytes = isIpv4
                    ? ByteBuffer.allocate(4).putInt((int) (high >>> 32)).array()
                    : ByteBuffer.allocate(16).putLong(high).putLong(low).array();
            try {
                return InetAddress.getByAddress(bytes);
            } catch (UnknownHostException e) {
                throw new IllegalStateException(e); // not reached: only an array of another length is refused
            }
        }
    }

    private final AddressFamily family;
    private final SplittableRandom random = new SplittableRandom(1);
    private final long[] clusters = new long[CLUSTERS];
    private final List<Prefix> prefixes = new ArrayList<>();

    AddressLists(AddressFamily family, int count) {
        this.family = family;
        for (int i = 0; i < CLUSTERS; i++) {
            clusters[i] = (random.nextLong() >>> 3 | 1L << 61) & -1L << 32;
        }
        for (int i = 0; i < count; i++) {
            boolean isSingle = random.nextBoolean();
            boolean isIn = i > 0 && random.nextInt(4) == 0;
            Prefix outer = isIn ? prefixes.get(random.nextInt(i)) : any();
            Prefix address = isIn ? outer.with(random.nextLong(), random.nextLong()) : outer;
            int longest = address.isIpv4 ? 31 : 64;
            int shortest = address.isIpv4 ? 20 : family == AddressFamily.IPV6_CLUSTERS ? 40 : 29;
            int length = isSingle ? address.length : random.nextInt(shortest, longest + 1);
            prefixes.add(new Prefix(address.isIpv4, address.high, address.low, length).first());
        }
    }

    List<Prefix> prefixes() {
        return prefixes;
    }

    private Prefix any() {
        boolean isIpv4 = family == AddressFamily.IPV4 || (family == AddressFamily.BOTH && random.nextBoolean());
        if (isIpv4) {
            return new Prefix(true, random.nextLong() & -1L << 32, 0, 32);
        } else if (family == AddressFamily.IPV6_CLUSTERS) {
            long cluster = clusters[random.nextInt(CLUSTERS)];
            return new Prefix(false, cluster | random.nextLong() >>> 32, random.nextLong(), 128);
        }
        return new Prefix(false, random.nextLong() >>> 3 | 1L << 61, random.nextLong(), 128);
    }

    /** {@return an address to look up, of the list or any} */
    Prefix source(boolean isListed) {
        return isListed
                ? prefixes.get(random.nextInt(prefixes.size())).with(random.nextLong(), random.nextLong())
                : any();
    }

    /** {@return sources in objects that were just made, as those of packets are} */
    InetSocketAddress[] sources(int count, boolean isListed) {
        InetSocketAddress[] sources = new InetSocketAddress[count];
        for (int i = 0; i < count; i++) {
            sources[i] = new InetSocketAddress(source(isListed).address(), 1024);
        }
        return sources;
    }

    /** {@return whether a prefix of the list has the address} All are looked at. */
    boolean contains(Prefix source) {
        for (Prefix prefix : prefixes) {
            if (prefix.isIpv4 == source.isIpv4 && prefix.has(source)) {
                return true;
            }
        }
        return false;
    }
}
