package io.github.nettybpf.core.address;

import java.util.Arrays;

/** Combines trees. What only one of them has is shared with the result. */
enum TreeAlgebra {
    UNION {
        @Override
        Object shortcut(Object a, Object b) {
            if (a == Leaf.ALL || b == Leaf.ALL) {
                return Leaf.ALL;
            }
            return a == Leaf.NONE ? b : b == Leaf.NONE ? a : UNDECIDED;
        }
    },
    INTERSECTION {
        @Override
        Object shortcut(Object a, Object b) {
            if (a == Leaf.NONE || b == Leaf.NONE) {
                return Leaf.NONE;
            }
            return a == Leaf.ALL ? b : b == Leaf.ALL ? a : UNDECIDED;
        }
    },
    DIFFERENCE {
        @Override
        Object shortcut(Object a, Object b) {
            if (a == Leaf.NONE || b == Leaf.ALL) {
                return Leaf.NONE;
            }
            return b == Leaf.NONE ? a : UNDECIDED;
        }
    };

    private static final Object UNDECIDED = new Object();

    /** {@return the result if one of the operands is a constant that decides it, or else {@link #UNDECIDED}} */
    abstract Object shortcut(Object a, Object b);

    /** {@return the tree of the two} */
    final Object of(Object a, Object b) {
        Object known = a == b ? (this == DIFFERENCE ? Leaf.NONE : a) : shortcut(a, b);
        if (known != UNDECIDED) {
            return known;
        }
        if (this == UNION && Branch.isTable(b) && !Branch.isTable(a)) {
            return of(b, a);
        } else if (Branch.isTable(a) && !Branch.isTable(b)) {
            return ofTable((Branch) a, b);
        }
        Segments result = new Segments();
        Cursor left = new Cursor(a);
        Cursor right = new Cursor(b);
        int start = 0;
        while (start < Branch.VALUES) {
            result.add(start, of(left.value(), right.value()));
            start = Math.min(left.end(), right.end());
            left.passTo(start);
            right.passTo(start);
        }
        return result.node();
    }

    /** Copies the table, and combines only what the other node does not leave as it is. */
    private Object ofTable(Branch table, Object other) {
        Object[] nodes = table.copy();
        Object neutral = this == INTERSECTION ? Leaf.ALL : Leaf.NONE;
        Cursor cursor = new Cursor(other);
        int start = 0;
        while (start < Branch.VALUES) {
            int end = cursor.end();
            for (int value = start; value < end && cursor.value() != neutral; value++) {
                nodes[value] = of(nodes[value], cursor.value());
            }
            cursor.passTo(end);
            start = end;
        }
        return Branch.of(nodes);
    }

    /** {@return whether two trees are the same set} */
    static boolean equal(Object a, Object b) {
        if (a == b) {
            return true;
        } else if (a instanceof char[] changes) {
            return b instanceof char[] others && Arrays.equals(changes, others);
        }
        return b instanceof Branch other && equal((Branch) a, other);
    }

    private static boolean equal(Branch branch, Branch other) {
        if (branch.segments() != other.segments()) {
            return false;
        }
        for (int segment = 0; segment < branch.segments(); segment++) {
            if (branch.start(segment) != other.start(segment) || !equal(branch.node(segment), other.node(segment))) {
                return false;
            }
        }
        return true;
    }

    /** {@return the same number for the same set} */
    static int hash(Object node) {
        if (node instanceof char[] changes) {
            return Arrays.hashCode(changes);
        }
        Branch branch = (Branch) node;
        int hash = 0;
        for (int segment = 0; segment < branch.segments(); segment++) {
            hash = 31 * hash + branch.start(segment) + hash(branch.node(segment));
        }
        return hash;
    }

    /** {@return about how many bytes of memory a tree takes, with compressed references} */
    static long bytes(Object node) {
        if (node instanceof char[] changes) {
            return Leaf.isConstant(node) ? 0 : (16 + 2L * changes.length + 7) / 8 * 8;
        }
        Branch branch = (Branch) node;
        long bytes = branch.bytes();
        for (int segment = 0; segment < branch.segments(); segment++) {
            bytes += bytes(branch.node(segment));
        }
        return bytes;
    }
}
