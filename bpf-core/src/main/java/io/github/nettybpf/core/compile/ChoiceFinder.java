package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.JumpCondition;
import java.util.ArrayDeque;
import java.util.ArrayList;
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
    static final int SMALLEST_GRAPH = 8;

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
        if (!isComparison(head)) {
            return null;
        }
        int length = 0;
        int end = head;
        while (isEqual(end) && (end == head || flow.entries(end) == 1)) {
            end = no(end);
            length++;
        }
        Choice graph = end == head || isComparison(end) ? graph(head) : null;
        return graph == null && length >= KeyChoice.SHORTEST ? chain(head) : graph;
    }

    /** {@return whether enough comparisons begin here that are each come to from one place} */
    private boolean isLarge(int head) {
        int[] ahead = new int[SMALLEST_GRAPH + 1];
        ahead[0] = head;
        int left = 1;
        int found = 0;
        while (left > 0 && found + left < SMALLEST_GRAPH) {
            int pc = ahead[--left];
            found++;
            for (int next : new int[] {yes(pc), no(pc)}) {
                if (isComparison(next) && flow.entries(next) == 1) {
                    ahead[left++] = next;
                }
            }
        }
        return left > 0;
    }

    private boolean isComparison(int pc) {
        return flow.instruction(pc) instanceof JumpIf jump && jump.cond() != JumpCondition.JSET && !flow.drops(pc);
    }

    private boolean isEqual(int pc) {
        return flow.instruction(pc) instanceof JumpIf jump && jump.cond() == JumpCondition.JEQ && !flow.drops(pc);
    }

    private boolean isReturn(int pc) {
        return flow.instruction(pc) instanceof ReturnConstant || flow.drops(pc);
    }

    private JumpIf test(int pc) {
        return (JumpIf) flow.instruction(pc);
    }

    private int yes(int pc) {
        return flow.landing(test(pc).trueTarget(pc));
    }

    private int no(int pc) {
        return flow.landing(test(pc).falseTarget(pc));
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
        if (patience < 0 || !isLarge(head)) {
            return null;
        }
        Map<Integer, Integer> edges = new HashMap<>();
        BitSet nodes = nodes(head, edges);
        boolean allReturn = edges.keySet().stream().allMatch(this::isReturn);
        if (!allReturn && edges.size() > MOST_WAYS) {
            return null;
        }
        Map<Integer, Integer> points = new HashMap<>();
        Steps ranges = new Steps();
        return follow(head, nodes, points, ranges)
                ? ranges.with(points).inSteps(flow.zeros(head)).choice(edges)
                : null;
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
                long least = test(pc).cond() == JumpCondition.JGT ? k + 1 : k;
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
}
