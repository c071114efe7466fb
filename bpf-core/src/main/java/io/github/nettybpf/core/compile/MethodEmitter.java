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
import io.github.nettybpf.core.ReturnConstant;
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
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ConstantDynamic;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Writes one piece of a program as a method. Each register is a local variable, each jump a jump; a jump out of the piece
 * hands the registers that still matter to another method. The line numbers are those of the instructions, counted from
 * 0, so that a profiler and a stack trace name them.
 *
 * <p>All local variables are set at the beginning and the operand stack is empty at every label, so all stack map frames
 * are the same.
 */
final class MethodEmitter {
    private static final String PACKET = Type.getInternalName(Packet.class);
    private static final String EXTENSION = Type.getInternalName(Extension.class);
    private static final String INTEGER = Type.getInternalName(Integer.class);
    private static final int MAX_STACK = 8;

    /** From here on hashing beats the switch, whose binary search the branch predictor has to guess. */
    private static final int SHORTEST_TABLE = 8;

    private static final Handle CLASS_DATA_AT = new Handle(
            Opcodes.H_INVOKESTATIC,
            "java/lang/invoke/MethodHandles",
            "classDataAt",
            "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/Class;I)Ljava/lang/Object;",
            false);

    private final Flow flow;
    private final Partition partition;
    private final Piece piece;
    private final Target target;
    private final MethodVisitor code;
    private final int[] locals = new int[Registers.COUNT];
    private int length;
    private int entry;

    /** An offset or a slot. */
    private int temporary;

    /** A long: what was loaded, or why it was not. */
    private int wide;

    private final Map<Integer, Label> labels = new TreeMap<>();
    private final Map<Integer, Label> returns = new LinkedHashMap<>();
    private final List<Runnable> outOfLine = new ArrayList<>();
    private final Label end = new Label();
    private boolean framed;

    /**
     * The class that is written, and what it is written for.
     *
     * @param owner the internal name of the class
     * @param packet the type of packet that the methods read, with calls that HotSpot can inline if that type is final
     * @param method the name of the program's first method
     * @param classData where tables of keys and of what they stand for are put
     */
    record Target(String owner, Class<? extends Packet> packet, String method, List<Object> classData) {
        String name(Piece piece) {
            return piece.number() == 0 ? method : method + "$" + piece.number();
        }

        /** {@return the type of a piece's method: packet, length, registers, and where to begin if there is a choice} */
        String descriptor(Piece piece) {
            String known = piece.number() == 0 ? "" : "I" + "I".repeat(Integer.bitCount(piece.parameters()));
            return "(" + Type.getDescriptor(packet) + known + (piece.entries().size() > 1 ? "I" : "") + ")I";
        }
    }

    MethodEmitter(ClassVisitor visitor, Flow flow, Partition partition, Piece piece, Target target) {
        this.flow = flow;
        this.partition = partition;
        this.piece = piece;
        this.target = target;
        this.code = visitor.visitMethod(
                Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC, target.name(piece), target.descriptor(piece), null, null);
    }

    /** {@return the length of the method's code in bytes} */
    int emit() {
        code.visitCode();
        enter();
        for (int pc = piece.from(); pc < piece.to(); pc++) {
            if (flow.isEmitted(pc) && !partition.isReturn(pc)) {
                if (labels.containsKey(pc)) {
                    bind(label(pc));
                }
                Label here = new Label();
                code.visitLabel(here);
                code.visitLineNumber(pc, here);
                instruction(pc);
            }
        }
        outOfLine.forEach(Runnable::run);
        labels.forEach((pc, label) -> {
            if (pc >= piece.to()) {
                bind(label);
                leave(pc);
            }
        });
        returns.forEach((verdict, label) -> {
            bind(label);
            constant(verdict);
            code.visitInsn(Opcodes.IRETURN);
        });
        code.visitLabel(end);
        code.visitMaxs(MAX_STACK, wide + 2);
        code.visitEnd();
        return end.getOffset();
    }

