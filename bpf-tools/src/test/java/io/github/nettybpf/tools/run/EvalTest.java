package io.github.nettybpf.tools.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Growth;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.core.RandomPrograms;
import io.github.nettybpf.netty.KernelOracle;
import io.github.nettybpf.tools.Command;
import io.github.nettybpf.tools.Session;
import io.github.nettybpf.tools.cli.Bpf;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class EvalTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a byte | 2,48 0 0 1,22 0 0 0 | 0a14 | 20",
                "capital digits | 2,48 0 0 1,22 0 0 0 | 0AFF | 255",
                "the rest is ignored | 1,6 0 0 7 | 00\\tx\\ty | 7",
                "a verdict is unsigned | 1,6 0 0 4294967295 | - | 4294967295",
                "a load past the end | 2,32 0 0 0,22 0 0 0 | 000102 | 0",
                "a word | 2,32 0 0 0,22 0 0 0 | 80010203 | 2147549699",
                "a half | 2,40 0 0 1,22 0 0 0 | 00ffee | 65518",
                "len | 2,128 0 0 0,22 0 0 0 | 000102 | 3",
                "the network header is the packet | 2,48 0 0 4293918721,22 0 0 0 | 0a14 | 20",
                "no link-layer header | 2,48 0 0 4292870144,6 0 0 1 | 0a14 | 0",
                "proto is 0 | 3,0 0 0 9,32 0 0 4294963200,22 0 0 0 | 00 | 0",
                "mark is known | 2,32 0 0 4294963220,6 0 0 1 | 00 | 1",
                "cpu is 0 | 3,0 0 0 9,32 0 0 4294963236,22 0 0 0 | 00 | 0",
                "ifidx returns A | 3,0 0 0 9,32 0 0 4294963208,6 0 0 1 | 00 | 9",
                "hatype returns A | 3,0 0 0 9,32 0 0 4294963228,6 0 0 1 | 00 | 9",
                "xor_x | 4,0 0 0 9,1 0 0 3,32 0 0 4294963240,22 0 0 0 | - | 10",
                "a refused program | 2,21 9 0 2048,6 0 0 0 | - | reject: insn 0: jeq #2048, 9, 0: jumps to 10 (expected: <= 1)",
                "no instructions | 0, | - | reject: 0 instructions (expected: 1..4096)",
                "a wrong count | 2,6 0 0 0 | - | reject: count 2 (expected: 1, the instructions after it)",
                "no program | frob | - | reject: column 1: 'frob' (expected: a protocol, host, net, port, a comparison, 'not' or '(')",
                "assembly | ldb [1] ret a | 0a14 | 20",
                "bytes | 1600000000000000 | 0a14 | 0",
                "an expression | ether[1] == 0x14 | 0a14 | 262144",
                "an expression with a comment | ether[1] == 0x15 # or not | 0a14 | 0",
                "an expression that rejects all | ip and ip6 | 0a14 | 0",
                "a control character | 1,6 0 0 \\u001b | - | reject: '?' (expected: a number)",
                "no packet | 1,6 0 0 0 | '' | reject: packet: nothing (expected: hexadecimal digits in pairs, or -)",
                "no digits | 1,6 0 0 0 | 00zz | reject: packet: 'zz' at digit 3 (expected: hexadecimal digits in pairs, or -)",
                "half a byte | 1,6 0 0 0 | 001 | reject: packet: '1' at digit 3 (expected: hexadecimal digits in pairs, or -)",
                "the program is refused first | x | zz | reject: column 1: 'x' (expected: a protocol, host, net, port, a comparison, 'not' or '(')",
            })
    void answers(String rule, String program, String packet, String answer) {
        String line = program.replace("\\u001b", "\u001b") + "\t" + packet.translateEscapes();
        assertEquals(new Command(0, answer + "\n", ""), Command.run(line, "eval"), rule);
        assertEquals(
                new Command(0, answer + "\n" + answer + "\n", ""), Command.run(line + "\r\n" + line, "eval"), rule);
        assertEquals(new Command(0, answer + "\n", ""), Command.run(line, "eval", "--engine", "compiler"), rule);
        // A kernel has a CPU to name.
        if (KernelOracle.unavailabilityCause() == null && !rule.startsWith("cpu")) {
            assertEquals(new Command(0, answer + "\n", ""), Command.run(line, "eval", "--engine", "kernel"), rule);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INTERPRETER")
    void allAgreeOnRandomPrograms(Engine engine) {
        assumeTrue(
                engine != Engine.KERNEL || KernelOracle.unavailabilityCause() == null,
                () -> "no kernel to ask: " + KernelOracle.unavailabilityCause());
        RandomPrograms random = RandomPrograms.deterministic(3);
        StringBuilder cases = new StringBuilder();
        for (int i = 0; i < 1_000; i++) {
            cases.append(ProgramFormat.BYTECODE.write(random.program()).strip()).append('\t');
            cases.append(HexFormat.of().formatHex(random.packet())).append("00\n");
        }
        assertEquals(
                Command.run(cases.toString(), "eval"),
                Command.run(cases.toString(), "eval", "--engine", engine.toString()));
    }

    @Test
    void skipsWhatIsNoCase() {
        String cases = "# comment\n\n\r\n1,6 0 0 1\t-\n#\n2,\t-\n1,6 0 0 2";
        assertEquals("""
                1
                reject: count 2 (expected: 0, the instructions after it)
                reject: packet: nothing (expected: hexadecimal digits in pairs, or -)
                """, Command.run(cases, "eval", "-").out());
    }

    @Test
    void noInputIsNoCase() {
        assertEquals(new Command(0, "", ""), Command.run("", "eval"));
    }

    @Test
    void aLineTooLongIsOneCase() {
        InputStream in = new SequenceInputStream(
                Command.repeated("a", 100_000_000),
                new ByteArrayInputStream("\n1,6 0 0 3\t-".getBytes(StandardCharsets.UTF_8)));
        assertEquals(
                new Command(0, "reject: line: more than 16 MiB (expected: at most 16777216 bytes)\n3\n", ""),
                Command.run(in, "eval"));
    }

    @Test
    void junkIsAnsweredLineByLine() {
        Random random = new Random(7);
        byte[] junk = new byte[1 << 16];
        random.nextBytes(junk);
        String text = new String(junk, StandardCharsets.ISO_8859_1).replaceAll("[\r\n#]", "x");
        String cases = text.replaceAll("(?s)(.{64})", "$1\n");
        Command run = Command.run(new ByteArrayInputStream(cases.getBytes(StandardCharsets.ISO_8859_1)), "eval");
        assertEquals(0, run.code());
        assertEquals(
                1024,
                run.out().lines().filter(line -> line.startsWith("reject: ")).count());
        assertEquals(1024, run.out().lines().count());
    }

    @Test
    void holdsAConversation() {
        assertTimeoutPreemptively(Duration.ofMinutes(5), () -> {
            try (PipedOutputStream questions = new PipedOutputStream();
                    PipedInputStream in = new PipedInputStream(questions);
                    PipedOutputStream out = new PipedOutputStream();
                    BufferedReader answers = new BufferedReader(
                            new InputStreamReader(new PipedInputStream(out), StandardCharsets.UTF_8))) {
                Thread eval = new Thread(() -> Bpf.run(new Session(in, out, OutputStream.nullOutputStream()), "eval"));
                eval.setDaemon(true);
                eval.start();
                for (int i = 0; i < 5; i++) {
                    ask(questions, "1,6 0 0 " + i + "\t-\n");
                    assertEquals(Integer.toString(i), answers.readLine());
                }
            }
        });
    }

    private static void ask(OutputStream questions, String line) throws IOException {
        questions.write(line.getBytes(StandardCharsets.UTF_8));
        questions.flush();
    }

    /** Half of the cases with a program of their own. */
    @ParameterizedTest
    @CsvSource({"interpreter, 100000", "compiler, 20000"})
    void answersManyCases(String engine, int count) {
        Growth.assertNearlyLinear(engine, count, cases -> many(engine, cases));
    }

    private static Runnable many(String engine, int count) {
        Random random = new Random(1);
        StringBuilder cases = new StringBuilder();
        StringBuilder verdicts = new StringBuilder();
        for (int i = 0; i < count; i++) {
            int constant = i % 2 == 0 ? i : i - 1;
            int loaded = random.nextInt(256);
            int end = random.nextInt(4) == 0 ? 1 : 2;
            String packet = String.format("00%02x", loaded).substring(0, 2 * end);
            cases.append("3,48 0 0 1,4 0 0 ")
                    .append(constant)
                    .append(",22 0 0 0\t")
                    .append(packet)
                    .append('\n');
            verdicts.append(end == 1 ? 0 : loaded + constant).append('\n');
        }
        byte[] bytes = cases.toString().getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        String[] command = {"eval", "--engine", engine};
        return () -> {
            out.reset();
            assertEquals(
                    0,
                    Bpf.run(
                            new Session(new ByteArrayInputStream(bytes), out, OutputStream.nullOutputStream()),
                            command));
            assertEquals(verdicts.toString(), out.toString(StandardCharsets.US_ASCII));
        };
    }

    /** Whatever a case does, the ones after it are answered. */
    @Test
    void answersCasesAfterOneThatIsTooMuch() {
        String deep = "(".repeat(200_000) + "ip" + ")".repeat(200_000);
        String not = "not ".repeat(200_000) + "ip";
        Command run = Command.run(
                deep + "\t45\n" + not + "\t45\nip\t45\n" + deep + "\t45\nip6\t45\n",
                "eval",
                "--expressions",
                "--link-type",
                "RAW");
        assertEquals(0, run.code(), run.err());
        assertEquals("", run.err());
        List<String> answers = run.out().lines().toList();
        assertEquals(5, answers.size());
        assertTrue(answers.get(0).matches("reject: .{1,500}|262144"), answers.get(0));
        assertEquals("262144", answers.get(2));
        assertEquals(answers.get(0), answers.get(3));
        assertEquals("0", answers.get(4));
    }
}
