package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.StringJoiner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Programs at the limits of what a JVM compiles as one method. */
class CompilerLimitsTest {
    private static final int HUGE_METHOD = 8000;

    private final SplittableRandom random = new SplittableRandom(20261121);

    private void check(String text) {
        check(Program.parse(text));
    }

    private void check(Program program) {
        assertTrue(longestMethod(program) < HUGE_METHOD, () -> "HotSpot does not compile a method of\n" + program);
        Filter interpreted = Filter.interpret(program);
        Filter compiled = Filter.compile(program);
        for (int i = 0; i < 40; i++) {
            byte[] bytes = new byte[random.nextInt(70)];
            random.nextBytes(bytes);
            if (bytes.length > 15) {
                bytes[12] = 0;
                bytes[13] = (byte) random.nextInt(12);
            }
            for (Packet packet : List.of(Packet.of(bytes), new UnixPacket(bytes))) {
                assertEquals(
                        Integer.toUnsignedLong(interpreted.run(packet)),
                        Integer.toUnsignedLong(compiled.run(packet)),
                        () -> program + "packet " + packet);
            }
        }
    }

    private static int longestMethod(Program program) {
        int[] longest = {0};
        new ClassReader(Filter.classFile(program))
                .accept(
                        new ClassVisitor(Opcodes.ASM9) {
                            @Override
                            public MethodVisitor visitMethod(
                                    int access, String name, String type, String signature, String[] exceptions) {
                                return new Lengths(longest);
                            }
                        },
                        0);
        return longest[0];
    }

    /** Copies a method to find its size, which ASM tells only of a method that it writes. */
    private static final class Lengths extends MethodVisitor {
        private final int[] longest;
        private final ClassWriter writer = new ClassWriter(0);

        Lengths(int[] longest) {
            super(Opcodes.ASM9);
            this.longest = longest;
            writer.visit(Opcodes.V17, 0, "Copy", null, "java/lang/Object", null);
            this.mv = writer.visitMethod(0, "copy", "()V", null, null);
        }

        @Override
        public void visitMaxs(int stack, int locals) {
            Label end = new Label();
            super.visitLabel(end);
            longest[0] = Math.max(longest[0], end.getOffset());
            super.visitMaxs(stack, locals);
        }
    }

    /** X is live only inside of if-conversions, and the plain code for short packets has several methods. */
    @Test
    void headersOfManyKinds() {
        StringJoiner text = new StringJoiner("\n");
        for (int i = 0; i < 31; i++) {
            text.add("add #1");
        }
        for (int kind = 0; kind < 12; kind++) {
            text.add("ldh [12]").add("jne #" + kind + ", no" + kind);
            text.add("ldxb 4*([14]&0xf)").add("ldh [x + 14]").add("jne #" + (100 + kind) + ", no" + kind);
            text.add("ret #" + (kind + 1)).add("no" + kind + ":");
        }
        check(text.add("ret #0").toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 100, 900, 4000})
    void longArithmeticBetweenTests(int length) {
        StringJoiner text = new StringJoiner("\n").add("ldb [0]");
        for (int i = 0; i < length; i++) {
            text.add("add #1");
        }
        check(text.add("jgt #5000, one")
                .add("jset #77, two")
                .add("one: ret #1")
                .add("two: ret #2")
                .toString());
    }

    /** Many jumps from one outlined method to the next, with many parameters. */
    @ParameterizedTest
    @ValueSource(ints = {70, 83, 97, 110, 127})
    void farJumpsWithAllRegisters(int segment) {
        for (int padding = 0; padding < 130; padding += 13) {
            List<RawInstruction> program = new ArrayList<>();
            for (int slot = 0; slot < 16; slot++) {
                program.add(RawInstruction.of(0x02, slot));
            }
            for (int i = 0; i < padding; i++) {
                program.add(RawInstruction.of(0x04, 1));
            }
            program.add(RawInstruction.of(0x30, 0));
            for (int i = 1; i < segment; i++) {
                program.add(new RawInstruction(0x25, segment - 2, 0, 1000 - i));
            }
            for (int i = 0; i < segment; i++) {
                program.add(new RawInstruction(0x25, segment + i - 1, segment + i, i));
            }
            int ends = program.size();
            for (int i = 0; i < 2 * segment; i++) {
                program.add(RawInstruction.of(0x16, 0));
            }
            for (int slot = 0; slot < 16; slot++) {
                program.set(ends + 2 * segment - 2 - 2 * slot, RawInstruction.of(0x60, slot));
            }
            check(Program.ofRaw(program));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void programsOfFullLength(int kind) {
        List<RawInstruction> program = new ArrayList<>();
        program.add(RawInstruction.of(0x20, 10));
        while (program.size() < Program.MAX_SIZE - 1) {
            int room = Math.min(255, Program.MAX_SIZE - 2 - program.size());
            int pc = program.size();
            switch (kind) {
                case 0 -> program.add(new RawInstruction(0x15, random.nextInt(room + 1), random.nextInt(room + 1), pc));
                case 1 -> program.add(new RawInstruction(0x45, random.nextInt(room + 1), 0, 1 << (pc & 31)));
                case 2 -> program.add(new RawInstruction(0x15, pc % 2 == 0 || room == 0 ? 0 : 1, 0, pc));
                default -> program.add(pc % 5 == 0 ? RawInstruction.of(0x30, pc % 64) : RawInstruction.of(0x04, pc));
            }
        }
        program.add(RawInstruction.of(0x16, 0));
        check(Program.ofRaw(program));
    }

    /** Sets of keys for which some multipliers do not give different slots. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 256, 65536, 65537, 16777216})
    void keysInStep(int step) {
        for (int size : new int[] {4, 8, 100, 200, 255}) {
            StringJoiner text = new StringJoiner("\n").add("ld [12]");
            for (int i = 0; i < size; i++) {
                text.add("jeq #" + Integer.toUnsignedString(i * step) + ", yes");
            }
            check(text.add("ret #0").add("yes: ret #1").toString());
        }
    }

    @Test
    void typesThatCannotBeNamedAreRefused() {
        Lookup lookup = MethodHandles.lookup();
        Packet anonymous = new Packet() {
            @Override
            public int length() {
                return 0;
            }

            @Override
            public int u8(int offset) {
                return 0;
            }

            @Override
            public int u16(int offset) {
                return 0;
            }

            @Override
            public int u32(int offset) {
                return 0;
            }
        };
        refused(lookup, List.of(Packet.class), "io.github.nettybpf.core.Packet (expected: a final class with a name)");
        refused(
                lookup,
                List.of(anonymous.getClass()),
                anonymous.getClass().getName() + " (expected: a final class with a name)");
        refused(
                lookup,
                List.of(BytesPacket.class, BytesPacket.class),
                "io.github.nettybpf.core.BytesPacket (expected: types of different simple names)");
    }

    /** A lookup of full privilege can read and write the private fields of the class that made it. */
    @Test
    void kindsGiveTheirLookupToNobody() {
        assertEquals(
                List.of("of"),
                Arrays.stream(PacketKinds.class.getDeclaredMethods())
                        .filter(method -> Modifier.isPublic(method.getModifiers()))
                        .map(Method::getName)
                        .toList());
        assertEquals(0, PacketKinds.class.getFields().length);
    }

    private static void refused(Lookup lookup, List<Class<? extends Packet>> types, String message) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> PacketKinds.of(lookup, types));
        assertEquals(message, e.getMessage());
    }
}