    /** Gives every local variable a place and a value, and goes to where the piece is entered. */
    private void enter() {
        int next = 1;
        length = next++;
        Arrays.fill(locals, -1);
        next = place(piece.parameters(), next);
        boolean manyEntries = piece.entries().size() > 1;
        if (manyEntries) {
            entry = next++;
        }
        int others = next;
        next = place(flow.used() & ~piece.parameters(), next);
        temporary = next++;
        wide = next;
        if (piece.number() == 0) {
            code.visitVarInsn(Opcodes.ALOAD, 0);
            packetCall("length", "()I");
            code.visitVarInsn(Opcodes.ISTORE, length);
        }
        for (int local = others; local < wide; local++) {
            constant(0);
            code.visitVarInsn(Opcodes.ISTORE, local);
        }
        code.visitInsn(Opcodes.LCONST_0);
        code.visitVarInsn(Opcodes.LSTORE, wide);
        if (manyEntries) {
            Label[] ways = piece.entries().stream().map(this::label).toArray(Label[]::new);
            code.visitVarInsn(Opcodes.ILOAD, entry);
            code.visitTableSwitchInsn(0, ways.length - 1, ways[0], ways);
        } else {
            goTo(piece.entries().get(0), piece.from() - 1);
        }
    }

    private int place(int registers, int next) {
        int local = next;
        for (int register = 0; register < Registers.COUNT; register++) {
            if ((registers & Registers.bit(register)) != 0) {
                locals[register] = local++;
            }
        }
        return local;
    }

    private Label label(int pc) {
        return labels.computeIfAbsent(pc, any -> new Label());
    }

    /** {@return the label to jump to for going on at the instruction} */
    private Label way(int pc) {
        if (flow.drops(pc)) {
            return drop();
        } else if (flow.instruction(pc) instanceof ReturnConstant ret) {
            return returning(ret.val());
        }
        return label(pc);
    }

    private Label drop() {
        return returning(0);
    }

    private Label returning(int verdict) {
        return returns.computeIfAbsent(verdict, any -> new Label());
    }

    private void bind(Label label) {
        code.visitLabel(label);
        if (framed) {
            code.visitFrame(Opcodes.F_SAME, 0, null, 0, null);
            return;
        }
        framed = true;
        Object[] types = new Object[wide + 1];
        Arrays.fill(types, Opcodes.INTEGER);
        types[0] = Type.getInternalName(target.packet());
        types[wide] = Opcodes.LONG;
        code.visitFrame(Opcodes.F_FULL, types.length, types, 0, null);
    }

    /** Goes on at the instruction, by falling through to it if the code for it comes next. */
    private void goTo(int pc, int from) {
        if (flow.drops(pc)) {
            end(0);
        } else if (flow.instruction(pc) instanceof ReturnConstant ret) {
            end(ret.val());
        } else if (!isNext(pc, from)) {
            code.visitJumpInsn(Opcodes.GOTO, label(pc));
        }
    }

    private boolean isNext(int pc, int from) {
        for (int next = from + 1; next < piece.to(); next++) {
            if (flow.isEmitted(next) && !partition.isReturn(next)) {
                return next == pc;
            }
        }
        return false;
    }

    private void end(int verdict) {
        constant(verdict);
        code.visitInsn(Opcodes.IRETURN);
    }

    /** Goes on in another piece. */
    private void leave(int pc) {
        Piece next = partition.piece(pc);
        code.visitVarInsn(Opcodes.ALOAD, 0);
        code.visitVarInsn(Opcodes.ILOAD, length);
        for (int register = 0; register < Registers.COUNT; register++) {
            if ((next.parameters() & Registers.bit(register)) != 0) {
                get(register);
            }
        }
        if (next.entries().size() > 1) {
            constant(next.entries().indexOf(pc));
        }
        code.visitMethodInsn(Opcodes.INVOKESTATIC, target.owner(), target.name(next), target.descriptor(next), false);
        code.visitInsn(Opcodes.IRETURN);
    }

    private void instruction(int pc) {
        int guard = flow.guard(pc);
        if (guard > 0) {
            code.visitVarInsn(Opcodes.ILOAD, length);
            constant(guard);
            code.visitJumpInsn(Opcodes.IF_ICMPLT, drop());
        }
        Instruction instruction = flow.instruction(pc);
        Chain chain = flow.chain(pc);
        if (chain != null) {
            look(chain, pc);
        } else if (instruction instanceof JumpIf jump) {
            get(Registers.A);
            Label yes = way(flow.landing(pc + 1 + jump.skipTrue()));
            branch(jump.cond(), jump.val(), yes);
            goTo(flow.landing(pc + 1 + jump.skipFalse()), pc);
        } else if (instruction instanceof JumpIfX jump) {
            get(Registers.A);
            Label yes = way(flow.landing(pc + 1 + jump.skipTrue()));
            branchX(jump.cond(), yes);
            goTo(flow.landing(pc + 1 + jump.skipFalse()), pc);
        } else if (instruction instanceof ReturnA) {
            get(Registers.A);
            code.visitInsn(Opcodes.IRETURN);
        } else {
            operation(instruction, pc);
            goTo(flow.landing(pc + 1), pc);
        }
    }

