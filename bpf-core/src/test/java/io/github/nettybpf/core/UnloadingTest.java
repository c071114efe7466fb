package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Compiled classes are unloaded with their filters: a small JVM compiles far more programs than it could keep. */
class UnloadingTest {
    private static final int PROGRAMS = 10_000;

    @Test
    void tenThousandProgramsInASmallHeap() throws IOException, InterruptedException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-XX:MaxMetaspaceSize=20m",
                "-cp",
                System.getProperty("java.class.path") + ":" + System.getProperty("jdk.module.path", ""),
                ManyPrograms.class.getName());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals("compiled " + PROGRAMS + ", most are gone\n", output);
        assertEquals(0, process.waitFor());
    }

    /** The main class of the small JVM. */
    static final class ManyPrograms {
        private ManyPrograms() {}

        /** Compiles different programs, and runs each. */
        public static void main(String[] args) {
            Packet packet = Packet.of(new byte[] {1, 2, 3, 4});
            for (int i = 0; i < PROGRAMS; i++) {
                Program program = Program.of(
                        new LoadAbsolute(0, 4),
                        new JumpIf(JumpCondition.JEQ, 0x01020304, 0, 1),
                        new ReturnConstant(i),
                        new ReturnConstant(-1));
                if (Filter.compile(program).run(packet) != i) {
                    throw new AssertionError("program " + i);
                }
            }
            long loaded = ManagementFactory.getClassLoadingMXBean().getLoadedClassCount();
            System.out.println(
                    "compiled " + PROGRAMS + (loaded < PROGRAMS / 2 ? ", most are gone" : ", " + loaded + " are left"));
        }
    }
}
