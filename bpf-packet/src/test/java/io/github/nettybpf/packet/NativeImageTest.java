package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import com.sun.jna.Pointer;
import io.github.nettybpf.core.NativeImageMetadata;
import io.github.nettybpf.packet.kernel.Kernel;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodType;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The metadata of bpf-packet for native images of GraalVM: that which JNA needs for direct mapping. */
class NativeImageTest {
    @TempDir
    Path folder;

    @Test
    void onlyTheMappingOfSystemCallsNeedsMetadata() throws IOException {
        assertEquals(Set.of("Kernel: Native.register"), NativeImageMetadata.reflectiveCalls(Path.of("target/classes")));
        assertEquals(
                Set.of("com/sun/jna/linux-aarch64/libjnidispatch.so", "com/sun/jna/linux-x86-64/libjnidispatch.so"),
                NativeImageMetadata.entries("bpf-packet", "resource-config.json"));
        assertEquals(
                Set.of(
                        "com.sun.jna.Structure$FFIType",
                        "com.sun.jna.Structure$FFIType$size_t",
                        "io.github.nettybpf.packet.kernel.Kernel"),
                NativeImageMetadata.entries("bpf-packet", "reflect-config.json"));
    }

    /** An agent, jni_lookups.c, writes what JNA's library looks up in a JVM that makes system calls. */
    @Test
    void hasAllThatJnaLooksUp() throws Exception {
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-agentpath:" + agent() + "=" + log,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Calls.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD) // where Java 24 and later warn of JNA
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals("[-97, -9, -9, -9, -9]\n", output);
        assertEquals(0, process.waitFor());

        Set<String> lookedUp = new TreeSet<>();
        for (String line : Files.readAllLines(log)) {
            String[] words = line.split(" ", -1);
            String type = words[1].replace('/', '.');
            lookedUp.add(type);
            if (words[0].equals("member")) {
                lookedUp.add(type + "." + words[2] + parameters(words[3]));
            }
        }
        Set<String> calls = Arrays.stream(Kernel.class.getDeclaredMethods())
                .filter(each -> Modifier.isNative(each.getModifiers()))
                .map(each -> Kernel.class.getName() + "." + each.getName()
                        + parameters(MethodType.methodType(each.getReturnType(), each.getParameterTypes())
                                .descriptorString()))
                .collect(Collectors.toSet());
        assertEquals(9, calls.size());
        assertTrue(lookedUp.containsAll(calls), lookedUp::toString);
        Set<String> missing = new TreeSet<>(lookedUp);
        missing.removeAll(NativeImageMetadata.entries("bpf-packet", "jni-config.json"));
        assertEquals(Set.of(), missing);
    }

    /** {@return the types of the parameters of a method, in parentheses; or nothing, for a field} */
    private static String parameters(String descriptor) {
        return descriptor.startsWith("(")
                ? MethodType.fromMethodDescriptorString(descriptor, NativeImageTest.class.getClassLoader())
                        .parameterList()
                        .stream()
                        .map(Class::getTypeName)
                        .collect(Collectors.joining(",", "(", ")"))
                : "";
    }

    private Path agent() throws IOException, InterruptedException {
        Path headers = Path.of(System.getProperty("java.home"), "include");
        if (!Files.exists(headers.resolve("jvmti.h"))) {
            abort("no jvmti.h in " + headers);
        }
        Path source = folder.resolve("jni_lookups.c");
        try (InputStream resource = NativeImageTest.class.getResourceAsStream("jni_lookups.c")) {
            Files.copy(Objects.requireNonNull(resource), source);
        }
        Path library = folder.resolve("lookups.so");
        Process compiler;
        try {
            compiler = new ProcessBuilder(
                            "cc",
                            "-shared",
                            "-fPIC",
                            "-I" + headers,
                            "-I" + headers.resolve("linux"),
                            "-o",
                            library.toString(),
                            source.toString(),
                            "-ldl")
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            return abort("no C compiler (gcc): " + e.getMessage());
        }
        String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, compiler.waitFor(), said);
        return library;
    }

    /** The main class of the other JVM. */
    static final class Calls {
        private Calls() {}

        /** Makes system calls, and prints the errors of those that fail: EAFNOSUPPORT and EBADF. */
        public static void main(String[] args) throws IOException {
            Pointer one = Kernel.mapPrivate(4096);
            Pointer other = Kernel.mapPrivate(4096);
            Kernel.moveOnto(one, 4096, other);
            System.out.println(List.of(
                    Kernel.openSocket(-1, 0, 0),
                    Kernel.queuedBytes(-1),
                    Kernel.control(-1, 0, new byte[4]),
                    Kernel.receive(-1, other),
                    Kernel.send(-1, Pointer.nativeValue(other), 1, new byte[16])));
            Kernel.unmap(other, 4096);
        }
    }
}
