package io.github.nettybpf.core.compile;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A switch by single values: A, without its lowest bits, is one of the keys, or not. */
final class KeySwitch implements RecoveredSwitch {
    /** So many comparisons are worth a lookup. */
    static final int MIN_KEYS = 4;

    /** How many of the lowest bits of A do not matter. */
    final int shift;

    /** The keys, all different: values of {@code A >>> shift}. */
    final List<Integer> keys;

    /** The target of each key. */
    final List<Integer> keyTargets;

    /** The target of all values that are no key. */
    final int defaultTarget;

    private final Set<Integer> targets;
    private final Map<Integer, Integer> edges;

    /** The keys as a perfect hash table. */
    final PerfectHashTable table;

    private KeySwitch(
            PerfectHashTable table,
            int shift,
            List<Integer> keys,
            List<Integer> keyTargets,
            int defaultTarget,
            Map<Integer, Integer> edges) {
        this.table = table;
        this.shift = shift;
        this.keys = keys;
        this.keyTargets = keyTargets;
        this.defaultTarget = defaultTarget;
        this.edges = edges;
        targets = new LinkedHashSet<>(keyTargets);
        targets.add(defaultTarget);
    }

    /**
     * {@return the switch, or null if no small hash table was found for these keys}
     *
     * @param edges how many edges lead to each target
     */
    static @Nullable KeySwitch of(
            int shift, List<Integer> keys, List<Integer> keyTargets, int defaultTarget, Map<Integer, Integer> edges) {
        PerfectHashTable table = PerfectHashTable.of(keys);
        return table == null ? null : new KeySwitch(table, shift, keys, keyTargets, defaultTarget, edges);
    }

    @Override
    public Set<Integer> targets() {
        return targets;
    }

    @Override
    public int edgesTo(int target) {
        return edges.getOrDefault(target, 0);
    }

    @Override
    public boolean isMembershipTest() {
        return targets.size() == 2 && keyTargets.stream().distinct().count() == 1;
    }

    @Override
    public int memberTarget() {
        return keyTargets.get(0);
    }

    @Override
    public int otherTarget() {
        return defaultTarget;
    }

    @Override
    public int estimatedSize() {
        return 100;
    }
}
