package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.packet.PacketAddress;
import io.github.nettybpf.packet.PacketFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

class ArpListenerTest {
    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private static ArpListener.Watch watch(List<String> out, boolean onlyNew) {
        return new ArpListener.Watch(event -> out.add(DhcpJunkTest.withoutTime(event)), onlyNew, Vendors.NONE);
    }

    /** {@return what the listener prints for the frames, in their order} */
    private static List<String> printed(ArpListener.Watch watch, List<String> out, String... frames) {
        EmbeddedChannel channel = new EmbeddedChannel(watch);
        for (String frame : frames) {
            ByteBuf buffer = Unpooled.buffer().writeBytes(bytes(frame));
            channel.writeInbound(new PacketFrame(buffer, PacketAddress.of("eth0")));
            assertEquals(0, buffer.refCnt());
        }
        channel.finish();
        return out;
    }

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "arp.txt", delimiter = '|')
    void keepsAndPrints(String rule, String frame, int verdict, String line) {
        assertEquals(verdict, Filter.of(ArpListener.ARP).run(Packet.of(bytes(frame))));
        List<String> out = new ArrayList<>();
        assertEquals(line, printed(watch(out, false), out, frame).get(0));
    }

    private static String reply(String ip, String mac) {
        return "02000000000a " + mac + " 0806 0001 0800 06 04 0002 " + mac + ip + " 02000000000a 0a00000a";
    }

    @Test
    void flagsAnAddressThatTwoInterfacesClaim() {
        List<String> out = new ArrayList<>();
        ArpListener.Watch watch = watch(out, false);
        printed(
                watch,
                out,
                reply("0a000001", "020000000001"),
                reply("0a000001", "020000000001"),
                reply("0a000002", "020000000002"),
                reply("0a000001", "020000000002"),
                reply("0a000001", "020000000001"),
                reply("0a000003", "ffffffffffff"));
        assertEquals("""
                reply: 10.0.0.1 is at 02:00:00:00:00:01, for 10.0.0.10 at 02:00:00:00:00:0a
                neighbour: 10.0.0.1 is at 02:00:00:00:00:01
                reply: 10.0.0.1 is at 02:00:00:00:00:01, for 10.0.0.10 at 02:00:00:00:00:0a
                reply: 10.0.0.2 is at 02:00:00:00:00:02, for 10.0.0.10 at 02:00:00:00:00:0a
                neighbour: 10.0.0.2 is at 02:00:00:00:00:02
                reply: 10.0.0.1 is at 02:00:00:00:00:02, for 10.0.0.10 at 02:00:00:00:00:0a
                CONFLICT: 10.0.0.1 is claimed by 02:00:00:00:00:02 and by 02:00:00:00:00:01
                reply: 10.0.0.1 is at 02:00:00:00:00:01, for 10.0.0.10 at 02:00:00:00:00:0a
                CONFLICT: 10.0.0.1 is claimed by 02:00:00:00:00:01 and by 02:00:00:00:00:02
                reply: 10.0.0.3 is at ff:ff:ff:ff:ff:ff, for 10.0.0.10 at 02:00:00:00:00:0a
                INVALID: 10.0.0.3 is claimed by ff:ff:ff:ff:ff:ff, which no interface can have""", String.join("\n", out));
        assertEquals(
                List.of("10.0.0.1 02:00:00:00:00:01, earlier 02:00:00:00:00:02", "10.0.0.2 02:00:00:00:00:02"),
                lines(watch.report()));
    }

    /** {@return the texts without the time at which a neighbour was seen last} */
    private static List<String> lines(List<Event> events) {
        return events.stream()
                .map(event -> event.text().replaceFirst(", last seen \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d$", ""))
                .toList();
    }

    @Test
    void neitherGroupsNorBroadcastAddressesAreNeighbours() {
        List<String> out = new ArrayList<>();
        ArpListener.Watch watch = watch(out, true);
        printed(
                watch,
                out,
                reply("0a000003", "ffffffffffff"),
                reply("0a000003", "01005e000001"),
                reply("0a000003", "000000000000"),
                reply("e0000001", "020000000001"),
                reply("ffffffff", "020000000001"),
                reply("00000000", "020000000001"));
        assertEquals("""
                INVALID: 10.0.0.3 is claimed by ff:ff:ff:ff:ff:ff, which no interface can have
                INVALID: 10.0.0.3 is claimed by 01:00:5e:00:00:01, which no interface can have
                INVALID: 10.0.0.3 is claimed by 00:00:00:00:00:00, which no interface can have
                INVALID: 224.0.0.1 is claimed by 02:00:00:00:00:01, which no host can have
                INVALID: 255.255.255.255 is claimed by 02:00:00:00:00:01, which no host can have""", String.join("\n", out));
        assertEquals(List.of(), watch.report());
    }

    private static String probe(String ip, String mac) {
        return "ffffffffffff " + mac + " 0806 0001 0800 06 04 0001 " + mac + " 00000000 000000000000 " + ip;
    }

    @Test
    void flagsAnAddressThatTwoInterfacesProbe() {
        List<String> out = new ArrayList<>();
        printed(
                watch(out, true),
                out,
                probe("0a000009", "020000000001"),
                probe("0a000009", "020000000001"),
                probe("0a000008", "020000000002"),
                probe("0a000009", "020000000002"));
        assertEquals(List.of("CONFLICT: 10.0.0.9 is probed by 02:00:00:00:00:02 and by 02:00:00:00:00:01"), out);
    }

    @Test
    void onlyWhatIsNew() {
        List<String> out = new ArrayList<>();
        String first = reply("0a000001", "020000000001");
        printed(watch(out, true), out, first, first, reply("0a000001", "020000000002"));
        assertEquals(
                List.of(
                        "neighbour: 10.0.0.1 is at 02:00:00:00:00:01",
                        "CONFLICT: 10.0.0.1 is claimed by 02:00:00:00:00:02 and by 02:00:00:00:00:01"),
                out);
    }

    @Test
    void namesTheOwnersOfAddressBlocks(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("oui.txt"), """
                OUI/MA-L                                                    Organization
                00-00-0C   (hex)\t\tCisco\u001bSystems, Inc
                00000C     (base 16)\t\tCisco Systems, Inc
                """);
        List<Event> out = new ArrayList<>();
        EmbeddedChannel channel = new EmbeddedChannel(new ArpListener.Watch(out::add, true, Vendors.read(file)));
        for (String mac : List.of("00000c000001", "02000c000001")) {
            ByteBuf buffer = Unpooled.buffer().writeBytes(bytes(reply("0a000001", mac)));
            channel.writeInbound(new PacketFrame(buffer, PacketAddress.of("eth0")));
        }
        assertEquals(
                List.of(
                        "neighbour: 10.0.0.1 is at 00:00:0c:00:00:01 (Cisco\\x1bSystems, Inc)",
                        "CONFLICT: 10.0.0.1 is claimed by 02:00:0c:00:00:01 and by 00:00:0c:00:00:01"
                                + " (Cisco\\x1bSystems, Inc)"),
                out.stream().map(DhcpJunkTest::withoutTime).toList());
        assertEquals(
                "{\"time\":\"1970-01-01T00:00:00Z\",\"event\":\"neighbour\",\"address\":\"10.0.0.1\","
                        + "\"mac\":\"00:00:0c:00:00:01\",\"vendor\":\"Cisco\\\\x1bSystems, Inc\"}",
                out.get(0).json());
    }

    @Test
    void remembersTheAddressesUsedLastAndFourClaimants() throws MalformedPacketException {
        NeighbourTable table = new NeighbourTable(2, Vendors.NONE);
        for (int mac = 2; mac < 8; mac++) {
            learn(table, "0a000001", "02000000000" + mac);
        }
        learn(table, "c8000002", "020000000002");
        learn(table, "0a000001", "020000000007");
        learn(table, "c8000003", "020000000003");
        assertEquals(
                List.of(
                        "10.0.0.1 02:00:00:00:00:07, earlier 02:00:00:00:00:06, earlier 02:00:00:00:00:05,"
                                + " earlier 02:00:00:00:00:04",
                        "200.0.0.3 02:00:00:00:00:03"),
                lines(table.neighbours()));
    }

    private static void learn(NeighbourTable table, String ip, String mac) throws MalformedPacketException {
        ByteBuf frame = Unpooled.buffer().writeBytes(bytes(reply(ip, mac)));
        table.learn(ArpPacket.parse(frame), new PacketFrame(frame, PacketAddress.of("eth0")));
    }
}
