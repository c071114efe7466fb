package io.github.nettybpf.expression.code;

import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.Value;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known at a place of a decision graph, whichever way led there: a list of tests that were made, the last one
 * first. Immutable; lists that have a common beginning share it.
 */
final class RangeFacts {
    private final @Nullable RangeFacts before;
    private final int depth;
    private final Value value;
    private final RangeSet range;

    /** Whether the value became what it is here, so that what was known of it before is void. */
    private final boolean fresh;

    private RangeFacts(@Nullable RangeFacts before, Value value, RangeSet range, boolean fresh) {
        this.before = before;
        this.depth = before == null ? 1 : before.depth + 1;
        this.value = value;
        this.range = range;
        this.fresh = fresh;
    }

    static RangeFacts and(@Nullable RangeFacts before, Value value, RangeSet range) {
        return new RangeFacts(before, value, range, false);
    }

    /** {@return what is known when a value was kept} */
    static RangeFacts kept(@Nullable RangeFacts before, Value slot) {
        return new RangeFacts(before, slot, RangeSet.between(1, RangeSet.END - 1), true);
    }

    /** {@return what is known before anything was kept} */
    static @Nullable RangeFacts atFirst(Iterable<Value> slots) {
        RangeFacts facts = null;
        for (Value slot : slots) {
            facts = new RangeFacts(facts, slot, RangeSet.of(0), true);
        }
        return facts;
    }

    /** {@return how many facts there are} */
    static int depth(@Nullable RangeFacts facts) {
        return facts == null ? 0 : facts.depth;
    }

    /** {@return what both know}, or nothing if that takes more than so many steps to find. */
    static @Nullable RangeFacts common(@Nullable RangeFacts a, @Nullable RangeFacts b, int most) {
        RangeFacts left = a;
        RangeFacts right = b;
        Set<Value> changed = new HashSet<>();
        for (int steps = 0; left != right; steps++) {
            if (steps == most) {
                return null;
            }
            boolean first = right == null || (left != null && left.depth >= right.depth);
            RangeFacts dropped = Objects.requireNonNull(first ? left : right);
            if (dropped.fresh) {
                changed.add(dropped.value);
            }
            if (first) {
                left = dropped.before;
            } else {
                right = dropped.before;
            }
        }
        for (Value slot : changed) {
            left = new RangeFacts(left, slot, RangeSet.between(0, slot.most), true);
        }
        return left;
    }

    /** {@return what the value can be}, by the last {@code far} facts. */
    static RangeSet about(@Nullable RangeFacts facts, Value value, int far) {
        RangeSet range = RangeSet.between(0, value.most);
        RangeFacts fact = facts;
        for (int i = 0; fact != null && i < far; i++) {
            if (fact.value == value) {
                range = range.and(fact.range);
                if (fact.fresh) {
                    break;
                }
            }
            fact = fact.before;
        }
        return range;
    }

    /** {@return whether the value can be computed, because what it needs was there before}, by the last {@code far} facts. */
    static boolean present(@Nullable RangeFacts facts, Value value, int far) {
        RangeFacts fact = facts;
        for (int i = 0; fact != null && i < far; i++) {
            if (fact.value.implies(value)) {
                return true;
            }
            fact = fact.before;
        }
        return value.isAlwaysThere();
    }
}
