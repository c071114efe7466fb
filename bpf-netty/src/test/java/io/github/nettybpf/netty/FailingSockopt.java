package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Makes setsockopt(2) and getsockopt(2) fail: a library, compiled here, is called in their place in a JVM of its own, and
 * does what the rules in a file say, which that JVM changes while it runs.
 */
public final class FailingSockopt {
    /** setsockopt(2). */
    public static final int SET = 1;

    /** getsockopt(2). */
    public static final int GET = 2;

    private static final String RULES_FILE = "FAILING_SOCKOPT";
    private static final int RULES = 4;
    private static final int RULE_BYTES = 32;
    private static final int FAILED = 28;

    private final ByteBuffer rules;

    private FailingSockopt(ByteBuffer rules) {
        this.rules = rules;
    }

    /** {@return what a program prints that runs with the library} It has to end with exit code 0. */
    public static String run(Path folder, Class<?> main) throws IOException, InterruptedException {
        Path library = compile(folder);
        Path rules = Files.write(folder.resolve("rules"), new byte[RULES * RULE_BYTES]);
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dio.netty.leakDetection.level=paranoid",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName());
        builder.environment().put("LD_PRELOAD", library.toString());
        builder.environment().put(RULES_FILE, rules.toString());
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    private static Path compile(Path folder) throws IOException, InterruptedException {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "socket options of Linux");
        List<Path> folders =
                Stream.of(System.getenv("PATH").split(":", -1)).map(Path::of).toList();
        assumeTrue(
                folders.stream().anyMatch(each -> Files.isExecutable(each.resolve("cc"))),
                () -> "no C compiler (cc) in " + Arrays.toString(folders.toArray()));
        Path source = folder.resolve("failing_sockopt.c");
        try (var text = FailingSockopt.class.getResourceAsStream("/failing_sockopt.c")) {
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

    /** {@return the rules of this JVM, which {@link #run} has started} */
    public static FailingSockopt ofThisProcess() throws IOException {
        try (FileChannel file = FileChannel.open(
                Path.of(System.getenv(RULES_FILE)), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new FailingSockopt(file.map(FileChannel.MapMode.READ_WRITE, 0, RULES * RULE_BYTES)
                    .order(ByteOrder.nativeOrder()));
        }
    }

    /** Sets a rule, from 0 to 3: the calls from first to last fail, counted from 1 from now on. */
    public void fail(int rule, int call, int level, int option, int errno, int first, int last) {
        int[] values = {call, level, option, errno, first, last, 0, 0};
        for (int i = 0; i < values.length; i++) {
            rules.putInt(rule * RULE_BYTES + i * Integer.BYTES, values[i]);
        }
    }

    /** {@return how many calls have failed by the present rules} */
    public int failed() {
        int failed = 0;
        for (int rule = 0; rule < RULES; rule++) {
            failed += rules.getInt(rule * RULE_BYTES + FAILED);
        }
        return failed;
    }

    /** Lets all calls succeed. */
    public void clear() {
        for (int at = 0; at < RULES * RULE_BYTES; at += Integer.BYTES) {
            rules.putInt(at, 0);
        }
    }
}
