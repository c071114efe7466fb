package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramChannel;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PipelineSupportTest {
    private static Program parse(String text) {
        return Program.parse(text.replace("; ", "\n"));
    }

    @ParameterizedTest(name = "{0} | {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "TCP_SOCKET | ret #-1 | placement TCP_SOCKET: a pipeline has no TCP header (expected: Offload.REQUIRED)",
                "ETHERNET   | ld #mark; ret a | insn 0: ld #mark: a pipeline does not know it (expected: len, proto, type,"
                        + " ifidx, nla, nlan, hatype, xor_x, vlan_tci, vlan_avail, rand, vlan_tpid; or Offload.REQUIRED)",
                "ETHERNET   | ld #type; ret a | nothing",
                "ETHERNET   | ldb [0xffe00000]; ret a | nothing",
                "IP         | ld #vlan_tci; ret a | nothing",
                "IP         | ld #1; ldb [0xffe00000]; ret a | insn 1: ldb [4292870144]: a pipeline does not know the"
                        + " link-layer header at placement IP (expected: placement ETHERNET; or Offload.REQUIRED)",
                "PAYLOAD    | ld #nla; ld #nlan; ret a | nothing",
                "PAYLOAD    | ld #proto; ret a | insn 0: ld #proto: a pipeline does not know it (expected: len, nla, nlan,"
                        + " xor_x, rand; or Offload.REQUIRED)",
                "UDP_SOCKET | ld #proto; ret a | nothing",
                "UDP_SOCKET | ld #1; ld #nla; ret a | insn 1: ld #nla: a pipeline does not know it (expected: len, proto,"
                        + " xor_x, rand; or Offload.REQUIRED)",
            })
    void whatNoPipelineKnowsIsNamed(Placement placement, String program, String why) {
        assertEquals(why, PipelineSupport.whyNot(parse(program), placement).orElse("nothing"));
    }

    private static Channel udp(@Nullable InetSocketAddress local) {
        DatagramChannel channel = mock(DatagramChannel.class);
        when(channel.localAddress()).thenReturn(local);
        return channel;
    }

    private static @Nullable InetSocketAddress address(String host) {
        return switch (host) {
            case "none" -> null;
            case "unresolved" -> InetSocketAddress.createUnresolved("somewhere", 1);
            default -> new InetSocketAddress(host, 1);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "none, null",
        "unresolved, somewhere/<unresolved>:1",
        "0.0.0.0, /0.0.0.0:1",
        "::, /[0:0:0:0:0:0:0:0]:1",
        "127.0.0.1, ''",
        "::1, ''"
    })
    void theDestinationIsKnownWhereItIsBoundTo(String local, String shown) {
        Program destination = parse("ldb [0xfff00000]; and #0xf0; jne #0x40, no; ld [0xfff00010]; ret a; no: ret #0");
        Channel channel = udp(null);
        assertEquals(
                shown.isEmpty()
                        ? ""
                        : "the program reads the destination address, and the channel is bound to " + shown
                                + ": a pipeline does not know the one that a packet was sent to (expected: a bound address)",
                PipelineSupport.whyNot(destination, Placement.UDP_SOCKET, channel, address(local))
                        .orElse(""));
        Program source = parse("ldb [0xfff00000]; and #0xf0; jne #0x40, no; ld [0xfff0000c]; ret a; no: ret #0");
        assertEquals(
                "",
                PipelineSupport.whyNot(source, Placement.UDP_SOCKET, channel, address(local))
                        .orElse(""));
    }

    /** Where it does not, both must not judge one packet: the pipeline could drop what the kernel wants, or keep it. */
    @ParameterizedTest(name = "{0} | {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "ldb [8]; ret a    | 127.0.0.1 | true",
                "ldh [0]; ret a    | none      | true",
                "ld len; ret a     | none      | true",
                "ld #rand; ret a   | 127.0.0.1 | false",
                "ld #mark; ret a   | 127.0.0.1 | false",
                "ldh [6]; ret a    | 127.0.0.1 | false",
                "ldh [4]; ret a    | 127.0.0.1 | true",
                "ldh [4]; ret a    | ::1       | false",
                "ldh [4]; ret a    | 0.0.0.0   | false",
                "ldh [4]; ret a    | none      | false",
                "ldb [0xfff00000]; rsh #4; ret a | 0.0.0.0 | true",
                "ldb [0xfff00000]; rsh #4; jne #4, no; ldb [0xfff00010]; ret a; no: ret #0 | 0.0.0.0   | false",
                "ldb [0xfff00000]; rsh #4; jne #4, no; ldb [0xfff00010]; ret a; no: ret #0 | 127.0.0.1 | true",
                "ldb [0xffe00000]; ret a | 127.0.0.1 | false",
                "ldb [8]; tax; ldb [x + 0xffe00000]; ret a | 127.0.0.1 | false",
            })
    void agreesWithTheKernelOnUdp(String program, String local, boolean agrees) {
        assertEquals(
                agrees,
                PipelineSupport.agreesWithKernel(
                        parse(program), Placement.UDP_SOCKET, udp(address(local)), address(local)));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "ldb [6]; ret a  | true",
                "ld #rand; ret a | false",
                "ld #nla; ret a  | false",
                "ld #nlan; ret a | false",
                "ld #mark; ret a | false",
            })
    void agreesWithTheKernelOnThePayload(String program, boolean agrees) {
        assertEquals(
                agrees,
                PipelineSupport.agreesWithKernel(parse(program), Placement.PAYLOAD, new EmbeddedChannel(), null));
    }
}
