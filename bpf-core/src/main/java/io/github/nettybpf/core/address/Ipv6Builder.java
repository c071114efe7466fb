package io.github.nettybpf.core.address;

/**
 * Makes the trie of ranges of IPv6 addresses that are sorted, and neither overlap nor follow each other. They are
 * divided into pieces first: a piece has all second halves (a high piece), or one first half (a low piece).
 */
final class Ipv6Builder {
    /** More pieces than this are divided by a node. */
    private static final int LEAF_MOST = 16;

    private final RangeList pieces;

    private Ipv6Builder(RangeList pieces) {
        this.pieces = pieces;
    }

    /** {@return the node or leaf of ranges in a block} */
    static Object node(RangeList ranges, Ipv6Block block) {
        RangeList pieces = pieces(ranges);
        return new Ipv6Builder(pieces).node(0, pieces.size(), block);
    }

    /** {@return whether a range has all second halves} */
    static boolean isHigh(RangeList ranges, int range) {
        return ranges.firstLow(range) == 0 && ranges.lastLow(range) == -1;
    }

    private static boolean isPiece(RangeList ranges, int range) {
        return ranges.firstHigh(range) == ranges.lastHigh(range) || isHigh(ranges, range);
    }

    /** {@return the ranges themselves, if all are pieces, as most are} */
    static RangeList pieces(RangeList ranges) {
        for (int range = 0; range < ranges.size(); range++) {
            if (!isPiece(ranges, range)) {
                return divided(ranges);
            }
        }
        return ranges;
    }

    private static RangeList divided(RangeList ranges) {
        RangeList pieces = new RangeList();
        for (int range = 0; range < ranges.size(); range++) {
            if (isPiece(ranges, range)) {
                pieces.addAll(ranges, range, range + 1);
                continue;
            }
            long first = ranges.firstHigh(range);
            long last = ranges.lastHigh(range);
            boolean isFirstWhole = ranges.firstLow(range) == 0;
            boolean isLastWhole = ranges.lastLow(range) == -1;
            if (!isFirstWhole) {
                pieces.add(first, ranges.firstLow(range), first, -1);
            }
            long from = isFirstWhole ? first : first + 1;
            long to = isLastWhole ? last : last - 1;
            if (Long.compareUnsigned(from, to) <= 0) {
                pieces.add(from, 0, to, -1);
            }
            if (!isLastWhole) {
                pieces.add(last, 0, last, ranges.lastLow(range));
            }
        }
        return pieces;
    }

    /**
     * {@return the node or leaf of some pieces, as far as they are in a block}
     *
     * @param from the first piece; it overlaps the block, as all do
     * @param to the piece after the last
     */
    private Object node(int from, int to, Ipv6Block block) {
        int count = to - from;
        if (count == 0) {
            return Ipv6Leaf.NONE;
        } else if (count == 1 && block.isCoveredBy(pieces, from)) {
            return Ipv6Leaf.ALL;
        } else if (count <= LEAF_MOST) {
            return Ipv6Leaf.of(pieces, from, to, block);
        }
        long first = block.first(pieces, from);
        long last = block.last(pieces, to - 1);
        if (first == last) {
            // Not in a low block, where pieces have different keys.
            return node(from, to, Ipv6Block.ofHigh(first));
        }
        Ipv6Node node = new Ipv6Node(block.narrowed(first, last), count);
        int piece = from;
        int cell = 0;
        while (piece < to) {
            cell = Math.max(cell, node.cell(block.first(pieces, piece)));
            Ipv6Block part = node.cellBlock(cell);
            int next = piece;
            while (next < to && Long.compareUnsigned(block.first(pieces, next), part.last()) <= 0) {
                next++;
            }
            Object child = node(piece, next, part);
            for (int i = piece; i < next; i++) {
                node.set(cell, child, part.first(pieces, i), part.last(pieces, i));
            }
            boolean goesOn = Long.compareUnsigned(block.last(pieces, next - 1), part.last()) > 0;
            piece = goesOn ? next - 1 : next;
            cell++;
        }
        return node;
    }
}
