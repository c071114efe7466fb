package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.Offload;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Interfaces whose frames do not begin with an Ethernet header. */
@ExtendWith(InNamespace.class)
class HardwareTypeTest {
    /** An IPv4 packet: UDP from 10.9.0.2 to 10.9.0.1. */
    private static final byte[] PACKET =
            ByteBufUtil.decodeHexDump("4500001c00000000401100000a0900020a090001" + "1388138900080000");

    private static BpfFilterHandler ipAt(Placement placement) {
        return new BpfFilterHandler(FilterExpression.compile("ip and udp dst port 5001", placement));
    }

    private static String refusal(Tap tap, PacketAddress address) throws InterruptedException {
        ChannelFuture bound = tap.bootstrap.bind(address).await();
        return bound.isSuccess() ? "bound" : String.valueOf(bound.cause().getMessage());
    }

    @Test
    void aTunInterfaceIsHeardWithoutLinkLayerHeader() throws Exception {
        BpfFilterHandler filter = ipAt(Placement.IP);
        try (Tun tun = new Tun("tun0");
                Tap raw = new Tap(ipAt(Placement.ETHERNET));
                Tap rawUnfiltered = new Tap();
                Tap ethernet = new Tap(PacketChannel.Type.DGRAM, ipAt(Placement.ETHERNET));
                Tap dgram = new Tap(PacketChannel.Type.DGRAM, filter).bind("tun0");
                Tap any = new Tap(PacketChannel.Type.DGRAM, ipAt(Placement.IP)).bind(PacketAddress.any())) {
            for (Tap tap : List.of(raw, rawUnfiltered)) {
                assertEquals(
                        "channel of type RAW on tun0: hardware type 65534 (none), without an Ethernet header (expected:"
                                + " PacketChannel.Type.DGRAM, and a program for placement IP)",
                        refusal(tap, PacketAddress.of("tun0")));
            }
            assertEquals(
                    "the program is for placement ETHERNET, and the channel's is IP",
                    refusal(ethernet, PacketAddress.of("tun0")));
            assertEquals(Location.KERNEL, filter.stats().location());
            for (int i = 0; i < 100; i++) {
                tun.receive(PACKET);
            }
            for (int i = 0; i < 100; i++) {
                assertEquals(ByteBufUtil.hexDump(PACKET), dgram.nextHex());
                assertEquals(ByteBufUtil.hexDump(PACKET), any.nextHex());
            }
            // It can be sent too, and is not on Ethernet without a header.
            PacketAddress to = PacketAddress.of("tun0").withProtocol(0x800);
            dgram.channel
                    .writeAndFlush(new PacketFrame(Unpooled.wrappedBuffer(PACKET), to))
                    .sync();
            // The kernel does not show it to the socket that sends it.
            assertEquals(ByteBufUtil.hexDump(PACKET), any.nextHex());
            try (Tap a = new Tap().bind("a0")) {
                assertEquals(
                        "frame to tun0: hardware type 65534 (none), without an Ethernet header (expected: a channel of type"
                                + " DGRAM)",
                        a.channel
                                .writeAndFlush(new PacketFrame(Tap.frame(60, 1), PacketAddress.of("tun0")))
                                .await()
                                .cause()
                                .getMessage());
            }
        }
    }

    @Test
    void anyInterfaceIsHeardWithoutLinkLayerHeader() throws Exception {
        try (Tap raw = new Tap()) {
            assertEquals(
                    "channel of type RAW on any interface: not all have an Ethernet header (expected: one interface; or"
                            + " PacketChannel.Type.DGRAM, and a program for placement IP)",
                    refusal(raw, PacketAddress.any()));
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
                    lo                                                      | bound
                    type veth peer name q1                                  | bound
                    type bridge                                             | bound
                    type dummy                                              | bound
                    type bond                                               | bound
                    link a0 type vlan id 100                                | bound
                    link a0 type macvlan                                    | bound
                    type gretap remote 10.0.0.2 local 10.0.0.1              | bound
                    type gre remote 10.0.0.2 local 10.0.0.1                 | 778 (gre)
                    type ip6gre remote 2001:db8::2 local 2001:db8::1        | 823 (ip6gre)
                    type ipip remote 10.0.0.2 local 10.0.0.1                | 768 (ipip)
                    type sit remote 10.0.0.2 local 10.0.0.1                 | 776 (sit)
                    type ip6tnl remote 2001:db8::2 local 2001:db8::1        | 769 (ip6tnl)
                    type wireguard                                          | 65534 (none)
                    type vcan                                               | 280 (can)
                    type nlmon                                              | 824 (netlink)
                    """)
    void theHardwareTypeDecides(String kind, String expected) throws Exception {
        String name = kind.equals("lo") ? "lo" : "q0";
        if (!kind.equals("lo")) {
            Namespace.assumeRun(
                    kind.startsWith("link ")
                            ? "ip link add " + kind.replaceFirst(" type", " name q0 type")
                            : "ip link add q0 " + kind);
        }
        try (Tap raw = new Tap();
                Tap dgram = new Tap(PacketChannel.Type.DGRAM)) {
            String problem = expected.equals("bound")
                    ? expected
                    : "channel of type RAW on q0: hardware type " + expected + ", without an Ethernet header (expected:"
                            + " PacketChannel.Type.DGRAM, and a program for placement IP)";
            // An interface that is down can be bound to all the same.
            assertEquals(problem, refusal(raw, PacketAddress.of(name)));
            assertEquals("bound", refusal(dgram, PacketAddress.of(name)));
        } finally {
            if (!kind.equals("lo")) {
                Namespace.run("ip link delete q0");
            }
        }
    }

    /** The kernel has cleared the tag before it gives a frame to a socket of one protocol. */
    @Test
    void aChannelOfOneProtocolKnowsNoVlan() throws Exception {
        PacketAddress address = PacketAddress.of("b0").withProtocol(Tap.ETHERTYPE);
        Program program = Program.parse("ld #vlan_tci\njset #0xfff, no\nret #-1\nno: ret #0");
        BpfFilterHandler inPipeline =
                BpfFilterHandler.builder(program).offload(Offload.NEVER).build();
        try (Tap a = new Tap().bind("a0");
                Tap kernel = new Tap(new BpfFilterHandler(program));
                Tap all = new Tap().bind(address);
                Tap pipeline = new Tap(inPipeline).bind(address)) {
            assertEquals(
                    "filter of a channel for b0, ethertype 0x88b5: insn 0: ld #vlan_tci: the kernel tells the VLAN only to a"
                            + " channel for all protocols (expected: an address without withProtocol, and the ethertype in"
                            + " the program)",
                    refusal(kernel, address));
            a.send(PacketFilterTest.tagged(Tap.frame(60, 1), 100));
            PacketFrame frame = all.next();
            assertEquals(PacketAddress.OTHER_HOST, frame.packetType());
            assertEquals(0, frame.vlanTci());
            frame.release();
            PacketLifecycleTest.await("drop", () -> inPipeline.stats().dropped() == 1);
            assertTrue(pipeline.received.isEmpty());
        }
    }
}
