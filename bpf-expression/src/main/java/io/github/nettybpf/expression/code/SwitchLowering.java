package io.github.nettybpf.expression.code;

import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.expression.lower.RangeSet;
import java.util.Arrays;
import java.util.Map;

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

    /** How long the chains are that a list is bisected into. */
    private static final int CHAIN = 16;

    private final Comparison comparison;

    /** How many adjacent values have become one number, because their low bits were cleared. */
    private final long unit;

    SwitchLowering(Comparison comparison, long unit) {
        this.comparison = comparison;
        this.unit = unit;
    }

    /** {@return the position of the first comparison of a node, all of which are emitted} */
    int emit(DecisionNode node, Map<DecisionNode, Integer> positions) {
        int[] targets = Arrays.stream(node.targets).mapToInt(positions::get).toArray();
        long max = node.value == null ? RangeSet.END - 1 : node.value.max;
        return emitAll(node.starts, targets, max + 1);
    }

    private int emitAll(long[] starts, int[] targets, long end) {
        return targets.length > 2 * WHOLE_CHAIN + 1
                ? emit(starts, targets, 0, targets.length, end)
                : chain(starts, targets, 0, targets.length, end);
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
        long max = node.value == null ? RangeSet.END - 1 : node.value.max;
        counting.emitAll(node.starts, targets, max + 1);
        return emitted[0];
    }

    private int emit(long[] starts, int[] targets, int from, int to, long end) {
        if (to - from <= 2 * CHAIN + 1) {
            return chain(starts, targets, from, to, end);
        }
        int middle = (from + to) >>> 1;
        int high = emit(starts, targets, middle, to, end);
        int low = emit(starts, targets, from, middle, starts[middle]);
        return comparison.emit(JumpCondition.JGE, starts[middle], high, low);
    }

    private int chain(long[] starts, int[] targets, int from, int to, long end) {
        if (to - from == 1) {
            return targets[from];
        }
        int lone = lone(starts, targets, from, to, end);
        if (lone >= 0) {
            return compareLone(starts, targets, from, to, end, lone);
        }
        int last = chain(starts, targets, from, to - 1, starts[to - 1]);
        return comparison.emit(JumpCondition.JGE, starts[to - 1], targets[to - 1], last);
    }

    private boolean isLone(long[] starts, int i, int to, long end) {
        return (i + 1 < to ? starts[i + 1] : end) - starts[i] == unit;
    }

    /**
     * {@return the index of a range of one number, or -1 if there is none} A range between two others with the same
     * successor is preferred, because those merge; then one beside a longer range, which its number is added to, so
     * that the range on its other side may come between two with the same successor.
     */
    private int lone(long[] starts, int[] targets, int from, int to, long end) {
        for (int i = from + 1; i < to - 1; i++) {
            if (isLone(starts, i, to, end) && targets[i - 1] == targets[i + 1]) {
                return i;
            }
        }
        if (isLone(starts, from, to, end)) {
            return from;
        } else if (isLone(starts, to - 1, to, end)) {
            return to - 1;
        }
        for (int i = from + 1; i < to - 1; i++) {
            if (isLone(starts, i, to, end) && !isLone(starts, i + 1, to, end)) {
                return i;
            }
        }
        return -1;
    }

    /** Emits a comparison with one number, then those for the other ranges, to one of which the number is added. */
    private int compareLone(long[] starts, int[] targets, int from, int to, long end, int lone) {
        boolean first = lone == from;
        boolean last = lone == to - 1;
        int gap = !first && !last && targets[lone - 1] == targets[lone + 1] ? 2 : 1;
        int n = to - from - gap;
        long[] restStarts = new long[n];
        int[] restTargets = new int[n];
        int taken = lone - from;
        System.arraycopy(starts, from, restStarts, 0, taken);
        System.arraycopy(targets, from, restTargets, 0, taken);
        System.arraycopy(starts, from + taken + gap, restStarts, taken, n - taken);
        System.arraycopy(targets, from + taken + gap, restTargets, taken, n - taken);
        if (!first && !last && gap == 1) {
            restStarts[taken] = starts[lone];
        }
        int rest = chain(restStarts, restTargets, 0, n, last ? starts[lone] : end);
        return comparison.emit(JumpCondition.JEQ, starts[lone], targets[lone], rest);
    }
}
