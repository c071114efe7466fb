package io.github.nettybpf.tools.jit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.ConstantDynamic;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.util.Printer;

/** The class file of a compiled filter, read for people: its methods but for the constructor, in order. */
final class Bytecode extends ClassVisitor {
    private static final int API = Opcodes.ASM9;

    private final List<Method> methods = new ArrayList<>();

    /** What each element of the class data is, as {@code int[512]}. */
    private List<String> tables = List.of();

    private Bytecode() {
        super(API);
    }

    /**
     * A method.
     *
     * @param packet the type of its first parameter, without the package
     * @param size the length of its code in bytes
     * @param parts all of the code, in order
     */
    record Method(String name, String packet, int size, List<Part> parts) {
        /** {@return the first BPF instruction that there is code for}, or one of the numbers of {@link Part} */
        int firstPc() {
            return parts.stream()
                    .mapToInt(Part::pc)
                    .filter(pc -> pc != Part.ENTRY)
                    .findFirst()
                    .orElse(Part.END);
        }
    }

    /**
     * What one line number stands for.
     *
     * @param pc the line number: the BPF instruction, counted from 0, or {@link #ENTRY} or {@link #END}
     * @param code the JVM instructions
     */
    record Part(int pc, List<Insn> code) {
        /** What is done before the first BPF instruction. */
        static final int ENTRY = 0xffff;

        /** What is jumped to from several: returns, rare cases, the way to other methods. */
        static final int END = Integer.MAX_VALUE;
    }

    /**
     * A JVM instruction.
     *
     * @param offset where it is in the method's code
     * @param text the instruction; with a line feed before each way of a switch
     * @param isLast whether the next instruction is not executed behind it
     */
    record Insn(int offset, String text, boolean isLast) {}

    static List<Method> methods(byte[] classFile) {
        Bytecode bytecode = new Bytecode();
        new LabelledReader(withEntries(classFile)).accept(bytecode, ClassReader.SKIP_FRAMES);
        return bytecode.methods;
    }

    /** {@return the same with a line number for what is in front of the first}, so that all methods have one. */
    private static byte[] withEntries(byte[] classFile) {
        ClassReader reader = new ClassReader(classFile);
        ClassWriter writer = new ClassWriter(reader, 0);
        reader.accept(new EntryMarker(writer), 0);
        return writer.toByteArray();
    }

    private static final class EntryMarker extends ClassVisitor {
        EntryMarker(ClassWriter writer) {
            super(API, writer);
        }

        @Override
        public MethodVisitor visitMethod(
                int access,
                String name,
                String descriptor,
                @Nullable String signature,
                String @Nullable [] exceptions) {
            return new MethodVisitor(API, super.visitMethod(access, name, descriptor, signature, exceptions)) {
                @Override
                public void visitCode() {
                    super.visitCode();
                    Label start = new Label();
                    super.visitLabel(start);
                    super.visitLineNumber(Part.ENTRY, start);
                }
            };
        }
    }

    /** Labels every instruction with its offset, where ASM would label what is jumped to. */
    private static final class LabelledReader extends ClassReader {
        LabelledReader(byte[] classFile) {
            super(classFile);
        }

        @Override
        protected Label readLabel(int offset, Label[] labels) {
            if (labels[offset] == null) {
                for (int i = 0; i < labels.length; i++) {
                    labels[i] = new Label();
                    labels[i].info = i;
                }
            }
            return labels[offset];
        }
    }

    private static int offset(Label label) {
        return (Integer) label.info;
    }

    @Override
    public void visitSource(@Nullable String source, @Nullable String debug) {
        tables = debug == null ? List.of() : List.of(debug.split(" ", -1));
    }

    @Override
    public @Nullable MethodVisitor visitMethod(
            int access, String name, String descriptor, @Nullable String signature, String @Nullable [] exceptions) {
        return name.startsWith("<") ? null : new Reader(name, simple(Type.getArgumentTypes(descriptor)[0]));
    }

    private static String simple(Type type) {
        return simple(type.getClassName());
    }

    private static String simple(String name) {
        return name.substring(Math.max(name.lastIndexOf('.'), name.lastIndexOf('/')) + 1);
    }

