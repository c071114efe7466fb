package io.github.nettybpf.core.compile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A range map from all 32-bit values to targets: ranges in ascending order, each of which ends where the next one
 * starts.
 */
final class RangeMap {
    /** At most so many keys may be listed instead of ranges. */
    private static final int MAX_KEYS = 4096;

    /** At most so many keys a range may be listed. */
    private static final int MAX_KEYS_PER_RANGE = 8;

    private long[] starts = new long[64];
    private int[] targets = new int[64];
    private int size;

    /** {@return a map from keys, all different, to their targets, and from all other values to another target} */
    static RangeMap ofKeys(List<Integer> keys, List<Integer> keyTargets, int defaultTarget) {
        Map<Integer, Integer> points = new HashMap<>();
        for (int i = 0; i < keys.size(); i++) {
            points.put(keys.get(i), keyTargets.get(i));
        }
        RangeMap map = new RangeMap();
        map.add(0, defaultTarget);
        return map.with(points);
    }

    /** Adds a range that starts here, where the one before it ends. If that one is empty, it is replaced. */
    void add(long start, int target) {
        if (size > 0 && starts[size - 1] == start) {
            size--;
        }
        if (size > 0 && targets[size - 1] == target) {
            return;
        }
        if (size == starts.length) {
            starts = Arrays.copyOf(starts, 2 * size);
            targets = Arrays.copyOf(targets, 2 * size);
        }
        starts[size] = start;
        targets[size++] = target;
    }

    /**
     * {@return a map with the same targets for all values whose lowest bits are 0, and fewer ranges} Other values may
     * be mapped to anything.
     *
     * @param zeros how many bits that are
     */
    RangeMap forMultiples(int zeros) {
        if (zeros == 0) {
            return this;
        }
        RangeMap multiples = new RangeMap();
        long step = 1L << zeros;
        for (int i = 0; i < size; i++) {
            long start = (starts[i] + step - 1) & -step;
            if (start < 1L << Integer.SIZE) {
                multiples.add(start, targets[i]);
            }
        }
        return multiples;
    }

    /** The first value after the range. */
    private long end(int i) {
        return i + 1 < size ? starts[i + 1] : 1L << Integer.SIZE;
    }

    /** {@return this map with other targets for single values} */
    RangeMap with(Map<Integer, Integer> points) {
        long[] keys = points.keySet().stream()
                .mapToLong(Integer::toUnsignedLong)
                .sorted()
                .toArray();
        RangeMap merged = new RangeMap();
        int next = 0;
        for (int i = 0; i < size; i++) {
            merged.add(starts[i], targets[i]);
            for (; next < keys.length && keys[next] < end(i); next++) {
                merged.add(keys[next], points.getOrDefault((int) keys[next], targets[i]));
                if (keys[next] + 1 < end(i)) {
                    merged.add(keys[next] + 1, targets[i]);
                }
            }
        }
        return merged;
    }

    /**
     * {@return a switch by this map, or null if comparisons are as good} Ranges that hold few values become keys.
     *
     * @param edges tells how many edges lead to each target
     */
    @Nullable
    RecoveredSwitch toSwitch(Supplier<Map<Integer, Integer>> edges) {
        int defaultTarget = widestTarget();
        int shift = Integer.SIZE - 1;
        for (int i = 1; i < size; i++) {
            shift = Math.min(shift, Long.numberOfTrailingZeros(starts[i]));
        }
        long keyCount = 0;
        int ranges = 0;
        for (int i = 0; i < size; i++) {
            if (targets[i] != defaultTarget) {
                keyCount += (end(i) - starts[i]) >>> shift;
                ranges++;
            }
        }
        if (keyCount > Math.min(MAX_KEYS, (long) MAX_KEYS_PER_RANGE * ranges)) {
            return size < SwitchFinder.MIN_GRAPH ? null : toRangeSwitch(edges.get());
        }
        List<Integer> keys = new ArrayList<>();
        List<Integer> keyTargets = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            for (long key = starts[i] >>> shift; key < end(i) >>> shift && targets[i] != defaultTarget; key++) {
                keys.add((int) key);
                keyTargets.add(targets[i]);
            }
        }
        if (keys.size() < KeySwitch.MIN_KEYS) {
            return null;
        }
        KeySwitch byKey = KeySwitch.of(shift, keys, keyTargets, defaultTarget, edges.get());
        return byKey != null ? byKey : toRangeSwitch(edges.get());
    }

    /**
     * {@return a switch by ranges, or null if there is only one}
     *
     * @param edges how many edges lead to each target
     */
    @Nullable
    RecoveredSwitch toRangeSwitch(Map<Integer, Integer> edges) {
        return size < 2 ? null : new RangeSwitch(Arrays.copyOf(starts, size), Arrays.copyOf(targets, size), edges);
    }

    /** {@return the target that most values lead to} */
    private int widestTarget() {
        Map<Integer, Long> widths = new HashMap<>();
        int widest = targets[0];
        for (int i = 0; i < size; i++) {
            long width = widths.merge(targets[i], end(i) - starts[i], Long::sum);
            if (width > widths.getOrDefault(widest, 0L)) {
                widest = targets[i];
            }
        }
        return widest;
    }
}
