package io.github.nettybpf.expression.code;

import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.Value;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One step of a decision: computes a value and goes on by where it lies; or a verdict, which has no value. Immutable.
 *
 * <p>{@code starts} divides the numbers from 0 to 2^32 - 1 into ranges, the first of which starts at 0; {@code targets} has
 * where each leads. Neighbouring ranges lead to different nodes.
 */
final class DecisionNode {
    static final DecisionNode ACCEPT = new DecisionNode(-1, null, null, new long[0], new DecisionNode[0]);
    static final DecisionNode REJECT = new DecisionNode(-2, null, null, new long[0], new DecisionNode[0]);

    final int id;
    final @Nullable Value value;

    /** What the value is kept as, if the step keeps it and goes on to its only target; otherwise null. */
    final @Nullable Value slot;

    final long[] starts;
    final DecisionNode[] targets;

    DecisionNode(int id, @Nullable Value value, @Nullable Value slot, long[] starts, DecisionNode[] targets) {
        this.id = id;
        this.value = value;
        this.slot = slot;
        this.starts = starts;
        this.targets = targets;
    }

    boolean isVerdict() {
        return value == null;
    }

    /** {@return where the range ends}, exclusively. */
    long end(int range) {
        return range + 1 < starts.length ? starts[range + 1] : RangeSet.END;
    }

    /** {@return the range that has the number} */
    int rangeOf(long number) {
        int found = Arrays.binarySearch(starts, number);
        return found >= 0 ? found : -found - 2;
    }

    /** {@return whether the value does not matter}, only that it can be computed. */
    boolean isProbe() {
        return targets.length == 1;
    }
}
