package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Packet;
import java.util.List;
import org.objectweb.asm.ConstantDynamic;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** The bytecode of a method, as it is emitted. Local variable 0 is the packet. */
final class Code {
    private static final String PACKET = Type.getInternalName(Packet.class);

    /** More than any expression that is emitted needs. */
    private static final int MAX_STACK = 64;

    private static final Handle CLASS_DATA_AT = new Handle(
            Opcodes.H_INVOKESTATIC,
            "java/lang/invoke/MethodHandles",
            "classDataAt",
            "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/Class;I)Ljava/lang/Object;",
            false);

    private final MethodVisitor visitor;
    private final String packetName;
    private final boolean isGeneral;
    private final Tables tables;
    private int locals = 1;

    /**
     * Starts a method.
     *
     * @param packet the type of the packet
     * @param tables where tables are put
     */
    Code(MethodVisitor visitor, Class<? extends Packet> packet, Tables tables) {
        this.visitor = visitor;
        this.packetName = Type.getInternalName(packet);
        this.isGeneral = packet.isInterface();
        this.tables = tables;
        visitor.visitCode();
    }

    /** {@return a new local variable} A long takes two slots. */
    int newLocal(int slots) {
        locals += slots;
        return locals - slots;
    }

    /** {@return the size in bytes of the method, which ends here} */
    int end() {
        Label end = new Label();
        visitor.visitLabel(end);
        visitor.visitMaxs(MAX_STACK, locals);
        visitor.visitEnd();
        return end.getOffset();
    }

    void line(int number) {
        Label here = new Label();
        visitor.visitLabel(here);
        visitor.visitLineNumber(number, here);
    }

    /**
     * Binds a label, with its stack map frame.
     *
     * @param types the types of the local variables after the packet; none for those of the label before
     */
    void label(Label label, Object... types) {
        visitor.visitLabel(label);
        if (types.length == 0) {
            visitor.visitFrame(Opcodes.F_SAME, 0, null, 0, null);
        } else {
            Object[] all = new Object[types.length + 1];
            all[0] = packetName;
            System.arraycopy(types, 0, all, 1, types.length);
            visitor.visitFrame(Opcodes.F_FULL, all.length, all, 0, null);
        }
    }

    void insn(int... opcodes) {
        for (int opcode : opcodes) {
            visitor.visitInsn(opcode);
        }
    }

    void jump(int opcode, Label label) {
        visitor.visitJumpInsn(opcode, label);
    }

    void load(int local) {
        visitor.visitVarInsn(Opcodes.ILOAD, local);
    }

    void store(int local) {
        visitor.visitVarInsn(Opcodes.ISTORE, local);
    }

    void loadLong(int local) {
        visitor.visitVarInsn(Opcodes.LLOAD, local);
    }

    void storeLong(int local) {
        visitor.visitVarInsn(Opcodes.LSTORE, local);
    }

    void constant(int value) {
        if (value >= -1 && value <= 5) {
            visitor.visitInsn(Opcodes.ICONST_0 + value);
        } else if (value >= Byte.MIN_VALUE && value <= Byte.MAX_VALUE) {
            visitor.visitIntInsn(Opcodes.BIPUSH, value);
        } else if (value >= Short.MIN_VALUE && value <= Short.MAX_VALUE) {
            visitor.visitIntInsn(Opcodes.SIPUSH, value);
        } else {
            visitor.visitLdcInsn(value);
        }
    }

    void constant(long value) {
        if (value == 0) {
            visitor.visitInsn(Opcodes.LCONST_0);
        } else {
            visitor.visitLdcInsn(value);
        }
    }

    /** Pushes an array from the class data, which is a constant for HotSpot. */
    void table(int[] values) {
        int index = tables.indexOf(values);
        visitor.visitLdcInsn(new ConstantDynamic("_", "[I", CLASS_DATA_AT, index));
    }

    void packet() {
        visitor.visitVarInsn(Opcodes.ALOAD, 0);
    }

    /**
     * Calls a method of the packet, which has been pushed: of its class if that is known, so that HotSpot inlines the
     * call.
     */
    void packetMethod(String name, String descriptor) {
        visitor.visitMethodInsn(
                isGeneral ? Opcodes.INVOKEINTERFACE : Opcodes.INVOKEVIRTUAL, packetName, name, descriptor, isGeneral);
    }

    /** Replaces the packet and an offset, which have been pushed, with the bytes at the offset. */
    void read(int size) {
        packetMethod(size == 1 ? "u8" : size == 2 ? "u16" : "u32", "(I)I");
    }

    /** Replaces the packet and an offset, which have been pushed, with the result of {@link Packet#load}, a long. */
    void readAnywhere(int size) {
        constant(size);
        visitor.visitMethodInsn(Opcodes.INVOKESTATIC, PACKET, "load", "(L" + PACKET + ";II)J", true);
    }

    void call(String owner, String name, String descriptor) {
        visitor.visitMethodInsn(Opcodes.INVOKESTATIC, owner, name, descriptor, false);
    }

    void enumConstant(Enum<?> value) {
        String type = Type.getInternalName(value.getDeclaringClass());
        visitor.visitFieldInsn(Opcodes.GETSTATIC, type, value.name(), "L" + type + ";");
    }

    void tableSwitch(List<Label> labels) {
        visitor.visitTableSwitchInsn(0, labels.size() - 1, labels.get(0), labels.toArray(Label[]::new));
    }

    void lookupSwitch(int[] keys, Label[] labels, Label otherwise) {
        visitor.visitLookupSwitchInsn(otherwise, keys, labels);
    }
}
