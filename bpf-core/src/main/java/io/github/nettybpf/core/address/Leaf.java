package io.github.nettybpf.core.address;

/**
 * The end of a path through the tree: which values of a group of 16 bits are in the set, whatever the bits after it are.
 * It is a sorted array of the values at which that changes, beginning with "not in the set": {@code {3, 5}} stands for 3
 * and 4. So no array has two forms.
 */
final class Leaf {
    /** Nothing is in the set; compared by identity. */
    static final char[] NONE = {};

    /** All is in the set; compared by identity. */
    static final char[] ALL = {0};

    private Leaf() {}

    /** {@return whether the value of the group is in the set} */
    static boolean contains(char[] changes, int value) {
        return (lastChange(changes, value) & 1) == 0;
    }

    /** {@return which change is the last at the value or before, or -1: it is in the set after an even one} */
    static int lastChange(char[] changes, int value) {
        int base = 0;
        int length = changes.length;
        if (length == 0 || changes[0] > value) {
            return -1;
        }
        while (length > 1) {
            int half = length >>> 1;
            // Without a branch, which no CPU could predict: the difference is negative if the change is at most the
            // value.
            base += half & ((changes[base + half] - value - 1) >> 31);
            length -= half;
        }
        return base;
    }

    /** {@return whether the node decides without a look at the group} */
    static boolean isConstant(Object node) {
        return node == NONE || node == ALL;
    }
}
