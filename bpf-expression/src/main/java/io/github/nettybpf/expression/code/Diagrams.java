package io.github.nettybpf.expression.code;

import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes and combines ordered decision diagrams ({@link Diagram}). That a value is not defined counts as one more number
 * that it can have, so a diagram is exact for cut-off packets, too, whatever the order in which the formula tests values:
 * an operand that is undefined makes a conjunction or disjunction undefined, but the second operand only where it is
 * evaluated. Whether a program can test the values in the order of the diagram shows at the end ({@link #nodes}).
 */
final class Diagrams {
    /** What makes diagrams equal: the value by its rank, the ranges, and what they lead to by their ids. */
    private static final class Key {
        private final int rank;
        private final long[] starts;
        private final int[] targets;

        Key(int rank, long[] starts, int[] targets) {
            this.rank = rank;
            this.starts = starts;
            this.targets = targets;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key
                    && rank == key.rank
                    && Arrays.equals(targets, key.targets)
                    && Arrays.equals(starts, key.starts);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * rank + Arrays.hashCode(starts)) + Arrays.hashCode(targets);
        }
    }

    private final Map<Key, Diagram> known = new HashMap<>();
    private final Map<Long, Diagram> conjunctions = new HashMap<>();
    private final Map<Long, Diagram> disjunctions = new HashMap<>();
    private final Map<Diagram, Diagram> negations = new HashMap<>();
    private final WorkBudget budget;

    Diagrams(WorkBudget budget) {
        this.budget = budget;
    }

    /**
     * {@return the diagram that tests a value}
     *
     * @param starts where the ranges start; not changed after
     * @param targets the diagrams for the ranges, of which adjacent ones differ
     * @param undefined the diagram for packets for which the value is not defined, or null if it always is
     */
    private Diagram node(Value value, int rank, long[] starts, Diagram[] targets, @Nullable Diagram undefined) {
        if (targets.length == 1 && (undefined == null || undefined == targets[0])) {
            return targets[0];
        }
        int[] ids = new int[targets.length + 1];
        for (int i = 0; i < targets.length; i++) {
            ids[i] = targets[i].id;
        }
        ids[targets.length] = undefined == null ? Integer.MIN_VALUE : undefined.id;
        return known.computeIfAbsent(
                new Key(rank, starts, ids), key -> new Diagram(known.size(), value, rank, starts, targets, undefined));
    }

    /** {@return whether a value is in a set, and undefined where the value is} */
    Diagram member(Value value, int rank, RangeSet set) {
        RangeSet in = set.and(RangeSet.between(0, value.max));
        boolean fromZero = in.size() > 0 && in.bound(0) == 0;
        int first = fromZero ? 1 : 0;
        boolean toEnd = in.size() > 0 && in.bound(in.size() - 1) > value.max;
        int n = 1 + in.size() - first - (toEnd ? 1 : 0);
        long[] starts = new long[n];
        Diagram[] targets = new Diagram[n];
        boolean inside = fromZero;
        for (int i = 0; i < n; i++) {
            starts[i] = i == 0 ? 0 : in.bound(first + i - 1);
            targets[i] = inside ? Diagram.TRUE : Diagram.FALSE;
            inside = !inside;
        }
        budget.spend(n);
        return node(value, rank, starts, targets, value.isAlwaysDefined() ? null : Diagram.UNDEFINED);
    }

    /** {@return the conjunction or disjunction of all} It combines equals with equals, as a merge sort does. */
    Diagram fold(List<Diagram> all, boolean and) {
        List<Diagram> left = new ArrayList<>(all);
        while (left.size() > 1) {
            List<Diagram> pairs = new ArrayList<>();
            for (int i = 0; i < left.size(); i += 2) {
                pairs.add(i + 1 < left.size() ? combine(left.get(i), left.get(i + 1), and) : left.get(i));
            }
            left = pairs;
        }
        return left.isEmpty() ? neutral(and) : left.get(0);
    }

    private static Diagram neutral(boolean and) {
        return and ? Diagram.TRUE : Diagram.FALSE;
    }

    /** {@return the conjunction or disjunction, of which the second operand is evaluated if the first does not decide} */
    Diagram combine(Diagram first, Diagram second, boolean and) {
        Diagram neutral = neutral(and);
        if (first == neutral) {
            return second;
        } else if (first.isOutcome() || second == neutral || first == second || budget.isSpent()) {
            return first;
        }
        Map<Long, Diagram> memo = and ? conjunctions : disjunctions;
        long key = ((long) first.id << 32) | Integer.toUnsignedLong(second.id);
        Diagram known = memo.get(key);
        if (known == null) {
            known = apply(first, second, and);
            memo.put(key, known);
        }
        return known;
    }

    /** Combines two diagrams, the first of which is no outcome (the apply algorithm). */
    private Diagram apply(Diagram first, Diagram second, boolean and) {
        boolean inFirst = first.rank <= second.rank;
        boolean inSecond = second.rank <= first.rank;
        Diagram top = inFirst ? first : second;
        Value value = Objects.requireNonNull(top.value);
        int size = top.starts.length + (inFirst && inSecond ? second.starts.length : 0);
        long[] starts = new long[size];
        Diagram[] targets = new Diagram[size];
        int used = 0;
        int i = 0;
        int j = 0;
        while (i < (inFirst ? first : second).starts.length) {
            long start = inFirst && inSecond ? Math.max(first.starts[i], second.starts[j]) : top.starts[i];
            Diagram a = inFirst ? first.targets[i] : first;
            Diagram b = !inSecond ? second : inFirst ? second.targets[j] : second.targets[i];
            Diagram target = combine(a, b, and);
            if (used == 0 || targets[used - 1] != target) {
                starts[used] = start;
                targets[used++] = target;
            }
            if (inFirst && inSecond) {
                long end = Math.min(first.end(i), second.end(j));
                boolean both = first.end(i) == second.end(j);
                j += both || second.end(j) == end ? 1 : 0;
                i += both || first.end(i) == end ? 1 : 0;
            } else {
                i++;
            }
        }
        Diagram undefined =
                top.undefined == null ? null : combine(withoutValue(first, value), withoutValue(second, value), and);
        budget.spend(WorkBudget.NODE + size);
        return node(value, top.rank, Arrays.copyOf(starts, used), Arrays.copyOf(targets, used), undefined);
    }

    /** {@return the diagram for packets for which a value is not defined, nor, then, those that imply it} */
    private static Diagram withoutValue(Diagram diagram, Value missing) {
        Diagram left = diagram;
        while (left.value != null && left.undefined != null && left.value.implies(missing)) {
            left = left.undefined;
        }
        return left;
    }

    Diagram negation(Diagram diagram) {
        if (diagram.isOutcome()) {
            return diagram == Diagram.UNDEFINED ? diagram : diagram == Diagram.TRUE ? Diagram.FALSE : Diagram.TRUE;
        }
        Diagram known = negations.get(diagram);
        if (known == null) {
            budget.spend(WorkBudget.NODE + diagram.starts.length);
            Diagram[] targets = new Diagram[diagram.targets.length];
            for (int i = 0; i < targets.length; i++) {
                targets[i] = negation(diagram.targets[i]);
            }
            Diagram undefined = diagram.undefined == null ? null : negation(diagram.undefined);
            known = node(Objects.requireNonNull(diagram.value), diagram.rank, diagram.starts, targets, undefined);
            negations.put(diagram, known);
        }
        return known;
    }

    /**
     * {@return the nodes of a program that computes what a diagram says, or null if none does by testing the values in
     * this order} A program that loads what the packet lacks rejects it, so the undefined value has to reject.
     */
    @Nullable
    DecisionNode nodes(Diagram root, DecisionGraph graph, DecisionNode yes, DecisionNode no) {
        Map<Diagram, DecisionNode> done = new HashMap<>();
        done.put(Diagram.TRUE, yes);
        done.put(Diagram.FALSE, no);
        done.put(Diagram.UNDEFINED, DecisionNode.REJECT);
        return nodes(root, graph, done);
    }

    private @Nullable DecisionNode nodes(Diagram diagram, DecisionGraph graph, Map<Diagram, DecisionNode> done) {
        DecisionNode known = done.get(diagram);
        if (known != null) {
            return known;
        }
        budget.spend(WorkBudget.NODE + diagram.starts.length);
        DecisionNode[] targets = new DecisionNode[diagram.targets.length];
        for (int i = 0; i < targets.length; i++) {
            DecisionNode target = nodes(diagram.targets[i], graph, done);
            if (target == null) {
                return null;
            }
            targets[i] = target;
        }
        DecisionNode only = Arrays.stream(targets).allMatch(target -> target == targets[0]) ? targets[0] : null;
        DecisionNode undefined = diagram.undefined == null ? only : nodes(diagram.undefined, graph, done);
        DecisionNode node;
        if (only != null && undefined == only) {
            node = only;
        } else if (diagram.undefined == null || undefined == DecisionNode.REJECT) {
            node = graph.node(Objects.requireNonNull(diagram.value), null, diagram.starts.clone(), targets);
        } else {
            return null;
        }
        done.put(diagram, node);
        return node;
    }
}
