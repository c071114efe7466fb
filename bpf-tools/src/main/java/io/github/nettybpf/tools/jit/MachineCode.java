package io.github.nettybpf.tools.jit;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The machine code that HotSpot's C2 compiles a filter to, disassembled by HotSpot's plug-in. The filter runs in
 * another JVM until it is compiled.
 */
final class MachineCode {
    private static final String METHODS = "CompiledFilter*.*BytesPacket*";

    private static final Pattern HIDDEN_CLASS = Pattern.compile("CompiledFilter[/+.]0x[0-9a-f]+");
    private static final Pattern COMPILED = Pattern.compile("^Compiled method .* \\S+::(\\S+) \\(\\d+ bytes\\)");

    private final Path javaHome;

    /**
     * Machine code of a JVM.
     *
     * @param javaHome the folder of the JVM
     */
    MachineCode(Path javaHome) {
        this.javaHome = javaHome;
    }

    /**
     * {@return the machine code, method by method}
     *
     * @throws Refusal if the JVM does not run, or has no plug-in
     */
    String of(Program program) throws Refusal {
        String printed = run(ProgramFormat.DDD.write(program));
        if (printed.contains("[MachCode]")) {
            throw new Refusal("--machine-code: the JVM loads no disassembler plug-in (" + places() + ")");
        }
        String code = cut(printed);
        if (code.isEmpty()) {
            String answer = printed.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("Picked up"))
                    .findFirst()
                    .orElse("nothing");
            throw new Refusal("--machine-code: " + java() + " answers: " + Printable.message(answer)
                    + " (expected: machine code, as of HotSpot's C2 compiler)");
        }
        return code;
    }

    private Path java() {
        return javaHome.resolve("bin").resolve("java");
    }

    /** HotSpot searches these places in this order, and then the library path of the system. */
    private String places() {
        String library = System.mapLibraryName("hsdis-" + architecture());
        String name = library.startsWith("lib") ? library.substring("lib".length()) : library;
        List<Path> places = List.of(
                javaHome.resolve("lib").resolve("server").resolve("lib" + name),
                javaHome.resolve("lib").resolve("server").resolve(name),
                javaHome.resolve("lib").resolve(name));
        for (Path place : places) {
            if (Files.exists(place)) {
                return place + " is there, but not made for this JVM";
            }
        }
        return "expected: hsdis, as " + places.get(places.size() - 1);
    }

    private static String architecture() {
        String name = System.getProperty("os.arch");
        return name.equals("x86_64") ? "amd64" : name;
    }

    private String run(String program) throws Refusal {
        List<String> command = List.of(
                java().toString(),
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:+IgnoreUnrecognizedVMOptions",
                // Only C2, in the foreground.
                "-XX:-TieredCompilation",
                "-XX:-BackgroundCompilation",
                "-XX:CompileCommand=quiet",
                "-XX:CompileCommand=print," + Program.class.getPackageName().replace('.', '/') + "/" + METHODS,
                "-cp",
                System.getProperty("java.class.path"),
                HotFilter.class.getName());
        try {
            if (!Files.isExecutable(Path.of(command.get(0)))) {
                throw new Refusal(
                        "--machine-code: " + command.get(0) + " cannot be run (expected: this JVM's launcher)");
            }
            Process jvm = new ProcessBuilder(command).redirectErrorStream(true).start();
            try (OutputStream in = jvm.getOutputStream()) {
                in.write(program.getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                // The JVM has ended early, and its output says why.
            }
            return new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new Refusal("--machine-code: " + Printable.message(String.valueOf(e.getMessage())));
        }
    }

    /** {@return the disassembly in the output of the JVM, of each method the last one} */
    private static String cut(String printed) {
        Map<String, StringBuilder> methods = new LinkedHashMap<>();
        StringBuilder code = new StringBuilder();
        String heading = "";
        boolean inside = false;
        for (String printedLine : (Iterable<String>) printed.lines()::iterator) {
            String line = HIDDEN_CLASS.matcher(printedLine).replaceAll("CompiledFilter");
            Matcher compiled = COMPILED.matcher(line);
            if (compiled.find()) {
                heading = "machine code of " + compiled.group(1)
                        + " by C2 (line N of CompiledFilter is BPF instruction N)\n";
            } else if (line.startsWith("[Disassembly]")) {
                inside = true;
                code = new StringBuilder();
                methods.put(heading, code);
            } else if (line.startsWith("[/Disassembly]")) {
                inside = false;
            } else if (inside && !line.isBlank() && !line.startsWith("---")) {
                code.append(line).append('\n');
            }
        }
        return methods.entrySet().stream()
                .map(method -> method.getKey() + method.getValue())
                .collect(Collectors.joining("\n"));
    }
}
