package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

class DhcpMessageTest {
    /** {@return a BOOTP packet with patches, which are hexadecimal digits after an offset: {@code 240:350101ff}} */
    static ByteBuf packet(String... patches) {
        ByteBuf packet = Unpooled.buffer(300)
                .writeInt(0x01010600)
                .writeInt(0x12345678)
                .writeZero(20)
                .writeBytes(HexFormat.of().parseHex("020000000001"))
                .writeZero(202)
                .writeInt(0x63825363);
        for (String patch : patches) {
            String[] parts = patch.split(":", 2);
            int at = Integer.parseInt(parts[0].strip());
            byte[] bytes = HexFormat.of().parseHex(parts[1].replace(" ", ""));
            packet.ensureWritable(Math.max(0, at + bytes.length - packet.writerIndex()));
            packet.writerIndex(Math.max(packet.writerIndex(), at + bytes.length));
            packet.setBytes(at, bytes);
        }
        return packet;
    }

    private static String read(ByteBuf packet) {
        try {
            DhcpMessage message = DhcpMessage.parse(packet);
            return message + message.details().replace(", xid 0x12345678", "");
        } catch (MalformedPacketException e) {
            return e.getMessage();
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "dhcp-messages.txt", delimiter = '|', quoteCharacter = '\0')
    void isOneLine(String rule, String patches, String line) {
        assertEquals(line, read(packet(patches.split(","))));
    }

    @Test
    void shorterThanItsFields() {
        assertEquals("BOOTP: 0 bytes (expected: >= 236)", read(Unpooled.EMPTY_BUFFER));
        assertEquals("BOOTP: 235 bytes (expected: >= 236)", read(packet().writerIndex(235)));
        assertEquals("BOOTREQUEST, client 02:00:00:00:00:01", read(packet().writerIndex(236)));
        assertEquals("BOOTREQUEST, client 02:00:00:00:00:01", read(packet()));
    }

    @Test
    void longOptionsAreWrittenAndReadInParts() throws MalformedPacketException {
        byte[] name = new byte[600];
        for (int i = 0; i < name.length; i++) {
            name[i] = (byte) ('a' + i % 26);
        }
        DhcpMessage message = new DhcpMessage(
                2,
                Chaddr.of(new Mac(0x0200_0000_0001L)),
                7,
                0x8000,
                Ip4.ANY,
                Ip4.parse("10.0.0.9"),
                Ip4.ANY,
                new DhcpOptions().put(DhcpOptions.HOST_NAME, name).put(DhcpType.OFFER));
        ByteBuf packet = message.encode(ByteBufAllocator.DEFAULT);
        assertEquals(240 + 3 + 600 + 3 * 2 + 1, packet.readableBytes());
        assertEquals(0x350102, packet.getUnsignedMedium(240));
        DhcpMessage read = DhcpMessage.parse(packet);
        packet.release();
        assertArrayEquals(name, read.options().bytes(DhcpOptions.HOST_NAME).orElseThrow());
        assertEquals(
                "OFFER, client 02:00:00:00:00:01, hostname \"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl\""
                        + "... (600 bytes), address 10.0.0.9",
                read.toString());
    }

    @Test
    void shortMessagesArePadded() {
        DhcpMessage message = new DhcpMessage(
                2, Chaddr.of(new Mac(1)), 7, 0, Ip4.ANY, Ip4.ANY, Ip4.ANY, new DhcpOptions().put(DhcpType.NAK));
        ByteBuf packet = message.encode(ByteBufAllocator.DEFAULT);
        assertEquals(300, packet.readableBytes());
        packet.release();
    }

    @Test
    void allThatIsKnownIsInTheFields() throws MalformedPacketException {
        DhcpMessage message = DhcpMessage.parse(packet(
                "0:02",
                "12:0a000005",
                "16:0a000006",
                "24:0a0000fe",
                "240:350105 0c03 611b62 3c03 4d5346 3d03 010203 3204 0a000007 3304 0000003c 3604 0a000001"
                        + " 0308 0a000001 0a000002 0604 08080808 0f03 6c616e 3802 6f6b 3702 0103 ff"));
        assertEquals(
                "{type=ACK, client=02:00:00:00:00:01, xid=0x12345678, client_id=01:02:03, hostname=a\\x1bb,"
                        + " vendor_class=MSF, current=10.0.0.5, address=10.0.0.6, requested=10.0.0.7, lease=60,"
                        + " server=10.0.0.1, router=[10.0.0.1, 10.0.0.2], dns=[8.8.8.8], domain=lan,"
                        + " relay=10.0.0.254, message=ok, asks_for=[1, 3]}",
                message.fields().toString());
        Event event = Event.of("message", "text");
        message.fields().forEach(event::with);
        assertEquals(
                "{\"event\":\"message\",\"type\":\"ACK\",\"client\":\"02:00:00:00:00:01\",\"xid\":\"0x12345678\","
                        + "\"client_id\":\"01:02:03\",\"hostname\":\"a\\\\x1bb\",\"vendor_class\":\"MSF\","
                        + "\"current\":\"10.0.0.5\",\"address\":\"10.0.0.6\",\"requested\":\"10.0.0.7\",\"lease\":60,"
                        + "\"server\":\"10.0.0.1\",\"router\":[\"10.0.0.1\",\"10.0.0.2\"],\"dns\":[\"8.8.8.8\"],"
                        + "\"domain\":\"lan\",\"relay\":\"10.0.0.254\",\"message\":\"ok\",\"asks_for\":[1,3]}",
                event.json());
    }
}
