package io.github.nettybpf.core.address;

/**
 * Adds one piece to a trie of IPv6 addresses, or removes it. Only the nodes on the path to it are made anew; all others
 * are shared. A piece outside of the block of a node gets a new node above that one.
 */
final class Ipv6Change {
    private final RangeAlgebra operation;
    private final boolean isUnion;
    private final RangeList piece;

    /**
     * A change.
     *
     * @param operation union or difference
     * @param piece a list of one piece
     */
    Ipv6Change(RangeAlgebra operation, RangeList piece) {
        this.operation = operation;
        this.isUnion = operation == RangeAlgebra.UNION;
        this.piece = piece;
    }

    /** {@return the node or leaf of a block after the change} The piece overlaps the block. */
    Object of(Object node, Ipv6Block block) {
        if (block.isCoveredBy(piece, 0)) {
            return isUnion ? Ipv6Leaf.ALL : Ipv6Leaf.NONE;
        } else if (node instanceof Ipv6Node inner) {
            return inner.block().isLow() && !block.isLow() ? ofLow(inner, block) : ofNode(inner, block);
        }
        RangeList ranges = new RangeList();
        Ipv6Leaf.addTo((long[]) node, block, ranges);
        return Ipv6Builder.node(operation.of(ranges, block.part(piece, 0)), block);
    }

    /** The node divides by the second half what has one first half, and the block has many of those. */
    private Object ofLow(Ipv6Node node, Ipv6Block block) {
        long high = node.block().high();
        if (!isInPiece(high)) {
            return isUnion ? above(node, high, high, block) : node;
        } else if (!Ipv6Builder.isHigh(piece, 0)) {
            return ofNode(node, Ipv6Block.ofHigh(high));
        }
        return isUnion ? Ipv6Builder.node(block.part(piece, 0), block) : Ipv6Leaf.NONE;
    }

    private boolean isInPiece(long high) {
        return Long.compareUnsigned(high - piece.firstHigh(0), piece.lastHigh(0) - piece.firstHigh(0)) <= 0;
    }

    private Object ofNode(Ipv6Node node, Ipv6Block block) {
        Ipv6Block own = node.block();
        long first = block.first(piece, 0);
        long last = block.last(piece, 0);
        if (isUnion && !(own.contains(first) && own.contains(last))) {
            return above(node, own.first(), own.last(), block);
        }
        boolean isDisjoint = Long.compareUnsigned(last, own.first()) < 0 || Long.compareUnsigned(first, own.last()) > 0;
        return isDisjoint ? node : changed(node.copy());
    }

    /** Puts a node of two cells above one, whose own keys are in one of them. */
    private Object above(Ipv6Node node, long from, long to, Ipv6Block block) {
        long first = block.first(piece, 0);
        long last = block.last(piece, 0);
        Ipv6Node upper = new Ipv6Node(
                block.narrowed(
                        Long.compareUnsigned(first, from) < 0 ? first : from,
                        Long.compareUnsigned(last, to) > 0 ? last : to),
                2);
        upper.set(upper.cell(from), node, from, to);
        return changed(upper);
    }

    /** Changes a node that is no one else's yet. */
    private Object changed(Ipv6Node node) {
        Ipv6Block block = node.block();
        int last = node.cell(block.last(piece, 0));
        for (int cell = node.cell(block.first(piece, 0)); cell <= last; cell++) {
            Ipv6Block part = node.cellBlock(cell);
            Object child = of(node.child(cell), part);
            if (isUnion) {
                node.set(cell, child, part.first(piece, 0), part.last(piece, 0));
            } else {
                node.reduce(cell, child);
            }
        }
        return node.isEmpty() ? Ipv6Leaf.NONE : node;
    }
}