    /** Compares A, which has been pushed. */
    private void branch(JumpTest test, int value, Label yes) {
        switch (test) {
            case JEQ, JSET -> {
                constant(value);
                branch(test, yes);
            }
            case JGT, JGE -> {
                flip();
                constant(value + Integer.MIN_VALUE);
                branch(test, yes);
            }
        }
    }

    private void branchX(JumpTest test, Label yes) {
        boolean ordered = test == JumpTest.JGT || test == JumpTest.JGE;
        if (ordered) {
            flip();
        }
        get(Registers.X);
        if (ordered) {
            flip();
        }
        branch(test, yes);
    }

    private void branch(JumpTest test, Label yes) {
        if (test == JumpTest.JSET) {
            code.visitInsn(Opcodes.IAND);
        }
        int opcode =
                switch (test) {
                    case JEQ -> Opcodes.IF_ICMPEQ;
                    case JGT -> Opcodes.IF_ICMPGT;
                    case JGE -> Opcodes.IF_ICMPGE;
                    case JSET -> Opcodes.IFNE;
                };
        code.visitJumpInsn(opcode, yes);
    }

    /** Unsigned numbers in the order of signed ones. */
    private void flip() {
        constant(Integer.MIN_VALUE);
        code.visitInsn(Opcodes.IADD);
    }

    private void look(Chain chain, int pc) {
        boolean allReturn = partition.allReturn(chain);
        if (chain.keys().size() < SHORTEST_TABLE) {
            Map<Integer, Integer> sorted = new TreeMap<>();
            for (int i = 0; i < chain.keys().size(); i++) {
                sorted.put(chain.keys().get(i), chain.targets().get(i));
            }
            get(Registers.A);
            code.visitLookupSwitchInsn(
                    way(chain.otherwise()),
                    sorted.keySet().stream().mapToInt(Integer::intValue).toArray(),
                    sorted.values().stream().map(this::way).toArray(Label[]::new));
            return;
        }
        KeyTable table = KeyTable.of(chain.keys());
        slot(table.first, table.shift);
        Label hit = new Label();
        if (table.second != 0) {
            compare(table, Opcodes.IF_ICMPEQ, hit);
            slot(table.second, table.shift);
        }
        compare(table, Opcodes.IF_ICMPNE, way(chain.otherwise()));
        if (table.second != 0) {
            bind(hit);
        }
        List<Label> ways = chain.targets().stream().map(this::way).toList();
        List<Label> different = ways.stream().distinct().toList();
        if (different.size() == 1) {
            goTo(chain.targets().get(0), pc);
            return;
        }
        int[] values = new int[table.indices.length];
        for (int i = 0; i < values.length; i++) {
            int index = table.indices[i];
            values[i] = allReturn ? verdict(chain.targets().get(index)) : different.indexOf(ways.get(index));
        }
        table(values);
        code.visitVarInsn(Opcodes.ILOAD, temporary);
        code.visitInsn(Opcodes.IALOAD);
        if (allReturn) {
            code.visitInsn(Opcodes.IRETURN);
        } else {
            code.visitTableSwitchInsn(0, different.size() - 1, different.get(0), different.toArray(Label[]::new));
        }
    }

    private int verdict(int pc) {
        return flow.instruction(pc) instanceof ReturnConstant ret && !flow.drops(pc) ? ret.val() : 0;
    }

    private void slot(int multiplier, int shift) {
        get(Registers.A);
        constant(multiplier);
        code.visitInsn(Opcodes.IMUL);
        constant(shift);
        code.visitInsn(Opcodes.IUSHR);
        code.visitVarInsn(Opcodes.ISTORE, temporary);
    }

    private void compare(KeyTable table, int opcode, Label label) {
        table(table.keys);
        code.visitVarInsn(Opcodes.ILOAD, temporary);
        code.visitInsn(Opcodes.IALOAD);
        get(Registers.A);
        code.visitJumpInsn(opcode, label);
    }

    /** Pushes an array that HotSpot knows as a constant. */
    private void table(int[] values) {
        List<Object> data = target.classData();
        int index = 0;
        while (index < data.size() && !(data.get(index) instanceof int[] known && Arrays.equals(known, values))) {
            index++;
        }
        if (index == data.size()) {
            data.add(values);
        }
        code.visitLdcInsn(new ConstantDynamic("_", "[I", CLASS_DATA_AT, index));
    }

