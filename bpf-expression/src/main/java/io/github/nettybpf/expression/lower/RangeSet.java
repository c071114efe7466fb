package io.github.nettybpf.expression.lower;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A set of unsigned 32-bit numbers, as disjoint ranges. Immutable.
 */
public final class RangeSet {
    /** One more than the greatest number. */
    public static final long END = 1L << 32;

    /** The empty set. */
    public static final RangeSet NONE = new RangeSet();

    /** The first number of each range and the one after its last, ascending: {5, 6, 10, 20} for 5 and 10..19. */
    private final long[] bounds;

    private RangeSet(long... bounds) {
        this.bounds = bounds;
    }

    /**
     * {@return the set of one number}
     *
     * @param number the number, unsigned
     */
    public static RangeSet of(int number) {
        return between(Integer.toUnsignedLong(number), Integer.toUnsignedLong(number));
    }

    /**
     * {@return the numbers from the first to the last}
     *
     * @param first the first
     * @param last the last, inclusive
     */
    public static RangeSet between(long first, long last) {
        return new RangeSet(first, last + 1);
    }

    /**
     * {@return all numbers of all the sets}
     *
     * @param sets the sets
     */
    public static RangeSet union(Iterable<RangeSet> sets) {
        int size = 0;
        for (RangeSet set : sets) {
            size += set.bounds.length / 2;
        }
        long[] starts = new long[size];
        Map<Long, Long> ends = new HashMap<>();
        int n = 0;
        for (RangeSet set : sets) {
            for (int i = 0; i < set.bounds.length; i += 2) {
                starts[n++] = set.bounds[i];
                ends.merge(set.bounds[i], set.bounds[i + 1], Math::max);
            }
        }
        Arrays.sort(starts);
        long[] merged = new long[2 * size];
        int used = 0;
        for (long start : starts) {
            long end = ends.getOrDefault(start, start);
            if (used > 0 && start <= merged[used - 1]) {
                merged[used - 1] = Math.max(merged[used - 1], end);
            } else {
                merged[used++] = start;
                merged[used++] = end;
            }
        }
        return new RangeSet(Arrays.copyOf(merged, used));
    }

    /** {@return the number of bounds, two for each range} */
    public int size() {
        return bounds.length;
    }

    /**
     * {@return a bound: the first number of a range if {@code i} is even, the one after its last if it is odd}
     *
     * @param i which bound, from 0
     */
    public long bound(int i) {
        return bounds[i];
    }

    /**
     * {@return whether a number is in both sets} It is quick if this one has few ranges.
     *
     * @param other the other set
     */
    public boolean overlaps(RangeSet other) {
        for (int i = 0; i < size(); i += 2) {
            if (other.overlaps(bound(i), bound(i + 1))) {
                return true;
            }
        }
        return false;
    }

    /**
     * {@return whether the set has the number}
     *
     * @param number the number
     */
    public boolean contains(long number) {
        return overlaps(number, number + 1);
    }

    /** {@return whether the set has no numbers} */
    public boolean isEmpty() {
        return bounds.length == 0;
    }

    /**
     * {@return the intersection}
     *
     * @param other the other set
     */
    public RangeSet and(RangeSet other) {
        long[] both = new long[size() + other.size()];
        int used = 0;
        int i = 0;
        int j = 0;
        while (i < size() && j < other.size()) {
            long start = Math.max(bound(i), other.bound(j));
            long end = Math.min(bound(i + 1), other.bound(j + 1));
            if (start < end) {
                both[used++] = start;
                both[used++] = end;
            }
            if (bound(i + 1) < other.bound(j + 1)) {
                i += 2;
            } else {
                j += 2;
            }
        }
        return new RangeSet(Arrays.copyOf(both, used));
    }

    /**
     * {@return the numbers of the set that are not in a range}
     *
     * @param start the first number of the range
     * @param end the one after its last
     */
    public RangeSet without(long start, long end) {
        List<RangeSet> rest = new ArrayList<>();
        if (start > 0) {
            rest.add(within(0, start));
        }
        if (end < END) {
            rest.add(within(end, END));
        }
        return union(rest);
    }

    /**
     * {@return the numbers of the set in a range}
     *
     * @param start the first number of the range
     * @param end the one after its last
     */
    public RangeSet within(long start, long end) {
        if (size() == 2) {
            long first = Math.max(start, bound(0));
            long last = Math.min(end, bound(1));
            return first < last ? new RangeSet(first, last) : NONE;
        }
        return and(new RangeSet(start, end));
    }

    /**
     * {@return whether the set has numbers in a range}
     *
     * @param start the first number of the range
     * @param end the one after its last
     */
    public boolean overlaps(long start, long end) {
        int i = Arrays.binarySearch(bounds, start);
        if (i >= 0) {
            return i % 2 == 0 || (i + 1 < size() && bound(i + 1) < end);
        }
        int next = -i - 1;
        return next % 2 == 1 || (next < size() && bound(next) < end);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RangeSet set && Arrays.equals(bounds, set.bounds);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bounds);
    }

    @Override
    public String toString() {
        return Arrays.toString(bounds);
    }
}
