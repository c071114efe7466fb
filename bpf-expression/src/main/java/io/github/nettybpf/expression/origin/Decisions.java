package io.github.nettybpf.expression.origin;

import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.TermTests;
import io.github.nettybpf.expression.lower.TermTests.Test;
import io.github.nettybpf.expression.lower.Value;
import io.github.nettybpf.expression.origin.Contents.Possible;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/**
 * Finds the terms that a comparison decides. What is compared is known by the values that it may be, and the numbers that
 * these may have after the comparisons before. A term whose test is the same for all of these numbers is decided already.
 */
final class Decisions {
    private final TermTests tests;
    private final Map<Value, TestIndex> indexes = new HashMap<>();

    Decisions(TermTests tests) {
        this.tests = tests;
    }

    /**
     * {@return the terms that may hold for one number alone, or, if none does, those that are ruled out by it} A term counts
     * if it tells the number from one of its neighbours.
     *
     * @param contents what is compared
     * @param number with what
     */
    Set<Integer> equal(Contents contents, long number) {
        return decided(contents, (possible, numbers) -> {
            long end = number + possible.unit();
            long before = last(numbers, number);
            long after = first(numbers, end);
            return set -> set.overlaps(number, end) && (differ(set, before, number) || differ(set, end - 1, after));
        });
    }

    /**
     * {@return the terms that hold for numbers of a range, or, if none does, those that are ruled out by it}
     *
     * @param contents what is compared
     * @param start the first number of the range
     * @param end the one after its last
     */
    Set<Integer> range(Contents contents, long start, long end) {
        return decided(contents, (possible, numbers) -> {
            RangeSet range = numbers.within(start, end);
            return set -> set.overlaps(range);
        });
    }

    /** {@return the terms that are not decided yet: a bisection decides a part of all of them} */
    Set<Integer> undecided(Contents contents) {
        return decided(contents, (possible, numbers) -> set -> true);
    }

    /**
     * {@return the terms that are not decided yet and have a set that the criterion holds for; if there are none, all that
     * are not decided yet, all that test the value, or all that compute it}
     */
    private Set<Integer> decided(Contents contents, BiFunction<Possible, RangeSet, Predicate<RangeSet>> criterion) {
        Set<Integer> decided = new TreeSet<>();
        Set<Integer> undecided = new TreeSet<>();
        contents.values().forEach((possible, numbers) -> {
            Predicate<RangeSet> decides = criterion.apply(possible, numbers);
            TestIndex index = indexes.computeIfAbsent(possible.value(), value -> new TestIndex(tests.of(value)));
            for (Test test : index.overlapping(numbers)) {
                if (!test.set().and(numbers).equals(numbers)) {
                    undecided.add(test.term());
                    if (decides.test(test.set())) {
                        decided.add(test.term());
                    }
                }
            }
        });
        if (!undecided.isEmpty()) {
            return decided.isEmpty() ? undecided : decided;
        }
        Set<Integer> testing = new TreeSet<>();
        Set<Integer> computing = new TreeSet<>();
        for (Possible possible : contents.values().keySet()) {
            tests.of(possible.value()).forEach(test -> testing.add(test.term()));
            computing.addAll(tests.users(possible.value()));
        }
        return testing.isEmpty() ? computing : testing;
    }

    private static boolean differ(RangeSet set, long a, long b) {
        return a >= 0 && b >= 0 && set.contains(a) != set.contains(b);
    }

    /** {@return the last number before the bound, or -1 if there is none} */
    private static long last(RangeSet numbers, long bound) {
        RangeSet before = numbers.within(0, bound);
        return before.isEmpty() ? -1 : before.bound(before.size() - 1) - 1;
    }

    /** {@return the first number from the bound on, or -1 if there is none} */
    private static long first(RangeSet numbers, long bound) {
        RangeSet after = numbers.within(bound, RangeSet.END);
        return after.isEmpty() ? -1 : after.bound(0);
    }
}
