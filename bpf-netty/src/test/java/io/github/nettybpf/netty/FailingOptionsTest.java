package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Socket options fail, one after the other: {@link FailingOptions} runs in a JVM in which a library, compiled here, is
 * called in the place of setsockopt(2) and getsockopt(2).
 */
class FailingOptionsTest {
    @Test
    void nothingPassesUnfilteredAndNothingIsSilent(@TempDir Path folder) throws Exception {
        Path library = compile(folder);
        Path rules = Files.write(folder.resolve("rules"), new byte[FailingOptions.RULES * FailingOptions.RULE_BYTES]);
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dio.netty.leakDetection.level=paranoid",
                "-cp",
                System.getProperty("java.class.path"),
                FailingOptions.class.getName());
        builder.environment().put("LD_PRELOAD", library.toString());
        builder.environment().put(FailingOptions.RULES_FILE, rules.toString());
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        System.out.print(output);
    }

    private static Path compile(Path folder) throws IOException, InterruptedException {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "socket options of Linux");
        List<Path> folders =
                Stream.of(System.getenv("PATH").split(":", -1)).map(Path::of).toList();
        assumeTrue(
                folders.stream().anyMatch(each -> Files.isExecutable(each.resolve("cc"))),
                () -> "no C compiler (cc) in " + Arrays.toString(folders.toArray()));
        Path source = folder.resolve("failing_sockopt.c");
        try (var text = FailingOptionsTest.class.getResourceAsStream("/failing_sockopt.c")) {
            Files.copy(text, source);
        }
        Path library = folder.resolve("failing_sockopt.so");
        Process compiler = new ProcessBuilder(
                        "cc", "-Wall", "-shared", "-fPIC", "-o", library.toString(), source.toString(), "-ldl")
                .redirectErrorStream(true)
                .start();
        String output = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, compiler.waitFor(), output);
        return library;
    }
}
