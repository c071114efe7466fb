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

/** Reads the class file of a compiled filter as text: its methods in order, without the constructor. */
final class Bytecode extends ClassVisitor {
    private static final int API = Opcodes.ASM9;

    private final List<Method> methods = new ArrayList<>();

    /** The type and length of each element of the class data, for example {@code int[512]}. */
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
        /** {@return the first BPF instruction that there is code for, or {@link Part#END} if there is none} */
        int firstPc() {
            return parts.stream()
                    .mapToInt(Part::pc)
                    .filter(pc -> pc != Part.ENTRY)
                    .findFirst()
                    .orElse(Part.END);
        }
    }

    /**
     * The code of one line number.
     *
     * @param pc the line number: the BPF instruction, counted from 0, or {@link #ENTRY} or {@link #END}
     * @param code the JVM instructions
     */
    record Part(int pc, List<Insn> code) {
        /** The code before that of the first BPF instruction. */
        static final int ENTRY = 0xffff;

        /** The code that several instructions jump to: returns, rare cases, calls of other methods. */
        static final int END = Integer.MAX_VALUE;
    }

    /**
     * A JVM instruction.
     *
     * @param offset where it is in the method's code
     * @param text the instruction, with a line feed before each case of a switch
     * @param isLast whether control never passes to the next instruction
     */
    record Insn(int offset, String text, boolean isLast) {}

    static List<Method> methods(byte[] classFile) {
        Bytecode bytecode = new Bytecode();
        new LabelledReader(withEntries(classFile)).accept(bytecode, ClassReader.SKIP_FRAMES);
        return bytecode.methods;
    }

    /** {@return the class file, in which the code before the first line number has one too} */
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

    /** Labels every instruction with its offset, where ASM would label only targets of jumps. */
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
            // The first four have opcodes of their own in the class file, which ASM does not report.
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
            StringBuilder cases = new StringBuilder();
            for (int i = 0; i < labels.length; i++) {
                cases.append("\n").append(min + i).append(": ").append(offset(labels[i]));
            }
            add(Opcodes.TABLESWITCH, cases + "\ndefault: " + offset(otherwise));
        }

        @Override
        public void visitLookupSwitchInsn(Label otherwise, int[] keys, Label[] labels) {
            StringBuilder cases = new StringBuilder();
            for (int i = 0; i < labels.length; i++) {
                cases.append("\n").append(keys[i]).append(": ").append(offset(labels[i]));
            }
            add(Opcodes.LOOKUPSWITCH, cases + "\ndefault: " + offset(otherwise));
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
            splitEnd();
            parts.removeIf(part -> part.code.isEmpty());
            methods.add(new Method(name, packet, offset, parts));
        }

        /**
         * Moves the shared code to a part of its own: it has no line number, and follows the code of the last BPF
         * instruction, which ends with its first jump or return.
         */
        private void splitEnd() {
            int end = 0;
            while (end < code.size() && !code.get(end).isLast) {
                end++;
            }
            if (end < code.size() && parts.size() > 1) {
                List<Insn> shared = code.subList(end + 1, code.size());
                parts.add(new Part(Part.END, List.copyOf(shared)));
                shared.clear();
            }
        }
    }
}
