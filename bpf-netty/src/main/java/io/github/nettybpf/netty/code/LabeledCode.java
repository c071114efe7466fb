package io.github.nettybpf.netty.code;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Instructions that jump to labels. A conditional jump can skip 255 instructions; one that has to go further is followed
 * by an unconditional jump.
 */
public final class LabeledCode {
    private static final int LONGEST_SKIP = 255;

    /** A place to jump to, after the jump. */
    public static final class Label {
        private int item = -1;
    }

    /**
     * One instruction, with the labels of its successors if it jumps.
     *
     * @param instruction what to emit, or null for an unconditional jump
     * @param yes where the jump goes, or null
     * @param no where the jump goes if the condition does not hold, or null
     */
    private record Item(
            @Nullable Instruction instruction,
            @Nullable Label yes,
            @Nullable Label no) {}

    private final List<Item> items = new ArrayList<>();

    /** Adds an instruction that does not jump. */
    public void add(Instruction instruction) {
        items.add(new Item(instruction, null, null));
    }

    /** Adds a program, whose jumps go to where its instructions are now. */
    public void addAll(Program program) {
        Label[] labels = Stream.generate(Label::new).limit(program.size()).toArray(Label[]::new);
        for (int pc = 0; pc < labels.length; pc++) {
            place(labels[pc]);
            Instruction instruction = program.instructions().get(pc);
            if (instruction instanceof Jump jump) {
                jump(labels[jump.successors(pc).get(0)]);
            } else if (instruction instanceof JumpIf jump) {
                jumpIf(jump.cond(), jump.val(), labels[jump.trueTarget(pc)], labels[jump.falseTarget(pc)]);
            } else if (instruction instanceof JumpIfX jump) {
                jumpIfX(jump.cond(), labels[jump.trueTarget(pc)], labels[jump.falseTarget(pc)]);
            } else {
                add(instruction);
            }
        }
    }

    /** {@return the program, or empty if it has too many instructions} */
    public Optional<Program> programIfItFits() {
        List<Instruction> instructions = instructions();
        return instructions.size() > Program.MAX_SIZE ? Optional.empty() : Optional.of(Program.of(instructions));
    }

    /** Places a label before what is added next. */
    public void place(Label label) {
        label.item = items.size();
    }

    /** Goes on at a label. */
    public void jump(Label target) {
        items.add(new Item(null, target, null));
    }

    /** Goes on at one of two labels, by a comparison of A with a constant. */
    public void jumpIf(JumpCondition condition, int value, Label yes, Label no) {
        items.add(new Item(new JumpIf(condition, value, 0, 0), yes, no));
    }

    /** Goes on at one of two labels, by a comparison of A with X. */
    public void jumpIfX(JumpCondition condition, Label yes, Label no) {
        items.add(new Item(new JumpIfX(condition, 0, 0), yes, no));
    }

    /** Goes on at a label if the condition holds, else with what follows. */
    public void jumpIf(JumpCondition condition, int value, Label yes) {
        Label next = new Label();
        jumpIf(condition, value, yes, next);
        place(next);
    }

    /** Goes on with what follows if the packet has so many bytes, else at a label. Changes A. */
    public void requireLength(int bytes, Label tooShort) {
        add(new LoadExtension(Extension.LEN));
        jumpUnless(JumpCondition.JGE, bytes, tooShort);
    }

    /** Goes on with what follows if the condition holds, else at a label. */
    public void jumpUnless(JumpCondition condition, int value, Label no) {
        Label next = new Label();
        jumpIf(condition, value, next, no);
        place(next);
    }

    /**
     * {@return the program}
     *
     * @throws io.github.nettybpf.core.VerificationException if it is too long
     */
    public Program program() {
        return Program.of(instructions());
    }

    /** {@return the instructions, which may be too many for a program} */
    public List<Instruction> instructions() {
        return new Layout().instructions();
    }

    /** Where each item starts. Jumps become long until all reach their targets; none becomes short again. */
    private final class Layout {
        private final int[] start = new int[items.size() + 1];
        private final boolean[] longYes = new boolean[items.size()];
        private final boolean[] longNo = new boolean[items.size()];

        Layout() {
            do {
                for (int i = 0; i < items.size(); i++) {
                    start[i + 1] = start[i] + 1 + (longYes[i] ? 1 : 0) + (longNo[i] ? 1 : 0);
                }
            } while (lengthen());
        }

        private boolean lengthen() {
            boolean changed = false;
            for (int i = 0; i < items.size(); i++) {
                Item item = items.get(i);
                if (item.yes() != null && item.no() != null) {
                    changed |= lengthen(longYes, i, item.yes());
                    changed |= lengthen(longNo, i, item.no());
                }
            }
            return changed;
        }

        private boolean lengthen(boolean[] isLong, int i, Label target) {
            boolean tooFar = !isLong[i] && start[target.item] - start[i] - 1 > LONGEST_SKIP;
            isLong[i] |= tooFar;
            return tooFar;
        }

        List<Instruction> instructions() {
            List<Instruction> instructions = new ArrayList<>();
            for (int i = 0; i < items.size(); i++) {
                Item item = items.get(i);
                Label yes = item.yes();
                Label no = item.no();
                if (yes != null && no != null) {
                    addConditional(instructions, i, item.instruction(), yes, no);
                } else if (yes != null) {
                    instructions.add(jump(instructions.size(), yes));
                } else if (item.instruction() != null) {
                    instructions.add(item.instruction());
                }
            }
            return instructions;
        }

        private void addConditional(
                List<Instruction> instructions, int i, @Nullable Instruction comparison, Label yes, Label no) {
            int at = instructions.size();
            int skipTrue = longYes[i] ? 0 : start[yes.item] - at - 1;
            int skipFalse = longNo[i] ? (longYes[i] ? 1 : 0) : start[no.item] - at - 1;
            if (comparison instanceof JumpIf constant) {
                instructions.add(new JumpIf(constant.cond(), constant.val(), skipTrue, skipFalse));
            } else if (comparison instanceof JumpIfX x) {
                instructions.add(new JumpIfX(x.cond(), skipTrue, skipFalse));
            } else {
                throw new AssertionError(comparison);
            }
            if (longYes[i]) {
                instructions.add(jump(at + 1, yes));
            }
            if (longNo[i]) {
                instructions.add(jump(instructions.size(), no));
            }
        }

        private Jump jump(int at, Label target) {
            return new Jump(start[target.item] - at - 1);
        }
    }
}
