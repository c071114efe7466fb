package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.JumpIf;
import io.github.nettybpf.core.JumpTest;
import io.github.nettybpf.core.ReturnConstant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the {@link Choice} that begins at an instruction: a chain of {@code jeq}, or any graph of comparisons of A with
 * constants that is entered only at its beginning, as a search tree is. Every value of A takes one way through it.
 */
final class ChoiceFinder {
    /** More different ways than this would make one choice's code too long; the rest of a chain becomes another. */
    private static final int MOST_WAYS = 100;

    /** So many comparisons, or ranges, are worth a table. */
    private static final int SMALLEST_GRAPH = 8;

    /** So many keys may stand for ranges of values, and so many times as many as there are ranges. */
    private static final int MOST_KEYS = 4096;

    private static final int KEYS_OF_RANGE = 8;

    private static final long LAST = 0xffff_ffffL;

    private final Flow flow;

    /** How many comparisons may still be looked at: a graph may have more ways through it than anyone can follow. */
    private long patience;

    ChoiceFinder(Flow flow) {
        this.flow = flow;
        patience = 32L * flow.size() + 1000;
    }

    /** {@return the choice}, or null if there is none to speak of. */
    @Nullable
    Choice find(int head) {
        int end = head;
        while (isEqual(end) && (end == head || flow.entries(end) == 1)) {
            end = no(end);
        }
        if (isComparison(end) && !isEqual(end)) {
            Choice graph = graph(head);
            if (graph != null) {
                return graph;
            }
        }
        return chain(head);
    }

    private boolean isComparison(int pc) {
        return flow.instruction(pc) instanceof JumpIf jump && jump.cond() != JumpTest.JSET && !flow.drops(pc);
    }

    private boolean isEqual(int pc) {
        return flow.instruction(pc) instanceof JumpIf jump && jump.cond() == JumpTest.JEQ && !flow.drops(pc);
    }

    private boolean isReturn(int pc) {
        return flow.instruction(pc) instanceof ReturnConstant || flow.drops(pc);
    }

    private JumpIf test(int pc) {
        return (JumpIf) flow.instruction(pc);
    }

    private int yes(int pc) {
        return flow.landing(pc + 1 + test(pc).skipTrue());
    }

    private int no(int pc) {
        return flow.landing(pc + 1 + test(pc).skipFalse());
    }

    private @Nullable Choice chain(int head) {
        List<Integer> keys = new ArrayList<>();
        List<Integer> targets = new ArrayList<>();
        Map<Integer, Integer> edges = new HashMap<>();
        Set<Integer> seen = new HashSet<>();
        boolean allReturn = true;
        int pc = head;
        while (isEqual(pc) && (pc == head || flow.entries(pc) == 1)) {
            int target = yes(pc);
            allReturn &= isReturn(target);
            if (!allReturn && !edges.containsKey(target) && edges.size() == MOST_WAYS) {
                break;
            }
            edges.merge(target, 1, Integer::sum);
            if (seen.add(test(pc).val())) {
                keys.add(test(pc).val());
                targets.add(target);
            }
            pc = no(pc);
        }
        edges.merge(pc, 1, Integer::sum);
        return keys.size() < KeyChoice.SHORTEST ? null : new KeyChoice(0, keys, targets, pc, edges);
    }

    private @Nullable Choice graph(int head) {
        Map<Integer, Integer> edges = new HashMap<>();
        BitSet nodes = nodes(head, edges);
        if (nodes.cardinality() < SMALLEST_GRAPH || edges.size() < 2) {
            return null;
        }
        boolean allReturn = edges.keySet().stream().allMatch(this::isReturn);
        if (!allReturn && edges.size() > MOST_WAYS) {
            return null;
        }
        Map<Integer, Integer> points = new HashMap<>();
        Steps ranges = new Steps();
        return follow(head, nodes, points, ranges) ? choice(merge(ranges, points), edges) : null;
    }

    /**
     * {@return the comparisons that are come to only from the head on}
     *
     * @param edges where to put how many edges lead to each place outside of them
     */
    private BitSet nodes(int head, Map<Integer, Integer> edges) {
        BitSet nodes = new BitSet();
        BitSet ahead = new BitSet();
        for (int pc = head; pc >= 0; pc = ahead.nextSetBit(pc + 1)) {
            if (pc == head || (isComparison(pc) && edges.getOrDefault(pc, 0) == flow.entries(pc))) {
                patience--;
                nodes.set(pc);
                edges.remove(pc);
                for (int next : flow.edges(pc)) {
                    edges.merge(next, 1, Integer::sum);
                    ahead.set(next);
                }
            }
        }
        return nodes;
    }

    /** Values from the first to the last that have come to an instruction. */
    private record Arrival(int pc, long first, long last) {}

