package io.github.nettybpf.expression.code;

import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.Value;
import org.jspecify.annotations.Nullable;

/**
 * A node of an ordered decision diagram that says what a formula is for every packet, cut off or not: true, false, or
 * undefined because a value is tested that the packet lacks the bytes for. Immutable; equal diagrams of one {@link
 * Diagrams} are the same object.
 *
 * <p>{@code starts} and {@code targets} are a range map, as in {@link DecisionNode}.
 */
final class Diagram {
    static final Diagram TRUE = new Diagram(-1, null, Integer.MAX_VALUE, new long[0], new Diagram[0], null);
    static final Diagram FALSE = new Diagram(-2, null, Integer.MAX_VALUE, new long[0], new Diagram[0], null);
    static final Diagram UNDEFINED = new Diagram(-3, null, Integer.MAX_VALUE, new long[0], new Diagram[0], null);

    /** What tells the diagrams of a table apart. */
    final int id;

    /** What is tested, or null for an outcome. */
    final @Nullable Value value;

    /** The place of the value in the order; outcomes come last. */
    final int rank;

    final long[] starts;
    final Diagram[] targets;

    /** The diagram for packets for which the value is not defined, or null if it always is. */
    final @Nullable Diagram undefined;

    Diagram(int id, @Nullable Value value, int rank, long[] starts, Diagram[] targets, @Nullable Diagram undefined) {
        this.id = id;
        this.value = value;
        this.rank = rank;
        this.starts = starts;
        this.targets = targets;
        this.undefined = undefined;
    }

    boolean isOutcome() {
        return value == null;
    }

    /** {@return the number after the last one of the range} */
    long end(int range) {
        return range + 1 < starts.length ? starts[range + 1] : RangeSet.END;
    }
}
