package io.github.nettybpf.expression.code;

import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.expression.lower.RangeSet;
import java.util.Arrays;
import java.util.Map;

/**
 * Writes comparisons that find the range of a value: numbers that stand alone are compared one by one, long lists are
 * divided first.
 */
final class SwitchLowering {
    private final Emitter.Comparison comparison;

    /** How many numbers look alike, because their last bits were cleared. */
    private final long unit;

    SwitchLowering(Emitter.Comparison comparison, long unit) {
        this.comparison = comparison;
        this.unit = unit;
    }

    /** Writes the comparisons of a node. {@return the first one's place} */
    int write(DecisionNode node, Map<DecisionNode, Integer> places) {
        int[] targets = Arrays.stream(node.targets).mapToInt(places::get).toArray();
        long most = node.value == null ? RangeSet.END - 1 : node.value.most;
        return write(node.starts, targets, 0, targets.length, most + 1);
    }

    /** {@return how many comparisons a node takes} */
    static int cost(DecisionNode node, long unit) {
        int[] written = new int[1];
        int[] targets = new int[node.targets.length];
        for (int i = 0; i < targets.length; i++) {
            targets[i] = node.targets[i].id;
        }
        SwitchLowering counting = new SwitchLowering(
                (test, number, yes, no) -> {
                    written[0]++;
                    return Integer.MIN_VALUE + written[0];
                },
                unit);
        long most = node.value == null ? RangeSet.END - 1 : node.value.most;
        counting.write(node.starts, targets, 0, targets.length, most + 1);
        return written[0];
    }

    private int write(long[] starts, int[] targets, int from, int to, long end) {
        int n = to - from;
        if (n == 1) {
            return targets[from];
        }
        if (n > 2 * Emitter.chain() + 1) {
            int middle = (from + to) >>> 1;
            int high = write(starts, targets, middle, to, end);
            int low = write(starts, targets, from, middle, starts[middle]);
            return comparison.write(JumpCondition.JGE, starts[middle], high, low);
        }
        int lone = lone(starts, targets, from, to, end);
        if (lone >= 0) {
            return compareLone(starts, targets, from, to, end, lone);
        }
        int last = write(starts, targets, from, to - 1, starts[to - 1]);
        return comparison.write(JumpCondition.JGE, starts[to - 1], targets[to - 1], last);
    }

    /** {@return the number to compare with}, one between two ranges that lead to the same place if there is one; or -1. */
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

    /** Compares with one number, and leaves it out of what is to be compared behind that. */
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
        int rest = write(restStarts, restTargets, 0, n, lone == to - 1 ? starts[lone] : end);
        return comparison.write(JumpCondition.JEQ, starts[lone], targets[lone], rest);
    }
}
