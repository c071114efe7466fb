package io.github.nettybpf.core.address;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * IPv6 addresses: a level-compressed trie ({@link Ipv6Node}, {@link Ipv6Leaf}) that sets which differ in little share.
 * Equal sets may be different tries: a change of few addresses keeps the nodes as they are. Immutable.
 */
final class Ipv6Set {
    static final Ipv6Set EMPTY = new Ipv6Set(Ipv6Leaf.NONE, 0, 0);

    /** So many changes of a small set do not make all nodes anew. */
    private static final int FEW = 16;

    /** A node or a leaf. */
    private final Object root;

    /** How many ranges there were when all nodes were made. */
    private final int size;

    /** How many pieces were added or removed since. */
    private final int changes;

    private Ipv6Set(Object root, int size, int changes) {
        this.root = root;
        this.size = size;
        this.changes = changes;
    }

    /** {@return the set of ranges that are normalized} */
    static Ipv6Set of(RangeList ranges) {
        return ranges.size() == 0 ? EMPTY : new Ipv6Set(Ipv6Builder.node(ranges, Ipv6Block.ALL), ranges.size(), 0);
    }

    boolean isEmpty() {
        return root == Ipv6Leaf.NONE;
    }

    /** {@return whether the address is in the set} */
    boolean contains(long high, long low) {
        Object node = root;
        while (node instanceof Ipv6Node inner) {
            node = inner.child(high, low);
        }
        return Ipv6Leaf.contains((long[]) node, high, low);
    }

    /** {@return the shortest prefix around the address that is in the set as a whole, or empty if the address is not} */
    Optional<AddressPrefix> prefixOf(long high, long low) {
        return new Ipv6PrefixSearch(high, low).in(root, Ipv6Block.ALL);
    }

    /** {@return the numbers of the two sets} */
    Ipv6Set combined(RangeAlgebra operation, Ipv6Set other) {
        if (root == other.root) {
            return operation == RangeAlgebra.DIFFERENCE ? EMPTY : this;
        } else if (operation != RangeAlgebra.INTERSECTION) {
            if (other.isEmpty()) {
                return this;
            } else if (operation == RangeAlgebra.UNION && !other.isLeaf() && isLeaf()) {
                return other.combined(operation, this);
            } else if (other.isLeaf() && !isLeaf()) {
                return changed(operation, other.ranges());
            }
        }
        return of(operation.of(ranges(), other.ranges()));
    }

    private boolean isLeaf() {
        return root instanceof long[];
    }

    /** Makes all nodes anew after many changes, so that there are as many cells as the addresses need. */
    private Ipv6Set changed(RangeAlgebra operation, RangeList few) {
        RangeList pieces = Ipv6Builder.pieces(few);
        if (changes + pieces.size() > size / 2 + FEW) {
            return of(operation.of(ranges(), few));
        }
        Object node = root;
        for (int piece = 0; piece < pieces.size(); piece++) {
            RangeList one = new RangeList();
            one.addAll(pieces, piece, piece + 1);
            node = new Ipv6Change(operation, one).of(node, Ipv6Block.ALL);
        }
        return node == Ipv6Leaf.NONE ? EMPTY : new Ipv6Set(node, size, changes + pieces.size());
    }

    /** {@return all ranges, sorted; no two follow each other} */
    RangeList ranges() {
        RangeList ranges = new RangeList();
        if (root instanceof Ipv6Node node) {
            node.addTo(ranges);
        } else {
            Ipv6Leaf.addTo((long[]) root, Ipv6Block.ALL, ranges);
        }
        return ranges;
    }

    /** {@return about how many bytes of memory the set takes, with compressed references} */
    long bytes() {
        if (root instanceof Ipv6Node node) {
            return 24 + node.bytes();
        }
        return isEmpty() || root == Ipv6Leaf.ALL ? 0 : 24 + 16 + 8L * ((long[]) root).length;
    }

    /** {@return whether the other is a set of the same addresses} The nodes may be others. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Ipv6Set set && (root == set.root || ranges().equals(set.ranges()));
    }

    @Override
    public int hashCode() {
        return ranges().hashCode();
    }
}
