package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.LoadScratch;
import io.github.nettybpf.core.Instruction.NegateA;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.Instruction.Txa;
import io.github.nettybpf.core.Packet;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Instruction selection for the instructions that neither jump nor return. */
final class OperationEmitter {
    private static final String EXTENSION = Type.getDescriptor(Extension.class);

    private final MethodEmitter method;
    private final Code code;
    private final Plan plan;
    private final Variables variables;

    OperationEmitter(MethodEmitter method, Code code, Plan plan, Variables variables) {
        this.method = method;
        this.code = code;
        this.plan = plan;
        this.variables = variables;
    }

    void emit(Instruction instruction, int pc) {
        if (instruction instanceof LoadConstant load) {
            code.constant(load.val());
            variables.set(Registers.of(load.dst()));
        } else if (instruction instanceof LoadScratch load) {
            variables.get(Registers.scratch(load.n()));
            variables.set(Registers.of(load.dst()));
        } else if (instruction instanceof StoreScratch store) {
            variables.get(Registers.of(store.src()));
            variables.set(Registers.scratch(store.n()));
        } else if (instruction instanceof LoadAbsolute load) {
            loadAbsolute(load.off(), load.size());
            variables.set(Registers.A);
        } else if (instruction instanceof LoadIndirect load) {
            if (plan.isNonNegative(pc, load)) {
                loadFromX(load);
            } else {
                loadIndirect(load);
            }
        } else if (instruction instanceof LoadMemShift load) {
            loadAbsolute(load.off(), 1);
            code.constant(15);
            code.insn(Opcodes.IAND, Opcodes.ICONST_2, Opcodes.ISHL);
            variables.set(Registers.X);
        } else if (instruction instanceof LoadExtension load) {
            loadExtension(load);
        } else if (instruction instanceof AluConstant alu) {
            variables.get(Registers.A);
            UnsignedArithmetic.apply(code, alu.op(), alu.val(), plan.bitsOfA(pc));
            variables.set(Registers.A);
        } else if (instruction instanceof AluX alu) {
            aluX(alu.op());
        } else if (instruction instanceof NegateA) {
            variables.get(Registers.A);
            code.insn(Opcodes.INEG);
            variables.set(Registers.A);
        } else if (instruction instanceof Tax) {
            variables.get(Registers.A);
            variables.set(Registers.X);
        } else if (instruction instanceof Txa) {
            variables.get(Registers.X);
            variables.set(Registers.A);
        } else {
            throw new AssertionError(instruction);
        }
    }

    /**
     * Pushes the bytes at a fixed offset. If they are in the packet itself, a guard has checked that they are there.
     */
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
        code.storeLong(variables.loaded);
        ifNegative(method.drop());
        code.loadLong(variables.loaded);
        code.insn(Opcodes.L2I);
    }

    private void ifNegative(Label label) {
        code.loadLong(variables.loaded);
        code.insn(Opcodes.LCONST_0, Opcodes.LCMP);
        code.jump(Opcodes.IFLT, label);
    }

    /** The offset is not negative: one check of the length is enough. */
    private void loadFromX(LoadIndirect load) {
        variables.get(Registers.X);
        code.constant(load.off() + load.size());
        code.insn(Opcodes.IADD);
        code.load(variables.length);
        code.jump(Opcodes.IF_ICMPGT, method.drop());
        code.packet();
        variables.get(Registers.X);
        code.constant(load.off());
        code.insn(Opcodes.IADD);
        code.read(load.size());
        variables.set(Registers.A);
    }

    /** The offset can be negative, which is rare: that case is emitted out of line. */
    private void loadIndirect(LoadIndirect load) {
        Label negative = new Label();
        Label done = new Label();
        variables.get(Registers.X);
        code.constant(load.off());
        code.insn(Opcodes.IADD);
        code.store(variables.temporary);
        code.load(variables.temporary);
        code.jump(Opcodes.IFLT, negative);
        code.load(variables.temporary);
        code.load(variables.length);
        code.constant(load.size());
        code.insn(Opcodes.ISUB);
        code.jump(Opcodes.IF_ICMPGT, method.drop());
        code.packet();
        code.load(variables.temporary);
        code.read(load.size());
        variables.set(Registers.A);
        method.bind(done);
        method.addOutOfLine(() -> {
            method.bind(negative);
            code.packet();
            code.load(variables.temporary);
            loadAnywhere(load.size());
            variables.set(Registers.A);
            code.jump(Opcodes.GOTO, done);
        });
    }

    private void loadExtension(LoadExtension load) {
        code.packet();
        if (load.num() == Extension.LEN) {
            code.packetMethod("wireLength", "()I");
            variables.set(Registers.of(load.dst()));
            return;
        }
        code.enumConstant(load.num());
        variables.get(Registers.A);
        variables.get(Registers.X);
        code.packetMethod("extension", "(" + EXTENSION + "II)J");
        code.storeLong(variables.loaded);
        Label nothing = new Label();
        ifNegative(nothing);
        code.loadLong(variables.loaded);
        code.insn(Opcodes.L2I);
        variables.set(Registers.A);
        method.addOutOfLine(() -> {
            method.bind(nothing);
            code.loadLong(variables.loaded);
            code.constant(Packet.NO_DEVICE);
            code.insn(Opcodes.LCMP);
            code.jump(Opcodes.IFNE, method.drop());
            variables.get(Registers.A);
            code.insn(Opcodes.IRETURN);
        });
    }

    private void aluX(AluOp op) {
        if (op == AluOp.DIV || op == AluOp.MOD) {
            variables.get(Registers.X);
            code.jump(Opcodes.IFEQ, method.drop());
        }
        variables.get(Registers.A);
        variables.get(Registers.X);
        UnsignedArithmetic.apply(code, op);
        variables.set(Registers.A);
    }
}
