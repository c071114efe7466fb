package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UdpFrameTest {
    private static final String FRAME =
            "ffffffffffff 020000000001 0800 4500001f00004000401126cc 0a000001 0a000002" + " 00430044000b26ec 616263";

    private static final UdpFrame HEADERS = new UdpFrame(
            new Mac(0x0200_0000_0001L), Mac.BROADCAST, Ip4.parse("10.0.0.1"), 67, Ip4.parse("10.0.0.2"), 68);

    private static ByteBuf frame(String hex) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    @Test
    void writesHeadersWithTheirChecksums() {
        ByteBuf payload = Unpooled.wrappedBuffer(new byte[] {'a', 'b', 'c'});
        ByteBuf encoded = HEADERS.encode(ByteBufAllocator.DEFAULT, payload);
        assertEquals(FRAME.replace(" ", ""), ByteBufUtil.hexDump(encoded));
        encoded.release();
        assertEquals(3, payload.readableBytes());
    }

    @Test
    void readsWhatItWrote() throws MalformedPacketException {
        UdpFrame.Parsed parsed = UdpFrame.parse(frame(FRAME + "0000000000"), true);
        assertEquals(HEADERS, parsed.headers());
        assertEquals("616263", ByteBufUtil.hexDump(parsed.payload()));
    }

    @Test
    void aChecksumOfZeroIsWrittenAsItsComplement() throws MalformedPacketException {
        for (int first = 0; first < 0x10000; first++) {
            ByteBuf payload = Unpooled.buffer(2).writeShort(first);
            ByteBuf encoded = HEADERS.encode(ByteBufAllocator.DEFAULT, payload);
            assertEquals(payload, UdpFrame.parse(encoded, true).payload());
            if (encoded.getUnsignedShort(40) == 0) {
                throw new AssertionError("no checksum for " + first);
            }
            encoded.release();
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "nothing | 0 | '' | frame 0 (expected: >= 34 bytes)",
                "IPv6 | 12 | 86dd | Ethernet type 34525 (expected: 2048, IPv4)",
                "version 6 | 14 | 65 | IP version 6 (expected: 4)",
                "a header that is too short | 14 | 44 | IP header length 16 (expected: >= 20)",
                "a header longer than the packet | 14 | 4f | IP length 31 (expected: >= 68)",
                "shorter than its headers | 16 | 001b | IP length 27 (expected: >= 28)",
                "longer than the frame | 16 | 0020 | IP length 32 (expected: <= 31)",
                "a wrong IP checksum | 24 | 26cd | IP checksum 9933 (expected: a correct one)",
                "a first fragment | 20 | 2000401146cc | IP fragment bits 8192 (expected: 0, no fragment)",
                "a later fragment | 20 | 0001401166cb | IP fragment bits 1 (expected: 0, no fragment)",
                "TCP | 22 | 400626d7 | IP protocol 6 (expected: 17, UDP)",
                "a UDP length below its header's | 38 | 0007 | UDP length 7 (expected: >= 8)",
                "a UDP length beyond the packet | 38 | 000c | UDP length 12 (expected: <= 11)",
                "a wrong UDP checksum | 40 | 26ed | UDP checksum 9965 (expected: a correct one, or 0)",
                "no UDP checksum | 40 | 0000 | fine",
            })
    void saysWhatIsWrong(String rule, int at, String replacement, String message) throws MalformedPacketException {
        ByteBuf frame = frame(FRAME);
        byte[] bytes = HexFormat.of().parseHex(replacement);
        frame.setBytes(at, bytes);
        ByteBuf packet = bytes.length == 0 ? Unpooled.EMPTY_BUFFER : frame;
        if (message.equals("fine")) {
            assertEquals(HEADERS, UdpFrame.parse(packet, true).headers());
            return;
        }
        assertEquals(
                message,
                assertThrows(MalformedPacketException.class, () -> UdpFrame.parse(packet, true))
                        .getMessage());
    }
}
