package io.github.nettybpf.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.tools.Command;
import io.github.nettybpf.tools.Session;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Man pages and completion scripts have all that the command takes, and the programs that read them accept them. */
class ManualTest {
    private static final CommandLine COMMAND = Bpf.commands(
            new Session(
                    InputStream.nullInputStream(), OutputStream.nullOutputStream(), OutputStream.nullOutputStream()),
            Verbs.NAMES);

    @TempDir
    private static Path folder;

    @BeforeAll
    static void write() throws IOException {
        DistributionFiles.writeAll(folder, "2026-11-01");
    }

    /** The command without a verb, and each verb. */
    static Stream<String> pages() {
        return Stream.concat(Stream.of("bpf"), Verbs.NAMES.stream().map(verb -> "bpf-" + verb));
    }

    private static CommandLine command(String page) {
        return page.equals("bpf") ? COMMAND : COMMAND.getSubcommands().get(page.substring("bpf-".length()));
    }

    private static String page(String name) throws IOException {
        return Files.readString(folder.resolve("man/man1/" + name + ".1"));
    }

    private static void assumeThere(String program) {
        boolean isThere = Stream.of("/bin/", "/usr/bin/", "/usr/local/bin/")
                .anyMatch(directory -> Files.isExecutable(Path.of(directory + program)));
        assumeTrue(isThere, "no " + program + " here");
    }

    /** {@return what a program writes to both outputs} */
    private static String output(String... words) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    @ParameterizedTest
    @MethodSource("pages")
    void aPageHasEveryOption(String name) throws IOException {
        String page = page(name);
        for (OptionSpec option : command(name).getCommandSpec().options()) {
            for (String word : option.names()) {
                assertTrue(page.contains("\\fB" + word.replace("-", "\\-") + "\\fR"), word);
            }
        }
        for (String section : List.of("NAME", "SYNOPSIS", "OPTIONS", "SEE ALSO")) {
            assertTrue(page.contains(".SH " + section + "\n"), section);
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void mandocFindsNoFault(String name) throws IOException, InterruptedException {
        assumeThere("mandoc");
        Path page = folder.resolve("man/man1/" + name + ".1");
        assertEquals("", output("mandoc", "-T", "lint", "-W", "warning", page.toString()));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void manShowsEveryLineOfTheExamples(String name) throws IOException, InterruptedException {
        assumeThere("man");
        assumeThere("groff");
        String shown = output(
                "/bin/sh",
                "-c",
                "LC_ALL=C.UTF-8 MANWIDTH=200 MANROFFOPT=-ww man -P cat -l \"$0\"",
                folder.resolve("man/man1/" + name + ".1").toString());
        assertFalse(shown.contains("warning"), shown);
        Command help =
                name.equals("bpf") ? Command.run("", "help") : Command.run("", "help", name.substring("bpf-".length()));
        for (String line :
                help.out().lines().filter(it -> it.startsWith("  $ ")).toList()) {
            assertTrue(shown.contains(line.strip()), line);
        }
    }

    @Test
    void aPageIsRoffOfThis() throws IOException {
        String page = page("bpf-asm");
        assertTrue(
                page.startsWith(
                        ".TH BPF-ASM 1 2026-11-01 \"bpf " + Session.version().replace("-", "\\-") + """
                " "User Commands"
                .SH NAME
                bpf\\-asm \\- assembles bpf_asm text
                .SH SYNOPSIS
                .B bpf asm
                [\\fIOPTION\\fR]...
                [\\fIPROGRAM\\fR]
                .SH DESCRIPTION
                """),
                page);
        assertTrue(page.contains("""
                .SH EXIT STATUS
                .TP
                .B 0
                assembled
                .TP
                .B 1
                not a program, or unreadable
                .TP
                .B 2
                usage error
                .SH EXAMPLES
                .nf
                  $ echo 'ldh [12] jneq #0x806, drop ret #\\-1 drop: ret #0' | bpf asm
                """), page);
    }

    @ParameterizedTest
    @CsvSource({"bash, bash, bpf", "zsh, zsh, _bpf", "fish, fish, bpf.fish"})
    void scriptsParse(String shell, String directory, String name) throws IOException, InterruptedException {
        assumeThere(shell);
        Path script = folder.resolve("completions/" + directory + "/" + name);
        assertEquals("", output(shell, "-n", script.toString()));
        assertEquals(
                Files.readString(script), Command.run("", "completion", shell).out());
    }

    @ParameterizedTest
    @CsvSource({"zsh", "fish"})
    void scriptsHaveEveryOption(String shell) {
        String script = Command.run("", "completion", shell).out();
        List<String> missing = new ArrayList<>();
        for (String name : pages().toList()) {
            for (OptionSpec option : command(name).getCommandSpec().options()) {
                String start = shell.equals("zsh") ? "--" : " -l ";
                String word = option.longestName().replaceFirst("^--", start);
                if (!script.contains(word)) {
                    missing.add(name + " " + word);
                }
            }
        }
        assertEquals(List.of(), missing);
    }

    @Test
    void zshTakesTheFunction() throws IOException, InterruptedException {
        assumeThere("zsh");
        String loaded = output(
                "zsh",
                "-f",
                "-c",
                "autoload -Uz compinit && compinit -D -u && source \"$0\" && echo $_comps[bpf] && whence -w _bpf",
                folder.resolve("completions/zsh/_bpf").toString());
        assertEquals("_bpf\n_bpf: function\n", loaded);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "bpf ru, run",
        "bpf asm --no-v, --no-verify",
        "bpf asm --format=b, --format=bytecode",
        "bpf run --engine k, kernel",
        "bpf completion z, zsh"
    })
    void fishCompletes(String typed, String completed) throws IOException, InterruptedException {
        assumeThere("fish");
        String script = folder.resolve("completions/fish/bpf.fish").toString();
        String answer = output("fish", "--no-config", "-c", "source " + script + "; complete -C '" + typed + "'");
        assertEquals(
                List.of(completed),
                answer.lines().map(line -> line.replaceFirst("\t.*", "")).toList());
    }
}
