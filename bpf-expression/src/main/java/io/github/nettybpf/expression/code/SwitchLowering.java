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

    /** How long a chain of {@code jeq} gets before a list is bisected. */
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
        return emit(node.starts, targets, 0, targets.length, max + 1);
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
        counting.emit(node.starts, targets, 0, targets.length, max + 1);
        return emitted[0];
    }

    private int emit(long[] starts, int[] targets, int from, int to, long end) {
        int n = to - from;
        if (n == 1) {
            return targets[from];
        }
        if (n > 2 * CHAIN + 1) {
            int middle = (from + to) >>> 1;
            int high = emit(starts, targets, middle, to, end);
            int low = emit(starts, targets, from, middle, starts[middle]);
            return comparison.emit(JumpCondition.JGE, starts[middle], high, low);
        }
        int lone = lone(starts, targets, from, to, end);
        if (lone >= 0) {
            return compareLone(starts, targets, from, to, end, lone);
        }
        int last = emit(starts, targets, from, to - 1, starts[to - 1]);
        return comparison.emit(JumpCondition.JGE, starts[to - 1], targets[to - 1], last);
    }

    /**
     * {@return the index of a range of one number, or -1 if there is none} A range between two others with the same
     * successor is preferred, because those merge.
     */
    private int lone(long[] starts, int[] targets, int from, int to, long end) {
        for (int i = from + 1; i < to - 1; i++) {
            if (starts[i + 1] - starts[i] == unit && targets[i - 1] == targets[i + 1]) {
                return i;
            }
        }
        if (starts[from + 1] - starts[from] == unit) {
            return from;
        }
        return end - starts[to - 1] == unit ? to - 1 : -1;
    }

    /** Emits a comparison with one number, then those for the other ranges. */
    private int compareLone(long[] starts, int[] targets, int from, int to, long end, int lone) {
        int left = lone - from;
        int gap = lone == from || lone == to - 1 ? 1 : 2;
        int n = to - from - gap;
        long[] restStarts = new long[n];
        int[] restTargets = new int[n];
        int taken = lone == from ? 0 : left;
        System.arraycopy(starts, from, restStarts, 0, taken);
        System.arraycopy(targets, from, restTargets, 0, taken);
        System.arraycopy(starts, from + taken + gap, restStarts, taken, n - taken);
        System.arraycopy(targets, from + taken + gap, restTargets, taken, n - taken);
        int rest = emit(restStarts, restTargets, 0, n, lone == to - 1 ? starts[lone] : end);
        return comparison.emit(JumpCondition.JEQ, starts[lone], targets[lone], rest);
    }
}
