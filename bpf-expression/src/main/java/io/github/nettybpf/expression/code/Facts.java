package io.github.nettybpf.expression.code;

import io.github.nettybpf.expression.lower.Ranges;
import io.github.nettybpf.expression.lower.Value;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known at a place of a decision graph, whichever way led there: a list of tests that were made, the last one
 * first. Immutable; lists that have a common beginning share it.
 */
final class Facts {
    private final @Nullable Facts before;
    private final int depth;
    private final Value value;
    private final Ranges range;

    /** Whether the value became what it is here, so that what was known of it before is void. */
    private final boolean fresh;

    private Facts(@Nullable Facts before, Value value, Ranges range, boolean fresh) {
        this.before = before;
        this.depth = before == null ? 1 : before.depth + 1;
        this.value = value;
        this.range = range;
        this.fresh = fresh;
    }

    static Facts and(@Nullable Facts before, Value value, Ranges range) {
        return new Facts(before, value, range, false);
    }

    /** {@return what is known when a value was kept} */
    static Facts kept(@Nullable Facts before, Value slot) {
        return new Facts(before, slot, Ranges.between(1, Ranges.END - 1), true);
    }

    /** {@return what is known before anything was kept} */
    static @Nullable Facts atFirst(Iterable<Value> slots) {
        Facts facts = null;
        for (Value slot : slots) {
            facts = new Facts(facts, slot, Ranges.of(0), true);
        }
        return facts;
    }

    /** {@return how many facts there are} */
    static int depth(@Nullable Facts facts) {
        return facts == null ? 0 : facts.depth;
    }

    /** {@return what both know}, or nothing if that takes more than so many steps to find. */
    static @Nullable Facts common(@Nullable Facts a, @Nullable Facts b, int most) {
        Facts left = a;
        Facts right = b;
        Set<Value> changed = new HashSet<>();
        for (int steps = 0; left != right; steps++) {
            if (steps == most) {
                return null;
            }
            boolean first = right == null || (left != null && left.depth >= right.depth);
            Facts dropped = Objects.requireNonNull(first ? left : right);
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
            left = new Facts(left, slot, Ranges.between(0, slot.most), true);
        }
        return left;
    }

    /** {@return what the value can be}, by the last {@code far} facts. */
    static Ranges about(@Nullable Facts facts, Value value, int far) {
        Ranges range = Ranges.between(0, value.most);
        Facts fact = facts;
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
    static boolean present(@Nullable Facts facts, Value value, int far) {
        Facts fact = facts;
        for (int i = 0; fact != null && i < far; i++) {
            if (fact.value.implies(value)) {
                return true;
            }
            fact = fact.before;
        }
        return value.isAlwaysThere();
    }
}
