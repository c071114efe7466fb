package io.github.nettybpf.core.address;

/**
 * The end of a path through the trie of IPv6 addresses: a few pieces in an array without an object around it, so that a
 * lookup touches few cache lines. They are searched one after the other.
 *
 * <p>The first word is twice the number of high pieces, plus 1 if all others are single addresses. A high piece has two
 * words, the first of its first halves and the distance of the last one. A low piece has the first half of its
 * addresses, the first second half and, unless all are single addresses, the distance of the last one.
 */
final class Ipv6Leaf {
    /** No address; compared by identity. */
    static final long[] NONE = {0};

    /** All addresses of the block it is for; compared by identity. */
    static final long[] ALL = {2, 0, -1};

    private static final int HIGH_WORDS = 2;

    private Ipv6Leaf() {}

    /** {@return the leaf of pieces, as far as they are in a block} */
    static long[] of(RangeList pieces, int from, int to, Ipv6Block block) {
        int highs = 0;
        boolean isPoints = true;
        for (int piece = from; piece < to; piece++) {
            if (isHigh(pieces, piece, block)) {
                highs++;
            } else {
                isPoints &= firstLow(pieces, piece, block) == lastLow(pieces, piece, block);
            }
        }
        int words = isPoints ? 2 : 3;
        int high = 1;
        int low = 1 + HIGH_WORDS * highs;
        long[] leaf = new long[low + words * (to - from - highs)];
        leaf[0] = 2L * highs | (isPoints ? 1 : 0);
        for (int piece = from; piece < to; piece++) {
            if (isHigh(pieces, piece, block)) {
                leaf[high] = block.first(pieces, piece);
                leaf[high + 1] = block.last(pieces, piece) - leaf[high];
                high += HIGH_WORDS;
            } else {
                leaf[low] = pieces.firstHigh(piece);
                leaf[low + 1] = firstLow(pieces, piece, block);
                if (!isPoints) {
                    leaf[low + 2] = lastLow(pieces, piece, block) - leaf[low + 1];
                }
                low += words;
            }
        }
        return leaf;
    }

    private static boolean isHigh(RangeList pieces, int piece, Ipv6Block block) {
        return !block.isLow() && Ipv6Builder.isHigh(pieces, piece);
    }

    private static long firstLow(RangeList pieces, int piece, Ipv6Block block) {
        return block.isLow() ? block.first(pieces, piece) : pieces.firstLow(piece);
    }

    private static long lastLow(RangeList pieces, int piece, Ipv6Block block) {
        return block.isLow() ? block.last(pieces, piece) : pieces.lastLow(piece);
    }

    private static int lows(long[] leaf) {
        return 1 + (int) leaf[0] / 2 * HIGH_WORDS;
    }

    private static boolean isPoints(long[] leaf) {
        return (leaf[0] & 1) != 0;
    }

    /** {@return whether an address of the block is in the set} */
    static boolean contains(long[] leaf, long high, long low) {
        int lows = lows(leaf);
        int at = 1;
        for (; at < lows; at += HIGH_WORDS) {
            if (Long.compareUnsigned(high - leaf[at], leaf[at + 1]) <= 0) {
                return true;
            }
        }
        if (isPoints(leaf)) {
            for (; at < leaf.length; at += 2) {
                if (((leaf[at] ^ high) | (leaf[at + 1] ^ low)) == 0) {
                    return true;
                }
            }
        } else {
            for (; at < leaf.length; at += 3) {
                if (leaf[at] == high && Long.compareUnsigned(low - leaf[at + 1], leaf[at + 2]) <= 0) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Adds the addresses of a block to ranges that are before them. */
    static void addTo(long[] leaf, Ipv6Block block, RangeList ranges) {
        if (leaf == ALL) {
            block.addTo(ranges);
            return;
        }
        boolean isPoints = isPoints(leaf);
        int lows = lows(leaf);
        int high = 1;
        int low = lows;
        while (high < lows || low < leaf.length) {
            if (low == leaf.length || (high < lows && Long.compareUnsigned(leaf[high], leaf[low]) < 0)) {
                ranges.append(leaf[high], 0, leaf[high] + leaf[high + 1], -1);
                high += HIGH_WORDS;
            } else {
                long distance = isPoints ? 0 : leaf[low + 2];
                ranges.append(leaf[low], leaf[low + 1], leaf[low], leaf[low + 1] + distance);
                low += isPoints ? 2 : 3;
            }
        }
    }
}
