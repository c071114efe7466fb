package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
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

/** Compiles a program to a class: a set of methods for each type of packet, and one for all others. */
public final class FilterCompiler {
    private static final String FILTER = Type.getInternalName(Filter.class);
    private static final String PACKET = Type.getInternalName(Packet.class);

    private static final MethodType CONSTRUCTOR = MethodType.methodType(void.class);
    private static final MethodType MAKES_FILTER = MethodType.methodType(Filter.class);

    /** A property that is "runtime" in a native image of GraalVM. Defining a class there would be an Error of GraalVM's. */
    private static final String IMAGE_CODE = "org.graalvm.nativeimage.imagecode";

    private final String name;
    private final List<Class<? extends Packet>> types;
    private final Partition fast;
    private final Partition plain;
    private final Tables tables = new Tables();
    private final ClassWriter writer = new ClassWriter(0);
    private final byte[] bytes;

    private FilterCompiler(Plan plan, Class<?> host, List<Class<? extends Packet>> types, int maxEstimate) {
        String packageName = host.getPackageName().replace('.', '/');
        this.name = (packageName.isEmpty() ? "" : packageName + "/") + "CompiledFilter";
        this.types = types;
        this.fast = new Partition(plan, true, maxEstimate);
        this.plain = new Partition(plan.plain(), false, maxEstimate);
        this.bytes = emit();
    }

    /** Halves the estimate until no method is too long. */
    private static FilterCompiler of(Program program, Class<?> host, List<Class<? extends Packet>> types) {
        Plan plan = Plan.of(new ControlFlow(program.instructions()));
        int maxEstimate = Partition.MAX_ESTIMATE;
        while (true) {
            try {
                return new FilterCompiler(plan, host, types, maxEstimate);
            } catch (MethodEmitter.TooLongException | MethodTooLargeException e) {
                if (maxEstimate == 1) {
                    throw e;
                }
                maxEstimate /= 2;
            }
        }
    }

    /**
     * {@return a filter that executes the program as JVM bytecode}
     *
     * @param program the program
     * @param lookup what to define the class with: it becomes one of the package of the lookup's class
     * @param types the types of packet to make code for
     * @throws UnsupportedOperationException if this JVM cannot define classes while it runs
     */
    public static Filter compile(Program program, Lookup lookup, List<Class<? extends Packet>> types) {
        if ("runtime".equals(System.getProperty(IMAGE_CODE))) {
            throw new UnsupportedOperationException("a native image cannot define classes while it runs");
        }
        Compilation compilation = Compilation.begin(program.size());
        try {
            FilterCompiler compiled = of(program, lookup.lookupClass(), types);
            Filter filter = compiled.define(lookup);
            compilation.succeed(compiled.bytes.length);
            return filter;
        } catch (RuntimeException | Error e) {
            compilation.fail(e);
            throw e;
        }
    }

    private Filter define(Lookup lookup) {
        try {
            Lookup defined = lookup.defineHiddenClassWithClassData(bytes, tables.list(), true);
            return (Filter) defined.findConstructor(defined.lookupClass(), CONSTRUCTOR)
                    .asType(MAKES_FILTER)
                    .invokeExact();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new LinkageError(name, e);
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

    private byte[] emit() {
        writer.visit(
                Opcodes.V17,
                Opcodes.ACC_FINAL | Opcodes.ACC_SUPER | Opcodes.ACC_SYNTHETIC,
                name,
                null,
                "java/lang/Object",
                new String[] {FILTER});
        constructor();
        List<PacketMethods> methods = new ArrayList<>();
        for (Class<? extends Packet> type : types) {
            methods.add(new PacketMethods(name, "run" + type.getSimpleName(), type, fast, plain, tables));
        }
        methods.add(new PacketMethods(name, "runPacket", Packet.class, fast, plain, tables));
        dispatch(methods);
        methods.forEach(each -> each.emit(writer));
        writer.visitSource("bpf", sizesOfTables());
        writer.visitEnd();
        return writer.toByteArray();
    }

    private @Nullable String sizesOfTables() {
        return tables.list().isEmpty()
                ? null
                : tables.list().stream()
                        .map(table -> "int[" + table.length + "]")
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

    /** Emits the filter's method, which finds out the type of the packet, once for each run. */
    private void dispatch(List<PacketMethods> methods) {
        MethodVisitor visitor = writer.visitMethod(Opcodes.ACC_PUBLIC, "run", "(L" + PACKET + ";)I", null, null);
        Code code = new Code(visitor, Packet.class, tables);
        code.newLocal(1);
        for (PacketMethods each : methods) {
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
