package io.github.nettybpf.expression.code;

import io.github.nettybpf.core.JumpCondition;
import java.util.Arrays;
import java.util.function.ToIntBiFunction;
import java.util.function.ToIntFunction;

/**
 * Emits the comparisons that find the range of a value (switch lowering): a binary search tree of {@code jge} over the
 * ranges, and below it a chain of {@code jeq} for ranges of one number.
 */
final class SwitchLowering {
    /** Emits a comparison. */
    interface Comparison {
        /**
         * {@return the position of the comparison}
         *
         * @param cond how A is compared with the number
         * @param number the number
         * @param yes the position to go to if the condition holds
         * @param no the position to go to if it does not
         */
        int emit(JumpCondition cond, long number, int yes, int no);
    }

    /** How long a chain of {@code jeq} gets before a list is bisected: a list that short takes one instruction each. */
    private static final int WHOLE_CHAIN = 32;

    /** The same where numbers lead to different tests: bisected, such a list of 33 to 42 is longer than libpcap's. */
    private static final int WHOLE_SWITCH = 44;

    /** How long the chains are that a list is bisected into. */
    private static final int CHAIN = 16;

    private final Comparison comparison;

    /** How many adjacent values have become one number, because their low bits were cleared. */
    private final long unit;

    /** The ranges of a value: where they start, the positions to go to, and how often the graph has each of them. */
    private static final class Ranges {
        final long[] starts;
        final int[] targets;
        final int[] uses;

        Ranges(long[] starts, int[] targets, int[] uses) {
            this.starts = starts;
            this.targets = targets;
            this.uses = uses;
        }

        /** {@return the ranges from one to before another, without {@code gap} of them} */
        Ranges without(int from, int to, int first, int gap) {
            int n = to - from - gap;
            Ranges rest = new Ranges(new long[n], new int[n], new int[n]);
            copy(rest, from, 0, first - from);
            copy(rest, first + gap, first - from, to - first - gap);
            return rest;
        }

        private void copy(Ranges copy, int from, int to, int n) {
            System.arraycopy(starts, from, copy.starts, to, n);
            System.arraycopy(targets, from, copy.targets, to, n);
            System.arraycopy(uses, from, copy.uses, to, n);
        }
    }

    SwitchLowering(Comparison comparison, long unit) {
        this.comparison = comparison;
        this.unit = unit;
    }

    /**
     * {@return the position of the first comparison of a node, all of which are emitted}
     *
     * @param position tells the position of each of its successors
     * @param uses how many nodes have a range that starts at a number and leads to a successor
     */
    int emit(DecisionNode node, ToIntFunction<DecisionNode> position, ToIntBiFunction<Long, DecisionNode> uses) {
        int n = node.targets.length;
        int[] targets = new int[n];
        int[] used = new int[n];
        for (int i = 0; i < n; i++) {
            targets[i] = position.applyAsInt(node.targets[i]);
            used[i] = uses.applyAsInt(node.starts[i], node.targets[i]);
        }
        return emitAll(node, new Ranges(node.starts, targets, used));
    }

    private int emitAll(DecisionNode node, Ranges ranges) {
        int n = node.targets.length;
        long end = node.value().max + 1;
        long different = Arrays.stream(ranges.targets).distinct().count();
        int whole = different > n / 4 ? WHOLE_SWITCH : WHOLE_CHAIN;
        return n > 2 * whole + 1 ? emit(ranges, 0, n, end) : chain(ranges, 0, n, end);
    }

    /** {@return how many comparisons a node takes} */
    static int cost(DecisionNode node, long unit) {
        int[] emitted = new int[1];
        int[] targets = new int[node.targets.length];
        for (int i = 0; i < targets.length; i++) {
            targets[i] = node.targets[i].id;
        }
        SwitchLowering counting = new SwitchLowering(
                (cond, number, yes, no) -> {
                    emitted[0]++;
                    return Integer.MIN_VALUE + emitted[0];
                },
                unit);
        counting.emitAll(node, new Ranges(node.starts, targets, new int[targets.length]));
        return emitted[0];
    }

    private int emit(Ranges ranges, int from, int to, long end) {
        if (to - from <= 2 * CHAIN + 1) {
            return chain(ranges, from, to, end);
        }
        int middle = (from + to) >>> 1;
        int high = emit(ranges, middle, to, end);
        int low = emit(ranges, from, middle, ranges.starts[middle]);
        return comparison.emit(JumpCondition.JGE, ranges.starts[middle], high, low);
    }

    private int chain(Ranges ranges, int from, int to, long end) {
        if (to - from == 1) {
            return ranges.targets[from];
        }
        int lone = lone(ranges, from, to, end);
        if (lone >= 0) {
            return compareLone(ranges, from, to, end, lone);
        }
        long start = ranges.starts[to - 1];
        int last = chain(ranges, from, to - 1, start);
        return comparison.emit(JumpCondition.JGE, start, ranges.targets[to - 1], last);
    }

    private boolean isLone(Ranges ranges, int i, int to, long end) {
        return (i + 1 < to ? ranges.starts[i + 1] : end) - ranges.starts[i] == unit;
    }

    /**
     * {@return the index of a range of one number, or -1 if there is none} A range between two others with the same
     * successor is preferred, because those merge, and among these the one that the fewest nodes have: so lists end
     * alike, and share their ends. Then one beside a longer range, which its number is added to, so that the range on its
     * other side may come between two with the same successor.
     */
    private int lone(Ranges ranges, int from, int to, long end) {
        int between = -1;
        for (int i = from + 1; i < to - 1; i++) {
            if (isLone(ranges, i, to, end)
                    && ranges.targets[i - 1] == ranges.targets[i + 1]
                    && (between < 0 || ranges.uses[i] < ranges.uses[between])) {
                between = i;
            }
        }
        if (between >= 0) {
            return between;
        } else if (isLone(ranges, from, to, end)) {
            return from;
        } else if (isLone(ranges, to - 1, to, end)) {
            return to - 1;
        }
        for (int i = from + 1; i < to - 1; i++) {
            if (isLone(ranges, i, to, end) && !isLone(ranges, i + 1, to, end)) {
                return i;
            }
        }
        return -1;
    }

    /** Emits a comparison with one number, then those for the other ranges, to one of which the number is added. */
    private int compareLone(Ranges ranges, int from, int to, long end, int lone) {
        boolean first = lone == from;
        boolean last = lone == to - 1;
        int gap = !first && !last && ranges.targets[lone - 1] == ranges.targets[lone + 1] ? 2 : 1;
        Ranges rest = ranges.without(from, to, lone, gap);
        if (!first && !last && gap == 1) {
            rest.starts[lone - from] = ranges.starts[lone];
        }
        int next = chain(rest, 0, to - from - gap, last ? ranges.starts[lone] : end);
        return comparison.emit(JumpCondition.JEQ, ranges.starts[lone], ranges.targets[lone], next);
    }
}