    /**
     * Finds where all values go.
     *
     * @param points where to put single values, and where they lead
     * @param ranges where to put ranges, ascending, and where what is left of them leads
     * @return whether that could be found out
     */
    private boolean follow(int head, BitSet nodes, Map<Integer, Integer> points, Steps ranges) {
        Deque<Arrival> later = new ArrayDeque<>();
        later.push(new Arrival(head, 0, LAST));
        while (!later.isEmpty()) {
            Arrival arrival = later.pop();
            long last = arrival.last();
            int pc = arrival.pc();
            while (nodes.get(pc)) {
                if (--patience < 0) {
                    return false;
                }
                long k = Integer.toUnsignedLong(test(pc).val());
                if (isEqual(pc)) {
                    if (k >= arrival.first() && k <= last && !points.containsKey((int) k)) {
                        points.put((int) k, follow(yes(pc), nodes, k));
                    }
                    pc = no(pc);
                    continue;
                }
                long least = test(pc).cond() == JumpTest.JGT ? k + 1 : k;
                if (least <= arrival.first()) {
                    pc = yes(pc);
                } else {
                    if (least <= last) {
                        later.push(new Arrival(yes(pc), least, last));
                        last = least - 1;
                    }
                    pc = no(pc);
                }
            }
            ranges.add(arrival.first(), pc);
        }
        return true;
    }

    /** {@return where one value leads} */
    private int follow(int from, BitSet nodes, long value) {
        int pc = from;
        while (nodes.get(pc)) {
            patience--;
            long k = Integer.toUnsignedLong(test(pc).val());
            boolean holds =
                    switch (test(pc).cond()) {
                        case JEQ -> value == k;
                        case JGT -> value > k;
                        case JGE -> value >= k;
                        case JSET -> throw new AssertionError(test(pc));
                    };
            pc = holds ? yes(pc) : no(pc);
        }
        return pc;
    }

    /** Ranges of values, ascending, and where they lead. */
    private static final class Steps {
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

        long end(int i) {
            return i + 1 < size ? starts[i + 1] : 1L << Integer.SIZE;
        }
    }

    private static Steps merge(Steps ranges, Map<Integer, Integer> points) {
        long[] keys = points.keySet().stream()
                .mapToLong(Integer::toUnsignedLong)
                .sorted()
                .toArray();
        Steps merged = new Steps();
        int next = 0;
        for (int i = 0; i < ranges.size; i++) {
            merged.add(ranges.starts[i], ranges.ways[i]);
            for (; next < keys.length && keys[next] < ranges.end(i); next++) {
                merged.add(keys[next], points.getOrDefault((int) keys[next], ranges.ways[i]));
                if (keys[next] + 1 < ranges.end(i)) {
                    merged.add(keys[next] + 1, ranges.ways[i]);
                }
            }
        }
        return merged;
    }

    private static @Nullable Choice choice(Steps steps, Map<Integer, Integer> edges) {
        int otherwise = widest(steps);
        int shift = Integer.SIZE - 1;
        for (int i = 1; i < steps.size; i++) {
            shift = Math.min(shift, Long.numberOfTrailingZeros(steps.starts[i]));
        }
        long count = 0;
        int ranges = 0;
        for (int i = 0; i < steps.size; i++) {
            if (steps.ways[i] != otherwise) {
                count += (steps.end(i) - steps.starts[i]) >>> shift;
                ranges++;
            }
        }
        if (count > Math.min(MOST_KEYS, (long) KEYS_OF_RANGE * ranges)) {
            return steps.size < SMALLEST_GRAPH
                    ? null
                    : new RangeChoice(
                            Arrays.copyOf(steps.starts, steps.size), Arrays.copyOf(steps.ways, steps.size), edges);
        }
        List<Integer> keys = new ArrayList<>();
        List<Integer> targets = new ArrayList<>();
        for (int i = 0; i < steps.size; i++) {
            for (long key = steps.starts[i] >>> shift;
                    key < steps.end(i) >>> shift && steps.ways[i] != otherwise;
                    key++) {
                keys.add((int) key);
                targets.add(steps.ways[i]);
            }
        }
        return keys.size() < KeyChoice.SHORTEST ? null : new KeyChoice(shift, keys, targets, otherwise, edges);
    }

    /** {@return where most values lead} */
    private static int widest(Steps steps) {
        Map<Integer, Long> widths = new HashMap<>();
        int widest = steps.ways[0];
        for (int i = 0; i < steps.size; i++) {
            long width = widths.merge(steps.ways[i], steps.end(i) - steps.starts[i], Long::sum);
            if (width > widths.getOrDefault(widest, 0L)) {
                widest = steps.ways[i];
            }
        }
        return widest;
    }
}
