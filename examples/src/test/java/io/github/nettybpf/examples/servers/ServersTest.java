package io.github.nettybpf.examples.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.examples.CommandLines;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** The servers as programs. */
class ServersTest {
    static Stream<Arguments> usages() {
        return Stream.of(
                Arguments.of(new UdpFilter(), "Usage: UdpFilter [-hV] [--set=NAME=FILE]... [PORT] [EXPRESSION]"),
                Arguments.of(new DnsGuard(), "Usage: DnsGuard [-hV] [PORT]"),
                Arguments.of(new TcpFrameFilter(), "Usage: TcpFrameFilter [-hV] [PORT]"),
                Arguments.of(new Demo(), "Usage: Demo [-hV]"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("usages")
    void helpIsHelp(Callable<Integer> program, String usage) {
        assertEquals(
                usage,
                new CommandLine(program).getUsageMessage().lines().findFirst().orElseThrow());
        assertEquals(0, CommandLines.run(program, "--help"));
        assertEquals(2, CommandLines.run(program, "--nonsense"));
        assertEquals(2, CommandLines.run(program, "seven"));
    }

    @Test
    void aMalformedExpressionIsAUsageError() {
        assertEquals(2, CommandLines.run(new UdpFilter(), "0", "tpc"));
    }
}
