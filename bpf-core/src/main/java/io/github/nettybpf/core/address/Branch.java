package io.github.nettybpf.core.address;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Divides addresses by a group of 16 bits into segments. A segment of more than one value is {@link Leaf#NONE} or {@link
 * Leaf#ALL}, because all its values are alike; a segment of one value may be any node, which looks at the next group.
 * Neighbours that are the same constant are one segment, so that equal sets are equal trees. Immutable.
 */
final class Branch {
    static final int VALUES = 1 << 16;

    /** From this many segments on, a table of all values takes no more than 2.7 times the memory. */
    private static final int TABLE_FROM = 16_384;

    /** From this many segments on, an index by the first 8 bits saves more than two steps of the search. */
    private static final int INDEX_FROM = 64;

    /** From this many segments on, an index by the first 12 bits leaves less than two steps. */
    private static final int FINE_INDEX_FROM = 2048;

    /** The first value of each segment, from 0 on; null where there is a table. */
    private final char @Nullable [] starts;

    /** For each value of the first 8 or 12 bits, the segment that its first value is in; and the last segment. */
    private final char @Nullable [] index;

    /** How many bits of a value follow those that the index is by. */
    private final int indexShift;

    /** The node of each segment, or of each value. */
    private final Object[] nodes;

    /**
     * Takes the segments.
     *
     * @param count how many there are
     */
    Branch(char[] starts, Object[] nodes, int count) {
        this.indexShift = count >= FINE_INDEX_FROM ? 4 : 8;
        if (count >= TABLE_FROM) {
            this.starts = null;
            this.index = null;
            this.nodes = table(starts, nodes, count);
        } else {
            this.starts = Arrays.copyOf(starts, count);
            this.index = count >= INDEX_FROM ? index(starts, count, indexShift) : null;
            this.nodes = Arrays.copyOf(nodes, count);
        }
    }

    private Branch(Object[] table) {
        this.starts = null;
        this.index = null;
        this.indexShift = 0;
        this.nodes = table;
    }

    /** {@return the node of which these are the nodes of all values} It may keep the array. */
    static Object of(Object[] table) {
        int segments = 1;
        for (int value = 1; value < VALUES; value++) {
            segments += table[value] != table[value - 1] || !Leaf.isConstant(table[value]) ? 1 : 0;
        }
        if (segments >= TABLE_FROM) {
            return new Branch(table);
        }
        Segments some = new Segments();
        for (int value = 0; value < VALUES; value++) {
            some.add(value, table[value]);
        }
        return some.node();
    }

    /** {@return whether the node is a branch that has a node for each value} */
    static boolean isTable(Object node) {
        return node instanceof Branch branch && branch.starts == null;
    }

    /** {@return a copy of a table} */
    Object[] copy() {
        return nodes.clone();
    }

    private static Object[] table(char[] starts, Object[] nodes, int count) {
        Object[] table = new Object[VALUES];
        for (int segment = 0; segment < count; segment++) {
            int end = segment + 1 < count ? starts[segment + 1] : VALUES;
            Arrays.fill(table, starts[segment], end, nodes[segment]);
        }
        return table;
    }

    private static char[] index(char[] starts, int count, int shift) {
        int last = VALUES >>> shift;
        char[] index = new char[last + 1];
        int segment = 0;
        for (int first = 0; first < last; first++) {
            while (segment + 1 < count && starts[segment + 1] <= first << shift) {
                segment++;
            }
            index[first] = (char) segment;
        }
        index[last] = (char) (count - 1);
        return index;
    }

    /** {@return the node for a value of the group} */
    Object at(int value) {
        char[] from = starts;
        return from == null ? nodes[value] : nodes[segment(from, value)];
    }

    /** {@return whether all addresses of some values are in the set} */
    boolean isAll(int first, int end) {
        int value = first;
        while (value < end) {
            int segment = starts == null ? value : segment(starts, value);
            if (nodes[segment] != Leaf.ALL) {
                return false;
            }
            value = start(segment + 1);
        }
        return true;
    }

    private int segment(char[] from, int value) {
        char[] firsts = index;
        int base = 0;
        int length = from.length;
        if (firsts != null) {
            base = firsts[value >>> indexShift];
            length = firsts[(value >>> indexShift) + 1] - base + 1;
        }
        while (length > 1) {
            int half = length >>> 1;
            base += half & ((from[base + half] - value - 1) >> 31);
            length -= half;
        }
        return base;
    }

    /** {@return how many segments there are; a table has one for each value} */
    int segments() {
        return nodes.length;
    }

    /** {@return the first value of a segment, or {@link #VALUES} after the last} */
    int start(int segment) {
        if (segment == nodes.length) {
            return VALUES;
        }
        return starts == null ? segment : starts[segment];
    }

    /** {@return the node of a segment} */
    Object node(int segment) {
        return nodes[segment];
    }

    /** {@return about how many bytes this takes, without the nodes below} */
    long bytes() {
        long bytes = 24 + 16 + 4L * nodes.length;
        bytes += starts == null ? 0 : 16 + 2L * starts.length;
        return bytes + (index == null ? 0 : 16 + 2L * index.length);
    }
}
