package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** bpf-core in a native image of GraalVM, as far as a JVM can tell. */
class NativeImageTest {
    /** Filters are interpreted there, so that nothing has to be told. */
    @Test
    void nothingButTheCompilerIsReflective() throws IOException {
        assertEquals(
                Set.of(
                        "FilterCompiler: MethodHandles$Lookup.defineHiddenClassWithClassData",
                        "FilterCompiler: MethodHandles$Lookup.findConstructor"),
                NativeImageMetadata.reflectiveCalls(Path.of("target/classes")));
        assertEquals(Set.of(), NativeImageMetadata.entries("bpf-core"));
    }

    /** In a JVM of its own, which says that it is an image. */
    @Test
    void filtersStayInterpretedThere() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dorg.graalvm.nativeimage.imagecode=runtime",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Image.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals("a native image cannot define classes while it runs\n", output);
        assertEquals(0, process.waitFor());
    }

    /** The main class of that JVM. */
    static final class Image {
        private Image() {}

        /** Prints why a program is not compiled. */
        public static void main(String[] args) {
            Program program = Program.parse("ret #1");
            UnsupportedOperationException e =
                    assertThrows(UnsupportedOperationException.class, () -> Filter.compile(program));
            assertEquals(1, Filter.of(program).run(Packet.of(new byte[0])));
            System.out.println(e.getMessage());
        }
    }
}
