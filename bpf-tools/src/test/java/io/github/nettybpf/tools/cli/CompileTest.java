package io.github.nettybpf.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.tools.Command;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
                        bpf compile: column 5: 'prot' (expected: host, net, port or proto between 'tcp' and it; did you mean 'port'?)
                          tcp prot 80
                              ^
                        """), run("tcp prot 80", "compile", "-"));
        assertEquals(
                new Command(
                        1, "", "bpf compile: standard input: nothing (expected: an expression; '' is the empty one)\n"),
                run(" \n", "compile", "-"));
        assertEquals(new Command(0, "1,6 0 0 262144,\n", ""), run("", "compile", ""));
    }

    @Test
    void needsAnExpression() {
        assertEquals(
                new Command(2, "", "bpf compile: no EXPRESSION (expected: EXPRESSION...)\nTry 'bpf compile --help'.\n"),
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
                        bpf compile: column 10: 'htpt' (expected: 0..65535 or a service; did you mean 'http'?)
                          tcp port htpt
                                   ^
                        """), run("", "compile", "tcp port htpt"));
        assertEquals(
                new Command(1, "", "bpf compile: --link-type and --placement (expected: one of them)\n"),
                run("", "compile", "--link-type", "RAW", "--placement", "ip", "tcp"));
    }

    @Test
    void evaluatesExpressions() {
        assertEquals(
                new Command(
                        0,
                        "262144\n0\nreject: column 1: 'tpc' (expected: a protocol, host, net, port, a comparison, 'not' or '('; did you mean 'tcp'?)\n",
                        ""),
                run("ip\t45\nip6\t45\ntpc\t45\n", "eval", "--expressions", "--link-type", "RAW"));
        assertEquals(
                new Command(1, "", "bpf eval: --link-type, --placement or --netmask (expected: with --expressions)\n"),
                run("", "eval", "--link-type", "RAW"));
    }
}
