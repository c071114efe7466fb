package io.github.nettybpf.expression.code;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.lower.Lowering.Lowered;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Generates the instructions of a formula: builds its decision graph, optimizes the graph, and emits it. */
public final class CodeGenerator {
    /** How much work a compilation may take, in units of {@link WorkBudget}. */
    public static final long MAX_WORK = 2_500_000;

    /** A graph with more comparisons is not optimized: too little of it would go away. */
    private static final int HOPELESS = 4 * Program.MAX_SIZE;

    /** How many times as many comparisons a graph may have before as the best program after the optimizer. */
    private static final int MAX_SHRINKING = 8;

    private final WorkBudget budget;
    private List<Instruction> shortest = List.of();

    private CodeGenerator(WorkBudget budget) {
        this.budget = budget;
    }

    /**
     * {@return the instructions, test by test in the order of the expression} There may be more than a program can have.
     *
     * @param lowered the formula
     */
    public static List<Instruction> generate(Lowered lowered) {
        DecisionNode first = new DecisionGraph(Integer.MAX_VALUE).of(lowered.formula(), null);
        return Emitter.emit(Objects.requireNonNull(first), false);
    }

    /**
     * {@return the instructions of a short program} There are none if it takes too many, and there may be more than a
     * program can have. Tests are merged whatever their order where that makes no difference ({@link OrderedDiagrams}),
     * or follow the order of the expression, whichever is shorter.
     *
     * @param forms equivalent formulas, the simplest one first
     * @param budget how much work there may be
     */
    public static List<Instruction> shortest(List<Lowered> forms, WorkBudget budget) {
        CodeGenerator generator = new CodeGenerator(budget);
        for (int i = 0; i < forms.size(); i++) {
            DecisionGraph graph = new DecisionGraph(HOPELESS);
            WorkBudget diagrams = budget.part(forms.size() + 2 - i);
            DecisionNode root = OrderedDiagrams.of(forms.get(i).formula(), graph, diagrams);
            budget.spend(diagrams.spent());
            generator.take(forms.get(i), graph, root, HOPELESS);
        }
        int merged = generator.shortest.size();
        int worthwhile = merged == 0 ? HOPELESS : Math.min(HOPELESS, MAX_SHRINKING * merged);
        DecisionGraph inOrder = new DecisionGraph(worthwhile);
        generator.take(forms.get(0), inOrder, inOrder.of(forms.get(0).formula(), null), worthwhile);
        return generator.shortest;
    }

    /** Keeps the instructions of another graph, unless it is too large, or those so far are fewer. */
    private void take(Lowered form, DecisionGraph graph, @Nullable DecisionNode root, int maxComparisons) {
        if (root == null || DecisionGraph.comparisons(root) > maxComparisons) {
            return;
        }
        WorkBudget rest = budget.part(1);
        DecisionNode optimized = new Optimizer(graph, form.stored(), rest).optimize(root);
        budget.spend(rest.spent());
        List<Instruction> instructions = Emitter.emit(optimized, true);
        if (shortest.isEmpty() || instructions.size() <= shortest.size()) {
            shortest = instructions;
        }
    }
}
