package io.github.nettybpf.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.tools.Command;
import io.github.nettybpf.tools.capture.CaptureBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tar.gz that the build made, unpacked, and started with nothing in the environment but what a test says. */
@Tag("distribution")
class DistributionTest {
    private static final Path JAVA = Path.of(System.getProperty("java.home"));

    @TempDir
    private static Path folder;

    /** The folder of the distribution. */
    private static Path home = Path.of("");

    @TempDir
    private Path directory;

    @BeforeAll
    static void unpack() throws IOException, InterruptedException {
        home = unpackedIn(folder.resolve("a folder"));
    }

    private static Path unpackedIn(Path there) throws IOException, InterruptedException {
        Files.createDirectory(there);
        String archive = System.getProperty("bpf.distribution", "");
        Command tar = run(Map.of(), folder, "tar", "xzf", archive, "-C", there.toString());
        assertEquals(new Command(0, "", ""), tar);
        try (Stream<Path> entries = Files.list(there)) {
            return entries.findFirst().orElseThrow();
        }
    }

    private static Command run(Map<String, String> environment, Path where, String... words)
            throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "out", "");
        Path err = Files.createTempFile(folder, "err", "");
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(where.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        int code = builder.start().waitFor();
        return new Command(code, Files.readString(out), Files.readString(err));
    }

    private static Command bpf(String... arguments) throws IOException, InterruptedException {
        return bpf(home, arguments);
    }

    private static Command bpf(Path home, String... arguments) throws IOException, InterruptedException {
        return run(Map.of("JAVA_HOME", JAVA.toString()), folder, words(home, arguments));
    }

    private static String[] words(Path home, String... arguments) {
        List<String> words = new ArrayList<>(List.of(home.resolve("bin/bpf").toString()));
        words.addAll(List.of(arguments));
        return words.toArray(String[]::new);
    }

    /** A JVM that writes its arguments to a file, and answers nothing. */
    private Path pretendedJava(String release) throws IOException {
        Path java = Files.createDirectories(directory.resolve("java/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\necho \"$*\" >>\"${0%/*}/calls\"\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(directory.resolve("java/release"), release);
        return directory.resolve("java");
    }

    private static List<Path> archives(Path lib) throws IOException {
        try (Stream<Path> files = Files.walk(lib)) {
            return files.filter(file -> file.toString().endsWith(".jsa")).toList();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--version |",
                "--help |",
                "help run |",
                "completion zsh |",
                "compile | udp port 53",
                "check | udp port 53",
                "asm | ret #1",
                "asm | ret x",
                "disasm --format c | ret #1",
                "explain tcp | 00",
                "eval |",
                "jit | ret #1",
                "graph --format dot | udp",
                "dbg |",
                "frob |",
                "asm --frob |"
            })
    void answersLikeTheCommandInThisProcess(String options, String last) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(options.split(" ", -1)));
        if (last != null) {
            words.add(last);
        }
        String[] arguments = words.toArray(String[]::new);
        assertEquals(Command.run("", arguments), bpf(arguments));
    }

    @Test
    void runsOnCompressedCaptures() throws IOException, InterruptedException {
        byte[] capture = CaptureBytes.pcap().record(1, 2, 60, new byte[60]).toByteArray();
        Path file = Files.write(directory.resolve("one.pcap.gz"), CaptureBytes.gzip(capture));
        assertEquals(new Command(0, "bpf passes:0 fails:1\n", ""), bpf("run", "arp", file.toString()));
    }

    @Test
    void isFoundThroughLinksFromAnyFolder() throws IOException, InterruptedException {
        Path first = Files.createSymbolicLink(directory.resolve("first link"), home.resolve("bin/bpf"));
        Files.createSymbolicLink(directory.resolve("bpf"), first.getFileName());
        String path = directory + ":" + JAVA.resolve("bin") + ":/usr/bin:/bin";
        Files.writeString(directory.resolve("ret.bpf"), "ret #1");
        Command run = run(Map.of("PATH", path), directory, "/bin/sh", "-c", "bpf asm ret.bpf");
        assertEquals(new Command(0, "1,6 0 0 1,\n", ""), run);
        assertEquals(run, run(Map.of("PATH", path), directory, "/bin/sh", "bpf", "asm", "ret.bpf"));
    }

    @Test
    void saysWhatIsMissing() throws IOException, InterruptedException {
        String[] words = words(home, "--version");
        assertEquals(
                new Command(1, "", "bpf: JAVA_HOME is /none, which has no bin/java\n"),
                run(Map.of("JAVA_HOME", "/none"), folder, words));
        assertEquals(
                new Command(1, "", "bpf: no java found (expected: Java 17 or later on PATH or in JAVA_HOME)\n"),
                run(Map.of("PATH", "/none"), folder, words));
        Path old = pretendedJava("JAVA_VERSION=\"11.0.2\"\n");
        assertEquals(
                new Command(1, "", "bpf: " + old + "/bin/java is Java 11.0.2 (expected: 17 or later)\n"),
                run(Map.of("JAVA_HOME", old.toString()), folder, words));
        Path script = Files.createDirectory(directory.resolve("bin")).resolve("bpf");
        Files.copy(home.resolve("bin/bpf"), script);
        assertEquals(
                new Command(
                        1,
                        "",
                        "bpf: " + directory.toRealPath()
                                + "/bpf.jar is missing (expected: the files of the distribution, in their folders)\n"),
                run(Map.of(), folder, "/bin/sh", script.toString()));
    }

    @Test
    void standardOutputThatIsClosedIsTold() throws IOException, InterruptedException {
        Command run = run(Map.of(), folder, "/bin/sh", "-c", "\"$0\" --version >&-", words(home)[0]);
        assertEquals(new Command(1, "", "bpf: standard output is closed\n"), run);
    }

    /** With -Xshare:on, the JVM ends with an error if it cannot use an archive. */
    @Test
    void makesAnArchiveThatTheJvmTakes() throws IOException, InterruptedException {
        assertEquals(0, bpf("--version").code());
        List<Path> archives = archives(home.resolve("lib"));
        assertEquals(1, archives.size(), archives.toString());
        String[] words = {
            JAVA.resolve("bin/java").toString(),
            "-Xshare:on",
            "-XX:SharedArchiveFile=" + archives.get(0),
            "-XX:+UseSerialGC",
            "-jar",
            home.resolve("bpf.jar").toString(),
            "asm",
            "ret #1"
        };
        assertEquals(new Command(0, "1,6 0 0 1,\n", ""), run(Map.of(), folder, words));

        // Neither rubbish nor an archive of jars elsewhere is used, or told. The name is that of the same file, by its
        // inode.
        Path fresh = unpackedIn(directory.resolve("fresh"));
        Files.delete(fresh.resolve("bpf.jar"));
        Files.createLink(fresh.resolve("bpf.jar"), home.resolve("bpf.jar"));
        Path there = fresh.resolve(home.relativize(archives.get(0)));
        Files.writeString(there, "rubbish");
        assertEquals(new Command(0, "1,6 0 0 1,\n", ""), bpf(fresh, "asm", "ret #1"));
        Files.copy(archives.get(0), there, StandardCopyOption.REPLACE_EXISTING);
        assertEquals(new Command(0, "1,6 0 0 1,\n", ""), bpf(fresh, "asm", "ret #1"));
        assertEquals(List.of(there), archives(fresh.resolve("lib")));
    }

    @Test
    void aReadOnlyInstallationHasItsArchiveInTheCache() throws IOException, InterruptedException {
        Path installed = unpackedIn(directory.resolve("installed"));
        Path cache = Files.createDirectory(directory.resolve("cache"));
        List<String> words = new ArrayList<>();
        if (Files.isWritable(Path.of("/"))) {
            assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "root, and no setpriv here");
            words.addAll(List.of("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
            open(folder);
            open(directory);
            Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
        } else {
            Files.setPosixFilePermissions(installed.resolve("lib"), PosixFilePermissions.fromString("r-xr-xr-x"));
        }
        words.addAll(List.of(words(installed, "asm", "ret #1")));
        String[] all = words.toArray(String[]::new);
        Map<String, String> environment = Map.of("JAVA_HOME", JAVA.toString(), "XDG_CACHE_HOME", cache.toString());
        assertEquals(new Command(0, "1,6 0 0 1,\n", ""), run(environment, folder, all));
        assertEquals(List.of(), archives(installed));
        List<Path> archives = archives(cache);
        assertEquals(1, archives.size(), archives.toString());
        assertTrue(archives.get(0).startsWith(cache + "/bpf" + installed.toRealPath()), archives.toString());
        assertTrue(Files.size(archives.get(0)) > 0);

        // Without a cache too.
        assertEquals(new Command(0, "1,6 0 0 1,\n", ""), run(Map.of("JAVA_HOME", JAVA.toString()), folder, all));
    }

    private static void open(Path directory) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void longVerbsHaveTheOptimizingCompiler() throws IOException, InterruptedException {
        Path fresh = unpackedIn(directory.resolve("fresh"));
        Path java = pretendedJava("JAVA_VERSION=\"17.0.1\"\nJAVA_RUNTIME_VERSION=\"17.0.1+1\"\n");
        for (String verb : List.of("run", "bench", "dbg", "eval", "graph", "jit")) {
            assertTrue(lastCall(fresh, java, verb).contains(" -XX:+TieredCompilation "), verb);
        }
        for (String verb : List.of("asm", "compile", "disasm", "check", "explain", "help", "--version")) {
            assertTrue(lastCall(fresh, java, verb).contains(" -XX:TieredStopAtLevel=1 "), verb);
        }
        // This JVM makes no archive, which is tried once.
        List<String> calls = Files.readAllLines(java.resolve("bin/calls"), StandardCharsets.UTF_8);
        assertEquals(
                1,
                calls.stream()
                        .filter(call -> call.contains("DumpLoadedClassList"))
                        .count(),
                calls.toString());
        assertTrue(calls.stream().noneMatch(call -> call.contains("-jar") && call.contains("SharedArchiveFile")));
    }

    private static String lastCall(Path home, Path java, String verb) throws IOException, InterruptedException {
        assertEquals(new Command(0, "", ""), run(Map.of("JAVA_HOME", java.toString()), folder, words(home, verb, "x")));
        List<String> calls = Files.readAllLines(java.resolve("bin/calls"), StandardCharsets.UTF_8);
        return calls.get(calls.size() - 1);
    }

    @Test
    void trainingRunsItsVerbs() {
        assertEquals(0, Training.run());
    }
}
