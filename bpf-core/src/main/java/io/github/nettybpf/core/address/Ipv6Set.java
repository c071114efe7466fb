package io.github.nettybpf.core.address;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * IPv6 addresses: sorted ranges in chunks of up to {@value #CHUNK}, which sets that differ in little share. A lookup
 * finds the last chunk that begins at or before the address, in it the last such range, and compares with its end. A
 * chunk is an array without an object around it, so that a lookup touches few cache lines. Immutable.
 */
final class Ipv6Set {
    /** Ranges, so that a chunk of those of up to 64 bits takes four cache lines. */
    private static final int CHUNK = 16;

    /** A chunk of this many words a range has only the high halves: of the low half a range has all. */
    private static final int HIGH_WORDS = 2;

    private static final int WORDS = 4;

    static final Ipv6Set EMPTY = new Ipv6Set(new long[0][]);

    /** Each begins with the words a range has; the words are those of {@link RangeList}. */
    private final long[][] chunks;

    /** The first number of each chunk. */
    private final long[] firstHighs;

    /** The low halves of the first numbers; null if all are 0. */
    private final long @Nullable [] firstLows;

    /** For each value of the bits that tell chunks apart, the first chunk that begins with it or a higher one. */
    private final int[] index;

    private final int shift;

    private Ipv6Set(long[][] chunks) {
        this.chunks = chunks;
        this.firstHighs = new long[chunks.length];
        long[] lows = new long[chunks.length];
        long anyLow = 0;
        for (int chunk = 0; chunk < chunks.length; chunk++) {
            firstHighs[chunk] = chunks[chunk][1];
            lows[chunk] = chunks[chunk][0] == WORDS ? chunks[chunk][2] : 0;
            anyLow |= lows[chunk];
        }
        this.firstLows = anyLow == 0 ? null : lows;
        long span = chunks.length == 0 ? 0 : firstHighs[chunks.length - 1] - firstHighs[0];
        int bits = 32 - Integer.numberOfLeadingZeros(chunks.length);
        this.shift = Math.max(0, 64 - Long.numberOfLeadingZeros(span) - bits);
        this.index = new int[(int) (span >>> shift) + 2];
        int chunk = 0;
        for (int value = 0; value < index.length; value++) {
            while (chunk < chunks.length && (firstHighs[chunk] - firstHighs[0]) >>> shift < value) {
                chunk++;
            }
            index[value] = chunk;
        }
    }

    /** {@return the set of ranges that are normalized} */
    static Ipv6Set of(RangeList ranges) {
        long[][] chunks = new long[chunks(ranges.size())][];
        fill(chunks, 0, ranges);
        return chunks.length == 0 ? EMPTY : new Ipv6Set(chunks);
    }

    private static int chunks(int ranges) {
        return (ranges + CHUNK - 1) / CHUNK;
    }

    /** Divides ranges into chunks of about the same size. */
    private static void fill(long[][] chunks, int at, RangeList ranges) {
        int count = chunks(ranges.size());
        for (int i = 0; i < count; i++) {
            int from = (int) ((long) ranges.size() * i / count);
            int to = (int) ((long) ranges.size() * (i + 1) / count);
            chunks[at + i] = chunk(ranges, from, to);
        }
    }

    private static long[] chunk(RangeList ranges, int from, int to) {
        boolean isHigh = true;
        for (int range = from; range < to; range++) {
            isHigh &= ranges.firstLow(range) == 0 && ranges.lastLow(range) == -1;
        }
        int words = isHigh ? HIGH_WORDS : WORDS;
        long[] chunk = new long[1 + words * (to - from)];
        chunk[0] = words;
        int at = 1;
        for (int range = from; range < to; range++) {
            chunk[at++] = ranges.firstHigh(range);
            if (!isHigh) {
                chunk[at++] = ranges.firstLow(range);
            }
            chunk[at++] = ranges.lastHigh(range);
            if (!isHigh) {
                chunk[at++] = ranges.lastLow(range);
            }
        }
        return chunk;
    }

    boolean isEmpty() {
        return chunks.length == 0;
    }

    /** {@return whether the address is in the set} */
    boolean contains(long high, long low) {
        int at = chunkOf(high, low);
        if (at < 0) {
            return false;
        }
        long[] chunk = chunks[at];
        return chunk[0] == HIGH_WORDS ? contains(chunk, high) : contains(chunk, high, low);
    }

    private static boolean contains(long[] chunk, long high) {
        int base = 0;
        int length = chunk.length / HIGH_WORDS;
        while (length > 1) {
            int half = length >>> 1;
            base = Long.compareUnsigned(chunk[1 + HIGH_WORDS * (base + half)], high) <= 0 ? base + half : base;
            length -= half;
        }
        return Long.compareUnsigned(high, chunk[2 + HIGH_WORDS * base]) <= 0;
    }

    private static boolean contains(long[] chunk, long high, long low) {
        int base = 0;
        int length = chunk.length / WORDS;
        while (length > 1) {
            int half = length >>> 1;
            int at = 1 + WORDS * (base + half);
            base = RangeList.compare(chunk[at], chunk[at + 1], high, low) <= 0 ? base + half : base;
            length -= half;
        }
        int at = 3 + WORDS * base;
        return RangeList.compare(high, low, chunk[at], chunk[at + 1]) <= 0;
    }

    /** {@return the last chunk that begins at the number or before, or -1} */
    private int chunkOf(long high, long low) {
        if (chunks.length == 0 || compareFirst(0, high, low) > 0) {
            return -1;
        }
        long distance = (high - firstHighs[0]) >>> shift;
        int last = index.length - 2;
        int value = Long.compareUnsigned(distance, last) < 0 ? (int) distance : last;
        // Chunks before the first of this value begin before; the one before it may be the last that does.
        int base = Math.max(0, index[value] - 1);
        int length = Math.max(1, index[value + 1] - base);
        while (length > 1) {
            int half = length >>> 1;
            base = compareFirst(base + half, high, low) <= 0 ? base + half : base;
            length -= half;
        }
        return base;
    }

    private int compareFirst(int chunk, long high, long low) {
        int halves = Long.compareUnsigned(firstHighs[chunk], high);
        return halves != 0
                ? halves
                : firstLows == null ? Long.compareUnsigned(0, low) : Long.compareUnsigned(firstLows[chunk], low);
    }

    /** {@return the longest prefix of the set that contains the address, or empty if the set does not contain it} */
    Optional<AddressPrefix> prefixOf(long high, long low) {
        int at = chunkOf(high, low);
        RangeList chunk = at < 0 ? new RangeList() : ranges(at, at + 1);
        for (int range = 0; range < chunk.size(); range++) {
            if (RangeList.compare(chunk.firstHigh(range), chunk.firstLow(range), high, low) <= 0
                    && RangeList.compare(high, low, chunk.lastHigh(range), chunk.lastLow(range)) <= 0) {
                return Optional.of(RangeWalk.prefixOf(
                        high,
                        low,
                        chunk.firstHigh(range),
                        chunk.firstLow(range),
                        chunk.lastHigh(range),
                        chunk.lastLow(range),
                        false));
            }
        }
        return Optional.empty();
    }

    /** {@return the numbers of the two sets} */
    Ipv6Set combined(RangeAlgebra operation, Ipv6Set other) {
        if (chunks == other.chunks) {
            return operation == RangeAlgebra.DIFFERENCE ? EMPTY : this;
        } else if (operation != RangeAlgebra.INTERSECTION) {
            if (other.isEmpty()) {
                return this;
            } else if (other.chunks.length == 1 && chunks.length > 1) {
                return changed(operation, other.ranges(0, 1));
            } else if (operation == RangeAlgebra.UNION && chunks.length == 1 && other.chunks.length > 1) {
                return other.changed(operation, ranges(0, 1));
            }
        }
        return of(operation.of(ranges(), other.ranges()));
    }

    /** Makes anew only the chunks that a few ranges are in, or follow. */
    private Ipv6Set changed(RangeAlgebra operation, RangeList few) {
        Ipv6Set set = this;
        for (int range = 0; range < few.size(); range++) {
            RangeList one = new RangeList();
            one.addAll(few, range, range + 1);
            set = set.changedBy(operation, one);
        }
        return set;
    }

    private Ipv6Set changedBy(RangeAlgebra operation, RangeList one) {
        long low = one.firstLow(0);
        boolean isFirst = low == 0 && one.firstHigh(0) == 0;
        int from = isFirst ? 0 : chunkOf(low == 0 ? one.firstHigh(0) - 1 : one.firstHigh(0), low - 1);
        long next = one.lastLow(0) + 1;
        long nextHigh = next == 0 ? one.lastHigh(0) + 1 : one.lastHigh(0);
        boolean isLast = next == 0 && nextHigh == 0;
        int to = isLast ? chunks.length : chunkOf(nextHigh, next) + 1;
        from = Math.max(0, from);
        to = Math.max(from, to);
        RangeList changed = operation.of(ranges(from, to), one);
        int fresh = chunks(changed.size());
        long[][] all = new long[from + fresh + chunks.length - to][];
        System.arraycopy(chunks, 0, all, 0, from);
        fill(all, from, changed);
        System.arraycopy(chunks, to, all, from + fresh, chunks.length - to);
        return all.length == 0 ? EMPTY : new Ipv6Set(all);
    }

    /** {@return all ranges, sorted} */
    RangeList ranges() {
        return ranges(0, chunks.length);
    }

    private RangeList ranges(int from, int to) {
        RangeList ranges = new RangeList();
        for (int i = from; i < to; i++) {
            long[] chunk = chunks[i];
            for (int at = 1; at < chunk.length; at += (int) chunk[0]) {
                if (chunk[0] == HIGH_WORDS) {
                    ranges.add(chunk[at], 0, chunk[at + 1], -1);
                } else {
                    ranges.add(chunk[at], chunk[at + 1], chunk[at + 2], chunk[at + 3]);
                }
            }
        }
        return ranges;
    }

    /** {@return about how many bytes of memory the set takes, with compressed references} */
    long bytes() {
        if (isEmpty()) {
            return 0;
        }
        long bytes = 16 + 4L * index.length + (16 + 4 + 8) + (8L + 4) * chunks.length;
        bytes += firstLows == null ? 0 : 16 + 8L * firstLows.length;
        for (long[] chunk : chunks) {
            bytes += 16 + 8L * chunk.length;
        }
        return bytes;
    }

    /** {@return whether the other is a set of the same addresses} The chunks may be others. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Ipv6Set set && (Arrays.deepEquals(chunks, set.chunks) || ranges().equals(set.ranges()));
    }

    @Override
    public int hashCode() {
        return ranges().hashCode();
    }
}
