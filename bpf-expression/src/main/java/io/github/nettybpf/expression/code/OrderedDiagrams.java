package io.github.nettybpf.expression.code;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.expression.lower.BooleanFormula;
import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Builds reduced ordered decision diagrams (multi-valued BDDs) of the parts of a formula whose tests may be reordered,
 * because they read nothing but headers. Tests of the same value then become one test of a set, in whatever order and
 * however nested the expression has them: a list of conversations becomes a switch on the source address, and for each
 * source a set of destinations.
 *
 * <p>Values are ordered as the headers are, so that a value is only computed after the tests that say whether the packet
 * has it. The size can grow exponentially, so the work is bounded.
 */
final class OrderedDiagrams {
    /** How many different values a formula may test: the depth of the recursion. */
    private static final int MAX_VALUES = 200;

    private final DecisionGraph graph;

    /** The diagrams of formulas, of those that are not part of a larger one. */
    private final IdentityHashMap<BooleanFormula, DecisionNode> diagrams = new IdentityHashMap<>();

    private final Map<Value, Integer> ranks = new HashMap<>();
    private final Map<Long, DecisionNode> conjunctions = new HashMap<>();
    private final Map<Long, DecisionNode> disjunctions = new HashMap<>();
    private final WorkBudget budget;

    private OrderedDiagrams(DecisionGraph graph, WorkBudget budget) {
        this.graph = graph;
        this.budget = budget;
    }

    /**
     * {@return the first node of a formula, which leads to a verdict, or null if its diagrams are too large}
     *
     * @param root the formula
     * @param graph takes the nodes
     * @param budget how much work there may be
     */
    static @Nullable DecisionNode of(BooleanFormula root, DecisionGraph graph, WorkBudget budget) {
        OrderedDiagrams diagrams = new OrderedDiagrams(graph, budget);
        if (!diagrams.rankValues(root)) {
            return null;
        }
        BooleanFormula merged = diagrams.merge(root);
        return budget.isSpent() ? null : graph.of(merged, diagrams);
    }

    /** Orders the values that formulas test; false if there are too many. */
    private boolean rankValues(BooleanFormula root) {
        Set<Value> values = new HashSet<>();
        Deque<BooleanFormula> open = new ArrayDeque<>();
        open.push(root);
        while (!open.isEmpty()) {
            BooleanFormula formula = open.pop();
            if (formula instanceof BooleanFormula.Membership membership) {
                values.add(membership.value());
            } else if (formula instanceof BooleanFormula.Switch choice) {
                values.add(choice.value());
            }
            terms(formula).forEach(open::push);
        }
        List<Value> ordered = new ArrayList<>(values);
        ordered.sort(Comparator.comparingInt(OrderedDiagrams::layer)
                .thenComparingInt(value -> anchor(value).k)
                .thenComparingInt(value -> anchor(value).size)
                .thenComparingInt(value -> value.id));
        for (Value value : ordered) {
            ranks.put(value, ranks.size());
        }
        return ordered.size() <= MAX_VALUES;
    }

    /** {@return 0 for what is no load, 1 for loads up to the network header, 2 for loads after a computed length} */
    private static int layer(Value value) {
        Value anchor = anchor(value);
        if (anchor.kind != Value.Kind.LOAD) {
            return 0;
        }
        Value index = anchor.left;
        return index == null || (index.kind != Value.Kind.HEADER_LENGTH && index.op != AluOp.ADD) ? 1 : 2;
    }

    /** {@return the load that a value is computed of, or the value itself} */
    private static Value anchor(Value value) {
        Value anchor = value;
        while (anchor.kind != Value.Kind.LOAD && anchor.left != null) {
            anchor = anchor.left;
        }
        return anchor;
    }

    private static List<BooleanFormula> terms(BooleanFormula formula) {
        if (formula instanceof BooleanFormula.And and) {
            return and.terms();
        } else if (formula instanceof BooleanFormula.Or or) {
            return or.terms();
        } else if (formula instanceof BooleanFormula.Not not) {
            return List.of(not.term());
        } else if (formula instanceof BooleanFormula.InOrder inOrder) {
            return List.of(inOrder.term());
        } else if (formula instanceof BooleanFormula.Switch choice) {
            return choice.cases().stream().map(BooleanFormula.Case::then).toList();
        }
        return List.of();
    }

    /** A formula, and its terms as far as they are merged. */
    private static final class Level {
        final BooleanFormula formula;
        final List<BooleanFormula> terms;
        final List<BooleanFormula> merged = new ArrayList<>();

        Level(BooleanFormula formula) {
            this.formula = formula;
            this.terms = formula instanceof BooleanFormula.InOrder ? List.of() : terms(formula);
        }
    }

