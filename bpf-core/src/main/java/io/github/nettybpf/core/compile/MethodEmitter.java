package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.AluConstant;
import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.AluX;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.JumpIf;
import io.github.nettybpf.core.JumpIfX;
import io.github.nettybpf.core.JumpTest;
import io.github.nettybpf.core.LoadAbsolute;
import io.github.nettybpf.core.LoadConstant;
import io.github.nettybpf.core.LoadExtension;
import io.github.nettybpf.core.LoadIndirect;
import io.github.nettybpf.core.LoadMemShift;
import io.github.nettybpf.core.LoadScratch;
import io.github.nettybpf.core.NegateA;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.ReturnA;
import io.github.nettybpf.core.StoreScratch;
import io.github.nettybpf.core.Tax;
import io.github.nettybpf.core.Txa;
import io.github.nettybpf.core.compile.Partition.Piece;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Writes one piece of a program as a method. Each register is a local variable, each jump a jump; a jump out of the piece
 * hands the registers that still matter to another method. The line numbers are those of the instructions, counted from
 * 0, so that a profiler and a stack trace name them.
 *
 * <p>All local variables that are there at a label are set at the beginning, and the operand stack is empty there, so all
 * stack map frames are the same.
 */
final class MethodEmitter {
    private static final String EXTENSION = Type.getDescriptor(Extension.class);

    /** From here on hashing beats the switch, whose binary search the branch predictor has to guess. */
    private static final int SHORTEST_TABLE = 8;

    private final Methods methods;
    private final Piece piece;
    private final Plan plan;
    private final Flow flow;
    private final Code code;
    private final int[] locals = new int[Registers.COUNT];
    private final Map<Integer, Label> labels = new TreeMap<>();
    private final Map<Integer, Label> leftForPlain = new TreeMap<>();
    private final Map<Integer, Label> returns = new LinkedHashMap<>();
    private final List<Runnable> outOfLine = new ArrayList<>();
    private final int length;

    /** An offset or a slot. */
    private final int temporary;

    /** A long: what was loaded, or why it was not. */
    private final int loaded;

    private boolean framed;

    MethodEmitter(Methods methods, Code code, Piece piece) {
        this.methods = methods;
        this.piece = piece;
        this.plan = piece.plan();
        this.flow = plan.flow;
        this.code = code;
        Arrays.fill(locals, -1);
        length = code.newLocal(1);
        place(piece.parameters());
        int entry = piece.entries().size() > 1 ? code.newLocal(1) : -1;
        int others = length + 1 + Integer.bitCount(piece.parameters()) + (entry < 0 ? 0 : 1);
        place(plan.used() & ~piece.parameters());
        temporary = code.newLocal(1);
        loaded = code.newLocal(2);
        if (piece.isFirst()) {
            code.packet();
            code.packetMethod("length", "()I");
            code.store(length);
        }
        for (int local = others; local < loaded; local++) {
            code.constant(0);
            code.store(local);
        }
        code.constant(0L);
        code.storeLong(loaded);
        if (entry >= 0) {
            code.load(entry);
            code.tableSwitch(piece.entries().stream().map(this::label).toList());
        } else {
            goTo(piece.entries().get(0), piece.from() - 1);
        }
    }

