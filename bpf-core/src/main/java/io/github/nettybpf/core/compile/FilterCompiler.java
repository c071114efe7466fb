package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.PacketKinds;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.compile.Partition.Piece;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Compiles a program to a class: one set of methods for each kind of packet, and one for all others. */
public final class FilterCompiler {
    private static final String FILTER = Type.getInternalName(Filter.class);
    private static final String PACKET = Type.getInternalName(Packet.class);

    private static final MethodType CONSTRUCTOR = MethodType.methodType(void.class);
    private static final MethodType MAKES_FILTER = MethodType.methodType(Filter.class);

    private final String name;
    private final Flow flow;
    private final Partition partition;
    private final PacketKinds kinds;
    private final List<Object> classData = new ArrayList<>();
    private final ClassWriter writer = new ClassWriter(0);

    private FilterCompiler(Program program, PacketKinds kinds) {
        this.kinds = kinds;
        this.name = kinds.lookup().lookupClass().getPackageName().replace('.', '/') + "/CompiledFilter";
        this.flow = new Flow(program.instructions());
        this.partition = new Partition(flow);
    }

    /**
     * {@return a filter whose code is the program's}
     *
     * @param program the program
     * @param kinds the kinds of packet to make code for
     * @throws UnsupportedOperationException if this JVM cannot define classes while it runs
     */
    public static Filter compile(Program program, PacketKinds kinds) {
        FilterCompiler compiler = new FilterCompiler(program, kinds);
        byte[] bytes = compiler.write();
        try {
            Lookup defined = kinds.lookup().defineHiddenClassWithClassData(bytes, compiler.classData, true);
            return (Filter) defined.findConstructor(defined.lookupClass(), CONSTRUCTOR)
                    .asType(MAKES_FILTER)
                    .invokeExact();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new LinkageError(compiler.name, e);
        }
    }

    /**
     * {@return the class file that {@link #compile} defines}
     *
     * @param program the program
     * @param kinds the kinds of packet to make code for
     */
    public static byte[] classFile(Program program, PacketKinds kinds) {
        return new FilterCompiler(program, kinds).write();
    }

    private byte[] write() {
        writer.visit(
                Opcodes.V17,
                Opcodes.ACC_FINAL | Opcodes.ACC_SUPER | Opcodes.ACC_SYNTHETIC,
                name,
                null,
                "java/lang/Object",
                new String[] {FILTER});
        writer.visitSource("bpf", null);
        constructor();
        List<Class<? extends Packet>> types =
                Stream.concat(kinds.types().stream(), Stream.of(Packet.class)).toList();
        List<MethodEmitter.Target> targets = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            Class<? extends Packet> type = types.get(i);
            targets.add(new MethodEmitter.Target(name, type, "run" + type.getSimpleName(), classData));
        }
        dispatch(targets);
        for (MethodEmitter.Target target : targets) {
            for (Piece piece : partition.pieces()) {
                int size = new MethodEmitter(writer, flow, partition, piece, target).emit();
                if (size > Partition.LARGEST_METHOD) {
                    throw new AssertionError(target.name(piece) + " has " + size + " bytes (expected: at most "
                            + Partition.LARGEST_METHOD + ", beyond which HotSpot does not compile it)");
                }
            }
        }
        writer.visitEnd();
        return writer.toByteArray();
    }

    private void constructor() {
        MethodVisitor code = writer.visitMethod(0, "<init>", "()V", null, null);
        code.visitCode();
        code.visitVarInsn(Opcodes.ALOAD, 0);
        code.visitMethodInsn(Opcodes.INVOKESPECIAL, "java/lang/Object", "<init>", "()V", false);
        code.visitInsn(Opcodes.RETURN);
        code.visitMaxs(1, 1);
        code.visitEnd();
    }

    /** The filter's method: sees what kind of packet it is, once for a run. */
    private void dispatch(List<MethodEmitter.Target> targets) {
        MethodVisitor code = writer.visitMethod(Opcodes.ACC_PUBLIC, "run", "(L" + PACKET + ";)I", null, null);
        code.visitCode();
        for (MethodEmitter.Target target : targets) {
            Label another = new Label();
            if (target.packet() != Packet.class) {
                String type = Type.getInternalName(target.packet());
                code.visitVarInsn(Opcodes.ALOAD, 1);
                code.visitTypeInsn(Opcodes.INSTANCEOF, type);
                code.visitJumpInsn(Opcodes.IFEQ, another);
                code.visitVarInsn(Opcodes.ALOAD, 1);
                code.visitTypeInsn(Opcodes.CHECKCAST, type);
            } else {
                code.visitVarInsn(Opcodes.ALOAD, 1);
            }
            Piece first = partition.pieces().get(0);
            code.visitMethodInsn(Opcodes.INVOKESTATIC, name, target.name(first), target.descriptor(first), false);
            code.visitInsn(Opcodes.IRETURN);
            if (target.packet() != Packet.class) {
                code.visitLabel(another);
                code.visitFrame(Opcodes.F_SAME, 0, null, 0, null);
            }
        }
        code.visitMaxs(1, 2);
        code.visitEnd();
    }
}
