package io.github.nettybpf.expression.lower;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A set of unsigned 32-bit numbers. Immutable.
 *
 * <p>{@code toggles} has, ascending, where membership begins and ends, in turn: {@code {5, 6, 10, 20}} is {@code {5,
 * 10..19}}.
 */
public record RangeSet(Toggles toggles) {
    /** One more than the greatest number. */
    public static final long END = 1L << 32;

    public static final RangeSet NONE = new RangeSet(new Toggles());

    /** An array that is compared by its content. */
    public static final class Toggles {
        private final long[] at;

        private Toggles(long... at) {
            this.at = at;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Toggles toggles && Arrays.equals(at, toggles.at);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(at);
        }

        @Override
        public String toString() {
            return Arrays.toString(at);
        }
    }

    public static RangeSet of(int number) {
        return between(Integer.toUnsignedLong(number), Integer.toUnsignedLong(number));
    }

    /** {@return the numbers from the first to the last}, both included. */
    public static RangeSet between(long first, long last) {
        return new RangeSet(new Toggles(first, last + 1));
    }

    /** {@return all numbers of all the sets} */
    public static RangeSet union(Iterable<RangeSet> sets) {
        int size = 0;
        for (RangeSet set : sets) {
            size += set.toggles.at.length / 2;
        }
        long[] starts = new long[size];
        Map<Long, Long> ends = new HashMap<>();
        int n = 0;
        for (RangeSet set : sets) {
            for (int i = 0; i < set.toggles.at.length; i += 2) {
                starts[n++] = set.toggles.at[i];
                ends.merge(set.toggles.at[i], set.toggles.at[i + 1], Math::max);
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
        return new RangeSet(new Toggles(Arrays.copyOf(merged, used)));
    }

    public int size() {
        return toggles.at.length;
    }

    public long toggle(int i) {
        return toggles.at[i];
    }

    public boolean isEmpty() {
        return toggles.at.length == 0;
    }

    /** {@return the numbers that both sets have} */
    public RangeSet and(RangeSet other) {
        long[] both = new long[size() + other.size()];
        int used = 0;
        int i = 0;
        int j = 0;
        while (i < size() && j < other.size()) {
            long start = Math.max(toggle(i), other.toggle(j));
            long end = Math.min(toggle(i + 1), other.toggle(j + 1));
            if (start < end) {
                both[used++] = start;
                both[used++] = end;
            }
            if (toggle(i + 1) < other.toggle(j + 1)) {
                i += 2;
            } else {
                j += 2;
            }
        }
        return new RangeSet(new Toggles(Arrays.copyOf(both, used)));
    }

    /** {@return the numbers of the set from the first, inclusively, to the last, exclusively} */
    public RangeSet within(long start, long end) {
        if (size() == 2) {
            long first = Math.max(start, toggle(0));
            long last = Math.min(end, toggle(1));
            return first < last ? new RangeSet(new Toggles(first, last)) : NONE;
        }
        return and(new RangeSet(new Toggles(start, end)));
    }

    /** {@return whether the set has numbers from the first, inclusively, to the last, exclusively} */
    public boolean overlaps(long start, long end) {
        int i = Arrays.binarySearch(toggles.at, start);
        if (i >= 0) {
            return i % 2 == 0 || (i + 1 < size() && toggle(i + 1) < end);
        }
        int next = -i - 1;
        return next % 2 == 1 || (next < size() && toggle(next) < end);
    }
}
