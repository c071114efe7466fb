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
    public static final long MAX_WORK = 2_000_000;

    /** A diagram with more comparisons is not optimized: little of it would go away. */
    private static final int HOPELESS = 2 * Program.MAX_SIZE;

    private final WorkBudget budget;
    private @Nullable List<Instruction> shortest;

    private CodeGenerator(WorkBudget budget) {
        this.budget = budget;
    }

    /**
     * {@return the instructions, test by test in the order of the expression} There may be more than a program can have.
     *
     * @param lowered the formula
     */
    public static List<Instruction> generate(Lowered lowered) {
        return Emitter.emit(new DecisionGraph().of(lowered.formula(), null), false);
    }

    /**
     * {@return the instructions of a short program} There may be more than a program can have. The tests follow the order
     * of the expression, so that a packet that is too short for one of them is rejected as libpcap does. Where that takes
     * more instructions than a program can have, tests are merged whatever their order ({@link OrderedDiagrams}): a packet
     * may then get its verdict by the bytes that it has.
     *
     * @param forms equivalent formulas, the simplest one first
     * @param budget how much work there may be
     */
    public static List<Instruction> shortest(List<Lowered> forms, WorkBudget budget) {
        CodeGenerator generator = new CodeGenerator(budget);
        DecisionGraph inOrder = new DecisionGraph();
        DecisionNode first = inOrder.of(forms.get(0).formula(), null);
        boolean hopeless = DecisionGraph.comparisons(first) > HOPELESS;
        if (!hopeless && generator.take(forms.get(0), inOrder, first).size() <= Program.MAX_SIZE) {
            return generator.best();
        }
        for (Lowered form : forms) {
            DecisionGraph graph = new DecisionGraph();
            WorkBudget diagrams = budget.part(10);
            DecisionNode root = OrderedDiagrams.of(form.formula(), graph, diagrams);
            budget.spend(diagrams.spent());
            if (root != null && DecisionGraph.comparisons(root) <= HOPELESS) {
                generator.take(form, graph, root);
            }
        }
        return generator.shortest == null ? Emitter.emit(first, false) : generator.best();
    }

    private List<Instruction> best() {
        return Objects.requireNonNull(shortest);
    }

    /** {@return the shortest instructions so far, after those of another graph} */
    private List<Instruction> take(Lowered form, DecisionGraph graph, DecisionNode root) {
        List<Instruction> before = shortest;
        DecisionNode optimized = new Optimizer(graph, form.stored(), budget).optimize(root);
        List<Instruction> instructions = Emitter.emit(optimized, true);
        List<Instruction> best = before == null || instructions.size() <= before.size() ? instructions : before;
        shortest = best;
        return best;
    }
}
