package io.github.nettybpf.expression.code;

import io.github.nettybpf.expression.lower.Condition;
import io.github.nettybpf.expression.lower.Ranges;
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
final class Graph {
    private final Map<Key, Node> known = new HashMap<>();

    /** What makes nodes equal. */
    private record Key(Value value, @Nullable Value slot, List<Object> parts) {}

    /**
     * {@return the node that goes on from the value}; ranges that lead to the same node may be neighbours. A value that
     * cannot be computed rejects the packet, so where all ranges do, there is nothing to compute.
     */
    Node node(Value value, @Nullable Value slot, long[] starts, Node[] targets) {
        int used = 1;
        for (int i = 1; i < starts.length; i++) {
            if (targets[i] != targets[used - 1]) {
                starts[used] = starts[i];
                targets[used] = targets[i];
                used++;
            }
        }
        if (used == 1 && targets[0] == Node.REJECT) {
            return Node.REJECT;
        }
        long[] from = Arrays.copyOf(starts, used);
        Node[] to = Arrays.copyOf(targets, used);
        List<Object> parts = new ArrayList<>(2 * used);
        for (int i = 0; i < used; i++) {
            parts.add(from[i]);
            parts.add(to[i].id);
        }
        return known.computeIfAbsent(new Key(value, slot, parts), key -> new Node(known.size(), value, slot, from, to));
    }

    private Node member(Condition.Member member, Node yes, Node no) {
        Ranges set = member.set();
        boolean fromZero = set.size() > 0 && set.toggle(0) == 0;
        int first = fromZero ? 1 : 0;
        boolean toEnd = set.size() > 0 && set.toggle(set.size() - 1) == Ranges.END;
        int n = 1 + set.size() - first - (toEnd ? 1 : 0);
        long[] starts = new long[n];
        Node[] targets = new Node[n];
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
    private Node choice(Condition.Choice choice, List<Node> cases, Node no) {
        NavigableMap<Long, Node> targets = new TreeMap<>();
        targets.put(0L, no);
        for (int i = 0; i < cases.size(); i++) {
            Ranges set = choice.cases().get(i).set();
            for (int j = 0; j < set.size(); j += 2) {
                targets.put(set.toggle(j), cases.get(i));
                if (set.toggle(j + 1) < Ranges.END) {
                    targets.putIfAbsent(set.toggle(j + 1), no);
                }
            }
        }
        long[] starts = targets.keySet().stream().mapToLong(Long::longValue).toArray();
        return node(choice.value(), null, starts, targets.values().toArray(Node[]::new));
    }

    /** A condition that is being made nodes of, from its last term to its first. */
    private static final class Open {
        final Condition condition;
        final Node yes;
        final Node no;
        int left;

        @Nullable
        Node made;

        /** The nodes of the cases of a choice, the last one first. */
        final List<Node> cases = new ArrayList<>();

        Open(Condition condition, Node yes, Node no) {
            this.condition = condition;
            this.yes = yes;
            this.no = no;
            if (condition instanceof Condition.And and) {
                left = and.terms().size();
            } else if (condition instanceof Condition.Or or) {
                left = or.terms().size();
            } else if (condition instanceof Condition.Choice choice) {
                left = choice.cases().size();
            } else {
                left = 1;
            }
        }

        /** {@return the next term to make nodes of}, where it is to lead to included. */
        Open next() {
            left--;
            if (condition instanceof Condition.And and) {
                return new Open(and.terms().get(left), made == null ? yes : made, no);
            } else if (condition instanceof Condition.Or or) {
                return new Open(or.terms().get(left), yes, made == null ? no : made);
            } else if (condition instanceof Condition.Choice choice) {
                return new Open(choice.cases().get(left).then(), yes, no);
            }
            return new Open(((Condition.Not) condition).term(), no, yes);
        }
    }

    /** {@return the nodes that decide the condition}, terms asked in order. */
    Node of(Condition root) {
        Deque<Open> open = new ArrayDeque<>();
        open.push(new Open(root, Node.ACCEPT, Node.REJECT));
        while (true) {
            Open top = open.peek();
            if (top.condition instanceof Condition.Member member) {
                top.made = member(member, top.yes, top.no);
                top.left = 0;
            } else if (top.condition instanceof Condition.Constant constant) {
                top.made = constant.value() ? top.yes : top.no;
                top.left = 0;
            }
            if (top.condition instanceof Condition.Keep keep) {
                top.made = node(keep.value(), keep.slot(), new long[1], new Node[] {top.yes});
                top.left = 0;
            }
            if (top.left > 0) {
                open.push(top.next());
                continue;
            }
            if (top.condition instanceof Condition.Choice choice) {
                Collections.reverse(top.cases);
                top.made = choice(choice, top.cases, top.no);
            }
            Node made = top.made;
            open.pop();
            if (open.isEmpty()) {
                return made;
            }
            open.peek().made = made;
            open.peek().cases.add(made);
        }
    }

    /** {@return all nodes that can be reached, each before those that it leads to}, verdicts left out. */
    static List<Node> inOrder(Node root) {
        List<Node> finished = new ArrayList<>();
        Set<Node> seen = new HashSet<>();
        Deque<Node> path = new ArrayDeque<>();
        Map<Node, Integer> next = new HashMap<>();
        if (!root.isVerdict()) {
            path.push(root);
            seen.add(root);
        }
        while (!path.isEmpty()) {
            Node top = path.peek();
            int i = next.merge(top, 1, Integer::sum) - 1;
            if (i >= top.targets.length) {
                path.pop();
                finished.add(top);
                continue;
            }
            Node target = top.targets[i];
            if (!target.isVerdict() && seen.add(target)) {
                path.push(target);
            }
        }
        Collections.reverse(finished);
        return finished;
    }
}
