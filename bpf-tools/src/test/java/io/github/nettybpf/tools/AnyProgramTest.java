package io.github.nettybpf.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Growth;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.expression.LinkType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnyProgramTest {
    @TempDir
    private Path directory;

    private static AnyProgram read(String argument) throws Refusal {
        return AnyProgram.of(argument, InputStream.nullInputStream());
    }

    @ParameterizedTest
    @EnumSource(ProgramFormat.class)
    void takesEveryNotationFromEverywhere(ProgramFormat format) throws Exception {
        String text = format.write(FilterExpression.compile("arp", LinkType.EN10MB));
        Path file = Files.writeString(directory.resolve("arp"), text);
        String expected = ProgramFormat.BYTECODE.write(FilterExpression.compile("arp", LinkType.EN10MB));
        InputStream in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        for (AnyProgram read : new AnyProgram[] {
            read(text), read(file.toString()), AnyProgram.of("-", in), AnyProgram.of(text, in, format)
        }) {
            assertEquals(expected, ProgramFormat.BYTECODE.write(read.program(LinkType.RAW)));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "arp",
                "tcp port 80",
                "ip6 host fe80::add",
                "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
                "len <= 100",
                "udp\n  and port 53\n  or icmp",
                "not ip",
                "!(ip or ip6)"
            })
    void takesForAnExpression(String text) throws Refusal {
        assertEquals(
                FilterExpression.compile(text, LinkType.EN10MB).raw(),
                read(text).program(LinkType.EN10MB).raw());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "lhd [12]\\nret a | line 1, column 1: 'lhd' (expected: an instruction)",
                "ldh [12] jeq 2048 ret #1 | line 1, column 19: 'ret' (expected: ,)",
                "r0 = 1\\nexit | line 1, column 1: an eBPF program (expected: classic BPF, such as tcpdump -ddd prints)",
                "drop: rett #0 | line 1, column 7: 'rett' (expected: an instruction)",
                "'' | line 1, column 1: 0 instructions (expected: 1..4096)",
                "2,6 0 0 0 | line 1, column 1: count 2 (expected: 1, the instructions after it)",
                "htpt | no file of this name; as an expression: column 1: 'htpt' (expected: a protocol, host, net, port, a comparison, 'not' or '('; did you mean 'host'?)",
            })
    void saysWhatItWasTakenFor(String text, String problem) {
        Refusal refusal =
                assertThrows(Refusal.class, () -> read(text.translateEscapes()).program(LinkType.EN10MB));
        assertEquals(
                "PROGRAM: " + problem, refusal.getMessage().lines().findFirst().orElseThrow());
    }

    /** Files of filters: comments, a byte order mark, CR LF, blank lines. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "# web\n\ntcp port 80\n",
                "\ufefftcp port 80\r\n",
                "tcp # web\r\nport # and only that\r\n80",
                "   # tcp port 22\ntcp port 80 #web"
            })
    void readsFilesOfExpressions(String text) throws Exception {
        String file = Files.writeString(directory.resolve("filter"), text).toString();
        Program expected = FilterExpression.compile("tcp port 80", LinkType.EN10MB);
        assertEquals(expected, read(file).program(LinkType.EN10MB));
        AnyProgram named = AnyProgram.ofExpression(file, InputStream.nullInputStream());
        assertEquals(expected, named.program(LinkType.EN10MB));
        InputStream in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        assertEquals(expected, AnyProgram.ofExpression("-", in).program(LinkType.EN10MB));
    }

    @Test
    void refusesAFileWithoutAnExpression() throws IOException {
        String file =
                Files.writeString(directory.resolve("filter"), "# nothing\n").toString();
        assertEquals(
                file + ": no expression in it (expected: one, or -e '' for all packets)",
                assertThrows(Refusal.class, () -> AnyProgram.ofExpression(file, InputStream.nullInputStream()))
                        .getMessage());
        assertEquals(
                file + ": line 1, column 1: 0 instructions (expected: 1..4096)",
                assertThrows(Refusal.class, () -> read(file))
                        .getMessage()
                        .lines()
                        .findFirst()
                        .orElseThrow());
    }

    @Test
    void namesTheLine() throws IOException {
        String file = Files.writeString(directory.resolve("filter"), "# web\ntcp\nprt 80\n")
                .toString();
        Refusal refusal = assertThrows(Refusal.class, () -> read(file).program(LinkType.EN10MB));
        List<String> lines = refusal.getMessage().lines().toList();
        assertTrue(lines.get(0).startsWith(file + ": as an expression: line 3, column 1: 'prt' ("), lines.get(0));
        assertEquals(List.of("  prt 80", "  ^"), lines.subList(1, 3));
    }

    /** check, disasm and jit take expressions, too. */
    @Test
    void everyVerbTakesPrograms() throws IOException {
        String file =
                Files.writeString(directory.resolve("filter"), "# arp\narp\n").toString();
        String bytecode = ProgramFormat.BYTECODE.write(FilterExpression.compile("arp", LinkType.EN10MB));
        for (String argument : new String[] {"arp", file, bytecode.strip()}) {
            assertEquals(new Command(0, bytecode, ""), Command.run("", "disasm", "--format", "bytecode", argument));
            assertEquals(
                    "program:     accepted, 4 instructions",
                    Command.run("", "check", argument).out().lines().findFirst().orElseThrow());
        }
        assertEquals(new Command(0, "1,6 0 0 1,\n", ""), Command.run("", "asm", "ret #1"));
        assertEquals(0, Command.run("", "check", "tcp port 22").code());
    }

    @Test
    void namesTheFile() throws IOException {
        Path file = Files.writeString(directory.resolve("x"), "tcp prt 80\n");
        Refusal refusal =
                assertThrows(Refusal.class, () -> read(file.toString()).program(LinkType.EN10MB));
        assertEquals(
                file
                        + ": as an expression: column 5: 'prt' (expected: host, net, port or proto between 'tcp' and it; did you mean 'port'?)",
                refusal.getMessage().lines().findFirst().orElseThrow());
        assertEquals(
                List.of("  tcp prt 80", "      ^"),
                refusal.getMessage().lines().skip(1).toList());
    }

    @Test
    void readsHostileTextInTime() {
        for (String unit : new String[] {"a", "a:", "a\n", " ", "\n", "a ", "ret"}) {
            Growth.assertNearlyLinear(unit, 500_000, size -> {
                String text = unit.repeat(size / unit.length());
                return () -> AnyProgram.isExpression(text);
            });
        }
    }
}