    private void place(int registers) {
        for (int register = 0; register < Registers.COUNT; register++) {
            if ((registers & Registers.bit(register)) != 0) {
                locals[register] = code.newLocal(1);
            }
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
    private Label way(int pc) {
        return plan.isReturn(pc) ? returning(plan.verdict(pc)) : label(pc);
    }

    private Label returning(int verdict) {
        return returns.computeIfAbsent(verdict, any -> new Label());
    }

    private void bind(Label label) {
        if (framed) {
            code.label(label);
            return;
        }
        framed = true;
        Object[] types = new Object[loaded];
        Arrays.fill(types, Opcodes.INTEGER);
        types[loaded - 1] = Opcodes.LONG;
        code.label(label, types);
    }

    /** Goes on at the instruction, by falling through to it if the code for it comes next. */
    private void goTo(int pc, int from) {
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
        code.load(length);
        for (int register = 0; register < Registers.COUNT; register++) {
            if ((next.parameters() & Registers.bit(register)) != 0) {
                if (locals[register] < 0) {
                    code.constant(0); // not used here, so it only matters to those who come to that piece otherwise
                } else {
                    get(register);
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
            code.load(length);
            code.constant(guard);
            code.jump(Opcodes.IF_ICMPLT, returning(0));
        }
        Decision decision = plan.decision(pc);
        Chain chain = flow.chainFrom(pc);
        Instruction instruction = flow.instruction(pc);
        if (decision != null) {
            decide(decision, pc);
        } else if (chain != null) {
            look(chain, pc);
        } else if (instruction instanceof JumpIf jump) {
            get(Registers.A);
            branch(jump.cond(), jump.val(), way(flow.landing(pc + 1 + jump.skipTrue())));
            goTo(flow.landing(pc + 1 + jump.skipFalse()), pc);
        } else if (instruction instanceof JumpIfX jump) {
            get(Registers.A);
            branchX(jump.cond(), way(flow.landing(pc + 1 + jump.skipTrue())));
            goTo(flow.landing(pc + 1 + jump.skipFalse()), pc);
        } else if (instruction instanceof ReturnA) {
            get(Registers.A);
            code.insn(Opcodes.IRETURN);
        } else {
            operation(instruction, pc);
            goTo(flow.landing(pc + 1), pc);
        }
    }

    private void decide(Decision decision, int pc) {
        Label tooShort = decision.cutShort() ? leftForPlain.computeIfAbsent(pc, any -> new Label()) : new Label();
        new DecisionEmitter(code, decision, length, locals[Registers.A], locals[Registers.X])
                .emit(plan.known(pc), tooShort);
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

    /** Compares A, which has been pushed. */
    private void branch(JumpTest test, int value, Label yes) {
        if (isOrder(test)) {
            Arithmetic.flip(code);
            code.constant(value + Integer.MIN_VALUE);
        } else {
            code.constant(value);
        }
        branch(test, yes);
    }

    private void branchX(JumpTest test, Label yes) {
        if (isOrder(test)) {
            Arithmetic.flip(code);
        }
        get(Registers.X);
        if (isOrder(test)) {
            Arithmetic.flip(code);
        }
        branch(test, yes);
    }

    private static boolean isOrder(JumpTest test) {
        return test == JumpTest.JGT || test == JumpTest.JGE;
    }

    private void branch(JumpTest test, Label yes) {
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

    private void look(Chain chain, int pc) {
        if (chain.keys.size() >= SHORTEST_TABLE) {
            lookInTable(chain, pc);
            return;
        }
        Map<Integer, Label> ways = new TreeMap<>();
        for (int i = 0; i < chain.keys.size(); i++) {
            ways.put(chain.keys.get(i), way(chain.targets.get(i)));
        }
        get(Registers.A);
        code.lookupSwitch(
                ways.keySet().stream().mapToInt(Integer::intValue).toArray(),
                ways.values().toArray(Label[]::new),
                way(chain.otherwise));
    }

    private void lookInTable(Chain chain, int pc) {
        KeyTable table = chain.table();
        Label hit = new Label();
        slot(table.first, table.shift);
        if (table.second != 0) {
            compare(table, Opcodes.IF_ICMPEQ, hit);
            slot(table.second, table.shift);
        }
        compare(table, Opcodes.IF_ICMPNE, way(chain.otherwise));
        if (table.second != 0) {
            bind(hit);
        }
        if (chain.isSet()) {
            goTo(chain.targets.get(0), pc);
        } else if (chain.targets.stream().allMatch(plan::isReturn)) {
            found(table, chain.targets.stream().map(plan::verdict).toList());
            code.insn(Opcodes.IRETURN);
        } else {
            List<Label> ways = chain.targets.stream().map(this::way).toList();
            List<Label> different = ways.stream().distinct().toList();
            found(table, ways.stream().map(different::indexOf).toList());
            code.tableSwitch(different);
        }
    }

    private void slot(int multiplier, int shift) {
        get(Registers.A);
        code.constant(multiplier);
        code.insn(Opcodes.IMUL);
        code.constant(shift);
        code.insn(Opcodes.IUSHR);
        code.store(temporary);
    }

    private void compare(KeyTable table, int opcode, Label label) {
        code.table(table.keys);
        code.load(temporary);
        code.insn(Opcodes.IALOAD);
        get(Registers.A);
        code.jump(opcode, label);
    }

    /** Pushes what stands for the key that was found, of one number for each key. */
    private void found(KeyTable table, List<Integer> numbers) {
        code.table(Arrays.stream(table.indices).map(numbers::get).toArray());
        code.load(temporary);
        code.insn(Opcodes.IALOAD);
    }

    private void operation(Instruction instruction, int pc) {
        if (instruction instanceof LoadConstant load) {
            code.constant(load.val());
            set(Registers.of(load.dst()));
        } else if (instruction instanceof LoadScratch load) {
            get(Registers.scratch(load.n()));
            set(Registers.of(load.dst()));
        } else if (instruction instanceof StoreScratch store) {
            get(Registers.of(store.src()));
            set(Registers.scratch(store.n()));
        } else if (instruction instanceof LoadAbsolute load) {
            loadAbsolute(load.off(), load.size());
            set(Registers.A);
        } else if (instruction instanceof LoadIndirect load) {
            if (plan.isPlainOffset(pc, load)) {
                loadBehindX(load);
            } else {
                loadIndirect(load);
            }
        } else if (instruction instanceof LoadMemShift load) {
            loadAbsolute(load.off(), 1);
            code.constant(15);
            code.insn(Opcodes.IAND, Opcodes.ICONST_2, Opcodes.ISHL);
            set(Registers.X);
        } else if (instruction instanceof LoadExtension load) {
            loadExtension(load);
        } else if (instruction instanceof AluConstant alu) {
            get(Registers.A);
            Arithmetic.apply(code, alu.op(), alu.val(), plan.widthOfA(pc));
            set(Registers.A);
        } else if (instruction instanceof AluX alu) {
            aluX(alu.op());
        } else if (instruction instanceof NegateA) {
            get(Registers.A);
            code.insn(Opcodes.INEG);
            set(Registers.A);
        } else if (instruction instanceof Tax) {
            get(Registers.A);
            set(Registers.X);
        } else if (instruction instanceof Txa) {
            get(Registers.X);
            set(Registers.A);
        } else {
            throw new AssertionError(instruction);
        }
    }

    /** Pushes what is at a fixed offset: a guard has seen to it that it is there, if it is in the packet itself. */
    private void loadAbsolute(int offset, int size) {
        code.packet();
        code.constant(offset);
        if (offset >= 0) {
            code.read(size);
        } else {
            loadAnywhere(size);
        }
    }

    private void loadAnywhere(int size) {
        code.readAnywhere(size);
        code.storeLong(loaded);
        ifNegative(returning(0));
        code.loadLong(loaded);
        code.insn(Opcodes.L2I);
    }

    private void ifNegative(Label label) {
        code.loadLong(loaded);
        code.insn(Opcodes.LCONST_0, Opcodes.LCMP);
        code.jump(Opcodes.IFLT, label);
    }

    private void loadBehindX(LoadIndirect load) {
        get(Registers.X);
        code.constant(load.off() + load.size());
        code.insn(Opcodes.IADD);
        code.load(length);
        code.jump(Opcodes.IF_ICMPGT, returning(0));
        code.packet();
        get(Registers.X);
        code.constant(load.off());
        code.insn(Opcodes.IADD);
        code.read(load.size());
        set(Registers.A);
    }

    /** A negative offset is rare, and dealt with out of line. */
    private void loadIndirect(LoadIndirect load) {
        Label negative = new Label();
        Label done = new Label();
        get(Registers.X);
        code.constant(load.off());
        code.insn(Opcodes.IADD);
        code.store(temporary);
        code.load(temporary);
        code.jump(Opcodes.IFLT, negative);
        code.load(temporary);
        code.load(length);
        code.constant(load.size());
        code.insn(Opcodes.ISUB);
        code.jump(Opcodes.IF_ICMPGT, returning(0));
        code.packet();
        code.load(temporary);
        code.read(load.size());
        set(Registers.A);
        bind(done);
        outOfLine.add(() -> {
            bind(negative);
            code.packet();
            code.load(temporary);
            loadAnywhere(load.size());
            set(Registers.A);
            code.jump(Opcodes.GOTO, done);
        });
    }

    private void loadExtension(LoadExtension load) {
        code.packet();
        if (load.num() == Extension.LEN) {
            code.packetMethod("wireLength", "()I");
            set(Registers.of(load.dst()));
            return;
        }
        code.enumConstant(load.num());
        get(Registers.A);
        get(Registers.X);
        code.packetMethod("extension", "(" + EXTENSION + "II)J");
        code.storeLong(loaded);
        Label nothing = new Label();
        ifNegative(nothing);
        code.loadLong(loaded);
        code.insn(Opcodes.L2I);
        set(Registers.A);
        outOfLine.add(() -> {
            bind(nothing);
            code.loadLong(loaded);
            code.constant(Packet.NO_DEVICE);
            code.insn(Opcodes.LCMP);
            code.jump(Opcodes.IFNE, returning(0));
            get(Registers.A);
            code.insn(Opcodes.IRETURN);
        });
    }

    private void aluX(AluOp op) {
        if (op == AluOp.DIV || op == AluOp.MOD) {
            get(Registers.X);
            code.jump(Opcodes.IFEQ, returning(0));
        }
        get(Registers.A);
        get(Registers.X);
        Arithmetic.apply(code, op);
        set(Registers.A);
    }

    private void get(int register) {
        code.load(locals[register]);
    }

    private void set(int register) {
        code.store(locals[register]);
    }
}
