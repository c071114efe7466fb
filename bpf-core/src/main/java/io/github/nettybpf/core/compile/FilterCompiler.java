package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.PacketKinds;
import io.github.nettybpf.core.Program;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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
    private final Partition fast;
    private final Partition plain;
    private final PacketKinds kinds;
    private final List<Object> classData = new ArrayList<>();
    private final ClassWriter writer = new ClassWriter(0);

    private FilterCompiler(Program program, PacketKinds kinds) {
        this.kinds = kinds;
        this.name = kinds.lookup().lookupClass().getPackageName().replace('.', '/') + "/CompiledFilter";
        Plan plan = Plan.of(new Flow(program.instructions()));
        this.fast = new Partition(plan, true);
        this.plain = new Partition(plan.plain(), false);
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
        constructor();
        List<Class<? extends Packet>> types =
                Stream.concat(kinds.types().stream(), Stream.of(Packet.class)).toList();
        List<Methods> methods = types.stream()
                .map(type -> new Methods(name, type, fast, plain, classData))
                .toList();
        dispatch(methods);
        methods.forEach(each -> each.write(writer));
        writer.visitSource("bpf", tables());
        writer.visitEnd();
        return writer.toByteArray();
    }

    private @Nullable String tables() {
        return classData.isEmpty()
                ? null
                : classData.stream()
                        .map(table -> "int[" + Array.getLength(table) + "]")
                        .collect(Collectors.joining(" "));
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
    private void dispatch(List<Methods> methods) {
        MethodVisitor visitor = writer.visitMethod(Opcodes.ACC_PUBLIC, "run", "(L" + PACKET + ";)I", null, null);
        Code code = new Code(visitor, Packet.class, classData);
        code.newLocal(1);
        for (Methods each : methods) {
            visitor.visitVarInsn(Opcodes.ALOAD, 1);
            if (each.packet() == Packet.class) {
                each.call(code);
                code.insn(Opcodes.IRETURN);
            } else {
                String type = Type.getInternalName(each.packet());
                Label another = new Label();
                visitor.visitTypeInsn(Opcodes.INSTANCEOF, type);
                visitor.visitJumpInsn(Opcodes.IFEQ, another);
                visitor.visitVarInsn(Opcodes.ALOAD, 1);
                visitor.visitTypeInsn(Opcodes.CHECKCAST, type);
                each.call(code);
                code.insn(Opcodes.IRETURN);
                code.label(another);
            }
        }
        code.end();
    }
}
