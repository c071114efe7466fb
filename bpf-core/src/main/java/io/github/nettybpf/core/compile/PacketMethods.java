package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.compile.Partition.OutlinedMethod;
import java.util.List;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * The methods that a program becomes for one type of packet.
 *
 * @param owner the internal name of the class
 * @param name the name of the method in which a run starts
 * @param packet the type of packet
 * @param fast the methods of the fast plan
 * @param plain the methods of the plain plan, for packets that are too short for the fast one; all types share them
 * @param classData where tables are put
 */
record PacketMethods(
        String owner,
        String name,
        Class<? extends Packet> packet,
        Partition fast,
        Partition plain,
        List<Object> classData) {
    Partition partition(Plan plan) {
        return plan.equals(fast.plan()) ? fast : plain;
    }

    private boolean isPlain(OutlinedMethod method) {
        return !method.plan().equals(fast.plan());
    }

    private String name(OutlinedMethod method) {
        return (isPlain(method) ? "plain" : name) + (method.isFirst() ? "" : "$" + method.number());
    }

    private Class<? extends Packet> packet(OutlinedMethod method) {
        return isPlain(method) ? Packet.class : packet;
    }

    /** {@return the descriptor: packet, length, registers, and the number of the entry point if there are several} */
    private String descriptor(OutlinedMethod method) {
        String known = method.isFirst() ? "" : "I" + "I".repeat(Integer.bitCount(method.parameters()));
        return "(" + Type.getDescriptor(packet(method)) + known
                + (method.entryPoints().size() > 1 ? "I" : "") + ")I";
    }

    /** Calls a method whose arguments have been pushed. */
    void call(Code code, OutlinedMethod method) {
        code.call(owner, name(method), descriptor(method));
    }

    /** Calls the method in which a run starts, with the packet that has been pushed. */
    void call(Code code) {
        call(code, fast.methods().get(0));
    }

    void emit(ClassVisitor visitor) {
        fast.methods().forEach(method -> emit(visitor, method));
        if (packet == Packet.class) {
            plain.methods().forEach(method -> emit(visitor, method));
        }
    }

    private void emit(ClassVisitor visitor, OutlinedMethod method) {
        Code code = new Code(
                visitor.visitMethod(
                        Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC, name(method), descriptor(method), null, null),
                packet(method),
                classData);
        new MethodEmitter(this, code, method).emit();
    }
}
