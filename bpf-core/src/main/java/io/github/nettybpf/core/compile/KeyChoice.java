package io.github.nettybpf.core.compile;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A choice by single values: A without its last bits is one of some keys, or not. */
final class KeyChoice implements Choice {
    /** From this length on a list is looked up instead of walked. */
    static final int SHORTEST = 4;

    /** How many bits of A do not matter. */
    final int shift;

    /** The keys, each once: what A is, shifted to the right. */
    final List<Integer> keys;

    /** Where they lead; as many as keys. */
    final List<Integer> targets;

    /** Where all else leads. */
    final int otherwise;

    private final Set<Integer> ways;
    private final Map<Integer, Integer> edges;
    private @Nullable KeyTable table;

    KeyChoice(int shift, List<Integer> keys, List<Integer> targets, int otherwise, Map<Integer, Integer> edges) {
        this.shift = shift;
        this.keys = keys;
        this.targets = targets;
        this.otherwise = otherwise;
        this.edges = edges;
        ways = new LinkedHashSet<>(targets);
        ways.add(otherwise);
    }

    @Override
    public Set<Integer> ways() {
        return ways;
    }

    @Override
    public int edges(int way) {
        return edges.getOrDefault(way, 0);
    }

    @Override
    public boolean isSet() {
        return ways.size() == 2 && targets.stream().distinct().count() == 1;
    }

    @Override
    public int yes() {
        return targets.get(0);
    }

    @Override
    public int no() {
        return otherwise;
    }

    @Override
    public int weight() {
        return 100;
    }

    /** {@return the keys as a table} */
    KeyTable table() {
        if (table == null) {
            table = KeyTable.of(keys);
        }
        return table;
    }
}
