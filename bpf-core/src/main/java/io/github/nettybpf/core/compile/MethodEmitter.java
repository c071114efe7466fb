package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.compile.Partition.OutlinedMethod;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;

/**
 * Emits an outlined method. Each register is a local variable, each jump a jump; a jump out of the method calls another
 * method with the registers that are live there. The line numbers are those of the instructions, counted from 0, so
 * that profilers and stack traces name them.
 *
 * <p>All local variables that exist at a label are set at the start of the method, and the operand stack is empty at
 * each label, so that all stack map frames are the same.
 */
final class MethodEmitter {
    private final PacketMethods methods;
    private final OutlinedMethod method;
    private final Plan plan;
    private final ControlFlow flow;
    private final Code code;
    private final Variables variables;
    private final OperationEmitter operations;
    private final SwitchEmitter switches;
    private final Map<Integer, Label> labels = new TreeMap<>();
    private final Map<Integer, Label> fallbacks = new TreeMap<>();
    private final Map<Integer, Label> returns = new LinkedHashMap<>();
    private final List<Runnable> outOfLine = new ArrayList<>();
    private boolean hasFrame;

    MethodEmitter(PacketMethods methods, Code code, OutlinedMethod method) {
        this.methods = methods;
        this.method = method;
        this.plan = method.plan();
        this.flow = plan.flow;
        this.code = code;
        variables = new Variables(code, method);
        operations = new OperationEmitter(this, code, plan, variables);
        switches = new SwitchEmitter(this, code, plan, variables);
        variables.initialize(method.isFirst());
        int entry = variables.entry;
        if (entry >= 0) {
            code.load(entry);
            code.tableSwitch(method.entryPoints().stream().map(this::label).toList());
        } else {
            goTo(method.entryPoints().get(0), method.from() - 1);
        }
    }

    /** A method became longer than HotSpot compiles: its size was only estimated. */
    static final class TooLongException extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /**
     * Emits the method.
     *
     * @throws TooLongException if HotSpot would not compile it
     */
    void emit() {
        for (int pc = method.from(); pc < method.to(); pc++) {
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
            if (pc >= method.to()) {
                bind(label);
                tailCall(plan, pc);
            }
        });
        fallbacks.forEach((pc, label) -> {
            bind(label);
            tailCall(plan.plain(), pc);
        });
        returns.forEach((verdict, label) -> {
            bind(label);
            end(verdict);
        });
        int size = code.end();
        if (size > Partition.MAX_METHOD) {
            throw new TooLongException();
        }
    }

    private Label label(int pc) {
        return labels.computeIfAbsent(pc, any -> new Label());
    }

    /** {@return the label to jump to so that the program continues at the instruction} */
    Label labelFor(int pc) {
        return plan.isReturn(pc) ? returning(plan.verdict(pc)) : label(pc);
    }

    /** {@return the label to jump to so that the packet is dropped} */
    Label drop() {
        return returning(0);
    }

    /** Emits this after everything else. */
    void addOutOfLine(Runnable emission) {
        outOfLine.add(emission);
    }

    private Label returning(int verdict) {
        return returns.computeIfAbsent(verdict, any -> new Label());
    }

    void bind(Label label) {
        if (hasFrame) {
            code.label(label);
            return;
        }
        hasFrame = true;
        code.label(label, variables.types());
    }

    /** Continues at the instruction; falls through to it if its code comes next. */
    void goTo(int pc, int from) {
        if (plan.isReturn(pc)) {
            end(plan.verdict(pc));
            return;
        }
        int next = from + 1;
        while (next < method.to() && !plan.isEmitted(next)) {
            next++;
        }
        if (next != pc || next >= method.to()) {
            code.jump(Opcodes.GOTO, label(pc));
        }
    }

    private void end(int verdict) {
        code.constant(verdict);
        code.insn(Opcodes.IRETURN);
    }

    /** Continues at an instruction of another method. */
    private void tailCall(Plan to, int pc) {
        OutlinedMethod next = methods.partition(to).methodOf(pc);
        code.packet();
        code.load(variables.length);
        for (int register : Registers.IN_ORDER) {
            if ((next.parameters() & Registers.bit(register)) != 0) {
                if (variables.has(register)) {
                    variables.get(register);
                } else {
                    code.constant(0); // not used here: it is live only at another entry point of that method
                }
            }
        }
        if (next.entryPoints().size() > 1) {
            code.constant(Collections.binarySearch(next.entryPoints(), pc));
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
        IfConversion conversion = plan.conversion(pc);
        RecoveredSwitch recovered = flow.switchAt(pc);
        Instruction instruction = flow.instruction(pc);
        if (conversion != null) {
            convert(conversion, pc);
        } else if (recovered != null) {
            switches.emit(recovered, pc);
        } else if (instruction instanceof ConditionalJump jump) {
            branch(jump, labelFor(flow.threaded(jump.trueTarget(pc))));
            goTo(flow.threaded(jump.falseTarget(pc)), pc);
        } else if (instruction instanceof ReturnA) {
            variables.get(Registers.A);
            code.insn(Opcodes.IRETURN);
        } else {
            operations.emit(instruction, pc);
            goTo(flow.successors(pc).get(0), pc);
        }
    }

    private void convert(IfConversion conversion, int pc) {
        Label tooShort = conversion.hasFallback() ? fallbacks.computeIfAbsent(pc, any -> new Label()) : new Label();
        new IfConversionEmitter(code, conversion, variables).emit(plan.knownLength(pc), tooShort);
        int onTrue = conversion.trueTarget();
        int onFalse = conversion.falseTarget();
        if (plan.isReturn(onTrue) && plan.isReturn(onFalse)) {
            code.constant(31);
            code.insn(Opcodes.ISHR);
            code.constant(plan.verdict(onTrue) ^ plan.verdict(onFalse));
            code.insn(Opcodes.IAND);
            if (plan.verdict(onFalse) != 0) {
                code.constant(plan.verdict(onFalse));
                code.insn(Opcodes.IXOR);
            }
            code.insn(Opcodes.IRETURN);
        } else {
            code.jump(Opcodes.IFLT, labelFor(onTrue));
            goTo(onFalse, pc);
        }
    }

    private void branch(ConditionalJump jump, Label onTrue) {
        boolean isOrder = jump.cond() == JumpCondition.JGT || jump.cond() == JumpCondition.JGE;
        variables.get(Registers.A);
        if (isOrder) {
            UnsignedArithmetic.flipSign(code);
        }
        if (jump instanceof JumpIf constant) {
            code.constant(isOrder ? constant.val() + Integer.MIN_VALUE : constant.val());
        } else {
            variables.get(Registers.X);
            if (isOrder) {
                UnsignedArithmetic.flipSign(code);
            }
        }
        branch(jump.cond(), onTrue);
    }

    private void branch(JumpCondition condition, Label onTrue) {
        switch (condition) {
            case JEQ -> code.jump(Opcodes.IF_ICMPEQ, onTrue);
            case JGT -> code.jump(Opcodes.IF_ICMPGT, onTrue);
            case JGE -> code.jump(Opcodes.IF_ICMPGE, onTrue);
            case JSET -> {
                code.insn(Opcodes.IAND);
                code.jump(Opcodes.IFNE, onTrue);
            }
        }
    }
}
