package io.github.nettybpf.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.tools.Command;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CompileTest {
    private static Command run(String in, String... args) {
        InputStream input = new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8));
        return Command.run(input, args);
    }

    @Test
    void compilesForLinkTypesAndSockets() {
        assertEquals(new Command(0, "4,40 0 0 12,21 0 1 2054,6 0 0 262144,6 0 0 0,\n", ""), run("", "compile", "arp"));
        assertEquals(
                new Command(0, "    ldh [2]\n    jneq #0x35, l3\n    ret #262144\nl3: ret #0\n", ""),
                run("", "compile", "--placement", "udp_socket", "--format", "asm", "dst", "port", "53"));
        assertEquals(
                new Command(0, "4,40 0 0 14,21 0 1 2054,6 0 0 262144,6 0 0 0,\n", ""),
                run("", "compile", "--link-type", "linux_sll", "--no-optimize", "arp"));
    }

    @Test
    void readsTheExpressionFromAFileOrStandardInput(@TempDir Path folder) throws IOException {
        Command arp = new Command(0, "4,40 0 0 12,21 0 1 2054,6 0 0 262144,6 0 0 0,\n", "");
        assertEquals(arp, run("arp\n", "compile", "-"));
        Path file = Files.writeString(folder.resolve("my filter"), "\narp\n");
        assertEquals(arp, run("", "compile", file.toString()));
        assertEquals(new Command(1, "", """
                        bpf compile: standard input: as an expression: column 5: 'prot' (expected: host, net, port or proto between 'tcp' and it; did you mean 'port'?)
                          tcp prot 80
                              ^
                        """), run("tcp prot 80", "compile", "-"));
        assertEquals(
                new Command(
                        1, "", "bpf compile: standard input: line 1, column 1: 0 instructions (expected: 1..4096)\n"),
                run(" \n", "compile", "-"));
        assertEquals(new Command(0, "1,6 0 0 262144,\n", ""), run("", "compile", ""));
    }

    @Test
    void needsAnExpression() {
        assertEquals(
                new Command(2, "", "bpf compile: no PROGRAM (expected: PROGRAM...)\nTry 'bpf compile --help'.\n"),
                run("arp", "compile"));
    }

    @Test
    void explainsWhatIsMatched() {
        assertEquals(
                new Command(0, """
                        all of
                          any of
                            source address 10.0.0.1 (ip, arp or rarp)
                            source address 10.0.0.2 (ip, arp or rarp)
                          source or destination port 53 (udp)
                        """, ""),
                run("", "compile", "--explain", "src host 10.0.0.1 or 10.0.0.2 and udp port 53"));
    }

    @Test
    void showsWhereAnExpressionIsWrong() {
        assertEquals(new Command(1, "", """
                        bpf compile: PROGRAM: as an expression: column 10: 'htpt' (expected: 0..65535 or a service; did you mean 'http'?)
                          tcp port htpt
                                   ^
                        """), run("", "compile", "tcp port htpt"));
        assertEquals(new Command(2, "", """
                        bpf compile: --link-type and --placement (expected: one of them)
                        Try 'bpf compile --help'.
                        """), run("", "compile", "--link-type", "RAW", "--placement", "ip", "tcp"));
    }

    @Test
    void evaluatesExpressions() {
        assertEquals(
                new Command(
                        0,
                        "262144\n0\nreject: column 1: 'tpc' (expected: a protocol, host, net, port, a comparison, 'not' or '('; did you mean 'tcp'?)\n",
                        ""),
                run("ip\t45\nip6\t45\ntpc\t45\n", "eval", "--expressions", "--link-type", "RAW"));
    }

    /** compile and eval tell programs from expressions as all verbs do. */
    @ParameterizedTest
    @EnumSource(ProgramFormat.class)
    void translatesPrograms(ProgramFormat format, @TempDir Path folder) throws IOException {
        Program arp = FilterExpression.compile("arp", LinkType.EN10MB);
        String text = format.write(arp);
        String bytecode = ProgramFormat.BYTECODE.write(arp);
        Path file = Files.writeString(folder.resolve("arp"), "# arp\n\n" + text.replace("\n", "\r\n"));
        Command expected = new Command(0, bytecode, "");
        assertEquals(expected, run("", "compile", text));
        assertEquals(expected, run(text, "compile", "-"));
        assertEquals(expected, run("", "compile", file.toString()));
        assertEquals(
                expected,
                run("", "compile", file.toString(), "--notation", format.name().toLowerCase(Locale.ROOT)));
        assertEquals(
                new Command(0, format.write(arp), ""),
                run("", "compile", "--format", format.name().toLowerCase(Locale.ROOT), bytecode));
        assertEquals(expected, run("", "compile", "--link-type", "RAW", bytecode.strip()), "it is a program as it is");
    }

    @Test
    void takesTheOptionsForPrograms(@TempDir Path folder) throws IOException {
        String arp = "4,40 0 0 12,21 0 1 2054,6 0 0 262144,6 0 0 0,\n";
        Path file = Files.writeString(folder.resolve("filter"), "\ufeff# neighbours\r\n\r\narp # and no more\r\n");
        assertEquals(new Command(0, arp, ""), run("", "compile", file.toString()));
        assertEquals(new Command(0, arp, ""), run("", "compile", "-e", file.toString()));
        assertEquals(
                "bpf compile: column 1: 'ret' (",
                run("", "compile", "-e", "ret #0").err().substring(0, 30));
        assertEquals(new Command(1, "", """
                        bpf compile: PROGRAM: line 1, column 1: 'arp' (expected: an instruction)
                          arp
                          ^
                        """), run("", "compile", "--notation", "asm", "arp"));
        assertEquals(
                new Command(
                        1,
                        "",
                        "bpf compile: --explain: PROGRAM is no expression (expected: one; bpf check says what a program"
                                + " reads)\n"),
                run("", "compile", "--explain", "ret #0"));
    }
}
