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
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Makes decision graphs in which equal nodes are the same. */
final class DecisionGraph {
    private final Map<Key, DecisionNode> known = new HashMap<>();

    /** What makes nodes equal. */
    private record Key(Value value, @Nullable Value slot, List<Object> parts) {}

    /**
     * {@return the node that goes on from the value}; ranges that lead to the same node may be neighbours. A value that
     * cannot be computed rejects the packet, so where all ranges do, there is nothing to compute.
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
        if (used == 1 && targets[0] == DecisionNode.REJECT) {
            return DecisionNode.REJECT;
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

    private DecisionNode member(BooleanFormula.Membership member, DecisionNode yes, DecisionNode no) {
        RangeSet set = member.set();
        boolean fromZero = set.size() > 0 && set.toggle(0) == 0;
        int first = fromZero ? 1 : 0;
        boolean toEnd = set.size() > 0 && set.toggle(set.size() - 1) == RangeSet.END;
        int n = 1 + set.size() - first - (toEnd ? 1 : 0);
        long[] starts = new long[n];
        DecisionNode[] targets = new DecisionNode[n];
        boolean inside = fromZero;
        targets[0] = inside ? yes : no;
        for (int i = 1; i < n; i++) {
            inside = !inside;
            starts[i] = set.toggle(first + i - 1);
            targets[i] = inside ? yes : no;
        }
        return node(member.value(), null, starts, targets);
    }

    /** {@return the node that goes on from the value of the choice to where its cases lead} */
    private DecisionNode choice(BooleanFormula.Switch choice, List<DecisionNode> cases, DecisionNode no) {
        NavigableMap<Long, DecisionNode> targets = new TreeMap<>();
        targets.put(0L, no);
        for (int i = 0; i < cases.size(); i++) {
            RangeSet set = choice.cases().get(i).set();
            for (int j = 0; j < set.size(); j += 2) {
                targets.put(set.toggle(j), cases.get(i));
                if (set.toggle(j + 1) < RangeSet.END) {
                    targets.putIfAbsent(set.toggle(j + 1), no);
                }
            }
        }
        long[] starts = targets.keySet().stream().mapToLong(Long::longValue).toArray();
        return node(choice.value(), null, starts, targets.values().toArray(DecisionNode[]::new));
    }

    /** A condition that is being made nodes of, from its last term to its first. */
    private static final class Open {
        final BooleanFormula condition;
        final DecisionNode yes;
        final DecisionNode no;
        int left;

        @Nullable
        DecisionNode made;

        /** The nodes of the cases of a choice, the last one first. */
        final List<DecisionNode> cases = new ArrayList<>();

        Open(BooleanFormula condition, DecisionNode yes, DecisionNode no) {
            this.condition = condition;
            this.yes = yes;
            this.no = no;
            if (condition instanceof BooleanFormula.And and) {
                left = and.terms().size();
            } else if (condition instanceof BooleanFormula.Or or) {
                left = or.terms().size();
            } else if (condition instanceof BooleanFormula.Switch choice) {
                left = choice.cases().size();
            } else {
                left = 1;
            }
        }

        /** {@return the next term to make nodes of}, where it is to lead to included. */
        Open next() {
            left--;
            if (condition instanceof BooleanFormula.And and) {
                return new Open(and.terms().get(left), made == null ? yes : made, no);
            } else if (condition instanceof BooleanFormula.Or or) {
                return new Open(or.terms().get(left), yes, made == null ? no : made);
            } else if (condition instanceof BooleanFormula.Switch choice) {
                return new Open(choice.cases().get(left).then(), yes, no);
            }
            return new Open(((BooleanFormula.Not) condition).term(), no, yes);
        }
    }

    /** {@return the nodes that decide the condition}, terms asked in order. */
    DecisionNode of(BooleanFormula root) {
        Deque<Open> open = new ArrayDeque<>();
        open.push(new Open(root, DecisionNode.ACCEPT, DecisionNode.REJECT));
        while (true) {
            Open top = open.peek();
            if (top.condition instanceof BooleanFormula.Membership member) {
                top.made = member(member, top.yes, top.no);
                top.left = 0;
            } else if (top.condition instanceof BooleanFormula.Constant constant) {
                top.made = constant.value() ? top.yes : top.no;
                top.left = 0;
            }
            if (top.condition instanceof BooleanFormula.Store keep) {
                top.made = node(keep.value(), keep.slot(), new long[1], new DecisionNode[] {top.yes});
                top.left = 0;
            }
            if (top.left > 0) {
                open.push(top.next());
                continue;
            }
            if (top.condition instanceof BooleanFormula.Switch choice) {
                Collections.reverse(top.cases);
                top.made = choice(choice, top.cases, top.no);
            }
            DecisionNode made = top.made;
            open.pop();
            if (open.isEmpty()) {
                return made;
            }
            open.peek().made = made;
            open.peek().cases.add(made);
        }
    }

    /** {@return all nodes that can be reached, each before those that it leads to}, verdicts left out. */
    static List<DecisionNode> inOrder(DecisionNode root) {
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
