package io.github.nettybpf.core;

import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.LoadScratch;
import io.github.nettybpf.core.Instruction.PacketLoad;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.Instruction.Txa;
import io.github.nettybpf.core.SteppingMachine.Cause;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A program in which every way to end has a return of its own, whose verdict is the number of the {@link Decision}, from
 * 1 on. Each conditional jump is followed by two instructions: where it goes if it holds, and where it goes if not. They
 * are returns if it leads to a return, and jumps otherwise, over any distance.
 *
 * <p>A load is preceded by a comparison of its end with {@code len}, and by a return for packets that are too short,
 * where that takes no register that is in use: at a fixed offset, and at X plus an offset if the sum is known not to be
 * negative. So is a division by X, if the program has left a slot of M[] free. Any other load that fails, and any other
 * division by 0, ends the program with verdict 0.
 */
final class NumberedProgram {
    private static final int WITH_TARGETS = 3;
    private static final Instruction LENGTH = new LoadExtension(Extension.LEN);

    private final Program program;
    private final boolean checks;

    /** For each instruction: how many bytes the packet is known to have before it. */
    private final long[] known;

    /** A slot of M[] that the program does not use, or -1 if it uses all. */
    private final int freeSlot;

    private final List<Instruction> numbered = new ArrayList<>();
    private final List<Decision> decisions = new ArrayList<>();

    /** For each instruction of the program: its index in the numbered one. */
    private final int[] moved;

    /** For each instruction of the numbered program: the decision that ends it there, or -1 if none does. */
    private final int[] ends;

    /**
     * Derives it.
     *
     * @param checks whether loads and divisions that fail get a number, as far as possible
     */
    NumberedProgram(Program program, boolean checks) {
        this.program = program;
        this.checks = checks;
        this.known = knownLengths();
        this.freeSlot = freeSlot();
        this.moved = new int[program.size()];
        int size = 0;
        for (int pc = 0; pc < moved.length; pc++) {
            moved[pc] = size;
            boolean isTest = program.instructions().get(pc) instanceof ConditionalJump;
            size += isTest ? WITH_TARGETS : 1 + check(pc, 0).size();
        }
        this.ends = new int[size];
        for (int pc = 0; pc < moved.length; pc++) {
            add(pc, program.instructions().get(pc));
        }
    }

    private long[] knownLengths() {
        long[] lengths = new long[program.size()];
        Arrays.fill(lengths, 1, lengths.length, Long.MAX_VALUE);
        for (int pc = 0; pc < lengths.length; pc++) {
            Instruction instruction = program.instructions().get(pc);
            long after = Math.max(lengths[pc], isAtFixedOffset(instruction) ? reach((PacketLoad) instruction) : 0);
            for (int successor : instruction.successors(pc)) {
                lengths[successor] = Math.min(lengths[successor], after);
            }
        }
        return lengths;
    }

    private int freeSlot() {
        BitSet used = new BitSet();
        for (Instruction instruction : program.instructions()) {
            // The kernel takes no load from a slot that may have no value.
            if (instruction instanceof StoreScratch store) {
                used.set(store.n());
            }
        }
        int free = used.nextClearBit(0);
        return free < Program.SCRATCH_SLOTS ? free : -1;
    }

    private static boolean isAtFixedOffset(Instruction instruction) {
        return instruction instanceof PacketLoad load && !(load instanceof LoadIndirect) && load.off() >= 0;
    }

    private static long reach(PacketLoad load) {
        return (long) load.off() + load.size();
    }

    /**
     * {@return what precedes the instruction, to end the program with a number if the instruction would end it} A load
     * into a register leaves that register free before it.
     */
    private List<Instruction> check(int pc, int number) {
        if (!checks) {
            return List.of();
        }
        Instruction instruction = program.instructions().get(pc);
        ReturnConstant tooShort = new ReturnConstant(number);
        if (isAtFixedOffset(instruction)) {
            long reach = reach((PacketLoad) instruction);
            if (reach <= known[pc]) {
                return List.of();
            }
            List<Instruction> check = List.of(LENGTH, atLeast(reach), tooShort);
            return instruction instanceof LoadMemShift ? around(new Tax(), check, new Txa()) : check;
        } else if (instruction instanceof LoadIndirect load && isAfterX(pc, load)) {
            int reach = (int) reach(load);
            return List.of(
                    LENGTH,
                    atLeast(reach),
                    tooShort,
                    new AluConstant(AluOp.SUB, reach),
                    new JumpIfX(JumpCondition.JGE, 1, 0),
                    tooShort);
        } else if (isDivision(instruction) && freeSlot >= 0) {
            return around(
                    new StoreScratch(Register.A, freeSlot),
                    List.of(new Txa(), new JumpIf(JumpCondition.JEQ, 0, 0, 1), tooShort),
                    new LoadScratch(Register.A, freeSlot));
        }
        return List.of();
    }

    private static JumpIf atLeast(long length) {
        return new JumpIf(JumpCondition.JGE, (int) length, 1, 0);
    }

    private static List<Instruction> around(Instruction before, List<Instruction> check, Instruction after) {
        List<Instruction> all = new ArrayList<>(check);
        all.add(0, before);
        all.add(after);
        return all;
    }

    private static boolean isDivision(Instruction instruction) {
        return instruction instanceof AluX alu && (alu.op() == AluOp.DIV || alu.op() == AluOp.MOD);
    }

    /** {@return whether the sum of X and the load's offset is known not to wrap around and not to be negative} */
    private boolean isAfterX(int pc, LoadIndirect load) {
        Optional<OffsetRange> range = program.offsets(pc);
        return load.off() >= 0
                && range.isPresent()
                && range.get().first() >= load.off()
                && range.get().last() <= Integer.MAX_VALUE;
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
            addChecked(pc, Cause.OUT_OF_BOUNDS);
        } else if (instruction instanceof LoadExtension load && load.num() != Extension.LEN) {
            add(instruction, decide(pc, Cause.NOT_KNOWN));
            if (load.num().isOfDevice()) {
                decide(pc, Cause.NO_DEVICE);
            }
        } else if (isDivision(instruction)) {
            addChecked(pc, Cause.DIVISION_BY_ZERO);
        } else {
            add(instruction, -1);
        }
    }

    private void addChecked(int pc, Cause cause) {
        int decision = decide(pc, cause);
        check(pc, decision + 1).forEach(each -> add(each, -1));
        add(program.instructions().get(pc), decision);
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
