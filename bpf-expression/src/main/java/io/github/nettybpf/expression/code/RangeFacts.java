package io.github.nettybpf.expression.code;

import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.Value;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The data-flow facts at a node of a decision graph: the ranges that values are in, whichever path reached the node. A
 * list of the tests on the path, the last one first, in which null is the empty list. Immutable; lists share their
 * tails.
 */
final class RangeFacts {
    private final @Nullable RangeFacts earlier;
    private final int depth;
    private final Value value;
    private final RangeSet range;

    /** Whether the value was stored here, so that earlier facts about it do not count. */
    private final boolean stored;

    private RangeFacts(@Nullable RangeFacts earlier, Value value, RangeSet range, boolean stored) {
        this.earlier = earlier;
        this.depth = earlier == null ? 1 : earlier.depth + 1;
        this.value = value;
        this.range = range;
        this.stored = stored;
    }

    /** {@return the facts after a test} */
    static RangeFacts and(@Nullable RangeFacts earlier, Value value, RangeSet range) {
        return new RangeFacts(earlier, value, range, false);
    }

    /** {@return the facts after a value was stored in a scratch slot} */
    static RangeFacts stored(@Nullable RangeFacts earlier, Value slot) {
        return new RangeFacts(earlier, slot, RangeSet.between(1, RangeSet.END - 1), true);
    }

    /** {@return the facts at the beginning of a program, when all scratch slots are 0} */
    static @Nullable RangeFacts atEntry(Iterable<Value> slots) {
        RangeFacts facts = null;
        for (Value slot : slots) {
            facts = new RangeFacts(facts, slot, RangeSet.of(0), true);
        }
        return facts;
    }

    /** {@return the number of facts} */
    static int depth(@Nullable RangeFacts facts) {
        return facts == null ? 0 : facts.depth;
    }

    /**
     * {@return the facts that hold on both of two joining paths, or none if that takes more steps than {@code max} to
     * find}
     */
    static @Nullable RangeFacts join(@Nullable RangeFacts a, @Nullable RangeFacts b, int max) {
        RangeFacts left = a;
        RangeFacts right = b;
        Set<Value> changed = new HashSet<>();
        for (int steps = 0; left != right; steps++) {
            if (steps == max) {
                return null;
            }
            boolean first = right == null || (left != null && left.depth >= right.depth);
            RangeFacts dropped = Objects.requireNonNull(first ? left : right);
            if (dropped.stored) {
                changed.add(dropped.value);
            }
            if (first) {
                left = dropped.earlier;
            } else {
                right = dropped.earlier;
            }
        }
        for (Value slot : changed) {
            left = new RangeFacts(left, slot, RangeSet.between(0, slot.max), true);
        }
        return left;
    }

    /** {@return the range of the value by the last {@code depth} facts} */
    static RangeSet range(@Nullable RangeFacts facts, Value value, int depth) {
        RangeSet range = RangeSet.between(0, value.max);
        RangeFacts fact = facts;
        for (int i = 0; fact != null && i < depth; i++) {
            if (fact.value == value) {
                range = range.and(fact.range);
                if (fact.stored) {
                    break;
                }
            }
            fact = fact.earlier;
        }
        return range;
    }

    /** {@return whether the value is defined by the last {@code depth} facts, because what they test is} */
    static boolean isDefined(@Nullable RangeFacts facts, Value value, int depth) {
        RangeFacts fact = facts;
        for (int i = 0; fact != null && i < depth; i++) {
            if (fact.value.implies(value)) {
                return true;
            }
            fact = fact.earlier;
        }
        return value.isAlwaysDefined();
    }
}