    private void operation(Instruction instruction, int pc) {
        if (instruction instanceof LoadConstant load) {
            constant(load.val());
            set(Registers.of(load.dst()));
        } else if (instruction instanceof LoadScratch load) {
            get(Registers.scratch(load.n()));
            set(Registers.of(load.dst()));
        } else if (instruction instanceof StoreScratch store) {
            get(Registers.of(store.src()));
            set(Registers.scratch(store.n()));
        } else if (instruction instanceof LoadAbsolute load) {
            if (load.off() >= 0) {
                read(load.size(), () -> constant(load.off()));
            } else {
                loadThroughWindow(load.size(), () -> constant(load.off()));
            }
            set(Registers.A);
        } else if (instruction instanceof LoadIndirect load) {
            loadIndirect(load);
        } else if (instruction instanceof LoadMemShift load) {
            if (load.off() >= 0) {
                read(1, () -> constant(load.off()));
            } else {
                loadThroughWindow(1, () -> constant(load.off()));
            }
            constant(15);
            code.visitInsn(Opcodes.IAND);
            constant(2);
            code.visitInsn(Opcodes.ISHL);
            set(Registers.X);
        } else if (instruction instanceof LoadExtension load) {
            loadExtension(load);
        } else if (instruction instanceof AluConstant alu) {
            get(Registers.A);
            aluConstant(alu.op(), alu.val());
            set(Registers.A);
        } else if (instruction instanceof AluX alu) {
            aluX(alu.op());
        } else if (instruction instanceof NegateA) {
            get(Registers.A);
            code.visitInsn(Opcodes.INEG);
            set(Registers.A);
        } else if (instruction instanceof Tax) {
            get(Registers.A);
            set(Registers.X);
        } else if (instruction instanceof Txa) {
            get(Registers.X);
            set(Registers.A);
        } else {
            throw new AssertionError(pc + ": " + instruction);
        }
    }

    /** Pushes what is at an offset that is known to be inside the packet. */
    private void read(int size, Runnable offset) {
        code.visitVarInsn(Opcodes.ALOAD, 0);
        offset.run();
        packetCall(size == 1 ? "u8" : size == 2 ? "u16" : "u32", "(I)I");
    }

    private void loadThroughWindow(int size, Runnable offset) {
        code.visitVarInsn(Opcodes.ALOAD, 0);
        offset.run();
        constant(size);
        code.visitMethodInsn(Opcodes.INVOKESTATIC, PACKET, "load", "(L" + PACKET + ";II)J", true);
        code.visitVarInsn(Opcodes.LSTORE, wide);
        testSign(Opcodes.IFLT, drop());
        code.visitVarInsn(Opcodes.LLOAD, wide);
        code.visitInsn(Opcodes.L2I);
    }

    private void testSign(int opcode, Label label) {
        code.visitVarInsn(Opcodes.LLOAD, wide);
        code.visitInsn(Opcodes.LCONST_0);
        code.visitInsn(Opcodes.LCMP);
        code.visitJumpInsn(opcode, label);
    }

    /** An offset behind the packet's first 2 GiB, that is a negative one, is rare and dealt with out of line. */
    private void loadIndirect(LoadIndirect load) {
        Label elsewhere = new Label();
        Label done = new Label();
        get(Registers.X);
        constant(load.off());
        code.visitInsn(Opcodes.IADD);
        code.visitVarInsn(Opcodes.ISTORE, temporary);
        code.visitVarInsn(Opcodes.ILOAD, temporary);
        code.visitJumpInsn(Opcodes.IFLT, elsewhere);
        code.visitVarInsn(Opcodes.ILOAD, temporary);
        code.visitVarInsn(Opcodes.ILOAD, length);
        constant(load.size());
        code.visitInsn(Opcodes.ISUB);
        code.visitJumpInsn(Opcodes.IF_ICMPGT, drop());
        read(load.size(), () -> code.visitVarInsn(Opcodes.ILOAD, temporary));
        set(Registers.A);
        bind(done);
        outOfLine.add(() -> {
            bind(elsewhere);
            loadThroughWindow(load.size(), () -> code.visitVarInsn(Opcodes.ILOAD, temporary));
            set(Registers.A);
            code.visitJumpInsn(Opcodes.GOTO, done);
        });
    }

