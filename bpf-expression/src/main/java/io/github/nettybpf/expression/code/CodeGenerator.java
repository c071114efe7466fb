package io.github.nettybpf.expression.code;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.expression.lower.BooleanFormula;
import io.github.nettybpf.expression.lower.Value;
import java.util.List;

/** Generates the instructions of a formula: builds its decision graph, optimizes that, and writes it. */
public final class CodeGenerator {
    private CodeGenerator() {}

    /**
     * {@return the instructions, of which there may be more than a program can have}
     *
     * @param condition the formula that a packet has to satisfy
     * @param kept the values that the program keeps in scratch slots
     * @param optimize whether to make the program short, or to write it test by test
     */
    public static List<Instruction> generate(BooleanFormula condition, List<Value> kept, boolean optimize) {
        DecisionGraph graph = new DecisionGraph();
        DecisionNode root = graph.of(condition);
        if (optimize) {
            root = new Optimizer(graph, kept).optimize(root);
        }
        return Emitter.emit(root, optimize);
    }
}
