package io.github.nettybpf.expression.code;

import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes a decision graph smaller. A test whose outcome is known on some way is skipped on that way; a test of the value
 * that was tested just before becomes part of that test; a test that changes nothing is left out. A value is left out only
 * where the bytes that it needs are known to be there, so that short packets get the same verdict as before.
 */
final class Optimizer {
    private static final int MOST_ROUNDS = 30;
    private static final int FEW_ROUNDS = 5;

    /** How many facts are looked up, and tests followed, before the optimizer looks no further than nearby. */
    private static final long MOST_WORK = 30_000_000;

    /** After how much it leaves things as they are. */
    private static final long TOO_MUCH_WORK = 2 * MOST_WORK;

    /** To remake a node takes as long as looking up so many facts. */
    private static final int NODE_WORK = 100;

    /** To follow a way past one test takes as long as looking up so many facts. */
    private static final int STEP_WORK = 8;

    private static final int MOST_FACTS = 200;
    private static final int NEAR = 20;

    private final DecisionGraph graph;

    /** The values that the program keeps. */
    private final List<Value> kept;

    private Map<DecisionNode, @Nullable RangeFacts> facts = new HashMap<>();
    private Map<DecisionNode, Integer> references = new HashMap<>();

    /** The slots that are read, as bits. */
    private int read;

    /** What was done, so that long lists take no time that grows with their square. */
    private long work;

    Optimizer(DecisionGraph graph, List<Value> kept) {
        this.graph = graph;
        this.kept = kept;
    }

    DecisionNode optimize(DecisionNode root) {
        DecisionNode before = root;
        for (int round = 0; round < (work > MOST_WORK ? FEW_ROUNDS : MOST_ROUNDS); round++) {
            DecisionNode after = round(before);
            if (after == before || work > TOO_MUCH_WORK) {
                return after;
            }
            before = after;
        }
        return before;
    }

    /** A node while its targets change. */
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
        List<DecisionNode> order = DecisionGraph.inOrder(root);
        facts = new HashMap<>();
        references = new HashMap<>();
        read = 0;
        for (DecisionNode node : order) {
            read |= node.value.reads;
            Arrays.stream(node.targets).distinct().forEach(target -> references.merge(target, 1, Integer::sum));
        }
        List<Draft> drafts = new ArrayList<>(order.size());
        RangeFacts first = RangeFacts.atFirst(kept);
        DecisionNode start = follow(first, root);
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
                targets[j] = targets[j].isVerdict() ? targets[j] : made.get(targets[j]);
            }
            made.put(draft.node, graph.node(draft.node.value, draft.node.slot, draft.starts, targets));
        }
        return start.isVerdict() ? start : made.get(start);
    }

    private Draft draft(DecisionNode node) {
        Value value = node.value;
        work += NODE_WORK + node.starts.length;
        RangeFacts before = facts.get(node);
        RangeSet possible = RangeFacts.about(before, value, far(before));
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
        tell(draft, before);
        return draft;
    }

    /** Adds where a range leads, or, if that is to a test of the same value, where that test leads. */
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
        DecisionNode target = follow(here, node.targets[i]);
        boolean inline = target.value == node.value
                && target.slot == null
                && node.slot == null
                && references.getOrDefault(target, 0) == 1;
        if (!inline) {
            starts.add(start);
            targets.add(target);
            return;
        }
        for (int j = target.rangeOf(start); j < target.starts.length && target.starts[j] < end; j++) {
            starts.add(Math.max(start, target.starts[j]));
            RangeFacts there = RangeFacts.and(
                    before,
                    node.value,
                    RangeSet.between(Math.max(start, target.starts[j]), Math.min(end, target.end(j)) - 1));
            targets.add(follow(there, target.targets[j]));
        }
    }

    /** Tells the targets of a node what is known on the ways to them. */
    private void tell(Draft draft, @Nullable RangeFacts before) {
        Map<DecisionNode, List<RangeSet>> ways = new HashMap<>();
        for (int i = 0; i < draft.targets.length; i++) {
            long end = i + 1 < draft.starts.length ? draft.starts[i + 1] : RangeSet.END;
            ways.computeIfAbsent(draft.targets[i], k -> new ArrayList<>())
                    .add(RangeSet.between(draft.starts[i], end - 1));
        }
        ways.forEach((target, ranges) -> {
            if (!target.isVerdict()) {
                RangeFacts way = after(draft.node, before, RangeSet.union(ranges));
                facts.put(target, facts.containsKey(target) ? common(facts.get(target), way) : way);
            }
        });
    }

    /** {@return what both know}, or nothing, if that is far back and much was done already. */
    private @Nullable RangeFacts common(@Nullable RangeFacts a, @Nullable RangeFacts b) {
        RangeFacts common = RangeFacts.common(a, b, work > MOST_WORK ? MOST_FACTS : Integer.MAX_VALUE);
        work += Math.max(0, RangeFacts.depth(a) + RangeFacts.depth(b) - 2 * RangeFacts.depth(common));
        return common;
    }

    private static RangeFacts after(DecisionNode node, @Nullable RangeFacts before, RangeSet range) {
        RangeFacts computed = RangeFacts.and(before, node.value, range);
        return node.slot == null ? computed : RangeFacts.kept(computed, node.slot);
    }

    /** {@return whether a node keeps a value that is read somewhere} */
    private boolean isKept(DecisionNode node) {
        return node.slot != null && (read & node.slot.reads) != 0;
    }

    /** {@return how far back facts are looked up} */
    private int far(@Nullable RangeFacts known) {
        int far = Math.min(RangeFacts.depth(known), work > MOST_WORK ? NEAR : MOST_FACTS);
        work += far;
        return far;
    }

    /** {@return where a way leads in the end}, past tests that are decided by what is known on it. */
    private DecisionNode follow(@Nullable RangeFacts known, DecisionNode first) {
        DecisionNode node = first;
        Map<Value, RangeSet> possible = Map.of();
        for (int steps = 0; !node.isVerdict() && !isKept(node); steps++) {
            work += STEP_WORK;
            if ((steps >= NEAR && work > MOST_WORK) || work > TOO_MUCH_WORK) {
                return node;
            }
            if (steps == 1) {
                possible = new HashMap<>(possible);
            }
            RangeSet range = possible.get(node.value);
            if (range == null) {
                int far = far(known);
                if (!RangeFacts.present(known, node.value, far)) {
                    return node;
                }
                range = RangeFacts.about(known, node.value, far);
                if (steps == 0) {
                    possible = Map.of(node.value, range);
                } else {
                    possible.put(node.value, range);
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

    /** {@return the one target to which all numbers of the range lead}, or null if there are several. */
    private static @Nullable DecisionNode only(DecisionNode node, RangeSet possible) {
        if (possible.isEmpty()) {
            return null;
        }
        long end = possible.toggle(possible.size() - 1);
        DecisionNode only = null;
        for (int i = node.rangeOf(possible.toggle(0)); i < node.starts.length && node.starts[i] < end; i++) {
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
