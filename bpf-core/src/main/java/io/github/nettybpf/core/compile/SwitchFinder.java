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

    /** The same for chains, which each comparison belongs to one of, unless they repeat their keys. */
    private long chainBudget;

    /** For each instruction that starts a chain of {@code jeq}, the instruction after it. */
    private final int[] chainEnd;

    /** For each instruction, how many comparisons there are in the chain that it starts. */
    private final int[] chainLength;

    /** The comparisons of the graph that is looked at. */
    private final BitSet nodes = new BitSet();

    /** The instructions that are reached from them. */
    private final BitSet reached = new BitSet();

    /** How many edges of the graph lead to each instruction, 0 for its comparisons. */
    private final int[] edges;

    SwitchFinder(ControlFlow flow) {
        this.flow = flow;
        budget = 32L * flow.size() + 1000;
        chainBudget = 2L * flow.size() + 100;
        edges = new int[flow.size()];
        chainEnd = new int[flow.size()];
        chainLength = new int[flow.size()];
        for (int pc = flow.size() - 1; pc >= 0; pc--) {
            findChain(pc);
        }
    }

    private void findChain(int pc) {
        chainEnd[pc] = pc;
        if (isEqual(pc)) {
            int next = onFalse(pc);
            boolean goesOn = isEqual(next) && flow.inDegree(next) == 1;
            chainEnd[pc] = goesOn ? chainEnd[next] : next;
            chainLength[pc] = goesOn ? chainLength[next] + 1 : 1;
        }
    }

    /** {@return how many comparisons were looked at, beyond one pass over all of them} */
    long steps() {
        return 34L * flow.size() + 1100 - budget - chainBudget;
    }

    /** {@return the switch that starts at the instruction, or null if comparisons are as good} */
    @Nullable
    RecoveredSwitch find(int head) {
        if (!isComparison(head)) {
            return null;
        }
        int end = chainEnd[head];
        RecoveredSwitch graph = end == head || isComparison(end) ? graph(head) : null;
        return graph == null && chainLength[head] >= KeySwitch.MIN_KEYS ? chain(head) : graph;
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
        Map<Integer, Integer> edgesTo = new HashMap<>();
        Set<Integer> seen = new HashSet<>();
        boolean allReturn = true;
        int pc = head;
        while (isEqual(pc) && (pc == head || flow.inDegree(pc) == 1)) {
            if (--chainBudget < 0) {
                return null;
            }
            int target = onTrue(pc);
            allReturn &= isReturn(target);
            if (!allReturn && !edgesTo.containsKey(target) && edgesTo.size() == MAX_TARGETS) {
                break;
            }
            edgesTo.merge(target, 1, Integer::sum);
            if (seen.add(test(pc).val())) {
                keys.add(test(pc).val());
                targets.add(target);
            }
            pc = onFalse(pc);
        }
        edgesTo.merge(pc, 1, Integer::sum);
        if (keys.size() < KeySwitch.MIN_KEYS) {
            return null;
        }
        KeySwitch byKey = KeySwitch.of(0, keys, targets, pc, edgesTo);
        return byKey != null ? byKey : RangeMap.ofKeys(keys, targets, pc).toRangeSwitch(edgesTo);
    }

    private @Nullable RecoveredSwitch graph(int head) {
        if (budget < 0 || !isLarge(head)) {
            return null;
        }
        findNodes(head);
        reached.andNot(nodes);
        try {
            boolean allReturn = reached.stream().allMatch(this::isReturn);
            if (!allReturn && reached.cardinality() > MAX_TARGETS) {
                return null;
            }
            Map<Integer, Integer> points = new HashMap<>();
            RangeMap ranges = new RangeMap();
            return follow(head, points, ranges)
                    ? ranges.with(points).forMultiples(flow.trailingZeros(head)).toSwitch(this::edgesTo)
                    : null;
        } finally {
            reached.stream().forEach(target -> edges[target] = 0);
        }
    }

    private Map<Integer, Integer> edgesTo() {
        Map<Integer, Integer> edgesTo = new HashMap<>();
        reached.stream().forEach(target -> edgesTo.put(target, edges[target]));
        return edgesTo;
    }

    /** Finds the comparisons that are reached only through the head, and what is reached from them. */
    private void findNodes(int head) {
        nodes.clear();
        reached.clear();
        for (int pc = head; pc >= 0; pc = reached.nextSetBit(pc + 1)) {
            if (pc == head || (isComparison(pc) && edges[pc] == flow.inDegree(pc))) {
                budget--;
                nodes.set(pc);
                edges[pc] = 0;
                for (int next : flow.successors(pc)) {
                    edges[next]++;
                    reached.set(next);
                }
            }
        }
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
    private boolean follow(int head, Map<Integer, Integer> points, RangeMap ranges) {
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
                        points.put((int) k, follow(onTrue(pc), k));
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
    private int follow(int from, long value) {
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