    /** {@return an equivalent formula, in which {@link #diagrams} has the parts that may be reordered} */
    private BooleanFormula merge(BooleanFormula root) {
        Deque<Level> levels = new ArrayDeque<>();
        levels.push(new Level(root));
        while (!budget.isSpent()) {
            Level top = levels.peek();
            if (top.merged.size() < top.terms.size()) {
                levels.push(new Level(top.terms.get(top.merged.size())));
                continue;
            }
            levels.pop();
            BooleanFormula result = merged(top);
            if (levels.isEmpty()) {
                return result;
            }
            levels.peek().merged.add(result);
        }
        return root;
    }

    private BooleanFormula merged(Level level) {
        BooleanFormula formula = level.formula;
        if (formula instanceof BooleanFormula.And) {
            List<BooleanFormula> terms = runs(level.merged, true);
            return terms.size() == 1 ? terms.get(0) : new BooleanFormula.And(terms);
        } else if (formula instanceof BooleanFormula.Or) {
            List<BooleanFormula> terms = runs(level.merged, false);
            return terms.size() == 1 ? terms.get(0) : new BooleanFormula.Or(terms);
        }
        BooleanFormula result =
                formula instanceof BooleanFormula.Not ? new BooleanFormula.Not(level.merged.get(0)) : formula;
        DecisionNode diagram = diagram(level);
        if (diagram != null) {
            diagrams.put(result, diagram);
        }
        return result;
    }

    /** {@return whether every packet has the value that earlier tests lead to: not metadata, nor what was stored} */
    private static boolean mayReorder(Value value) {
        Value anchor = anchor(value);
        boolean metadata = anchor.kind == Value.Kind.EXTENSION && anchor.extension != Extension.LEN;
        return value.slotsRead == 0 && !metadata;
    }

    /** {@return the diagram of what is neither a conjunction nor a disjunction, or null if it has none} */
    private @Nullable DecisionNode diagram(Level level) {
        BooleanFormula formula = level.formula;
        if (formula instanceof BooleanFormula.Membership membership) {
            return mayReorder(membership.value()) ? member(membership) : null;
        } else if (formula instanceof BooleanFormula.Constant constant) {
            return constant.value() ? DecisionNode.ACCEPT : DecisionNode.REJECT;
        } else if (formula instanceof BooleanFormula.Not) {
            DecisionNode term = diagrams.get(level.merged.get(0));
            return term == null ? null : negated(term);
        } else if (formula instanceof BooleanFormula.Switch choice && mayReorder(choice.value())) {
            return level.merged.stream().allMatch(diagrams::containsKey)
                    ? switchOf(choice, level.merged.stream().map(this::known).toList())
                    : null;
        }
        return null;
    }

    private DecisionNode known(BooleanFormula formula) {
        return Objects.requireNonNull(diagrams.get(formula));
    }

