package io.github.nettybpf.tools.capture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlacedPacketTest {
    private static final String MACS = "020000000001020000000002";
    private static final String ADDRESSES = "c0000201c0000202";
    private static final String ADDRESSES6 = "20010db8000000000000000000000001" + "20010db8000000000000000000000002";
    private static final String UDP = "9c40003500090000" + "aa";

    private static CapturedPacket packet(int linkType, String digits) throws IOException {
        byte[] bytes = HexFormat.of().parseHex(digits.replace(" ", ""));
        byte[] capture = CaptureBytes.pcap(ByteOrder.LITTLE_ENDIAN, 0xa1b2c3d4, linkType)
                .record(1, 0, bytes.length, bytes)
                .toByteArray();
        try (CaptureReader reader = CaptureReader.open(new ByteArrayInputStream(capture))) {
            return reader.next().copy();
        }
    }

    private static String text(String digits) {
        return digits.replace("MACS", MACS)
                .replace("ADDR6", ADDRESSES6)
                .replace("ADDR", ADDRESSES)
                .replace("UDP", UDP);
    }

    private static byte[] bytes(Packet packet) {
        byte[] bytes = new byte[packet.length()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) packet.u8(i);
        }
        return bytes;
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "the UDP header follows IPv4 | 101 | UDP_SOCKET | 4500001d000040004011 0000 ADDR UDP | 20 | 9",
                "options of IPv4 | 101 | UDP_SOCKET | 47000025000040004011 0000 ADDR 0101010101010100 UDP | 28 | 9",
                "padding is not there | 1 | UDP_SOCKET | MACS0800 4500001d000040004011 0000 ADDR UDP 0000000000 | 34 | 9",
                "a VLAN tag | 1 | UDP_SOCKET | MACS81000001 0800 4500001d000040004011 0000 ADDR UDP | 38 | 9",
                "the payload follows the UDP header | 101 | PAYLOAD | 4500001d000040004011 0000 ADDR UDP | 28 | 1",
                "IPv6 | 101 | UDP_SOCKET | 60000000 0009 1140 ADDR6 UDP | 40 | 9",
                "extension headers | 101 | UDP_SOCKET | 60000000 0019 0040 ADDR6 2c00000000000000 1100000012345678 UDP"
                        + " | 56 | 9",
                "the first fragment | 101 | UDP_SOCKET | 4500001d000020004011 0000 ADDR UDP | 20 | 9",
                "another fragment has no UDP header | 101 | UDP_SOCKET | 4500001d000000014011 0000 ADDR UDP | -1 | 0",
                "of IPv6 too | 101 | UDP_SOCKET | 60000000 0011 2c40 ADDR6 1100000812345678 UDP | -1 | 0",
                "TCP is not UDP | 101 | UDP_SOCKET | 4500001d000040004006 0000 ADDR UDP | -1 | 0",
                "and UDP not TCP | 101 | TCP_SOCKET | 4500001d000040004011 0000 ADDR UDP | -1 | 0",
                "TCP | 101 | TCP_SOCKET | 4500001d000040004006 0000 ADDR UDP | 20 | 9",
                "ARP is no IP | 1 | UDP_SOCKET | MACS0806 4500001d000040004011 0000 ADDR UDP | -1 | 0",
                "the IP header of a frame | 1 | IP | MACS0800 4500001d000040004011 0000 ADDR UDP | 14 | 29",
                "a frame | 1 | ETHERNET | MACS0800 4500001d000040004011 0000 ADDR UDP 0000 | 0 | 45",
                "an IP packet is no frame | 101 | ETHERNET | 4500001d000040004011 0000 ADDR UDP | -1 | 0",
                "content without headers | 147 | UDP_SOCKET | 0102 | 0 | 2",
                "the place of the network header is not known | 105 | UDP_SOCKET | 4500001d000040004011 0000 ADDR UDP"
                        + " | -1 | 0",
                "a header that is cut off | 101 | UDP_SOCKET | 4500001d00004000401100 | -1 | 0",
                "a UDP header that is cut off | 101 | PAYLOAD | 4500001d000040004011 0000 ADDR 9c40 | -1 | 0",
                "a segment that the network card cuts | 101 | TCP_SOCKET | 45000000000040004006 0000 ADDR UDP | 20 | 9"
            })
    void beginsWhereTheSocketDoes(String rule, int linkType, Placement placement, String digits, int offset, int length)
            throws IOException {
        CapturedPacket packet = packet(linkType, text(digits));
        PlacedPacket placed = new PlacedPacket(placement);
        assertEquals(offset >= 0, placed.show(packet));
        if (offset >= 0) {
            byte[] expected = Arrays.copyOfRange(packet.toByteArray(), offset, offset + length);
            assertArrayEquals(expected, bytes(placed));
            assertEquals(length, placed.wireLength());
            assertEquals(expected[0] & 0xff, placed.u8(0));
            assertEquals(offset + placement.kept(1, length), placed.kept(1));
        }
    }

    @Test
    void namesTheAddresses() throws IOException {
        IpHeader header = IpHeader.of(packet(101, text("4500001d000040004011 0000 ADDR UDP")));
        assertEquals("192.0.2.1:40000", header.source());
        assertEquals("192.0.2.2:53", header.destination());
        header = IpHeader.of(packet(101, text("60000000 0009 1140 ADDR6 UDP")));
        assertEquals("[2001:db8::1]:40000", header.source());
        assertEquals("[2001:db8::2]:53", header.destination());
        header = IpHeader.of(packet(101, text("4500001d000000014011 0000 ADDR UDP")));
        assertEquals("192.0.2.1", header.source());
        assertNull(IpHeader.of(packet(1, text("MACS0806 0001"))));
    }

    /** What a packet claims leads nowhere outside it. */
    @Test
    void takesAnyBytes() throws IOException {
        Random random = new Random(3);
        int shown = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(90)];
            random.nextBytes(bytes);
            int linkType = random.nextBoolean() ? 101 : 1;
            int at = linkType == 1 ? 14 : 0;
            if (bytes.length > at + 9) {
                boolean isIpv6 = random.nextBoolean();
                bytes[at] = (byte) (isIpv6 ? 0x60 : 0x45 + random.nextInt(3));
                bytes[at + (isIpv6 ? 6 : 9)] = (byte) (random.nextBoolean() ? 17 : 44);
                if (linkType == 1) {
                    bytes[12] = (byte) (isIpv6 ? 0x86 : 0x08);
                    bytes[13] = (byte) (isIpv6 ? 0xdd : 0);
                }
            }
            CapturedPacket packet = packet(linkType, HexFormat.of().formatHex(bytes));
            for (Placement placement : Placement.values()) {
                PlacedPacket placed = new PlacedPacket(placement);
                if (placed.show(packet)) {
                    shown++;
                    assertTrue(bytes(placed).length <= bytes.length);
                    assertTrue(placed.wireLength() >= placed.length());
                }
            }
            IpHeader header = IpHeader.of(packet);
            if (header != null) {
                assertFalse(header.source().isEmpty());
                assertFalse(header.destination().isEmpty());
            }
        }
        assertTrue(shown > 10_000, String.valueOf(shown));
    }
}
