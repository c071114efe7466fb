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
 * Makes a decision graph smaller. Jump threading: a test whose outcome the path decides is skipped on that path. Range
 * merging: a test of the value that was tested just before becomes part of that test. A test with one successor is
 * dropped. A value is skipped only where it is known to be defined, so that short packets get the same verdict as
 * without the optimizer.
 */
final class Optimizer {
    private static final int MAX_ROUNDS = 30;
    private static final int LATE_ROUNDS = 5;

    /** The work of rebuilding a node. */
    private static final int NODE_WORK = 100;

    /** The work of threading a jump past one test. */
    private static final int STEP_WORK = 8;

    private static final int MAX_FACTS = 200;
    private static final int NEAR = 20;

    private final DecisionGraph graph;

    /** The values that the program stores in scratch slots. */
    private final List<Value> stored;

    private Map<DecisionNode, @Nullable RangeFacts> facts = new HashMap<>();

    /** The in-degree of each node. */
    private Map<DecisionNode, Integer> inDegrees = new HashMap<>();

    /** The scratch slots that some node loads, as bits. */
    private int slotsRead;

    /**
     * Counts facts that are looked up. When half of it is spent, the optimizer looks at near facts only; when it is
     * spent, the optimizer stops.
     */
    private final WorkBudget budget;

    Optimizer(DecisionGraph graph, List<Value> stored, WorkBudget budget) {
        this.graph = graph;
        this.stored = stored;
        this.budget = budget;
    }

    /** {@return the root of the smaller graph} */
    DecisionNode optimize(DecisionNode root) {
        if (budget.isSpent()) {
            return root;
        }
        DecisionNode before = root;
        for (int round = 0; round < (budget.isHalfSpent() ? LATE_ROUNDS : MAX_ROUNDS); round++) {
            DecisionNode after = round(before);
            if (after == before || budget.isSpent()) {
                return after;
            }
            before = after;
        }
        return before;
    }

    /** A node whose successors are being changed. */
    private static final class Draft {
        final DecisionNode node;
        final long[] starts;
        final DecisionNode[] targets;

        Draft(DecisionNode node, long[] starts, DecisionNode[] targets) {
            this.node = node;
            this.starts = starts;
            this.targets = targets;
        }
    }

    private DecisionNode round(DecisionNode root) {
        List<DecisionNode> order = DecisionGraph.topologicalOrder(root);
        facts = new HashMap<>();
        inDegrees = new HashMap<>();
        slotsRead = 0;
        for (DecisionNode node : order) {
            slotsRead |= node.value().slotsRead;
            Arrays.stream(node.targets).distinct().forEach(target -> inDegrees.merge(target, 1, Integer::sum));
        }
        List<Draft> drafts = new ArrayList<>(order.size());
        RangeFacts first = RangeFacts.atEntry(stored);
        DecisionNode start = thread(first, root);
        facts.put(start, first);
        for (DecisionNode node : order) {
            if (facts.containsKey(node)) {
                drafts.add(draft(node));
            }
        }
        Map<DecisionNode, DecisionNode> made = new HashMap<>();
        for (int i = drafts.size() - 1; i >= 0; i--) {
            Draft draft = drafts.get(i);
            DecisionNode[] targets = draft.targets;
            for (int j = 0; j < targets.length; j++) {
                targets[j] = rebuilt(targets[j], made);
            }
            made.put(draft.node, graph.node(draft.node.value(), draft.node.slot, draft.starts, targets));
        }
        return rebuilt(start, made);
    }

    private static DecisionNode rebuilt(DecisionNode node, Map<DecisionNode, DecisionNode> made) {
        return node.isVerdict() ? node : Objects.requireNonNull(made.get(node));
    }

    private Draft draft(DecisionNode node) {
        if (budget.isSpent()) {
            Arrays.stream(node.targets)
                    .filter(target -> !target.isVerdict())
                    .forEach(target -> facts.put(target, null));
            return new Draft(node, node.starts.clone(), node.targets.clone());
        }
        Value value = node.value();
        budget.spend(NODE_WORK + node.starts.length);
        RangeFacts before = facts.get(node);
        RangeSet possible = RangeFacts.range(before, value, depth(before));
        List<Long> starts = new ArrayList<>();
        List<DecisionNode> targets = new ArrayList<>();
        for (int i = 0; i < node.starts.length; i++) {
            if (possible.overlaps(node.starts[i], node.end(i))) {
                add(node, i, before, possible, starts, targets);
            }
        }
        if (targets.isEmpty()) {
            starts.add(0L);
            targets.add(DecisionNode.REJECT);
        }
        starts.set(0, 0L);
        Draft draft = new Draft(
                node, starts.stream().mapToLong(Long::longValue).toArray(), targets.toArray(DecisionNode[]::new));
        propagate(draft, before);
        return draft;
    }

