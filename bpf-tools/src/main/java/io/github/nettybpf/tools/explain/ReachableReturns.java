package io.github.nettybpf.tools.explain;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Program;
import java.util.BitSet;
import java.util.List;

/**
 * The kinds of return that are reachable from each instruction: those that keep, those that drop. {@code ret a} may be
 * either.
 */
final class ReachableReturns {
    private final BitSet keeping = new BitSet();
    private final BitSet dropping = new BitSet();

    ReachableReturns(Program program) {
        List<Instruction> instructions = program.instructions();
        for (int pc = instructions.size() - 1; pc >= 0; pc--) {
            Instruction instruction = instructions.get(pc);
            if (instruction.isReturn()) {
                keeping.set(pc, !(instruction instanceof ReturnConstant constant) || constant.val() != 0);
                dropping.set(pc, !(instruction instanceof ReturnConstant constant) || constant.val() == 0);
            }
            for (int next : instruction.successors(pc)) {
                keeping.set(pc, keeping.get(pc) || keeping.get(next));
                dropping.set(pc, dropping.get(pc) || dropping.get(next));
            }
        }
    }

    /** {@return whether a return of a verdict other than 0 is reachable} */
    boolean canKeep(int pc) {
        return keeping.get(pc);
    }

    /** {@return whether a return of 0 is reachable} */
    boolean canDrop(int pc) {
        return dropping.get(pc);
    }
}
