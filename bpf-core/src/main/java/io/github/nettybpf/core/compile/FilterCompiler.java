package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodTooLargeException;
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
    private final List<Class<? extends Packet>> types;
    private final Partition fast;
    private final Partition plain;
    private final List<Object> classData = new ArrayList<>();
    private final ClassWriter writer = new ClassWriter(0);
    private final byte[] bytes;

    private FilterCompiler(Plan plan, Class<?> host, List<Class<? extends Packet>> types, int largestPiece) {
        String packageName = host.getPackageName().replace('.', '/');
        this.name = (packageName.isEmpty() ? "" : packageName + "/") + "CompiledFilter";
        this.types = types;
        this.fast = new Partition(plan, true, largestPiece);
        this.plain = new Partition(plan.plain(), false, largestPiece);
        this.bytes = write();
    }

    /** Cuts finer where the length of a method was underestimated. */
    private static FilterCompiler of(Program program, Class<?> host, List<Class<? extends Packet>> types) {
        Plan plan = Plan.of(new Flow(program.instructions()));
        int largestPiece = Partition.LARGEST_PIECE;
        while (true) {
            try {
                return new FilterCompiler(plan, host, types, largestPiece);
            } catch (MethodEmitter.TooLongException | MethodTooLargeException e) {
                if (largestPiece == 1) {
                    throw e;
                }
                largestPiece /= 2;
            }
        }
    }

    /**
     * {@return a filter whose code is the program's}
     *
     * @param program the program
     * @param lookup what to define the class with: it becomes one of the package of the lookup's class
     * @param types the types of packet to make code for
     * @throws UnsupportedOperationException if this JVM cannot define classes while it runs
     */
    public static Filter compile(Program program, Lookup lookup, List<Class<? extends Packet>> types) {
        FilterCompiler compiled = of(program, lookup.lookupClass(), types);
        try {
            Lookup defined = lookup.defineHiddenClassWithClassData(compiled.bytes, compiled.classData, true);
            return (Filter) defined.findConstructor(defined.lookupClass(), CONSTRUCTOR)
                    .asType(MAKES_FILTER)
                    .invokeExact();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new LinkageError(compiled.name, e);
        }
    }

    /**
     * {@return the class file that {@link #compile} defines}
     *
     * @param program the program
     * @param host a class of the package that it belongs to
     * @param types the types of packet to make code for
     */
    public static byte[] classFile(Program program, Class<?> host, List<Class<? extends Packet>> types) {
        return of(program, host, types).bytes;
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
        List<Methods> methods = new ArrayList<>();
        for (Class<? extends Packet> type : types) {
            methods.add(new Methods(name, "run" + type.getSimpleName(), type, fast, plain, classData));
        }
        methods.add(new Methods(name, "runPacket", Packet.class, fast, plain, classData));
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
