package io.github.nettybpf.core.address;

import java.util.Arrays;

/**
 * An inner node of the trie of IPv6 addresses. It divides the smallest aligned block that has all its pieces into cells,
 * about one for {@value #PER_CELL} pieces, so that neither how many there are nor how close they are makes the path to
 * them long. A bitmap says of each part of a cell, 32 to one, whether anything of it can be in the set: most addresses
 * that are not are told by that alone, without a look at memory that no cache holds.
 *
 * <p>Changed only while it is made.
 */
final class Ipv6Node {
    private static final int PER_CELL = 4;
    private static final int MOST_BITS = 20;
    private static final int FINE_BITS = 5;

    private final Ipv6Block block;

    // Of the block, for lookups.
    private final boolean isLow;
    private final long high;
    private final long first;

    private final int shift;
    private final int fineShift;
    private final int fineCount;

    /** For each part of a cell, whether it may have addresses; it has none if its bit is 0. */
    private final long[] occupied;

    /** Leaves and nodes. */
    private final Object[] cells;

    /**
     * A node of empty cells.
     *
     * @param block what it divides
     * @param pieces for how many pieces there shall be enough cells; at least 2
     */
    Ipv6Node(Ipv6Block block, int pieces) {
        this.block = block;
        this.isLow = block.isLow();
        this.high = block.high();
        this.first = block.first();
        int wanted = 32 - Integer.numberOfLeadingZeros((pieces - 1) / PER_CELL);
        int bits = Math.min(Math.max(1, wanted), Math.min(MOST_BITS, block.bits()));
        this.shift = block.bits() - bits;
        int fineBits = Math.min(FINE_BITS, shift);
        this.fineShift = shift - fineBits;
        this.fineCount = 1 << (bits + fineBits);
        this.occupied = new long[Math.max(1, fineCount >>> 6)];
        this.cells = new Object[1 << bits];
        Arrays.fill(cells, Ipv6Leaf.NONE);
    }

    private Ipv6Node(Ipv6Node other) {
        this.block = other.block;
        this.isLow = other.isLow;
        this.high = other.high;
        this.first = other.first;
        this.shift = other.shift;
        this.fineShift = other.fineShift;
        this.fineCount = other.fineCount;
        this.occupied = other.occupied.clone();
        this.cells = other.cells.clone();
    }

    /** {@return a copy, which can be changed} */
    Ipv6Node copy() {
        return new Ipv6Node(this);
    }

    Ipv6Block block() {
        return block;
    }

    /** {@return the child for an address} {@link Ipv6Leaf#NONE} if the address is not of this block. */
    Object child(long highHalf, long lowHalf) {
        long key = highHalf;
        if (isLow) {
            if (highHalf != high) {
                return Ipv6Leaf.NONE;
            }
            key = lowHalf;
        }
        long fine = (key - first) >>> fineShift;
        if (Long.compareUnsigned(fine, fineCount) >= 0 || (occupied[(int) fine >>> 6] >>> fine & 1) == 0) {
            return Ipv6Leaf.NONE;
        }
        return cells[(int) (fine >>> (shift - fineShift))];
    }

    int cells() {
        return cells.length;
    }

    /** {@return the cell of a key of the block} */
    int cell(long key) {
        return (int) ((key - first) >>> shift);
    }

    Ipv6Block cellBlock(int cell) {
        long from = first + ((long) cell << shift);
        return new Ipv6Block(isLow, high, from, from + ((1L << shift) - 1));
    }

    Object child(int cell) {
        return cells[cell];
    }

    /**
     * Sets what is in a cell.
     *
     * @param from the first key that may be in the set and was not before
     * @param to the last one
     */
    void set(int cell, Object child, long from, long to) {
        cells[cell] = child;
        int last = (int) ((to - first) >>> fineShift);
        for (int fine = (int) ((from - first) >>> fineShift); fine <= last; fine++) {
            occupied[fine >>> 6] |= 1L << fine;
        }
    }

    /** Lets a cell have fewer addresses than before. Parts of it stay marked until it has none. */
    void reduce(int cell, Object child) {
        cells[cell] = child;
        if (child == Ipv6Leaf.NONE) {
            int count = 1 << (shift - fineShift);
            for (int fine = cell * count; fine < (cell + 1) * count; fine++) {
                occupied[fine >>> 6] &= ~(1L << fine);
            }
        }
    }

    boolean isEmpty() {
        long any = 0;
        for (long word : occupied) {
            any |= word;
        }
        return any == 0;
    }

    /** Adds the addresses to ranges that are before them. */
    void addTo(RangeList ranges) {
        for (int cell = 0; cell < cells.length; cell++) {
            Object child = cells[cell];
            if (child instanceof Ipv6Node node) {
                node.addTo(ranges);
            } else {
                Ipv6Leaf.addTo((long[]) child, cellBlock(cell), ranges);
            }
        }
    }

    /** {@return about how many bytes of memory this and all below it take, with compressed references} */
    long bytes() {
        long bytes = 72 + 40 + 16 + 8L * occupied.length + 16 + 4L * cells.length;
        for (Object child : cells) {
            if (child instanceof Ipv6Node node) {
                bytes += node.bytes();
            } else if (child != Ipv6Leaf.NONE && child != Ipv6Leaf.ALL) {
                bytes += 16 + 8L * ((long[]) child).length;
            }
        }
        return bytes;
    }
}
