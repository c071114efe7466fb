package io.github.nettybpf.core.compile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Ranges of values, ascending, and where they lead: each begins where the one before ends. */
final class Steps {
    /** So many keys may stand for ranges of values, and so many times as many as there are ranges. */
    private static final int MOST_KEYS = 4096;

    private static final int KEYS_OF_RANGE = 8;

    private long[] starts = new long[64];
    private int[] ways = new int[64];
    private int size;

    /** Adds a range, which begins where the one before ends, or in its place if that has not even one value. */
    void add(long start, int way) {
        if (size > 0 && starts[size - 1] == start) {
            size--;
        }
        if (size > 0 && ways[size - 1] == way) {
            return;
        }
        if (size == starts.length) {
            starts = Arrays.copyOf(starts, 2 * size);
            ways = Arrays.copyOf(ways, 2 * size);
        }
        starts[size] = start;
        ways[size++] = way;
    }

    /** {@return where those values lead whose last bits are 0}; where others lead does not matter. */
    Steps inSteps(int zeros) {
        if (zeros == 0) {
            return this;
        }
        Steps whole = new Steps();
        long step = 1L << zeros;
        for (int i = 0; i < size; i++) {
            long start = (starts[i] + step - 1) & -step;
            if (start < 1L << Integer.SIZE) {
                whole.add(start, ways[i]);
            }
        }
        return whole;
    }

    long end(int i) {
        return i + 1 < size ? starts[i + 1] : 1L << Integer.SIZE;
    }

    /** {@return the same with single values put in} */
    Steps with(Map<Integer, Integer> points) {
        long[] keys = points.keySet().stream()
                .mapToLong(Integer::toUnsignedLong)
                .sorted()
                .toArray();
        Steps merged = new Steps();
        int next = 0;
        for (int i = 0; i < size; i++) {
            merged.add(starts[i], ways[i]);
            for (; next < keys.length && keys[next] < end(i); next++) {
                merged.add(keys[next], points.getOrDefault((int) keys[next], ways[i]));
                if (keys[next] + 1 < end(i)) {
                    merged.add(keys[next] + 1, ways[i]);
                }
            }
        }
        return merged;
    }

    /**
     * {@return a choice by these ranges}, or null if they are too few
     *
     * @param edges how many edges lead to each place
     */
    @Nullable
    Choice choice(Map<Integer, Integer> edges) {
        int otherwise = widest();
        int shift = Integer.SIZE - 1;
        for (int i = 1; i < size; i++) {
            shift = Math.min(shift, Long.numberOfTrailingZeros(starts[i]));
        }
        long count = 0;
        int ranges = 0;
        for (int i = 0; i < size; i++) {
            if (ways[i] != otherwise) {
                count += (end(i) - starts[i]) >>> shift;
                ranges++;
            }
        }
        if (count > Math.min(MOST_KEYS, (long) KEYS_OF_RANGE * ranges)) {
            return size < ChoiceFinder.SMALLEST_GRAPH
                    ? null
                    : new RangeChoice(Arrays.copyOf(starts, size), Arrays.copyOf(ways, size), edges);
        }
        List<Integer> keys = new ArrayList<>();
        List<Integer> targets = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            for (long key = starts[i] >>> shift; key < end(i) >>> shift && ways[i] != otherwise; key++) {
                keys.add((int) key);
                targets.add(ways[i]);
            }
        }
        return keys.size() < KeyChoice.SHORTEST ? null : new KeyChoice(shift, keys, targets, otherwise, edges);
    }

    /** {@return where most values lead} */
    private int widest() {
        Map<Integer, Long> widths = new HashMap<>();
        int widest = ways[0];
        for (int i = 0; i < size; i++) {
            long width = widths.merge(ways[i], end(i) - starts[i], Long::sum);
            if (width > widths.getOrDefault(widest, 0L)) {
                widest = ways[i];
            }
        }
        return widest;
    }
}