    /** Adds the successor for a range, or, if that only tests the same value again, the successors of that test. */
    private void add(
            DecisionNode node,
            int i,
            @Nullable RangeFacts before,
            RangeSet possible,
            List<Long> starts,
            List<DecisionNode> targets) {
        long start = node.starts[i];
        long end = node.end(i);
        RangeFacts here = after(node, before, possible.within(start, end));
        DecisionNode target = thread(here, node.targets[i]);
        boolean inline = !target.isVerdict()
                && target.value() == node.value()
                && target.slot == null
                && node.slot == null
                && inDegrees.getOrDefault(target, 0) == 1;
        if (!inline) {
            starts.add(start);
            targets.add(target);
            return;
        }
        for (int j = target.rangeOf(start); j < target.starts.length && target.starts[j] < end; j++) {
            starts.add(Math.max(start, target.starts[j]));
            RangeFacts there = RangeFacts.and(
                    before,
                    node.value(),
                    RangeSet.between(Math.max(start, target.starts[j]), Math.min(end, target.end(j)) - 1));
            targets.add(thread(there, target.targets[j]));
        }
    }

    /** Propagates the facts to the successors of a node. */
    private void propagate(Draft draft, @Nullable RangeFacts before) {
        Map<DecisionNode, List<RangeSet>> edges = new HashMap<>();
        for (int i = 0; i < draft.targets.length; i++) {
            long end = i + 1 < draft.starts.length ? draft.starts[i + 1] : RangeSet.END;
            edges.computeIfAbsent(draft.targets[i], k -> new ArrayList<>())
                    .add(RangeSet.between(draft.starts[i], end - 1));
        }
        edges.forEach((target, ranges) -> {
            if (!target.isVerdict()) {
                RangeFacts edge = after(draft.node, before, RangeSet.union(ranges));
                facts.put(target, facts.containsKey(target) ? join(facts.get(target), edge) : edge);
            }
        });
    }

    /** {@return the facts of both, or none if that is far to look for after much work} */
    private @Nullable RangeFacts join(@Nullable RangeFacts a, @Nullable RangeFacts b) {
        RangeFacts common = RangeFacts.join(a, b, budget.isHalfSpent() ? MAX_FACTS : Integer.MAX_VALUE);
        budget.spend(Math.max(0, RangeFacts.depth(a) + RangeFacts.depth(b) - 2 * RangeFacts.depth(common)));
        return common;
    }

    /** {@return the facts on the edge from a node for a range of its value} */
    private static RangeFacts after(DecisionNode node, @Nullable RangeFacts before, RangeSet range) {
        RangeFacts computed = RangeFacts.and(before, node.value(), range);
        return node.slot == null ? computed : RangeFacts.stored(computed, node.slot);
    }

    /** {@return whether a node stores a value that some node loads} */
    private boolean isLiveStore(DecisionNode node) {
        return node.slot != null && (slotsRead & node.slot.slotsRead) != 0;
    }

    /** {@return how many facts to look up} */
    private int depth(@Nullable RangeFacts known) {
        int depth = Math.min(RangeFacts.depth(known), budget.isHalfSpent() ? NEAR : MAX_FACTS);
        budget.spend(depth);
        return depth;
    }

    /** {@return the jump-threaded target: the first node from {@code first} on that the facts do not decide} */
    private DecisionNode thread(@Nullable RangeFacts known, DecisionNode first) {
        DecisionNode node = first;
        Map<Value, RangeSet> possible = Map.of();
        for (int steps = 0; !node.isVerdict() && !isLiveStore(node); steps++) {
            budget.spend(STEP_WORK);
            if ((steps >= NEAR && budget.isHalfSpent()) || budget.isSpent()) {
                return node;
            }
            if (steps == 1) {
                possible = new HashMap<>(possible);
            }
            Value value = node.value();
            RangeSet range = possible.get(value);
            if (range == null) {
                int depth = depth(known);
                if (!RangeFacts.isDefined(known, value, depth)) {
                    return node;
                }
                range = RangeFacts.range(known, value, depth);
                if (steps == 0) {
                    possible = Map.of(value, range);
                } else {
                    possible.put(value, range);
                }
            }
            DecisionNode only = only(node, range);
            if (only == null) {
                return node;
            }
            node = only;
        }
        return node;
    }

    /** {@return the successor for all numbers of the set, or null if there are several} */
    private static @Nullable DecisionNode only(DecisionNode node, RangeSet possible) {
        if (possible.isEmpty()) {
            return null;
        }
        long end = possible.bound(possible.size() - 1);
        DecisionNode only = null;
        for (int i = node.rangeOf(possible.bound(0)); i < node.starts.length && node.starts[i] < end; i++) {
            if (possible.overlaps(node.starts[i], node.end(i))) {
                if (only != null && only != node.targets[i]) {
                    return null;
                }
                only = node.targets[i];
            }
        }
        return only;
    }
}
