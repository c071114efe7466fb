package io.github.nettybpf.core.compile;

import java.util.List;

/**
 * A chain of {@code jeq #key} that all look at the same A: where each key leads, and where the last one leads if A is
 * none of them.
 *
 * @param keys the keys, each once, in the order of the chain
 * @param targets where they lead; as many as keys
 * @param otherwise where all else leads
 */
record Chain(List<Integer> keys, List<Integer> targets, int otherwise) {
    /** From this length on a chain is looked up instead of walked. */
    static final int SHORTEST = 4;
}