    /** {@return the diagram of a switch} Its cases test other values, which may have lower ranks than its own. */
    private DecisionNode switchOf(BooleanFormula.Switch choice, List<DecisionNode> cases) {
        List<DecisionNode> all = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
            DecisionNode in = member(new BooleanFormula.Membership(
                    choice.value(), choice.cases().get(i).set()));
            all.add(combine(in, cases.get(i), true));
        }
        return fold(all, false);
    }

    private DecisionNode member(BooleanFormula.Membership membership) {
        RangeSet all = RangeSet.between(0, membership.value().max);
        RangeSet set = membership.set().and(all);
        if (set.isEmpty()) {
            return DecisionNode.REJECT;
        }
        return set.equals(all)
                ? DecisionNode.ACCEPT
                : graph.membership(
                        new BooleanFormula.Membership(membership.value(), set),
                        DecisionNode.ACCEPT,
                        DecisionNode.REJECT);
    }

    /** {@return the terms, of which those that have diagrams and follow one another are one term} */
    private List<BooleanFormula> runs(List<BooleanFormula> terms, boolean and) {
        List<BooleanFormula> result = new ArrayList<>();
        List<BooleanFormula> run = new ArrayList<>();
        for (BooleanFormula term : terms) {
            if (diagrams.containsKey(term)) {
                run.add(term);
            } else {
                close(run, and, result);
                result.add(term);
            }
        }
        close(run, and, result);
        return result;
    }

    private void close(List<BooleanFormula> run, boolean and, List<BooleanFormula> result) {
        if (run.isEmpty()) {
            return;
        }
        BooleanFormula merged = run.size() == 1
                ? run.get(0)
                : and ? new BooleanFormula.And(List.copyOf(run)) : new BooleanFormula.Or(List.copyOf(run));
        if (run.size() > 1) {
            diagrams.put(merged, fold(run.stream().map(this::known).toList(), and));
        }
        result.add(merged);
        run.clear();
    }

    /** {@return the conjunction or disjunction of all} It combines equals with equals, as a merge sort does. */
    private DecisionNode fold(List<DecisionNode> all, boolean and) {
        List<DecisionNode> left = new ArrayList<>(all);
        while (left.size() > 1) {
            List<DecisionNode> pairs = new ArrayList<>();
            for (int i = 0; i < left.size(); i += 2) {
                pairs.add(i + 1 < left.size() ? combine(left.get(i), left.get(i + 1), and) : left.get(i));
            }
            left = pairs;
        }
        return left.isEmpty() ? DecisionNode.REJECT : left.get(0);
    }

    private DecisionNode combine(DecisionNode a, DecisionNode b, boolean and) {
        DecisionNode absorbing = and ? DecisionNode.REJECT : DecisionNode.ACCEPT;
        DecisionNode neutral = and ? DecisionNode.ACCEPT : DecisionNode.REJECT;
        if (a == absorbing || b == absorbing) {
            return absorbing;
        } else if (a == neutral || a == b) {
            return b;
        } else if (b == neutral) {
            return a;
        } else if (budget.isSpent()) {
            return absorbing;
        }
        Map<Long, DecisionNode> memo = and ? conjunctions : disjunctions;
        long key = (long) Math.min(a.id, b.id) << 32 | Math.max(a.id, b.id);
        DecisionNode known = memo.get(key);
        if (known == null) {
            known = apply(a, b, and);
            memo.put(key, known);
        }
        return known;
    }

    /** Combines two diagrams, neither of which is a verdict (the apply algorithm). */
    private DecisionNode apply(DecisionNode a, DecisionNode b, boolean and) {
        int order = Integer.compare(rank(a), rank(b));
        if (order > 0) {
            return apply(b, a, and);
        }
        int size = a.starts.length + (order == 0 ? b.starts.length : 0);
        long[] starts = new long[size];
        DecisionNode[] targets = new DecisionNode[size];
        int used = 0;
        int i = 0;
        int j = 0;
        while (i < a.starts.length) {
            long start = order == 0 ? Math.max(a.starts[i], b.starts[j]) : a.starts[i];
            DecisionNode target = combine(a.targets[i], order == 0 ? b.targets[j] : b, and);
            if (used == 0 || targets[used - 1] != target) {
                starts[used] = start;
                targets[used++] = target;
            }
            if (order != 0) {
                i++;
                continue;
            }
            long end = Math.min(a.end(i), b.end(j));
            i += a.end(i) == end ? 1 : 0;
            j += b.end(j) == end ? 1 : 0;
        }
        budget.spend(WorkBudget.NODE + size);
        return used == 1
                ? targets[0]
                : graph.node(
                        Objects.requireNonNull(a.value),
                        null,
                        Arrays.copyOf(starts, used),
                        Arrays.copyOf(targets, used));
    }

    private int rank(DecisionNode node) {
        return Objects.requireNonNull(ranks.get(node.value));
    }

    /** {@return the first node of a formula that has a diagram, or null if it has none} */
    @Nullable
    DecisionNode node(BooleanFormula formula, DecisionNode yes, DecisionNode no) {
        DecisionNode diagram = diagrams.get(formula);
        return diagram == null ? null : substitute(diagram, yes, no);
    }

    private DecisionNode negated(DecisionNode diagram) {
        Map<DecisionNode, DecisionNode> done = new HashMap<>();
        done.put(DecisionNode.ACCEPT, DecisionNode.REJECT);
        done.put(DecisionNode.REJECT, DecisionNode.ACCEPT);
        return substitute(diagram, done);
    }

    /** {@return the diagram with other nodes for its verdicts} */
    private DecisionNode substitute(DecisionNode diagram, DecisionNode accept, DecisionNode reject) {
        Map<DecisionNode, DecisionNode> done = new HashMap<>();
        done.put(DecisionNode.ACCEPT, accept);
        done.put(DecisionNode.REJECT, reject);
        return accept == DecisionNode.ACCEPT && reject == DecisionNode.REJECT ? diagram : substitute(diagram, done);
    }

    private DecisionNode substitute(DecisionNode diagram, Map<DecisionNode, DecisionNode> done) {
        DecisionNode known = done.get(diagram);
        if (known == null) {
            budget.spend(WorkBudget.NODE + diagram.starts.length);
            DecisionNode[] targets = new DecisionNode[diagram.targets.length];
            for (int i = 0; i < targets.length; i++) {
                targets[i] = substitute(diagram.targets[i], done);
            }
            known = graph.node(Objects.requireNonNull(diagram.value), null, diagram.starts.clone(), targets);
            done.put(diagram, known);
        }
        return known;
    }
}
