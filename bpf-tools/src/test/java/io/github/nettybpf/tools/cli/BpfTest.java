package io.github.nettybpf.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Growth;
import io.github.nettybpf.tools.Command;
import io.github.nettybpf.tools.Session;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BpfTest {
    private static final String ARP = "ldh [12]\njneq #0x806, drop\nret #-1\ndrop: ret #0\n";
    private static final String ARP_BYTECODE = "4,40 0 0 12,21 0 1 2054,6 0 0 4294967295,6 0 0 0,\n";

    @TempDir
    private Path directory;

    record Case(String rule, String in, String args, int code, String out, String err) {
        @Override
        public String toString() {
            return rule;
        }
    }

    static Stream<Case> cases() {
        String usage = "Try 'bpf asm --help'.\n";
        return Stream.of(
                new Case("asm writes bytecode", ARP, "asm", 0, ARP_BYTECODE, ""),
                new Case("- is standard input", ARP, "asm -", 0, ARP_BYTECODE, ""),
                new Case("asm without the rules", "st M[99]", "asm --no-verify", 0, "1,2 0 0 99,\n", ""),
                new Case("asm writes C", "ret #7", "asm --format c", 0, "{ 0x06,  0,  0, 0x00000007 },\n", ""),
                new Case("asm writes lines", "ret #7", "asm --format=ddd", 0, "1\n6 0 0 7\n", ""),
                new Case("disasm reads bytecode", "1,6 0 0 7", "disasm", 0, "ret #7\n", ""),
                new Case("disasm reads C", "{ 0x6, 0, 0, 7 },", "disasm", 0, "ret #7\n", ""),
                new Case("disasm reads listings", "(000) ret #7", "disasm", 0, "ret #7\n", ""),
                new Case("disasm lists", "1,6 0 0 7", "disasm --format listing", 0, "(000) ret      #7\n", ""),
                new Case("no verb", "", "", 2, "", """
                        bpf: no verb (expected: asm, compile, dbg, disasm, check, eval, explain, graph, jit, run, bench, completion, help)
                        Try 'bpf --help'.
                        """),
                new Case("no such verb", "", "frob", 2, "", """
                        bpf: 'frob' (expected: asm, compile, dbg, disasm, check, eval, explain, graph, jit, run, bench, completion, help)
                        Try 'bpf --help'.
                        """),
                new Case("help of no such verb", "", "help frob", 2, "", """
                        bpf: 'frob' (expected: asm, compile, dbg, disasm, check, eval, explain, graph, jit, run, bench, completion, help)
                        Try 'bpf --help'.
                        """),
                new Case(
                        "no such option",
                        "",
                        "asm --frob",
                        2,
                        "",
                        "bpf asm: '--frob' (expected: --format, --help, --no-verify, --version)\n" + usage),
                new Case("an option misspelt", "", "asm --fromat=c", 2, "", """
                        bpf asm: '--fromat=c' (expected: --format, --help, --no-verify, --version; did you mean '--format'?)
                        """ + usage),
                new Case("a verb misspelt", "", "dissam", 2, "", """
                        bpf: 'dissam' (expected: asm, compile, dbg, disasm, check, eval, explain, graph, jit, run, bench, completion, help; did you mean 'disasm'?)
                        Try 'bpf --help'.
                        """),
                new Case("two files", "", "asm a b", 2, "", "bpf asm: 'b' (expected: nothing after PROGRAM)\n" + usage),
                new Case(
                        "no value",
                        "",
                        "asm --format",
                        2,
                        "",
                        "bpf asm: --format: no value (expected: FORMAT)\n" + usage),
                new Case(
                        "twice",
                        "",
                        "asm --format c --format c",
                        2,
                        "",
                        "bpf asm: --format: given twice (expected: once)\n" + usage),
                new Case(
                        "no capture",
                        "",
                        "run arp",
                        2,
                        "",
                        "bpf run: no CAPTURE (expected: PROGRAM CAPTURE...)\nTry 'bpf run --help'.\n"),
                new Case(
                        "no argument at all",
                        "",
                        "bench",
                        2,
                        "",
                        "bpf bench: no PROGRAM (expected: PROGRAM CAPTURE)\nTry 'bpf bench --help'.\n"),
                new Case(
                        "two shells",
                        "",
                        "completion bash zsh",
                        2,
                        "",
                        "bpf completion: 'zsh' (expected: nothing after SHELL)\nTry 'bpf completion --help'.\n"),
                new Case(
                        "an expression without quotes",
                        "",
                        "run tcp port 80 f",
                        1,
                        "",
                        "bpf run: PROGRAM: an expression in several arguments (expected: in one, 'tcp port 80')\n"),
                new Case(
                        "the same with more arguments than are taken",
                        "",
                        "graph --format dot tcp port 80 f",
                        2,
                        "",
                        "bpf graph: '80' (expected: nothing after CAPTURE; an expression is one argument, 'tcp port 80')\nTry 'bpf graph --help'.\n"),
                new Case(
                        "a value that the kernel cannot give",
                        "",
                        "explain --ext type=100 x 00",
                        2,
                        "",
                        "bpf explain: --ext: '100' of type (expected: 0..7)\nTry 'bpf explain --help'.\n"),
                new Case(
                        "a value wider than 32 bits",
                        "",
                        "explain --ext mark=4294967296 x 00",
                        2,
                        "",
                        "bpf explain: --ext: '4294967296' of mark (expected: 0..4294967295)\nTry 'bpf explain --help'.\n"),
                new Case(
                        "no index of an interface",
                        "",
                        "explain --ext ifidx=0x80000000 x 00",
                        2,
                        "",
                        "bpf explain: --ext: '0x80000000' of ifidx (expected: 0..2147483647 or none)\nTry 'bpf explain --help'.\n"),
                new Case("no such shell", "", "completion tcsh", 2, "", """
                        bpf completion: SHELL: 'tcsh' (expected: bash, zsh or fish)
                        Try 'bpf completion --help'.
                        """),
                new Case("no such format", "", "asm --format xml", 2, "", """
                        bpf asm: --format: 'xml' \
                        (expected: asm, listing, bytecode, c, ddd or hex)
                        """ + usage),
                new Case("no such engine", "", "eval --engine abacus", 2, "", """
                        bpf eval: --engine: 'abacus' (expected: interpreter, compiler, kernel)
                        Try 'bpf eval --help'.
                        """),
                new Case("a name is no argument file", "", "asm @none", 1, "", """
                        bpf asm: PROGRAM: no file of this name; as bpf_asm text: line 1, column 1: '@' (expected: an \
                        instruction or a label)
                          @none
                          ^
                        """),
                new Case("a missing file", "", "check nine", 1, "", """
                        bpf check: PROGRAM: no file of this name; as an expression: column 1: 'nine' (expected: a \
                        protocol, host, net, port, a comparison, 'not' or '('; did you mean 'link'?)
                          nine
                          ^
                        """),
                new Case("a directory is no file", "", "asm /", 1, "", """
                        bpf asm: PROGRAM: no file of this name; as bpf_asm text: line 1, column 1: '/' (expected: an \
                        instruction or a label)
                          /
                          ^
                        """),
                new Case("nothing to read", "", "asm", 1, "", """
                        bpf asm: standard input: line 1, column 1: 0 instructions (expected: 1..4096)
                        """),
                new Case("the place, tabs kept narrow", "\tld #1\r\n\tst\tM[16]\r\nret #0", "asm", 1, "", """
                        bpf asm: standard input: line 2, column 7: scratch slot 16 (expected: 0..15)
                           st M[16]
                                ^
                        """),
                new Case("a NUL", "ret\0#0", "asm", 1, "", """
                        bpf asm: standard input: line 1, column 4: character 0x00 (expected: #k, a or %a)
                          ret?#0
                             ^
                        """),
                new Case("no escape sequence reaches the terminal", "1,6 0 0 \u001b[31m", "disasm", 1, "", """
                        bpf disasm: standard input: line 1, column 9: '?[31m' (expected: a number)
                          1,6 0 0 ?[31m
                                  ^
                        """),
                new Case(
                        "a window of a long line",
                        " ".repeat(100) + "ret x" + " ".repeat(100),
                        "asm",
                        1,
                        "",
                        "bpf asm: standard input: line 1, column 105: 'x' (expected: #k, a or %a)\n  ..."
                                + " ".repeat(31) + "ret x" + " ".repeat(34) + "...\n  " + " ".repeat(38) + "^\n"),
                new Case("4097 instructions", "ld #1\n".repeat(4097), "disasm", 1, "", """
                        bpf disasm: standard input: line 4097, column 1: instruction number 4097 (expected: at most 4096)
                          ld #1
                          ^
                        """),
                new Case("bytecode that lies", "2,6 0 0 0", "disasm", 1, "", """
                        bpf disasm: standard input: line 1, column 1: count 2 (expected: 1, the instructions after it)
                          2,6 0 0 0
                          ^
                        """));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void saysExactly(Case it) {
        String[] args = it.args.isEmpty() ? new String[0] : it.args.split(" ");
        assertEquals(new Command(it.code, it.out, it.err), Command.run(it.in, args));
    }

    @Test
    void namesTheFile() throws IOException {
        Path file = Files.writeString(directory.resolve("a b.bpf"), "ret x");
        Command run = Command.run("", "asm", file.toString());
        assertEquals(
                "bpf asm: " + file + ": line 1, column 5: 'x' (expected: #k, a or %a)\n  ret x\n      ^\n", run.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"asm", "disasm", "check", "jit"})
    void readsNoMoreThanItTakes(String verb) {
        Command run = Command.run(Command.repeated("a", 100_000_000), verb);
        String problem = "standard input: more than 16 MiB (expected: program text of at most 16777216 bytes)\n";
        assertEquals(new Command(1, "", "bpf " + verb + ": " + problem), run);
    }

    @ParameterizedTest
    @ValueSource(strings = {"asm", "disasm", "check", "jit"})
    void refusesWhatIsNoText(String verb) {
        InputStream junk = new ByteArrayInputStream(new byte[] {'r', 'e', 't', (byte) 0xff});
        String problem = "standard input: offset 3: byte 0xff (expected: text in UTF-8)\n";
        assertEquals(new Command(1, "", "bpf " + verb + ": " + problem), Command.run(junk, verb));
    }

    /** Each was once read in quadratic time, or worse. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "(000) ld|\\s",
                "|/*\\s",
                "{ 6, 0, 0, 0 },|/*\\s",
                "1,6 0 0 0|,",
                "1\\n6 0 0 0\\n|\\n",
                "|(",
                "|9",
                "(0|(",
                "|\\n{"
            })
    void readsHostileTextInTime(String start, String unit) {
        String head = start == null ? "" : start.translateEscapes();
        Growth.assertNearlyLinear(head + unit, 500_000, size -> {
            String text = head + unit.translateEscapes().repeat(size) + "\rx";
            return () -> {
                Command run = Command.run(text, "disasm");
                assertEquals(1, run.code(), run.err());
                assertTrue(run.err().length() < 800, run.err());
            };
        });
    }

    @ParameterizedTest
    @CsvSource({"Broken pipe, 0, ''", "No space left on device, 1, bpf: standard output: No space left on device"})
    void outputThatFailsLeavesNoTrace(String failure, int code, String message) {
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException(failure);
            }
        };
        for (String args : List.of("asm", "help asm", "--version")) {
            InputStream in = new ByteArrayInputStream(ARP.getBytes(StandardCharsets.UTF_8));
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            assertEquals(code, Bpf.run(new Session(in, broken, err), args.split(" ")), args);
            assertEquals(
                    message,
                    err.toString(StandardCharsets.UTF_8)
                            .replaceFirst("^bpf [a-z]+:", "bpf:")
                            .strip(),
                    args);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"asm", "disasm", "check", "eval", "jit"})
    void inputThatFailsIsNamed(String verb) {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("Input/output error");
            }

            @Override
            public int read(byte[] bytes, int start, int length) throws IOException {
                return read();
            }
        };
        Command run = Command.run(broken, verb);
        assertEquals(new Command(1, "", "bpf " + verb + ": standard input: Input/output error\n"), run);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "asm",
                "compile",
                "disasm",
                "check",
                "eval",
                "explain",
                "graph",
                "jit",
                "run",
                "bench",
                "completion"
            })
    void helpFitsATerminal(String verb) {
        Command help = Command.run("", "help", verb);
        assertEquals(help, Command.run("", verb, "--help"));
        assertEquals(0, help.code());
        assertTrue(help.out().contains("\nUsage: bpf " + verb), help.out());
        assertTrue(help.out().contains("\n  $ "), "an example");
        assertTrue(help.out().lines().allMatch(line -> line.length() <= 80), help.out());
    }

    /** The examples of the help texts. */
    @Test
    void examplesAreTrue() {
        String asm = Command.run("ldh [12] jneq #0x806, drop ret #-1 drop: ret #0", "asm")
                .out();
        assertTrue(Command.run("", "help", "asm").out().contains("\n  " + asm));
        String listing = Command.run("2,0 0 0 7,22 0 0 0", "disasm", "--format", "listing")
                .out();
        assertTrue(Command.run("", "help", "disasm")
                .out()
                .contains(listing.replaceAll(" +\n", "\n").indent(2)));
        Command jit = Command.run("ld len ret a", "jit");
        String indented = jit.out().indent(2).replaceAll(" +\n", "\n");
        assertTrue(Command.run("", "help", "jit").out().contains("| bpf jit\n" + indented), indented);
        String check = Command.run("1,22 0 0 0", "check").out().lines().limit(6).collect(Collectors.joining("\n"));
        assertTrue(Command.run("", "help", "check").out().contains(check.indent(2)), check);
        String cases = "2,48 0 0 1,22 0 0 0\t0a14\n2,48 0 0 1,22 0 0 0\t-\n2,48 0 0 1,22 0 0 0\tzz\n";
        assertTrue(Command.run("", "help", "eval")
                .out()
                .contains(Command.run(cases, "eval").out().indent(2)));
    }

    /** Digits are 0 to 9, whatever they are in the user's language. */
    @Test
    void languageDoesNotMatter() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            assertEquals(new Command(0, """
                            packet: 0 bytes
                            000  ret  #1   ends
                            verdict 1
                            Kept whole (0 bytes): ret #1 at 000; no path through the program leads to a return that drops.
                            """, ""), Command.run("", "explain", "ret #1", ""));
        } finally {
            Locale.setDefault(before);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--nope | '''--nope'' (expected: --help)'",
                "run -x | '''-x'' (expected: --help)'",
                "run dbg | '''dbg'' (expected: nothing after COMMAND)'"
            })
    void helpTakesVerbsOnly(String arguments, String problem) {
        String[] words = ("help " + arguments).split(" ", -1);
        assertEquals(new Command(2, "", "bpf help: " + problem + "\nTry 'bpf help --help'.\n"), Command.run("", words));
    }

    @Test
    void versionIsTheBuilds() {
        assertTrue(Command.run("", "--version").out().matches("bpf \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?\n"));
    }
}
