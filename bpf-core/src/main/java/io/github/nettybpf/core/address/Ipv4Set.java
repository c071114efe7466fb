package io.github.nettybpf.core.address;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * IPv4 addresses: a tree of two levels ({@link Branch}, {@link Leaf}), and a bitmap of the blocks that may have
 * addresses of the set. There are at least eight times as many blocks as ranges, so that most addresses that are not in
 * the set are told by the bitmap alone, which fits a cache of the CPU. Immutable.
 */
final class Ipv4Set {
    static final Ipv4Set EMPTY = new Ipv4Set(Leaf.NONE, new long[1], 32 - 6, 0, 0);

    /** A few changes do not make the bitmap anew. */
    private static final int FEW = 16;

    /** A bitmap has at least one word, and at most 2 MiB. */
    private static final int LEAST_BITS = 6;

    private static final int MOST_BITS = 24;

    private final Object tree;

    /** A bit that is 0 says that no address of the block is in the set. */
    private final long[] occupied;

    /** How many bits of an address follow those that are the number of its block. */
    private final int shift;

    /** How many ranges there were when the bitmap was made. */
    private final int size;

    /** At most how many ranges were added or removed since. */
    private final int changes;

    private Ipv4Set(Object tree, long[] occupied, int shift, int size, int changes) {
        this.tree = tree;
        this.occupied = occupied;
        this.shift = shift;
        this.size = size;
        this.changes = changes;
    }

    /** {@return the set of ranges that are normalized} */
    static Ipv4Set of(RangeList ranges) {
        return of(TreeBuilder.tree(ranges), ranges);
    }

    private static Ipv4Set of(Object tree, RangeList ranges) {
        if (tree == Leaf.NONE) {
            return EMPTY;
        }
        int wanted = 32 - Integer.numberOfLeadingZeros(ranges.size()) + 3;
        int bits = Math.min(MOST_BITS, Math.max(LEAST_BITS, wanted));
        long[] occupied = new long[1 << (bits - 6)];
        mark(occupied, 32 - bits, ranges);
        return new Ipv4Set(tree, occupied, 32 - bits, ranges.size(), 0);
    }

    private static void mark(long[] occupied, int shift, RangeList ranges) {
        for (int range = 0; range < ranges.size(); range++) {
            int first = (int) (ranges.firstHigh(range) >>> 32) >>> shift;
            int last = (int) (ranges.lastHigh(range) >>> 32) >>> shift;
            long firstBits = -1L << first;
            long lastBits = -1L >>> (63 - (last & 63));
            if (first >>> 6 == last >>> 6) {
                occupied[first >>> 6] |= firstBits & lastBits;
            } else {
                occupied[first >>> 6] |= firstBits;
                Arrays.fill(occupied, (first >>> 6) + 1, last >>> 6, -1);
                occupied[last >>> 6] |= lastBits;
            }
        }
    }

    boolean isEmpty() {
        return tree == Leaf.NONE;
    }

    /** {@return whether the address is in the set} */
    boolean contains(int address) {
        int block = address >>> shift;
        if ((occupied[block >>> 6] >>> block & 1) == 0) {
            return false;
        }
        Object node = tree;
        int group = address >>> 16;
        if (node instanceof Branch branch) {
            node = branch.at(group);
            group = address & 0xffff;
        }
        return Leaf.contains((char[]) node, group);
    }

    /** {@return the shortest prefix around the address that is in the set as a whole, or empty if the address is not} */
    Optional<AddressPrefix> prefixOf(int address) {
        return RangeWalk.prefixOf(tree, address);
    }

    /** {@return the addresses of the two sets} */
    Ipv4Set combined(TreeAlgebra operation, Ipv4Set other) {
        if (operation == TreeAlgebra.UNION && size < other.size) {
            return other.combined(operation, this);
        }
        Object combined = operation.of(tree, other.tree);
        if (combined == tree) {
            return this;
        } else if (operation == TreeAlgebra.INTERSECTION || changes + other.size > size / 2 + FEW) {
            return of(combined, RangeWalk.ranges(combined));
        } else if (combined == Leaf.NONE) {
            return EMPTY;
        }
        long[] bits = occupied;
        if (operation == TreeAlgebra.UNION) {
            bits = occupied.clone();
            mark(bits, shift, other.ranges());
        }
        return new Ipv4Set(combined, bits, shift, size, changes + other.size + other.changes);
    }

    /** {@return all ranges, sorted; no two follow each other} */
    RangeList ranges() {
        return RangeWalk.ranges(tree);
    }

    /** {@return about how many bytes of memory the set takes, with compressed references} */
    long bytes() {
        return isEmpty() ? 0 : TreeAlgebra.bytes(tree) + 32 + 16 + 8L * occupied.length;
    }

    /** {@return whether the other is a set of the same addresses} */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Ipv4Set set && TreeAlgebra.equal(tree, set.tree);
    }

    @Override
    public int hashCode() {
        return TreeAlgebra.hash(tree);
    }
}
