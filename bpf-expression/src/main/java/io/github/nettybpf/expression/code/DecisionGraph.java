package io.github.nettybpf.expression.code;

import io.github.nettybpf.expression.lower.BooleanFormula;
import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Builds decision graphs: decision diagrams over ranges, in which equal nodes are one object (hash-consing, the unique
 * table of a binary decision diagram). Tests keep their order, because a value that is not defined rejects the packet.
 */
final class DecisionGraph {
    private final Map<Key, DecisionNode> known = new HashMap<>();

    /** After how many nodes the graph is too large. */
    private final int maxNodes;

    /**
     * Creates an empty graph.
     *
     * @param maxNodes after how many nodes it is too large
     */
    DecisionGraph(int maxNodes) {
        this.maxNodes = maxNodes;
    }

    /** What makes nodes equal. */
    private record Key(Value value, @Nullable Value slot, List<Object> parts) {
        // Written out: a record's own methods take the JVM some ten milliseconds when they are first called.
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key
                    && value.equals(key.value)
                    && Objects.equals(slot, key.slot)
                    && parts.equals(key.parts);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * value.hashCode() + Objects.hashCode(slot)) + parts.hashCode();
        }
    }

    /**
     * {@return the node for a value and its successors} Adjacent ranges with the same successor are merged. A value
     * that is not defined rejects the packet, so if every range does, there is nothing to compute; nor if all lead to a
     * node whose value is not defined, either, where this one is not.
     *
     * @param starts where the ranges start; changed by this method
     * @param targets the successors; changed by this method
     */
    DecisionNode node(Value value, @Nullable Value slot, long[] starts, DecisionNode[] targets) {
        int used = 1;
        for (int i = 1; i < starts.length; i++) {
            if (targets[i] != targets[used - 1]) {
                starts[used] = starts[i];
                targets[used] = targets[i];
                used++;
            }
        }
        DecisionNode only = targets[0];
        boolean implied = slot == null && !only.isVerdict() && only.value().implies(value);
        if (used == 1 && (implied || only == DecisionNode.REJECT)) {
            return only;
        }
        long[] from = Arrays.copyOf(starts, used);
        DecisionNode[] to = Arrays.copyOf(targets, used);
        List<Object> parts = new ArrayList<>(2 * used);
        for (int i = 0; i < used; i++) {
            parts.add(from[i]);
            parts.add(to[i].id);
        }
        return known.computeIfAbsent(
                new Key(value, slot, parts), key -> new DecisionNode(known.size(), value, slot, from, to));
    }

    /** {@return the node that branches by whether a value is in a set} */
    DecisionNode membership(BooleanFormula.Membership membership, DecisionNode yes, DecisionNode no) {
        RangeSet set = membership.set();
        boolean fromZero = set.size() > 0 && set.bound(0) == 0;
        int first = fromZero ? 1 : 0;
        boolean toEnd = set.size() > 0 && set.bound(set.size() - 1) == RangeSet.END;
        int n = 1 + set.size() - first - (toEnd ? 1 : 0);
        long[] starts = new long[n];
        DecisionNode[] targets = new DecisionNode[n];
        boolean inside = fromZero;
        targets[0] = inside ? yes : no;
        for (int i = 1; i < n; i++) {
            inside = !inside;
            starts[i] = set.bound(first + i - 1);
            targets[i] = inside ? yes : no;
        }
        return node(membership.value(), null, starts, targets);
    }

    /** {@return the node that branches to the cases of a switch} */
    private DecisionNode switchOf(BooleanFormula.Switch choice, List<DecisionNode> cases, DecisionNode no) {
        NavigableMap<Long, DecisionNode> targets = new TreeMap<>();
        targets.put(0L, no);
        for (int i = 0; i < cases.size(); i++) {
            RangeSet set = choice.cases().get(i).set();
            for (int j = 0; j < set.size(); j += 2) {
                targets.put(set.bound(j), cases.get(i));
                if (set.bound(j + 1) < RangeSet.END) {
                    targets.putIfAbsent(set.bound(j + 1), no);
                }
            }
        }
        long[] starts = targets.keySet().stream().mapToLong(Long::longValue).toArray();
        return node(choice.value(), null, starts, targets.values().toArray(DecisionNode[]::new));
    }

    /** A formula whose nodes are being built, from its last term to its first. */
    private static final class Level {
        final BooleanFormula formula;
        final DecisionNode yes;
        final DecisionNode no;

        /** How many terms have no nodes yet. */
        int left;

        /** The first node of the term that was built last. */
        @Nullable
        DecisionNode built;

        /** The first nodes of the terms, the last term first. */
        final List<DecisionNode> terms = new ArrayList<>();

        Level(BooleanFormula formula, DecisionNode yes, DecisionNode no) {
            this.formula = formula;
            this.yes = yes;
            this.no = no;
            if (formula instanceof BooleanFormula.And and) {
                left = and.terms().size();
            } else if (formula instanceof BooleanFormula.Or or) {
                left = or.terms().size();
            } else if (formula instanceof BooleanFormula.Switch choice) {
                left = choice.cases().size();
            } else if (formula instanceof BooleanFormula.Not) {
                left = 1;
            }
        }

        /** {@return the last term that has no nodes yet, with the successors that it has to lead to} */
        Level next() {
            left--;
            if (formula instanceof BooleanFormula.And and) {
                return new Level(and.terms().get(left), built == null ? yes : built, no);
            } else if (formula instanceof BooleanFormula.Or or) {
                return new Level(or.terms().get(left), yes, built == null ? no : built);
            } else if (formula instanceof BooleanFormula.Switch choice) {
                return new Level(choice.cases().get(left).then(), yes, no);
            } else if (formula instanceof BooleanFormula.Not not) {
                return new Level(not.term(), no, yes);
            }
            throw new IllegalStateException(formula + " has no terms");
        }
    }

    /**
     * {@return the first node of a formula, which leads to a verdict, or null if the graph is too large}
     *
     * @param diagrams has nodes for parts of the formula, or null if all are made term by term
     */
    @Nullable
    DecisionNode of(BooleanFormula root, @Nullable OrderedDiagrams diagrams) {
        Deque<Level> levels = new ArrayDeque<>();
        levels.push(new Level(root, DecisionNode.ACCEPT, DecisionNode.REJECT));
        while (known.size() <= maxNodes) {
            Level top = levels.peek();
            DecisionNode first =
                    top.built == null && diagrams != null ? diagrams.node(top.formula, top.yes, top.no) : null;
            if (first == null && top.left > 0) {
                levels.push(top.next());
                continue;
            }
            first = first == null ? first(top) : first;
            levels.pop();
            if (levels.isEmpty()) {
                return first;
            }
            levels.peek().built = first;
            levels.peek().terms.add(first);
        }
        return null;
    }

    /** {@return the first node of a formula all of whose terms have nodes} */
    private DecisionNode first(Level level) {
        if (level.formula instanceof BooleanFormula.Membership membership) {
            return membership(membership, level.yes, level.no);
        } else if (level.formula instanceof BooleanFormula.Constant constant) {
            return constant.value() ? level.yes : level.no;
        } else if (level.formula instanceof BooleanFormula.Store store) {
            return node(store.value(), store.slot(), new long[1], new DecisionNode[] {level.yes});
        } else if (level.formula instanceof BooleanFormula.Switch choice) {
            Collections.reverse(level.terms);
            return switchOf(choice, level.terms, level.no);
        } else if (level.formula instanceof BooleanFormula.And
                || level.formula instanceof BooleanFormula.Or
                || level.formula instanceof BooleanFormula.Not) {
            return Objects.requireNonNull(level.built);
        }
        throw new IllegalArgumentException(level.formula.toString());
    }

    /** {@return about how many comparisons the nodes take that are reached from the root} */
    static long comparisons(DecisionNode root) {
        return topologicalOrder(root).stream()
                .mapToLong(node -> 1 + node.starts.length / 2)
                .sum();
    }

    /** {@return the nodes that are reached from the root, without verdicts, in topological order} */
    static List<DecisionNode> topologicalOrder(DecisionNode root) {
        List<DecisionNode> finished = new ArrayList<>();
        Set<DecisionNode> seen = new HashSet<>();
        Deque<DecisionNode> path = new ArrayDeque<>();
        Map<DecisionNode, Integer> next = new HashMap<>();
        if (!root.isVerdict()) {
            path.push(root);
            seen.add(root);
        }
        while (!path.isEmpty()) {
            DecisionNode top = path.peek();
            int i = next.merge(top, 1, Integer::sum) - 1;
            if (i >= top.targets.length) {
                path.pop();
                finished.add(top);
                continue;
            }
            DecisionNode target = top.targets[i];
            if (!target.isVerdict() && seen.add(target)) {
                path.push(target);
            }
        }
        Collections.reverse(finished);
        return finished;
    }
}
