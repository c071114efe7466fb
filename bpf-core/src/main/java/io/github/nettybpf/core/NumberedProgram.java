package io.github.nettybpf.core;

import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.PacketLoad;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.SteppingMachine.Cause;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * A program in which every way to end has a return of its own, whose verdict is the number of the {@link Decision}, from
 * 1 on. Each conditional jump is followed by two instructions: where it goes if it holds, and where it goes if not. They
 * are returns if it leads to a return, and jumps otherwise, over any distance.
 */
final class NumberedProgram {
    private static final int WITH_TARGETS = 3;

    private final Program program;
    private final List<Instruction> numbered = new ArrayList<>();
    private final List<Decision> decisions = new ArrayList<>();

    /** For each instruction of the program: its index in the numbered one. */
    private final int[] moved;

    /** For each instruction of the numbered program: the decision that ends it there, or -1 if none does. */
    private final int[] ends;

    NumberedProgram(Program program) {
        this.program = program;
        this.moved = new int[program.size()];
        int size = 0;
        for (int pc = 0; pc < moved.length; pc++) {
            moved[pc] = size;
            size += program.instructions().get(pc) instanceof ConditionalJump ? WITH_TARGETS : 1;
        }
        this.ends = new int[size];
        for (int pc = 0; pc < moved.length; pc++) {
            add(pc, program.instructions().get(pc));
        }
    }

    private void add(int pc, Instruction instruction) {
        if (instruction instanceof ConditionalJump jump) {
            add(
                    jump instanceof JumpIf constant
                            ? new JumpIf(constant.cond(), constant.val(), 0, 1)
                            : new JumpIfX(jump.cond(), 0, 1),
                    -1);
            addTarget(pc, jump.trueTarget(pc), true);
            addTarget(pc, jump.falseTarget(pc), false);
        } else if (instruction instanceof Jump jump) {
            add(new Jump(moved[jump.successors(pc).get(0)] - moved[pc] - 1), -1);
        } else if (instruction.isReturn()) {
            addReturn(new Decision(Cause.RETURNED, pc, OptionalInt.empty(), false));
        } else if (instruction instanceof PacketLoad) {
            add(instruction, decide(pc, Cause.OUT_OF_BOUNDS));
        } else if (instruction instanceof LoadExtension load && load.num() != Extension.LEN) {
            add(instruction, decide(pc, Cause.NOT_KNOWN));
            if (load.num().isOfDevice()) {
                decide(pc, Cause.NO_DEVICE);
            }
        } else if (instruction instanceof AluX alu && (alu.op() == AluOp.DIV || alu.op() == AluOp.MOD)) {
            add(instruction, decide(pc, Cause.DIVISION_BY_ZERO));
        } else {
            add(instruction, -1);
        }
    }

    private void addTarget(int test, int target, boolean holds) {
        int end = target;
        while (program.instructions().get(end) instanceof Jump jump) {
            end = jump.successors(end).get(0);
        }
        if (program.instructions().get(end).isReturn()) {
            addReturn(new Decision(Cause.RETURNED, end, OptionalInt.of(test), holds));
        } else {
            add(new Jump(moved[end] - numbered.size() - 1), -1);
        }
    }

    private void addReturn(Decision decision) {
        decisions.add(decision);
        add(new ReturnConstant(decisions.size()), decisions.size() - 1);
    }

    private void add(Instruction instruction, int end) {
        ends[numbered.size()] = end;
        numbered.add(instruction);
    }

    private int decide(int pc, Cause cause) {
        decisions.add(new Decision(cause, pc, OptionalInt.empty(), false));
        return decisions.size() - 1;
    }

    /** {@return the numbered program, which may be longer than the kernel allows} */
    Program program() {
        return Program.derived(numbered);
    }

    /** {@return the decisions, in the order of the instructions} */
    List<Decision> decisions() {
        return decisions;
    }

    /** {@return for each instruction of the numbered program, the index of the decision that ends it there, or -1} */
    int[] ends() {
        return ends;
    }
}
