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
 * Switch recovery: finds the {@link RecoveredSwitch} that starts at an instruction. It stands for a chain of {@code
 * jeq}, or for any graph of comparisons of A with constants that is entered only at its head, as a search tree is.
 * Every value of A takes one path through the graph.
 */
final class SwitchFinder {
    /** More targets would make the code of one switch too long; the rest of a chain becomes another switch. */
    private static final int MAX_TARGETS = 100;

    /** So many comparisons, or ranges, are worth a table. */
    static final int MIN_GRAPH = 8;

    private static final long MAX_VALUE = 0xffff_ffffL;

    private final ControlFlow flow;

    /** How many comparisons may still be looked at: the paths through a graph can be exponentially many. */
    private long budget;

    SwitchFinder(ControlFlow flow) {
        this.flow = flow;
        budget = 32L * flow.size() + 1000;
    }

    /** {@return the switch that starts at the instruction, or null if comparisons are as good} */
    @Nullable
    RecoveredSwitch find(int head) {
        if (!isComparison(head)) {
            return null;
        }
        int length = 0;
        int end = head;
        while (isEqual(end) && (end == head || flow.inDegree(end) == 1)) {
            end = onFalse(end);
            length++;
        }
        RecoveredSwitch graph = end == head || isComparison(end) ? graph(head) : null;
        return graph == null && length >= KeySwitch.MIN_KEYS ? chain(head) : graph;
    }

    /** {@return whether there are enough comparisons from here on, each of them reached from one place} */
    private boolean isLarge(int head) {
        int[] pending = new int[MIN_GRAPH + 1];
        pending[0] = head;
        int left = 1;
        int found = 0;
        while (left > 0 && found + left < MIN_GRAPH) {
            int pc = pending[--left];
            found++;
            for (int next : new int[] {onTrue(pc), onFalse(pc)}) {
                if (isComparison(next) && flow.inDegree(next) == 1) {
                    pending[left++] = next;
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

    private int onTrue(int pc) {
        return flow.threaded(test(pc).trueTarget(pc));
    }

    private int onFalse(int pc) {
        return flow.threaded(test(pc).falseTarget(pc));
    }

    private @Nullable RecoveredSwitch chain(int head) {
        List<Integer> keys = new ArrayList<>();
        List<Integer> targets = new ArrayList<>();
        Map<Integer, Integer> edges = new HashMap<>();
        Set<Integer> seen = new HashSet<>();
        boolean allReturn = true;
        int pc = head;
        while (isEqual(pc) && (pc == head || flow.inDegree(pc) == 1)) {
            int target = onTrue(pc);
            allReturn &= isReturn(target);
            if (!allReturn && !edges.containsKey(target) && edges.size() == MAX_TARGETS) {
                break;
            }
            edges.merge(target, 1, Integer::sum);
            if (seen.add(test(pc).val())) {
                keys.add(test(pc).val());
                targets.add(target);
            }
            pc = onFalse(pc);
        }
        edges.merge(pc, 1, Integer::sum);
        return keys.size() < KeySwitch.MIN_KEYS ? null : new KeySwitch(0, keys, targets, pc, edges);
    }

    private @Nullable RecoveredSwitch graph(int head) {
        if (budget < 0 || !isLarge(head)) {
            return null;
        }
        Map<Integer, Integer> edges = new HashMap<>();
        BitSet nodes = nodes(head, edges);
        boolean allReturn = edges.keySet().stream().allMatch(this::isReturn);
        if (!allReturn && edges.size() > MAX_TARGETS) {
            return null;
        }
        Map<Integer, Integer> points = new HashMap<>();
        RangeMap ranges = new RangeMap();
        return follow(head, nodes, points, ranges)
                ? ranges.with(points).forMultiples(flow.trailingZeros(head)).toSwitch(edges)
                : null;
    }

    /**
     * {@return the comparisons that are reached only through the head}
     *
     * @param edges where to put how many edges lead to each target outside of them
     */
    private BitSet nodes(int head, Map<Integer, Integer> edges) {
        BitSet nodes = new BitSet();
        BitSet pending = new BitSet();
        for (int pc = head; pc >= 0; pc = pending.nextSetBit(pc + 1)) {
            if (pc == head || (isComparison(pc) && edges.getOrDefault(pc, 0) == flow.inDegree(pc))) {
                budget--;
                nodes.set(pc);
                edges.remove(pc);
                for (int next : flow.successors(pc)) {
                    edges.merge(next, 1, Integer::sum);
                    pending.set(next);
                }
            }
        }
        return nodes;
    }

    /** The values from the first to the last reach an instruction. */
    private record Arrival(int pc, long first, long last) {}

    /**
     * Finds the targets of all values.
     *
     * @param points where to put single values and their targets
     * @param ranges where to put ranges, ascending, and the targets of the other values in them
     * @return whether that was possible within the budget
     */
    private boolean follow(int head, BitSet nodes, Map<Integer, Integer> points, RangeMap ranges) {
        Deque<Arrival> later = new ArrayDeque<>();
        later.push(new Arrival(head, 0, MAX_VALUE));
        while (!later.isEmpty()) {
            Arrival arrival = later.pop();
            long last = arrival.last();
            int pc = arrival.pc();
            while (nodes.get(pc)) {
                if (--budget < 0) {
                    return false;
                }
                long k = Integer.toUnsignedLong(test(pc).val());
                if (isEqual(pc)) {
                    if (k >= arrival.first() && k <= last && !points.containsKey((int) k)) {
                        points.put((int) k, follow(onTrue(pc), nodes, k));
                    }
                    pc = onFalse(pc);
                    continue;
                }
                long least = test(pc).cond() == JumpCondition.JGT ? k + 1 : k;
                if (least <= arrival.first()) {
                    pc = onTrue(pc);
                } else {
                    if (least <= last) {
                        later.push(new Arrival(onTrue(pc), least, last));
                        last = least - 1;
                    }
                    pc = onFalse(pc);
                }
            }
            ranges.add(arrival.first(), pc);
        }
        return true;
    }

    /** {@return the target of one value} */
    private int follow(int from, BitSet nodes, long value) {
        int pc = from;
        while (nodes.get(pc)) {
            budget--;
            long k = Integer.toUnsignedLong(test(pc).val());
            boolean holds =
                    switch (test(pc).cond()) {
                        case JEQ -> value == k;
                        case JGT -> value > k;
                        case JGE -> value >= k;
                        case JSET -> throw new AssertionError(test(pc));
                    };
            pc = holds ? onTrue(pc) : onFalse(pc);
        }
        return pc;
    }
}
