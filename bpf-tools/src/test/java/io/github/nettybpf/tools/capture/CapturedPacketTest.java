package io.github.nettybpf.tools.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.LinkType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CapturedPacketTest {
    /** Each byte after the EtherType is its own offset. */
    private static byte[] frame(String etherType, int length) {
        byte[] frame = new byte[length];
        for (int i = 0; i < length; i++) {
            frame[i] = (byte) i;
        }
        byte[] type = HexFormat.of().parseHex(etherType);
        System.arraycopy(type, 0, frame, 12, 2);
        return frame;
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "IPv4 follows the Ethernet header, 0800, 34, 14",
        "IPv6 too, 86dd, 34, 14",
        "the kernel takes an 802.1Q tag away, 8100, 34, 18",
        "and an 802.1ad tag, 88a8, 34, 18",
        "it knows no other tag, 9100, 34, 14",
        "a tag that is all there, 88a8, 19, 18",
        "a tag that is cut off is none, 88a8, 17, 14"
    })
    void theNetworkHeaderIsWhereTheKernelHasIt(String rule, String etherType, int length, int offset) {
        Packet packet = CapturedPacket.of(LinkType.EN10MB, frame(etherType, length));
        assertEquals(
                offset, Filter.interpret(Program.parse("ldb [-1048576] ret a")).run(packet));
        assertEquals(offset, packet.network().u8(0));
        assertEquals(length - offset, packet.network().length());
    }

    @ParameterizedTest(name = "link type {0}: {1}, the header has {2} bytes")
    @CsvSource({
        "0, NULL, 4",
        "1, EN10MB, 14",
        "12, RAW, 0",
        "14, RAW, 0",
        "101, RAW, 0",
        "108, LOOP, 4",
        "113, LINUX_SLL, 16",
        "228, RAW, 0",
        "229, RAW, 0",
        "276, LINUX_SLL2, 20",
        "9, PPP, 4",
        "105, IEEE802_11, -1",
        "127, IEEE802_11_RADIO, -1",
        "147, , -1"
    })
    void knowsLinkTypes(int number, String name, int header) throws IOException {
        byte[] capture = CaptureBytes.pcap(ByteOrder.LITTLE_ENDIAN, 0xa1b2c3d4, number)
                .record(1, 0, 40, new byte[40])
                .toByteArray();
        try (CaptureReader reader = CaptureReader.open(new ByteArrayInputStream(capture))) {
            CapturedPacket packet = reader.next();
            assertEquals(name, LinkTypes.of(packet.origin()).map(LinkType::name).orElse(null));
            assertEquals(
                    header,
                    packet.network() == null ? -1 : 40 - packet.network().length());
        }
    }

    @ParameterizedTest
    @EnumSource(value = LinkType.class, names = "OTHER", mode = EnumSource.Mode.EXCLUDE)
    void everyLinkTypeOfExpressionsHasANumber(LinkType linkType) {
        CapturedPacket packet = CapturedPacket.of(linkType, new byte[40]);
        assertEquals(linkType, LinkTypes.of(packet.origin()).orElseThrow());
        assertEquals(1, packet.number());
        assertEquals(40, packet.wireLength());
    }
}
