package io.github.nettybpf.core.address;

/**
 * Makes the tree of ranges of IPv4 addresses that are sorted, and neither overlap nor follow each other. Only their highest
 * 32 bits divide them: of the others, each range has all.
 */
final class TreeBuilder {
    private static final int LAST = Branch.VALUES - 1;

    private final RangeList ranges;

    private TreeBuilder(RangeList ranges) {
        this.ranges = ranges;
    }

    static Object tree(RangeList ranges) {
        return new TreeBuilder(ranges).node(0, 0, ranges.size(), false, false);
    }

    /** {@return a group of 16 bits of a number's high half, from its highest bits on} */
    private static int group(long high, int level) {
        return (int) (high >>> (48 - 16 * level)) & LAST;
    }

    /** The bits after the group of this level. */
    private static long below(int level) {
        return (1L << (48 - 16 * level)) - 1;
    }

    /** {@return whether a range begins at the first number of its group's value} */
    private boolean beginsWithValue(int range, int level) {
        return (ranges.firstHigh(range) & below(level)) == 0;
    }

    /** {@return whether a range ends at the last number of its group's value} */
    private boolean endsWithValue(int range, int level) {
        return (~ranges.lastHigh(range) & below(level)) == 0;
    }

    private int firstValue(int range, int level) {
        return group(ranges.firstHigh(range), level);
    }

    private int lastValue(int range, int level) {
        return group(ranges.lastHigh(range), level);
    }

    /**
     * {@return the node of the numbers whose groups before this level are those of the ranges}
     *
     * @param from the first range
     * @param to the range after the last
     * @param beginsBefore whether the first range begins before these numbers
     * @param endsAfter whether the last range ends after them
     */
    private Object node(int level, int from, int to, boolean beginsBefore, boolean endsAfter) {
        Segments segments = new Segments();
        segments.add(0, Leaf.NONE);
        int range = from;
        int value = 0; // up to here the present range has been seen to, if it is one of several values
        boolean isInside = beginsBefore;
        while (range < to && value < Branch.VALUES) {
            boolean goesOn = endsAfter && range == to - 1;
            int start = isInside ? value : firstValue(range, level);
            int end = goesOn ? LAST : lastValue(range, level);
            boolean endsWhole = goesOn || endsWithValue(range, level);
            int lastWhole = endsWhole ? end : end - 1;
            if ((isInside || beginsWithValue(range, level)) && start <= lastWhole) {
                segments.add(start, Leaf.ALL);
                segments.add(lastWhole + 1, Leaf.NONE);
                isInside = !endsWhole;
                value = lastWhole + 1;
                range += endsWhole ? 1 : 0;
            } else {
                int next = range + 1;
                while (next < to && firstValue(next, level) == start) {
                    next++;
                }
                boolean isOpen = (endsAfter && next == to) || lastValue(next - 1, level) > start;
                segments.add(start, node(level + 1, range, next, isInside, isOpen));
                segments.add(start + 1, Leaf.NONE);
                isInside = isOpen;
                value = start + 1;
                range = isOpen ? next - 1 : next;
            }
        }
        return segments.node();
    }
}