    private final class Reader extends MethodVisitor {
        private final String name;
        private final String packet;
        private final List<Part> parts = new ArrayList<>();
        private List<Insn> code = List.of();
        private int offset;

        Reader(String name, String packet) {
            super(API);
            this.name = name;
            this.packet = packet;
        }

        @Override
        public void visitLabel(Label label) {
            offset = offset(label);
        }

        @Override
        public void visitLineNumber(int line, Label start) {
            code = new ArrayList<>();
            parts.add(new Part(line, code));
        }

        @Override
        public void visitInsn(int opcode) {
            add(opcode, "");
        }

        @Override
        public void visitIntInsn(int opcode, int operand) {
            add(opcode, " " + operand);
        }

        @Override
        public void visitVarInsn(int opcode, int local) {
            // The first four have opcodes of their own, which ASM does not show, but writes.
            add(opcode, (local < 4 ? "_" : " ") + local);
        }

        @Override
        public void visitTypeInsn(int opcode, String type) {
            add(opcode, " " + simple(type));
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String field, String descriptor) {
            add(opcode, " " + simple(owner) + "." + field);
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String method, String descriptor, boolean isInterface) {
            StringBuilder types = new StringBuilder();
            for (Type type : Type.getArgumentTypes(descriptor)) {
                types.append(types.isEmpty() ? "" : ", ").append(simple(type));
            }
            String result = simple(Type.getReturnType(descriptor));
            add(opcode, " " + simple(owner) + "." + method + "(" + types + ") " + result);
        }

        @Override
        public void visitJumpInsn(int opcode, Label to) {
            add(opcode, " " + offset(to));
        }

        @Override
        public void visitIincInsn(int local, int increment) {
            add(Opcodes.IINC, " " + local + " " + increment);
        }

        @Override
        public void visitLdcInsn(Object value) {
            if (value instanceof ConstantDynamic table) {
                int index = (Integer) table.getBootstrapMethodArgument(0);
                add("ldc table " + index + ", " + tables.get(index), false);
            } else {
                add(value instanceof Long ? "ldc2_w " + value : "ldc " + value, false);
            }
        }

        @Override
        public void visitTableSwitchInsn(int min, int max, Label otherwise, Label... labels) {
            StringBuilder ways = new StringBuilder();
            for (int i = 0; i < labels.length; i++) {
                ways.append("\n").append(min + i).append(": ").append(offset(labels[i]));
            }
            add(Opcodes.TABLESWITCH, ways + "\ndefault: " + offset(otherwise));
        }

        @Override
        public void visitLookupSwitchInsn(Label otherwise, int[] keys, Label[] labels) {
            StringBuilder ways = new StringBuilder();
            for (int i = 0; i < labels.length; i++) {
                ways.append("\n").append(keys[i]).append(": ").append(offset(labels[i]));
            }
            add(Opcodes.LOOKUPSWITCH, ways + "\ndefault: " + offset(otherwise));
        }

        private void add(int opcode, String operands) {
            boolean isLast =
                    switch (opcode) {
                        case Opcodes.GOTO, Opcodes.IRETURN, Opcodes.TABLESWITCH, Opcodes.LOOKUPSWITCH -> true;
                        default -> false;
                    };
            add(Printer.OPCODES[opcode].toLowerCase(Locale.ROOT) + operands, isLast);
        }

        private void add(String text, boolean isLast) {
            code.add(new Insn(offset, text, isLast));
        }

        @Override
        public void visitEnd() {
            cutEnd();
            parts.removeIf(part -> part.code.isEmpty());
            methods.add(new Method(name, packet, offset, parts));
        }

        /**
         * What is behind the code of the last BPF instruction has no line number of its own. That code ends with a jump
         * or a return, and has no other inside.
         */
        private void cutEnd() {
            int end = 0;
            while (end < code.size() && !code.get(end).isLast) {
                end++;
            }
            if (end < code.size() && parts.size() > 1) {
                List<Insn> behind = code.subList(end + 1, code.size());
                parts.add(new Part(Part.END, List.copyOf(behind)));
                behind.clear();
            }
        }
    }
}
