package io.github.nettybpf.expression.code;

import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.Value;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A node of a decision graph: computes a value, and branches by the range that it is in; or a verdict, which has no
 * value. Immutable.
 *
 * <p>{@code starts} and {@code targets} are a map from ranges to successors (a range map): the numbers from 0 to 2^32 -
 * 1 in ranges, the first of which starts at 0, and the successor for each. Adjacent ranges have different successors.
 */
final class DecisionNode {
    static final DecisionNode ACCEPT = new DecisionNode(-1, null, null, new long[0], new DecisionNode[0]);
    static final DecisionNode REJECT = new DecisionNode(-2, null, null, new long[0], new DecisionNode[0]);

    /** What tells the nodes of a graph apart. */
    final int id;

    private final @Nullable Value value;

    /** The scratch slot that the value is stored in, if the node does that and has one successor; otherwise null. */
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

    /** {@return what a node that is no verdict tests or stores} */
    Value value() {
        return Objects.requireNonNull(value);
    }

    /** {@return the number after the last one of the range} */
    long end(int range) {
        return range + 1 < starts.length ? starts[range + 1] : RangeSet.END;
    }

    /** {@return the index of the range that has the number} */
    int rangeOf(long number) {
        int found = Arrays.binarySearch(starts, number);
        return found >= 0 ? found : -found - 2;
    }

    /**
     * {@return whether all numbers lead to the same successor, so that it only matters whether the value is defined}
     */
    boolean isDefinednessTest() {
        return targets.length == 1;
    }
}
