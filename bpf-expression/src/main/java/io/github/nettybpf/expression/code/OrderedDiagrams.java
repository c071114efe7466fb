package io.github.nettybpf.expression.code;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.expression.lower.BooleanFormula;
import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
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
 * Builds reduced ordered decision diagrams (multi-valued BDDs) of the parts of a formula that read nothing but the packet.
 * Tests of the same value then become one test of a set, in whatever order and however nested the expression has them: a
 * list of conversations becomes a switch on the source address, and for each source a set of destinations.
 *
 * <p>The program has the same verdict as test by test, for cut-off packets, too. A value that the packet lacks rejects it,
 * so a test must come neither too early nor be left out; {@link Diagrams} keeps account of that. It succeeds in most
 * orders of values in which a packet that lacks one lacks all that follow: those of the headers. Where it does not, the
 * terms of the formula stay in their order, and each is merged for itself.
 *
 * <p>The size can grow exponentially, so the work is bounded.
 */
final class OrderedDiagrams {
    /** How many different values a formula may test: the depth of the recursion. */
    private static final int MAX_VALUES = 200;

    /** The mask of the fragment offset. */
    private static final int FRAGMENT = 0x1fff;

    private final DecisionGraph graph;

    /** The diagrams of formulas, of those that are not part of a larger one. */
    private final IdentityHashMap<BooleanFormula, Diagram> diagrams = new IdentityHashMap<>();

    private final Map<Value, Integer> ranks = new HashMap<>();
    private final Diagrams table;
    private final WorkBudget budget;

    private OrderedDiagrams(DecisionGraph graph, WorkBudget budget) {
        this.graph = graph;
        this.budget = budget;
        this.table = new Diagrams(budget);
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
                .thenComparingInt(OrderedDiagrams::place)
                .thenComparingInt(value -> value.id));
        for (Value value : ordered) {
            ranks.put(value, ranks.size());
        }
        return ordered.size() <= MAX_VALUES;
    }

    /** {@return 0 for what is no load, 1 for loads up to the network header, 2 for loads after a computed length} */
    private static int layer(Value value) {
        int operands =
                Math.max(value.left == null ? 0 : layer(value.left), value.right == null ? 0 : layer(value.right));
        if (value.kind == Value.Kind.HEADER_LENGTH) {
            return 1;
        } else if (value.kind != Value.Kind.LOAD) {
            return operands;
        }
        Value index = value.left;
        return index == null || (index.kind != Value.Kind.HEADER_LENGTH && index.op != AluOp.ADD)
                ? Math.max(operands, 1)
                : 2;
    }

    /**
     * {@return the place of a value among those of its layer} That is where it ends, so that a packet that lacks it lacks
     * all after it. Only the fragment offset comes after the protocol, which stands two bytes behind it, as in
     * expressions: for many protocols it is not read.
     */
    private static int place(Value value) {
        Value mask = value.mask();
        return 2 * end(value) + (mask != null && mask.k == FRAGMENT ? 5 : 0);
    }

    /** {@return where what a value loads ends, behind a computed length if there is one} */
    private static int end(Value value) {
        if (value.kind == Value.Kind.LOAD) {
            return value.k + value.size;
        } else if (value.kind == Value.Kind.HEADER_LENGTH) {
            return value.k + 1;
        }
        return Math.max(value.left == null ? 0 : end(value.left), value.right == null ? 0 : end(value.right));
    }

    private static List<BooleanFormula> terms(BooleanFormula formula) {
        if (formula instanceof BooleanFormula.And and) {
            return and.terms();
        } else if (formula instanceof BooleanFormula.Or or) {
            return or.terms();
        } else if (formula instanceof BooleanFormula.Not not) {
            return List.of(not.term());
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
            this.terms = terms(formula);
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
        Diagram diagram = diagram(level);
        if (diagram != null) {
            diagrams.put(result, diagram);
        }
        return result;
    }

    /** {@return whether a value is of the packet alone: neither metadata, nor what the program stored} */
    private static boolean mayReorder(Value value) {
        boolean metadata = value.kind == Value.Kind.EXTENSION && value.extension != Extension.LEN;
        return value.slotsRead == 0
                && !metadata
                && (value.left == null || mayReorder(value.left))
                && (value.right == null || mayReorder(value.right));
    }

    /** {@return the diagram of what is neither a conjunction nor a disjunction, or null if it has none} */
    private @Nullable Diagram diagram(Level level) {
        BooleanFormula formula = level.formula;
        if (formula instanceof BooleanFormula.Membership membership) {
            return mayReorder(membership.value()) ? member(membership.value(), membership.set()) : null;
        } else if (formula instanceof BooleanFormula.Constant constant) {
            return constant.value() ? Diagram.TRUE : Diagram.FALSE;
        } else if (formula instanceof BooleanFormula.Not) {
            Diagram term = diagrams.get(level.merged.get(0));
            return term == null ? null : table.negation(term);
        } else if (formula instanceof BooleanFormula.Switch choice && mayReorder(choice.value())) {
            return level.merged.stream().allMatch(diagrams::containsKey)
                    ? switchOf(choice, level.merged.stream().map(this::known).toList())
                    : null;
        }
        return null;
    }

    private Diagram known(BooleanFormula formula) {
        return Objects.requireNonNull(diagrams.get(formula));
    }

    /** {@return the diagram of a switch} Its cases test other values, which may have lower ranks than its own. */
    private Diagram switchOf(BooleanFormula.Switch choice, List<Diagram> cases) {
        List<Diagram> all = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
            Diagram in = member(choice.value(), choice.cases().get(i).set());
            all.add(table.combine(in, cases.get(i), true));
        }
        return table.fold(all, false);
    }

    private Diagram member(Value value, RangeSet set) {
        return table.member(value, Objects.requireNonNull(ranks.get(value)), set);
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
            diagrams.put(merged, table.fold(run.stream().map(this::known).toList(), and));
        }
        result.add(merged);
        run.clear();
    }

    /**
     * {@return the first node of a formula that has a diagram, or null if it has none, or none that a program can follow,
     * or there was too much work}
     */
    @Nullable
    DecisionNode node(BooleanFormula formula, DecisionNode yes, DecisionNode no) {
        Diagram diagram = diagrams.get(formula);
        return diagram == null || budget.isSpent() ? null : table.nodes(diagram, graph, yes, no);
    }
}
