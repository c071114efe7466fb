package io.github.nettybpf.core.address;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;

/** Lists what a tree contains. */
final class RangeWalk {
    private static final int BITS = 128;

    private final RangeList ranges = new RangeList();

    private RangeWalk() {}

    /** {@return the ranges of a tree, sorted; no two follow each other} */
    static RangeList ranges(Object tree) {
        RangeWalk walk = new RangeWalk();
        walk.add(tree, 0, 0);
        return walk.ranges;
    }

    private void add(Object node, int level, long high) {
        Cursor cursor = new Cursor(node);
        int shift = 48 - 16 * level;
        int start = 0;
        while (start < Branch.VALUES) {
            int end = cursor.end();
            long first = high | (long) start << shift;
            if (cursor.value() == Leaf.ALL) {
                ranges.append(first, 0, (high | (long) (end - 1) << shift) | ((1L << shift) - 1), -1);
            } else if (cursor.value() != Leaf.NONE) {
                add(cursor.value(), level + 1, first);
            }
            cursor.passTo(end);
            start = end;
        }
    }

    /** Takes a prefix: the first address, and the length, 0..128. */
    @FunctionalInterface
    interface PrefixConsumer {
        void accept(long high, long low, int length);
    }

    /** Divides ranges into the fewest prefixes, in ascending order. */
    static void prefixes(RangeList ranges, PrefixConsumer consumer) {
        for (int range = 0; range < ranges.size(); range++) {
            long high = ranges.firstHigh(range);
            long low = ranges.firstLow(range);
            boolean isDone = false;
            while (!isDone) {
                int length = BITS - Math.min(zeros(high, low), free(range, ranges, high, low));
                consumer.accept(high, low, length);
                long lastHigh = high | ~Entries.highMask(length);
                long lastLow = low | ~Entries.lowMask(length);
                isDone = lastHigh == ranges.lastHigh(range) && lastLow == ranges.lastLow(range);
                low = lastLow + 1;
                high = low == 0 ? lastHigh + 1 : lastHigh;
            }
        }
    }

    private static int zeros(long high, long low) {
        return low != 0 ? Long.numberOfTrailingZeros(low) : 64 + Long.numberOfTrailingZeros(high);
    }

    /** {@return the largest n for which 2^n numbers from this one on are in the range} */
    private static int free(int range, RangeList ranges, long high, long low) {
        long lowCount = ranges.lastLow(range) - low;
        long borrow = Long.compareUnsigned(ranges.lastLow(range), low) < 0 ? 1 : 0;
        long highCount = ranges.lastHigh(range) - high - borrow;
        // The difference plus 1 is the count of numbers.
        long low1 = lowCount + 1;
        long high1 = low1 == 0 ? highCount + 1 : highCount;
        if (low1 == 0 && high1 == 0) {
            return BITS;
        }
        return high1 != 0 ? 127 - Long.numberOfLeadingZeros(high1) : 63 - Long.numberOfLeadingZeros(low1);
    }

    /** {@return the prefix; an IPv4 address stands in the highest 32 bits} */
    static AddressPrefix prefix(long high, long low, int length, boolean isIpv4) {
        byte[] bytes = isIpv4
                ? ByteBuffer.allocate(4).putInt((int) (high >>> 32)).array()
                : ByteBuffer.allocate(16).putLong(high).putLong(low).array();
        try {
            // InetAddress would make an IPv4 address of ::ffff:0:0, with which a prefix of ::/0 less others can begin.
            InetAddress address = isIpv4 ? InetAddress.getByAddress(bytes) : Inet6Address.getByAddress(null, bytes, -1);
            return new AddressPrefix(address, length);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // not reached: only an array of another length is refused
        }
    }

    /** Passes on the prefixes of ranges. */
    static void list(RangeList ranges, boolean isIpv4, Consumer<AddressPrefix> consumer) {
        prefixes(ranges, (high, low, length) -> consumer.accept(prefix(high, low, length, isIpv4)));
    }

    /** {@return a prefix of the tree that contains the IPv4 address, or empty if the tree does not contain it} */
    static Optional<AddressPrefix> prefixOf(Object tree, int address) {
        int group = address >>> 16;
        if (!(tree instanceof Branch branch)) {
            return prefixOf((char[]) tree, group, 0, 16, address);
        } else if (Leaf.isConstant(branch.at(group))) {
            return branch.at(group) == Leaf.ALL ? Optional.of(prefixOfAll(branch, address)) : Optional.empty();
        }
        return prefixOf((char[]) branch.at(group), address & 0xffff, (long) group << 48, 0, address);
    }

    private static AddressPrefix prefixOfAll(Branch branch, int address) {
        int group = address >>> 16;
        int first = group;
        int end = group + 1;
        for (int size = 2; size <= Branch.VALUES; size *= 2) {
            int from = group & -size;
            if (!branch.isAll(from, first) || !branch.isAll(end, from + size)) {
                size = Branch.VALUES;
            } else {
                first = from;
                end = from + size;
            }
        }
        return prefixOf((long) address << 32, 0, (long) first << 48, 0, ((long) end << 48) - 1, -1, true);
    }

    private static Optional<AddressPrefix> prefixOf(char[] changes, int value, long high, int shift, int address) {
        int change = Leaf.lastChange(changes, value);
        if ((change & 1) != 0) {
            return Optional.empty();
        }
        int end = change + 1 < changes.length ? changes[change + 1] : Branch.VALUES;
        long first = high | (long) changes[change] << (32 + shift);
        long last = (high + ((long) end << (32 + shift)) - 1) | 0xffff_ffffL;
        return Optional.of(prefixOf((long) address << 32, 0, first, 0, last, -1, true));
    }

    /** {@return the longest run of addresses that begin with the same bits as the address, in a range that contains it} */
    static AddressPrefix prefixOf(
            long high, long low, long firstHigh, long firstLow, long lastHigh, long lastLow, boolean isIpv4) {
        int length = isIpv4 ? 32 : BITS;
        while (length > 0 && isInside(high, low, length - 1, firstHigh, firstLow, lastHigh, lastLow)) {
            length--;
        }
        return prefix(high & Entries.highMask(length), low & Entries.lowMask(length), length, isIpv4);
    }

    private static boolean isInside(
            long high, long low, int length, long firstHigh, long firstLow, long lastHigh, long lastLow) {
        long highMask = Entries.highMask(length);
        long lowMask = Entries.lowMask(length);
        return RangeList.compare(high & highMask, low & lowMask, firstHigh, firstLow) >= 0
                && RangeList.compare(high | ~highMask, low | ~lowMask, lastHigh, lastLow) <= 0;
    }

    /** {@return how many prefixes ranges take at least} */
    static long count(RangeList ranges) {
        long[] count = new long[1];
        prefixes(ranges, (high, low, length) -> count[0]++);
        return count[0];
    }
}
