package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.packet.PacketAddress;
import io.github.nettybpf.packet.PacketFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

class ArpListenerTest {
    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
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
        assertEquals(verdict, Filter.of(ArpListener.REQUESTS_AND_REPLIES).run(Packet.of(bytes(frame))));
        List<String> out = new ArrayList<>();
        assertEquals(line, printed(new ArpListener.Watch(out::add), out, frame).get(0));
    }

    private static String reply(String ip, String mac) {
        return "02000000000a " + mac + " 0806 0001 0800 06 04 0002 " + mac + ip + " 02000000000a 0a00000a";
    }

    @Test
    void flagsAnAddressThatTwoInterfacesClaim() {
        List<String> out = new ArrayList<>();
        ArpListener.Watch watch = new ArpListener.Watch(out::add);
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
                CONFLICT: 10.0.0.3 is claimed by ff:ff:ff:ff:ff:ff, which no interface can have""", String.join("\n", out));
        assertEquals(
                List.of("10.0.0.1 02:00:00:00:00:01, earlier 02:00:00:00:00:02", "10.0.0.2 02:00:00:00:00:02"),
                watch.neighbours().lines());
    }

    @Test
    void remembersTheAddressesUsedLastAndFourClaimants() {
        NeighbourTable table = new NeighbourTable(2);
        for (int mac = 2; mac < 8; mac++) {
            table.learn(Ip4.parse("10.0.0.1"), new Mac(mac));
        }
        table.learn(Ip4.parse("200.0.0.2"), new Mac(2));
        table.learn(Ip4.parse("10.0.0.1"), new Mac(7));
        table.learn(Ip4.parse("200.0.0.3"), new Mac(3));
        assertEquals(
                List.of(
                        "10.0.0.1 00:00:00:00:00:07, earlier 00:00:00:00:00:06, earlier 00:00:00:00:00:05,"
                                + " earlier 00:00:00:00:00:04",
                        "200.0.0.3 00:00:00:00:00:03"),
                table.lines());
    }
}
