package io.github.nettybpf.expression.code;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.expression.lower.BooleanFormula;
import io.github.nettybpf.expression.lower.Value;
import java.util.List;

/** Generates the instructions of a formula: builds its decision graph, optimizes the graph, and emits it. */
public final class CodeGenerator {
    private CodeGenerator() {}

    /**
     * {@return the instructions, of which there may be more than a program can have}
     *
     * @param formula what a packet has to satisfy
     * @param stored the values that the program stores in scratch slots
     * @param optimize whether to make the program short, or to emit it test by test
     */
    public static List<Instruction> generate(BooleanFormula formula, List<Value> stored, boolean optimize) {
        DecisionGraph graph = new DecisionGraph();
        DecisionNode root = graph.of(formula);
        if (optimize) {
            root = new Optimizer(graph, stored).optimize(root);
        }
        return Emitter.emit(root, optimize);
    }
}
