package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.compile.Partition.Piece;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;

/**
 * Writes one piece of a program as a method. Each register is a local variable, each jump a jump; a jump out of the piece
 * hands the registers that still matter to another method. The line numbers are those of the instructions, counted from
 * 0, so that a profiler and a stack trace name them.
 *
 * <p>All local variables that are there at a label are set at the beginning, and the operand stack is empty there, so all
 * stack map frames are the same.
 */
final class MethodEmitter {
    private final Methods methods;
    private final Piece piece;
    private final Plan plan;
    private final Flow flow;
    private final Code code;
    private final Variables variables;
    private final OperationEmitter operations;
    private final ChoiceEmitter choices;
    private final Map<Integer, Label> labels = new TreeMap<>();
    private final Map<Integer, Label> leftForPlain = new TreeMap<>();
    private final Map<Integer, Label> returns = new LinkedHashMap<>();
    private final List<Runnable> outOfLine = new ArrayList<>();
    private boolean framed;

    MethodEmitter(Methods methods, Code code, Piece piece) {
        this.methods = methods;
        this.piece = piece;
        this.plan = piece.plan();
        this.flow = plan.flow;
        this.code = code;
        variables = new Variables(code, piece);
        operations = new OperationEmitter(this, code, plan, variables);
        choices = new ChoiceEmitter(this, code, plan, variables);
        variables.initialize(piece.isFirst());
        int entry = variables.entry;
        if (entry >= 0) {
            code.load(entry);
            code.tableSwitch(piece.entries().stream().map(this::label).toList());
        } else {
            goTo(piece.entries().get(0), piece.from() - 1);
        }
    }

    /** A piece became longer than HotSpot compiles: its length was only estimated. */
    static final class TooLongException extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /**
     * Writes the method.
     *
     * @throws TooLongException if HotSpot would not compile it
     */
    void emit() {
        for (int pc = piece.from(); pc < piece.to(); pc++) {
            if (plan.isEmitted(pc)) {
                Label label = labels.get(pc);
                if (label != null) {
                    bind(label);
                }
                code.line(pc);
                instruction(pc);
            }
        }
        outOfLine.forEach(Runnable::run);
        labels.forEach((pc, label) -> {
            if (pc >= piece.to()) {
                bind(label);
                leave(plan, pc);
            }
        });
        leftForPlain.forEach((pc, label) -> {
            bind(label);
            leave(plan.plain(), pc);
        });
        returns.forEach((verdict, label) -> {
            bind(label);
            end(verdict);
        });
        int size = code.end();
        if (size > Partition.LARGEST_METHOD) {
            throw new TooLongException();
        }
    }

    private Label label(int pc) {
        return labels.computeIfAbsent(pc, any -> new Label());
    }

    /** {@return the label to jump to for going on at the instruction} */
    Label way(int pc) {
        return plan.isReturn(pc) ? returning(plan.verdict(pc)) : label(pc);
    }

    /** {@return the label to jump to for dropping the packet} */
    Label drop() {
        return returning(0);
    }

    /** Has something written behind all else. */
    void addOutOfLine(Runnable rest) {
        outOfLine.add(rest);
    }

    private Label returning(int verdict) {
        return returns.computeIfAbsent(verdict, any -> new Label());
    }

    void bind(Label label) {
        if (framed) {
            code.label(label);
            return;
        }
        framed = true;
        code.label(label, variables.types());
    }

    /** Goes on at the instruction, by falling through to it if the code for it comes next. */
    void goTo(int pc, int from) {
        if (plan.isReturn(pc)) {
            end(plan.verdict(pc));
            return;
        }
        int next = from + 1;
        while (next < piece.to() && !plan.isEmitted(next)) {
            next++;
        }
        if (next != pc || next >= piece.to()) {
            code.jump(Opcodes.GOTO, label(pc));
        }
    }

    private void end(int verdict) {
        code.constant(verdict);
        code.insn(Opcodes.IRETURN);
    }

    /** Goes on in another method. */
    private void leave(Plan to, int pc) {
        Piece next = methods.partition(to).piece(pc);
        code.packet();
        code.load(variables.length);
        for (int register = 0; register < Registers.COUNT; register++) {
            if ((next.parameters() & Registers.bit(register)) != 0) {
                if (!variables.has(register)) {
                    code.constant(0); // not used here, so it only matters to those who come to that piece otherwise
                } else {
                    variables.get(register);
                }
            }
        }
        if (next.entries().size() > 1) {
            code.constant(next.entries().indexOf(pc));
        }
        methods.call(code, next);
        code.insn(Opcodes.IRETURN);
    }

    private void instruction(int pc) {
        int guard = plan.guard(pc);
        if (guard > 0) {
            code.load(variables.length);
            code.constant(guard);
            code.jump(Opcodes.IF_ICMPLT, drop());
        }
        Decision decision = plan.decision(pc);
        Choice choice = flow.choiceFrom(pc);
        Instruction instruction = flow.instruction(pc);
        if (decision != null) {
            decide(decision, pc);
        } else if (choice != null) {
            choices.emit(choice, pc);
        } else if (instruction instanceof ConditionalJump jump) {
            branch(jump, way(flow.landing(jump.trueTarget(pc))));
            goTo(flow.landing(jump.falseTarget(pc)), pc);
        } else if (instruction instanceof ReturnA) {
            variables.get(Registers.A);
            code.insn(Opcodes.IRETURN);
        } else {
            operations.emit(instruction, pc);
            goTo(flow.edges(pc).get(0), pc);
        }
    }

    private void decide(Decision decision, int pc) {
        Label tooShort = decision.cutShort() ? leftForPlain.computeIfAbsent(pc, any -> new Label()) : new Label();
        new DecisionEmitter(code, decision, variables).emit(plan.known(pc), tooShort);
        int yes = decision.yes();
        int no = decision.no();
        if (plan.isReturn(yes) && plan.isReturn(no)) {
            code.constant(31);
            code.insn(Opcodes.ISHR);
            code.constant(plan.verdict(yes) ^ plan.verdict(no));
            code.insn(Opcodes.IAND);
            if (plan.verdict(no) != 0) {
                code.constant(plan.verdict(no));
                code.insn(Opcodes.IXOR);
            }
            code.insn(Opcodes.IRETURN);
        } else {
            code.jump(Opcodes.IFLT, way(yes));
            goTo(no, pc);
        }
    }

    private void branch(ConditionalJump jump, Label yes) {
        boolean isOrder = jump.cond() == JumpCondition.JGT || jump.cond() == JumpCondition.JGE;
        variables.get(Registers.A);
        if (isOrder) {
            Arithmetic.flip(code);
        }
        if (jump instanceof JumpIf constant) {
            code.constant(isOrder ? constant.val() + Integer.MIN_VALUE : constant.val());
        } else {
            variables.get(Registers.X);
            if (isOrder) {
                Arithmetic.flip(code);
            }
        }
        branch(jump.cond(), yes);
    }

    private void branch(JumpCondition test, Label yes) {
        switch (test) {
            case JEQ -> code.jump(Opcodes.IF_ICMPEQ, yes);
            case JGT -> code.jump(Opcodes.IF_ICMPGT, yes);
            case JGE -> code.jump(Opcodes.IF_ICMPGE, yes);
            case JSET -> {
                code.insn(Opcodes.IAND);
                code.jump(Opcodes.IFNE, yes);
            }
        }
    }
}
