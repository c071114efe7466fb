package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.compile.Partition.OutlinedMethod;
import java.util.IdentityHashMap;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** The methods that a program becomes for one type of packet. */
final class PacketMethods {
    private final String owner;
    private final String name;
    private final Class<? extends Packet> packet;
    private final Partition fast;
    private final Partition plain;
    private final Tables tables;

    /** How each method is called: a long program has thousands of calls of tens of methods. */
    private final IdentityHashMap<OutlinedMethod, Signature> signatures = new IdentityHashMap<>();

    private record Signature(String name, String descriptor) {}

    /**
     * Names the methods.
     *
     * @param owner the internal name of the class
     * @param name the name of the method in which a run starts
     * @param packet the type of packet
     * @param fast the methods of the fast plan
     * @param plain the methods of the plain plan, for packets that are too short for the fast one; all types share them
     * @param tables where tables are put
     */
    PacketMethods(
            String owner, String name, Class<? extends Packet> packet, Partition fast, Partition plain, Tables tables) {
        this.owner = owner;
        this.name = name;
        this.packet = packet;
        this.fast = fast;
        this.plain = plain;
        this.tables = tables;
    }

    Class<? extends Packet> packet() {
        return packet;
    }

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

    private Signature signature(OutlinedMethod method) {
        return signatures.computeIfAbsent(method, it -> new Signature(name(it), descriptor(it)));
    }

    /** Calls a method whose arguments have been pushed. */
    void call(Code code, OutlinedMethod method) {
        Signature signature = signature(method);
        code.call(owner, signature.name(), signature.descriptor());
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
        Signature signature = signature(method);
        Code code = new Code(
                visitor.visitMethod(
                        Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC, signature.name(), signature.descriptor(), null, null),
                packet(method),
                tables);
        new MethodEmitter(this, code, method).emit();
    }
}
