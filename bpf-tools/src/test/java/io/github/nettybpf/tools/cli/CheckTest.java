package io.github.nettybpf.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.tools.Command;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code bpf check} tells of a program. */
class CheckTest {
    private static final String ARP = "ldh [12]\njneq #0x806, drop\nret #-1\ndrop: ret #0\n";

    @Test
    void checkTellsWhatAProgramDoes() {
        assertEquals(
                List.of(
                        "program:     accepted, 4 instructions",
                        "reads:       packet bytes 0..13",
                        "extensions:  none",
                        "verdicts:    0 (drop), 4294967295",
                        "kernel:      any socket that takes SO_ATTACH_FILTER",
                        "pipeline:    any"),
                Command.run(ARP, "check").out().lines().limit(6).toList());
    }

    @ParameterizedTest(name = "{1}: {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "ld mark ret a | extensions | mark (insn 0)",
                "ld mark ret a | verdicts | any (ret a)",
                "ld mark ret a | pipeline | none",
                "ld mark ret a | not UDP_SOCKET | insn 0: ld #mark: a pipeline does not know it (expected: len, proto, xor_x,"
                        + " rand; or Offload.REQUIRED)",
                "ld mark ret a | not PAYLOAD | insn 0: ld #mark: a pipeline does not know it (expected: len, nla, nlan, xor_x,"
                        + " rand; or Offload.REQUIRED)",
                "ld len ret a | pipeline | any",
                "ld #proto ret a | pipeline | UDP_SOCKET, ETHERNET, IP",
                "ld #nla ret a | pipeline | PAYLOAD, ETHERNET, IP",
                "ld #nla ret a | not UDP_SOCKET | insn 0: ld #nla: a pipeline does not know it (expected: len, proto, xor_x,"
                        + " rand; or Offload.REQUIRED)",
                "ld #vlan_tci ret a | pipeline | ETHERNET, IP",
                "ldb [-1048568] ret #1 | pipeline | PAYLOAD, ETHERNET, IP",
                "ldb [-1048568] ret #1 | not UDP_SOCKET | insn 0: ldb [4293918728]: a pipeline does not know the TTL of an IPv4"
                        + " header (expected: version and addresses, after a test of the version; or Offload.REQUIRED)",
                "ldb [-1048576] ret #1 | reads | the network header (insn 0)",
                "ld #1 ldb [-2097152] ret #1 | pipeline | PAYLOAD, ETHERNET",
                "ld #1 ldb [-2097152] ret #1 | not IP | insn 1: ldb [4292870144]: a pipeline does not know the link-layer header"
                        + " at placement IP (expected: placement ETHERNET; or Offload.REQUIRED)",
                "ld len tax ldb [x + 0] ret #1 | verdicts | 0 (drop), 1",
                "ret #5 | reads | no byte of the packet",
                "jeq #2, l, l l: ld M[3] ret a | program | refused",
                "jeq #2, l, l l: ld M[3] ret a | rule | a scratch slot is written before it is read",
                "jeq #2, l, l l: ld M[3] ret a | where | standard input: line 1, column 22",
                "jeq #2, l, l l: ld M[3] ret a | problem | insn 1: ld M[3]: scratch slot 3 can be unset (expected: a st or stx on every path)",
            })
    void checkAnswers(String program, String name, String value) {
        String line = String.format("%-12s %s", name + ":", value);
        Command run = Command.run(program, "check");
        assertTrue(run.out().lines().anyMatch(line::equals), run.out());
        assertEquals("", run.err());
        assertEquals(run.out().contains("refused") ? 1 : 0, run.code());
    }

    @Test
    void checkKnowsTheLimitsOfTheConversion() {
        String far = "ja l\n" + "ldh [12]\n".repeat(2341) + "l: ret #0";
        Command run = Command.run(far, "check");
        assertEquals(1, run.code());
        assertEquals(
                List.of(
                        "program:     refused when the kernel converts it to eBPF, 2343 instructions",
                        "problem:     insn 0: ja 2341: jumps over 32774 instructions of the converted program"
                                + " (expected: <= 32767)",
                        "reads:       no byte of the packet",
                        "extensions:  none",
                        "verdicts:    0 (drop)",
                        "kernel:      no socket",
                        "pipeline:    any"),
                run.out().lines().limit(7).toList());
    }

    @Test
    void checkNamesTheSocketsThatAProgramCosts() {
        assertEquals("any socket that takes SO_ATTACH_FILTER", Check.sockets(400, OptionalLong.of(401)));
        assertEquals("any socket that takes SO_ATTACH_FILTER", Check.sockets(400, OptionalLong.empty()));
        assertEquals("no socket while net.core.optmem_max is 400", Check.sockets(400, OptionalLong.of(400)));
    }

    @Test
    void checkWeighsTheCost() {
        assertEquals(
                "400 bytes; accepted while the socket's other charges are below 20080 (net.core.optmem_max is 20480)",
                Check.cost(400, OptionalLong.of(20480)));
        assertEquals(
                "400 bytes; too much for any socket (net.core.optmem_max is 400)",
                Check.cost(400, OptionalLong.of(400)));
        assertEquals(
                "400 bytes; a socket's charges must stay below net.core.optmem_max, by default 131072 (20480 before"
                        + " Linux 6.8)",
                Check.cost(400, OptionalLong.empty()));
    }
}
