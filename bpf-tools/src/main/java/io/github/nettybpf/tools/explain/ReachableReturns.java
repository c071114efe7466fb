package io.github.nettybpf.tools.explain;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Program;
import java.util.BitSet;
import java.util.List;

/** Which kinds of return each instruction can lead to. A return of A can be of either kind. */
final class ReachableReturns {
    private final BitSet keeping = new BitSet();
    private final BitSet dropping = new BitSet();

    ReachableReturns(Program program) {
        List<Instruction> instructions = program.instructions();
        for (int pc = instructions.size() - 1; pc >= 0; pc--) {
            Instruction instruction = instructions.get(pc);
            if (instruction instanceof ReturnConstant constant) {
                keeping.set(pc, constant.val() != 0);
                dropping.set(pc, constant.val() == 0);
            } else if (instruction instanceof ReturnA) {
                keeping.set(pc);
                dropping.set(pc);
            } else if (instruction instanceof JumpIf jump) {
                follow(pc, jump.skipTrue(), jump.skipFalse());
            } else if (instruction instanceof JumpIfX jump) {
                follow(pc, jump.skipTrue(), jump.skipFalse());
            } else {
                int skip = instruction instanceof Jump jump ? jump.skip() : 0;
                follow(pc, skip, skip);
            }
        }
    }

    private void follow(int pc, int skip, int otherSkip) {
        keeping.set(pc, keeping.get(pc + 1 + skip) || keeping.get(pc + 1 + otherSkip));
        dropping.set(pc, dropping.get(pc + 1 + skip) || dropping.get(pc + 1 + otherSkip));
    }

    /** {@return whether a return of something else than 0 can be reached} */
    boolean canKeep(int pc) {
        return keeping.get(pc);
    }

    /** {@return whether a return of 0 can be reached} */
    boolean canDrop(int pc) {
        return dropping.get(pc);
    }
}
