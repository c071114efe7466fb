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
            return DhcpMessage.parse(packet).toString();
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
        assertEquals("BOOTP: 0 bytes (expected: >= 240)", read(Unpooled.EMPTY_BUFFER));
        assertEquals("BOOTP: 239 bytes (expected: >= 240)", read(packet().writerIndex(239)));
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
                7,
                0x8000,
                Ip4.ANY,
                Ip4.parse("10.0.0.9"),
                Ip4.ANY,
                new Mac(0x0200_0000_0001L),
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
        DhcpMessage message =
                new DhcpMessage(2, 7, 0, Ip4.ANY, Ip4.ANY, Ip4.ANY, new Mac(1), new DhcpOptions().put(DhcpType.NAK));
        ByteBuf packet = message.encode(ByteBufAllocator.DEFAULT);
        assertEquals(300, packet.readableBytes());
        packet.release();
    }
}