    private void loadExtension(LoadExtension load) {
        if (load.num() == Extension.LEN) {
            code.visitVarInsn(Opcodes.ALOAD, 0);
            packetCall("wireLength", "()I");
            set(Registers.of(load.dst()));
            return;
        }
        code.visitVarInsn(Opcodes.ALOAD, 0);
        code.visitFieldInsn(Opcodes.GETSTATIC, EXTENSION, load.num().name(), "L" + EXTENSION + ";");
        get(Registers.A);
        get(Registers.X);
        packetCall("extension", "(L" + EXTENSION + ";II)J");
        code.visitVarInsn(Opcodes.LSTORE, wide);
        Label nothing = new Label();
        testSign(Opcodes.IFLT, nothing);
        code.visitVarInsn(Opcodes.LLOAD, wide);
        code.visitInsn(Opcodes.L2I);
        set(Registers.A);
        outOfLine.add(() -> {
            bind(nothing);
            code.visitVarInsn(Opcodes.LLOAD, wide);
            code.visitLdcInsn(Packet.NO_DEVICE);
            code.visitInsn(Opcodes.LCMP);
            code.visitJumpInsn(Opcodes.IFNE, drop());
            get(Registers.A);
            code.visitInsn(Opcodes.IRETURN);
        });
    }

    private void aluConstant(AluOp op, int val) {
        switch (op) {
            case DIV, MOD -> divide(op, val);
            default -> {
                constant(val);
                code.visitInsn(arithmetic(op));
            }
        }
    }

    /** Long arithmetic, because HotSpot replaces a long division by a constant with a multiplication. */
    private void divide(AluOp op, int val) {
        if (Integer.bitCount(val) == 1) {
            constant(op == AluOp.DIV ? Integer.numberOfTrailingZeros(val) : val - 1);
            code.visitInsn(op == AluOp.DIV ? Opcodes.IUSHR : Opcodes.IAND);
            return;
        }
        code.visitInsn(Opcodes.I2L);
        code.visitLdcInsn(0xffff_ffffL);
        code.visitInsn(Opcodes.LAND);
        code.visitLdcInsn(Integer.toUnsignedLong(val));
        code.visitInsn(op == AluOp.DIV ? Opcodes.LDIV : Opcodes.LREM);
        code.visitInsn(Opcodes.L2I);
    }

    private void aluX(AluOp op) {
        boolean divides = op == AluOp.DIV || op == AluOp.MOD;
        if (divides) {
            get(Registers.X);
            code.visitJumpInsn(Opcodes.IFEQ, drop());
        }
        get(Registers.A);
        get(Registers.X);
        if (divides) {
            String name = op == AluOp.DIV ? "divideUnsigned" : "remainderUnsigned";
            code.visitMethodInsn(Opcodes.INVOKESTATIC, INTEGER, name, "(II)I", false);
        } else {
            code.visitInsn(arithmetic(op));
        }
        set(Registers.A);
    }

    private static int arithmetic(AluOp op) {
        return switch (op) {
            case ADD -> Opcodes.IADD;
            case SUB -> Opcodes.ISUB;
            case MUL -> Opcodes.IMUL;
            case OR -> Opcodes.IOR;
            case AND -> Opcodes.IAND;
            case XOR -> Opcodes.IXOR;
            case LSH -> Opcodes.ISHL;
            case RSH -> Opcodes.IUSHR;
            case DIV, MOD -> throw new AssertionError(op);
        };
    }

    private void packetCall(String name, String descriptor) {
        boolean isInterface = target.packet().isInterface();
        code.visitMethodInsn(
                isInterface ? Opcodes.INVOKEINTERFACE : Opcodes.INVOKEVIRTUAL,
                Type.getInternalName(target.packet()),
                name,
                descriptor,
                isInterface);
    }

    private void get(int register) {
        code.visitVarInsn(Opcodes.ILOAD, locals[register]);
    }

    private void set(int register) {
        code.visitVarInsn(Opcodes.ISTORE, locals[register]);
    }

    private void constant(int value) {
        if (value >= -1 && value <= 5) {
            code.visitInsn(Opcodes.ICONST_0 + value);
        } else if (value >= Byte.MIN_VALUE && value <= Byte.MAX_VALUE) {
            code.visitIntInsn(Opcodes.BIPUSH, value);
        } else if (value >= Short.MIN_VALUE && value <= Short.MAX_VALUE) {
            code.visitIntInsn(Opcodes.SIPUSH, value);
        } else {
            code.visitLdcInsn(value);
        }
    }
}
