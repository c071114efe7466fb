package io.github.nettybpf.versions;

import java.lang.invoke.MethodType;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Collects what classes use of Netty, and resolves it as the JVM would: a class by its name, a field or method also by
 * its descriptor, whether it is static, and whether its owner is an interface.
 *
 * <p>Source: The Java Virtual Machine Specification, 5.4.3.
 */
final class NettyReferences extends ClassVisitor {
    private static final int API = Opcodes.ASM9;

    private final Set<String> seen = new HashSet<>();
    private final Set<String> missing = new TreeSet<>();
    private String visited = "";

    NettyReferences() {
        super(API);
    }

    /** {@return how many classes, fields and methods of Netty are used} */
    int checked() {
        return seen.size();
    }

    /** {@return what is not there, and a class that uses it} */
    Set<String> missing() {
        return missing;
    }

    @Override
    public void visit(
            int version,
            int access,
            String name,
            @Nullable String signature,
            @Nullable String superName,
            String[] interfaces) {
        visited = name;
        if (superName != null) {
            type(Type.getObjectType(superName));
        }
        for (String implemented : interfaces) {
            type(Type.getObjectType(implemented));
        }
    }

    @Override
    public @Nullable FieldVisitor visitField(
            int access, String name, String descriptor, @Nullable String signature, @Nullable Object value) {
        type(Type.getType(descriptor));
        return null;
    }

    @Override
    public MethodVisitor visitMethod(
            int access, String name, String descriptor, @Nullable String signature, String @Nullable [] exceptions) {
        type(Type.getMethodType(descriptor));
        if (exceptions != null) {
            for (String thrown : exceptions) {
                type(Type.getObjectType(thrown));
            }
        }
        return new Code();
    }

    /** {@return the class of Netty, or null if it is another's or is missing} */
    private @Nullable Class<?> type(Type type) {
        if (type.getSort() == Type.METHOD) {
            type(type.getReturnType());
            Arrays.stream(type.getArgumentTypes()).forEach(this::type);
            return null;
        }
        Type element = type.getSort() == Type.ARRAY ? type.getElementType() : type;
        if (element.getSort() != Type.OBJECT || !element.getClassName().startsWith("io.netty.")) {
            return null;
        }
        seen.add(element.getClassName());
        try {
            return Class.forName(element.getClassName(), false, NettyReferences.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            missing(element.getClassName());
            return null;
        }
    }

    private void missing(String what) {
        missing.add(what + ", used by " + visited);
    }

    private void field(String owner, String name, String descriptor, boolean isStatic) {
        Class<?> type = type(Type.getObjectType(owner));
        type(Type.getType(descriptor));
        if (type == null) {
            return;
        }
        String field = owner + "." + name + ":" + descriptor;
        seen.add(field);
        for (Class<?> holder = type; holder != null; holder = holder.getSuperclass()) {
            for (Member declared : holder.getDeclaredFields()) {
                if (declared.getName().equals(name)) {
                    checkUse(field, declared, isStatic);
                    return;
                }
            }
        }
        missing(field);
    }

    private void method(String owner, String name, String descriptor, boolean isStatic, boolean ofInterface) {
        Type signature = Type.getMethodType(descriptor);
        type(signature);
        Class<?> type = type(Type.getObjectType(owner));
        if (type == null) {
            return;
        }
        String method = owner + "." + name + descriptor;
        seen.add(method);
        if (type.isInterface() != ofInterface) {
            missing(method + " (expected: " + (ofInterface ? "an interface" : "a class") + ")");
            return;
        }
        Member found = find(type, name, descriptor);
        if (found == null) {
            missing(method);
        } else {
            checkUse(method, found, isStatic);
        }
    }

    private void checkUse(String what, Member member, boolean isStatic) {
        int modifiers = member.getModifiers();
        if (Modifier.isStatic(modifiers) != isStatic) {
            missing(what + (isStatic ? " (expected: static)" : " (expected: not static)"));
        } else if (!Modifier.isPublic(modifiers) && !Modifier.isProtected(modifiers)) {
            missing(what + " (expected: public or protected)");
        }
    }

    private static @Nullable Member find(Class<?> type, String name, String descriptor) {
        if (name.equals("<init>")) {
            return Arrays.stream(type.getDeclaredConstructors())
                    .filter(declared -> Type.getConstructorDescriptor(declared).equals(descriptor))
                    .findAny()
                    .orElse(null);
        }
        for (Method declared : type.getDeclaredMethods()) {
            if (declared.getName().equals(name)
                    && MethodType.methodType(declared.getReturnType(), declared.getParameterTypes())
                            .toMethodDescriptorString()
                            .equals(descriptor)) {
                return declared;
            }
        }
        Member inherited = type.getSuperclass() == null ? null : find(type.getSuperclass(), name, descriptor);
        for (Class<?> implemented : type.getInterfaces()) {
            inherited = inherited == null ? find(implemented, name, descriptor) : inherited;
        }
        // An interface has the public methods of Object.
        return inherited == null && type.isInterface() ? find(Object.class, name, descriptor) : inherited;
    }

    private final class Code extends MethodVisitor {
        Code() {
            super(API);
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
            field(owner, name, descriptor, opcode == Opcodes.GETSTATIC || opcode == Opcodes.PUTSTATIC);
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
            method(owner, name, descriptor, opcode == Opcodes.INVOKESTATIC, isInterface);
        }

        @Override
        public void visitInvokeDynamicInsn(String name, String descriptor, Handle bootstrap, Object... arguments) {
            type(Type.getMethodType(descriptor));
            for (Object argument : arguments) {
                constant(argument);
            }
        }

        @Override
        public void visitLdcInsn(Object value) {
            constant(value);
        }

        private void constant(Object value) {
            if (value instanceof Type type) {
                type(type);
            } else if (value instanceof Handle handle && handle.getDesc().startsWith("(")) {
                method(
                        handle.getOwner(),
                        handle.getName(),
                        handle.getDesc(),
                        handle.getTag() == Opcodes.H_INVOKESTATIC,
                        handle.isInterface());
            }
        }

        @Override
        public void visitTypeInsn(int opcode, String type) {
            type(Type.getObjectType(type));
        }

        @Override
        public void visitMultiANewArrayInsn(String descriptor, int dimensions) {
            type(Type.getType(descriptor));
        }

        @Override
        public void visitTryCatchBlock(Label start, Label end, Label handler, @Nullable String type) {
            if (type != null) {
                type(Type.getObjectType(type));
            }
        }
    }
}
