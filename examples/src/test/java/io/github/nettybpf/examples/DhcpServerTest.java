package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.AnnotatedPacket;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.packet.PacketAddress;
import io.github.nettybpf.packet.PacketFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DhcpServerTest {
    static final Mac SERVER = new Mac(0x0200_0000_00ffL);
    private static final UdpFrame TO_ALL =
            new UdpFrame(new Mac(0x0200_0000_0001L), Mac.BROADCAST, Ip4.ANY, 68, Ip4.BROADCAST, 67);
    private static final UdpFrame TO_SERVER =
            new UdpFrame(new Mac(0x0200_0000_0001L), SERVER, Ip4.parse("10.0.0.10"), 68, Ip4.parse("10.0.0.1"), 67);

    private final List<String> out = new ArrayList<>();
    private Mac mac = SERVER;
    private final EmbeddedChannel channel = new EmbeddedChannel(server(out, () -> 0, it -> mac));

    static DhcpServer.Serve server(List<String> out, LongSupplier clockMillis, Function<Channel, Mac> mac) {
        DhcpSettings settings = DhcpResponderTest.settings();
        return new DhcpServer.Serve(
                settings,
                mac,
                DhcpResponderTest.responder(settings, clockMillis),
                event -> out.add(DhcpJunkTest.withoutTime(event)));
    }

    static ByteBuf frame(UdpFrame headers, DhcpMessage message) {
        ByteBuf payload = message.encode(ByteBufAllocator.DEFAULT);
        ByteBuf frame = headers.encode(ByteBufAllocator.DEFAULT, payload);
        payload.release();
        return frame;
    }

    /** {@return the headers and the message of the answer, or empty if there is none} */
    private List<String> sent(UdpFrame headers, String message) throws MalformedPacketException {
        return sent(frame(headers, DhcpResponderTest.message(message)));
    }

    private List<String> sent(ByteBuf frame) throws MalformedPacketException {
        channel.writeInbound(new PacketFrame(frame, PacketAddress.of("eth0")));
        assertEquals(0, frame.refCnt());
        ByteBuf reply = channel.readOutbound();
        if (reply == null) {
            return List.of();
        }
        assertNull(channel.readOutbound());
        UdpFrame.Parsed parsed = UdpFrame.parse(reply, true);
        String line = DhcpMessage.parse(parsed.payload()).toString();
        reply.release();
        assertEquals(0, reply.refCnt());
        return List.of(parsed.headers().toString(), line);
    }

    @Test
    void aLease() throws MalformedPacketException {
        String toClient = "UdpFrame[from=02:00:00:00:00:ff, to=02:00:00:00:00:01, source=10.0.0.1, sourcePort=67,"
                + " destination=10.0.0.10, destinationPort=68]";
        String toAll = "UdpFrame[from=02:00:00:00:00:ff, to=ff:ff:ff:ff:ff:ff, source=10.0.0.1, sourcePort=67,"
                + " destination=255.255.255.255, destinationPort=68]";
        String lease = ", client 02:00:00:00:00:01, address 10.0.0.10, lease 60 s, server 10.0.0.1";
        assertEquals(List.of(toClient, "OFFER" + lease), sent(TO_ALL, "DISCOVER 1 hostname=laptop"));
        assertEquals(List.of(toAll, "OFFER" + lease), sent(TO_ALL, "DISCOVER 1 flags=8000"));
        assertEquals(List.of(toClient, "ACK" + lease), sent(TO_ALL, "REQUEST 1 requested=10.0.0.10 server=10.0.0.1"));
        assertEquals(
                List.of(toClient, "ACK" + lease.replace(", address", ", current 10.0.0.10, address")),
                sent(TO_SERVER, "REQUEST 1 ciaddr=10.0.0.10"));
        assertEquals(
                List.of(toAll, "NAK, client 02:00:00:00:00:02, server 10.0.0.1, message \"10.0.0.10 is not free\""),
                sent(TO_SERVER, "REQUEST 2 ciaddr=10.0.0.10"));
        assertEquals(List.of(), sent(TO_SERVER, "RELEASE 1 ciaddr=10.0.0.10 server=10.0.0.1"));
        assertEquals("""
                DISCOVER, client 02:00:00:00:00:01, hostname "laptop": OFFER 10.0.0.10 for 60 s
                DISCOVER, client 02:00:00:00:00:01: OFFER 10.0.0.10 for 60 s
                REQUEST, client 02:00:00:00:00:01, requested 10.0.0.10, server 10.0.0.1: ACK 10.0.0.10 for 60 s
                REQUEST, client 02:00:00:00:00:01, current 10.0.0.10: ACK 10.0.0.10 for 60 s
                REQUEST, client 02:00:00:00:00:02, current 10.0.0.10: NAK, 10.0.0.10 is not free
                RELEASE, client 02:00:00:00:00:01, current 10.0.0.10, server 10.0.0.1: 10.0.0.10 is free""", String.join("\n", out));
    }

    @Test
    void theSettingsOfTheNetworkAreInTheAnswer() throws MalformedPacketException {
        DhcpMessage discover = DhcpResponderTest.message("DISCOVER 1");
        DhcpOptions options = DhcpResponderTest.responder(DhcpResponderTest.settings(), () -> 0)
                .answer(discover, Ip4.ANY, true)
                .reply()
                .orElseThrow()
                .options();
        assertEquals(
                Ip4.parse("255.255.255.0"),
                options.address(DhcpOptions.SUBNET_MASK).orElseThrow());
        assertEquals(
                Ip4.parse("10.0.0.255"),
                options.address(DhcpOptions.BROADCAST_ADDRESS).orElseThrow());
        assertEquals(30, options.seconds(DhcpOptions.RENEWAL_TIME).orElseThrow());
        assertEquals(52, options.seconds(DhcpOptions.REBINDING_TIME).orElseThrow());
    }

    @Test
    void framesToOtherHostsAreIgnored() throws MalformedPacketException {
        Mac client = TO_ALL.from();
        assertEquals(
                List.of(), sent(new UdpFrame(client, SERVER, Ip4.ANY, 68, Ip4.parse("10.0.0.2"), 67), "DISCOVER 1"));
        assertEquals(List.of(), out);
        assertEquals(
                2,
                sent(new UdpFrame(client, SERVER, Ip4.ANY, 68, Ip4.parse("10.0.0.255"), 67), "DISCOVER 1")
                        .size());
    }

    @Test
    void malformedFramesAreALine() throws MalformedPacketException {
        ByteBuf cut = frame(TO_ALL, DhcpResponderTest.message("DISCOVER 1"));
        assertEquals(List.of(), sent(cut.writerIndex(cut.writerIndex() - 1)));
        ByteBuf wrong = frame(TO_ALL, DhcpResponderTest.message("DISCOVER 1"));
        assertEquals(List.of(), sent(wrong.setByte(100, 1)));
        ByteBuf option = frame(TO_ALL, DhcpResponderTest.message("DISCOVER 1"));
        assertEquals(List.of(), sent(option.setByte(42 + 2, 17).setShort(40, 0)));
        assertEquals(
                List.of(
                        "malformed, IP length 328 (expected: <= 327)",
                        "malformed, UDP checksum " + wrongChecksum() + " (expected: a correct one, or 0)",
                        "malformed, BOOTP: hardware length 17 (expected: <= 16)"),
                out);
    }

    private static int wrongChecksum() {
        ByteBuf frame = frame(TO_ALL, DhcpResponderTest.message("DISCOVER 1"));
        int checksum = frame.getUnsignedShort(40);
        frame.release();
        return checksum;
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "to a server | 67 | 1 | '' | 1 | 1",
                "to a client | 68 | 2 | '' | 1 | 0",
                "to another port | 69 | 1 | '' | 0 | 0",
                "a reply to a server | 67 | 2 | '' | 1 | 0",
                "not IPv4 | 67 | 1 | 12:86dd | 0 | 0",
                "TCP | 67 | 1 | 23:06 | 0 | 0",
                "a first fragment | 67 | 1 | 20:2000 | 0 | 0",
                "a later fragment | 67 | 1 | 20:0001 | 0 | 0",
                "with the bit Don't Fragment | 67 | 1 | 20:4000 | 1 | 1",
                "another cookie | 67 | 1 | 278:00 | 1 | 0",
                "a longer IP header | 67 | 1 | 14:46 | 0 | 0",
            })
    void keeps(String rule, int port, int op, String patch, int listener, int server) {
        UdpFrame headers = new UdpFrame(TO_ALL.from(), Mac.BROADCAST, Ip4.ANY, 68, Ip4.BROADCAST, port);
        ByteBuf frame = frame(headers, DhcpResponderTest.message("DISCOVER 1 op=" + op));
        if (!patch.isEmpty()) {
            String[] parts = patch.split(":", 2);
            frame.setBytes(Integer.parseInt(parts[0]), java.util.HexFormat.of().parseHex(parts[1]));
        }
        byte[] bytes = new byte[frame.readableBytes()];
        frame.readBytes(bytes).release();
        assertEquals(-listener, Filter.of(DhcpListener.DHCP).run(Packet.of(bytes)));
        assertEquals(-server, verdict(bytes, Extension.TYPE, PacketAddress.HOST));
        assertEquals(-server, verdict(bytes, Extension.TYPE, PacketAddress.BROADCAST));
        assertEquals(0, verdict(bytes, Extension.TYPE, PacketAddress.MULTICAST));
        assertEquals(0, verdict(bytes, Extension.TYPE, PacketAddress.OTHER_HOST));
        assertEquals(0, verdict(bytes, Extension.TYPE, PacketAddress.OUTGOING));
        assertEquals(0, verdict(bytes, Extension.VLAN_TCI, 100));
        assertEquals(0, verdict(bytes, Extension.VLAN_TCI, 0xa064));
        assertEquals(-server, verdict(bytes, Extension.VLAN_TCI, 0xa000));
    }

    private static int verdict(byte[] bytes, Extension extension, int value) {
        AnnotatedPacket packet = new AnnotatedPacket(Packet.of(bytes));
        packet.set(Extension.TYPE, PacketAddress.HOST);
        packet.set(Extension.VLAN_TCI, 0);
        packet.set(Extension.PROTO, 0x0800);
        packet.set(extension, value);
        return Filter.of(DhcpServer.CLIENTS_MESSAGES).run(packet);
    }

    @Test
    void theListenerPrintsBothSides() {
        List<String> lines = new ArrayList<>();
        EmbeddedChannel listener =
                new EmbeddedChannel(new DhcpListener.Watch(event -> lines.add(DhcpJunkTest.withoutTime(event)), false));
        for (String message : List.of("DISCOVER 1 hostname=laptop", "OFFER 1 op=2 server=10.0.0.1 lease=60")) {
            listener.writeInbound(
                    new PacketFrame(frame(TO_ALL, DhcpResponderTest.message(message)), PacketAddress.of("eth0")));
        }
        assertEquals(
                List.of(
                        "DISCOVER, client 02:00:00:00:00:01, hostname \"laptop\", xid 0x00001234",
                        "OFFER, client 02:00:00:00:00:01, lease 60 s, server 10.0.0.1, xid 0x00001234"),
                lines);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.1 | \"10.0.0.1\" (expected: ADDRESS/PREFIX, such as 192.0.2.1/24)",
                "10.0.0.1/x | \"x\" (expected: a prefix, 1..30)",
                "10.0.0.1/999 | \"999\" (expected: a prefix, 1..30)",
                "10.0.0.1/31 | prefix 31 (expected: 1..30)",
                "10.0.0.256/24 | \"10.0.0.256\" (expected: an IPv4 address)",
            })
    void refusesNetworks(String text, String message) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> DhcpSettings.Network.parse(text))
                        .getMessage());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.9 | \"10.0.0.9\" (expected: FIRST-LAST, such as 192.0.2.100-192.0.2.199)",
                "10.0.0.9-x | \"x\" (expected: an IPv4 address)",
                "10.0.0.9-10.0.0.8 | pool 10.0.0.9 to 10.0.0.8 (expected: the lower address first)",
                "10.0.0.2-10.0.4.2 | pool 10.0.0.2 to 10.0.4.2 (expected: <= 1024 addresses)",
                "0.0.0.1-255.255.255.255 | pool 0.0.0.1 to 255.255.255.255 (expected: <= 1024 addresses)",
            })
    void refusesPools(String text, String message) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> DhcpSettings.Range.parse(text))
                        .getMessage());
    }

    @ParameterizedTest(name = "{4}")
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.0/24 | 10.0.0.2-10.0.0.3 | 60 | lan | 10.0.0.0 (expected: a host's address in 10.0.0.0/24)",
                "10.0.0.1/24 | 10.0.1.2-10.0.1.3 | 60 | lan | 10.0.1.2 (expected: a host's address in 10.0.0.0/24)",
                "10.0.0.1/24 | 10.0.0.2-10.0.0.255 | 60 | lan | 10.0.0.255 (expected: a host's address in 10.0.0.0/24)",
                "10.0.0.5/24 | 10.0.0.2-10.0.0.8 | 60 | lan | pool 10.0.0.2 to 10.0.0.8 (expected: without the server's own 10.0.0.5)",
                "10.0.0.1/24 | 10.0.0.2-10.0.0.3 | 3 | lan | lease of 3 seconds (expected: 4..2147483647)",
                "10.0.0.1/24 | 10.0.0.2-10.0.0.3 | 60 | a b | domain \"a b\" (expected: letters, digits, hyphens and dots, at most 128)",
                "10.0.0.1/24 | 10.0.0.2-10.0.0.3 | 60 | .lan | domain \".lan\" (expected: letters, digits, hyphens and dots, at most 128)",
            })
    void refusesSettings(String network, String pool, int lease, String domain, String message) {
        assertEquals(
                message,
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new DhcpSettings(
                                        DhcpSettings.Network.parse(network),
                                        DhcpSettings.Range.parse(pool),
                                        lease,
                                        List.of(),
                                        List.of(),
                                        domain))
                        .getMessage());
    }

    @Test
    void refusesRoutersOfOtherNetworks() {
        assertEquals(
                "10.0.1.1 (expected: a host's address in 10.0.0.0/24)",
                assertThrows(IllegalArgumentException.class, () -> withRouters(List.of(Ip4.parse("10.0.1.1"))))
                        .getMessage());
        assertEquals(
                "9 routers (expected: <= 8)",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> withRouters(Collections.nCopies(9, Ip4.parse("10.0.0.1"))))
                        .getMessage());
    }

    private static DhcpSettings withRouters(List<Ip4> routers) {
        return new DhcpSettings(
                DhcpSettings.Network.parse("10.0.0.1/24"),
                DhcpSettings.Range.parse("10.0.0.10-10.0.0.12"),
                60,
                routers,
                List.of(Ip4.parse("8.8.8.8"), Ip4.parse("9.9.9.9")),
                "lab.example");
    }

    @Test
    void routerDnsAndDomainAreInTheAnswer() {
        DhcpSettings settings = withRouters(List.of(Ip4.parse("10.0.0.1")));
        for (String message : List.of("DISCOVER 1", "INFORM 1 ciaddr=10.0.0.77")) {
            DhcpOptions options = DhcpResponderTest.responder(settings, () -> 0)
                    .answer(DhcpResponderTest.message(message), Ip4.ANY, true)
                    .reply()
                    .orElseThrow()
                    .options();
            assertEquals(List.of(Ip4.parse("10.0.0.1")), options.addresses(DhcpOptions.ROUTER));
            assertEquals(List.of(Ip4.parse("8.8.8.8"), Ip4.parse("9.9.9.9")), options.addresses(DhcpOptions.DNS));
            assertEquals("lab.example", options.text(DhcpOptions.DOMAIN).orElseThrow());
        }
    }

    /** The hardware address is asked for each answer, because that of a bond or a bridge changes. */
    @Test
    void answersComeFromThePresentHardwareAddress() throws MalformedPacketException {
        for (long bits : new long[] {0x0200_0000_00feL, 0x0200_0000_00fdL}) {
            mac = new Mac(bits);
            assertEquals(
                    "UdpFrame[from=" + mac, sent(TO_ALL, "DISCOVER 1").get(0).split(", ", -1)[0]);
        }
    }

    @ParameterizedTest(name = "lease of {0} s")
    @ValueSource(ints = {4, 5, 7, 8, 12, 60, 3600, Integer.MAX_VALUE})
    void renewingIsBeforeRebindingAndThatBeforeTheEnd(int seconds) {
        DhcpOptions options = DhcpResponderTest.responder(DhcpResponderTest.settings(seconds), () -> 0)
                .answer(DhcpResponderTest.message("DISCOVER 1"), Ip4.ANY, true)
                .reply()
                .orElseThrow()
                .options();
        long lease = options.seconds(DhcpOptions.LEASE_TIME).orElseThrow();
        long renewal = options.seconds(DhcpOptions.RENEWAL_TIME).orElseThrow();
        long rebinding = options.seconds(DhcpOptions.REBINDING_TIME).orElseThrow();
        assertEquals(seconds, lease);
        assertTrue(0 < renewal && renewal < rebinding && rebinding < lease, options::toString);
    }
}
