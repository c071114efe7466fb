package io.github.nettybpf.expression.origin;

import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.TermTests.Test;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The tests of a value by the numbers that they are about: a long list has one test for each comparison. */
final class TestIndex {
    /** By the first number. */
    private final List<Test> tests;

    /** The greatest distance from the first number of a test to the one after its last. */
    private final long longest;

    TestIndex(List<Test> tests) {
        this.tests = tests.stream()
                .sorted(Comparator.comparingLong(test -> first(test.set())))
                .toList();
        this.longest = tests.stream()
                .mapToLong(test -> end(test.set()) - first(test.set()))
                .max()
                .orElse(0);
    }

    private static long first(RangeSet set) {
        return set.bound(0);
    }

    private static long end(RangeSet set) {
        return set.bound(set.size() - 1);
    }

    /** {@return the tests that hold for one of the numbers, of which there is one at least} */
    List<Test> overlapping(RangeSet numbers) {
        List<Test> found = new ArrayList<>();
        int i = indexOf(first(numbers) - longest);
        for (; i < tests.size() && first(tests.get(i).set()) < end(numbers); i++) {
            if (tests.get(i).set().overlaps(numbers)) {
                found.add(tests.get(i));
            }
        }
        return found;
    }

    /** {@return the index of the first test that starts at the number or after it} */
    private int indexOf(long number) {
        int low = 0;
        int high = tests.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (first(tests.get(middle).set()) < number) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
