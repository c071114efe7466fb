package io.github.nettybpf.core.compile;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A chain of {@code jeq #key} that all look at the same A. */
final class Chain {
    /** From this length on a chain is looked up instead of walked. */
    static final int SHORTEST = 4;

    /** The keys, each once, in the order of the program. */
    final List<Integer> keys;

    /** Where they lead; as many as keys. */
    final List<Integer> targets;

    /** Where all else leads. */
    final int otherwise;

    private @Nullable KeyTable table;

    Chain(List<Integer> keys, List<Integer> targets, int otherwise) {
        this.keys = keys;
        this.targets = targets;
        this.otherwise = otherwise;
    }

    /** {@return whether all keys lead to one place} */
    boolean isSet() {
        return targets.stream().distinct().count() == 1;
    }

    /** {@return the keys as a table} */
    KeyTable table() {
        if (table == null) {
            table = KeyTable.of(keys);
        }
        return table;
    }
}
