package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.compile.Partition.Piece;
import java.util.List;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * The methods that a program becomes for one type of packet.
 *
 * @param owner the internal name of the class
 * @param name the name of the method that a run begins with
 * @param packet the type of packet
 * @param fast the pieces that a run begins with
 * @param plain the pieces for packets that are too short for those, which all types share
 * @param classData where tables are put
 */
record Methods(
        String owner,
        String name,
        Class<? extends Packet> packet,
        Partition fast,
        Partition plain,
        List<Object> classData) {
    Partition partition(Plan plan) {
        return plan.equals(fast.plan()) ? fast : plain;
    }

    private boolean isPlain(Piece piece) {
        return !piece.plan().equals(fast.plan());
    }

    private String name(Piece piece) {
        return (isPlain(piece) ? "plain" : name) + (piece.isFirst() ? "" : "$" + piece.number());
    }

    private Class<? extends Packet> packet(Piece piece) {
        return isPlain(piece) ? Packet.class : packet;
    }

    /** {@return the type of a piece's method: packet, length, registers, and where to begin if there is a choice} */
    private String descriptor(Piece piece) {
        String known = piece.isFirst() ? "" : "I" + "I".repeat(Integer.bitCount(piece.parameters()));
        return "(" + Type.getDescriptor(packet(piece)) + known
                + (piece.entries().size() > 1 ? "I" : "") + ")I";
    }

    /** Calls a piece's method; its arguments have been pushed. */
    void call(Code code, Piece piece) {
        code.call(owner, name(piece), descriptor(piece));
    }

    /** Calls the method that a run begins with, of the packet that has been pushed. */
    void call(Code code) {
        call(code, fast.pieces().get(0));
    }

    void write(ClassVisitor visitor) {
        fast.pieces().forEach(piece -> write(visitor, piece));
        if (packet == Packet.class) {
            plain.pieces().forEach(piece -> write(visitor, piece));
        }
    }

    private void write(ClassVisitor visitor, Piece piece) {
        Code code = new Code(
                visitor.visitMethod(
                        Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC, name(piece), descriptor(piece), null, null),
                packet(piece),
                classData);
        new MethodEmitter(this, code, piece).emit();
    }
}
