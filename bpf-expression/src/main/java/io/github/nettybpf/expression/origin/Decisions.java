package io.github.nettybpf.expression.origin;

import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.TermTests;
import io.github.nettybpf.expression.lower.TermTests.Test;
import io.github.nettybpf.expression.origin.Contents.Possible;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Finds the terms that a comparison decides. What is compared is known by the values that it may be, and the numbers that
 * these may have after the comparisons before. A term whose test is the same for all of these numbers is decided already.
 */
final class Decisions {
    private final TermTests tests;

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
            return set -> !set.and(range).isEmpty();
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
        List<Set<Integer>> found = Stream.generate(() -> (Set<Integer>) new TreeSet<Integer>())
                .limit(4)
                .toList();
        contents.values().forEach((possible, numbers) -> {
            Predicate<RangeSet> decides = criterion.apply(possible, numbers);
            for (Test test : tests.of(possible.value())) {
                RangeSet in = test.set().and(numbers);
                boolean isUndecided = !in.isEmpty() && !in.equals(numbers);
                if (isUndecided && decides.test(test.set())) {
                    found.get(0).add(test.term());
                }
                if (isUndecided) {
                    found.get(1).add(test.term());
                }
                found.get(2).add(test.term());
            }
            found.get(3).addAll(tests.users(possible.value()));
        });
        return found.stream().filter(terms -> !terms.isEmpty()).findFirst().orElse(Set.of());
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
