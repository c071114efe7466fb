package io.github.nettybpf.expression;

import org.jspecify.annotations.Nullable;

/**
 * What is known at a place of a decision graph, whichever way led there: a list of tests that were made, the last one
 * first. Immutable; lists that have a common beginning share it.
 */
final class Facts {
    /** How far back facts are looked up, so that a long list of tests takes no time that grows with its square. */
    private static final int FAR = 200;

    private final @Nullable Facts before;
    private final int depth;
    private final Value value;
    private final Ranges range;

    private Facts(@Nullable Facts before, Value value, Ranges range) {
        this.before = before;
        this.depth = before == null ? 1 : before.depth + 1;
        this.value = value;
        this.range = range;
    }

    static Facts and(@Nullable Facts before, Value value, Ranges range) {
        return new Facts(before, value, range);
    }

    /** {@return what both know} */
    static @Nullable Facts common(@Nullable Facts a, @Nullable Facts b) {
        Facts left = a;
        Facts right = b;
        while (left != right) {
            if (left == null || right == null) {
                return null;
            }
            if (left.depth >= right.depth) {
                left = left.before;
            } else {
                right = right.before;
            }
        }
        return left;
    }

    /** {@return what the value can be} */
    static Ranges about(@Nullable Facts facts, Value value) {
        Ranges range = Ranges.between(0, value.most);
        Facts fact = facts;
        for (int i = 0; fact != null && i < FAR; i++) {
            if (fact.value == value) {
                range = range.and(fact.range);
            }
            fact = fact.before;
        }
        return range;
    }

    /** {@return whether the value can be computed, because what it needs was there before} */
    static boolean present(@Nullable Facts facts, Value value) {
        Facts fact = facts;
        for (int i = 0; fact != null && i < FAR; i++) {
            if (fact.value.implies(value)) {
                return true;
            }
            fact = fact.before;
        }
        return value.isConstant();
    }
}
