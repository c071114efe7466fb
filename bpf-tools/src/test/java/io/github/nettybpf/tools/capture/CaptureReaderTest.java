package io.github.nettybpf.tools.capture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CaptureReaderTest {
    private static final byte[] PACKET = HexFormat.of().parseHex("000102030405060708090a0b0806ff");

    /** What was read, a line a packet, and the message of what ended it. */
    static List<String> read(byte[] capture) {
        List<String> lines = new ArrayList<>();
        try (CaptureReader reader = CaptureReader.open(new ByteArrayInputStream(capture))) {
            for (CapturedPacket packet = reader.next(); packet != null; packet = reader.next()) {
                lines.add(packet.number() + " " + packet.time() + " link "
                        + packet.origin().linkType() + " "
                        + packet.origin().name() + " wire " + Integer.toUnsignedString(packet.wireLength()) + " "
                        + HexFormat.of().formatHex(packet.toByteArray())
                        + packet.comment().map(comment -> " # " + comment).orElse(""));
            }
        } catch (CaptureException e) {
            lines.add(e.getMessage());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return lines;
    }

    private static ByteOrder order(String name) {
        return name.equals("big") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest(name = "pcap {1} {0}-endian")
    @CsvSource({
        "little, a1b2c3d4, 2001-09-09T01:46:40.000000007Z, 7000",
        "big, a1b2c3d4, 2001-09-09T01:46:40.000000007Z, 7000",
        "little, a1b23c4d, 2001-09-09T01:46:40.000000007Z, 7",
        "big, a1b23c4d, 2001-09-09T01:46:40.000000007Z, 7"
    })
    void readsPcap(String order, String magic, String time, int nanos) {
        int value = HexFormat.fromHexDigits(magic);
        String expected = value == 0xa1b2c3d4 ? "2001-09-09T01:46:40.007Z" : time;
        byte[] capture = CaptureBytes.pcap(order(order), value, 113)
                .record(1_000_000_000L, nanos, 1500, PACKET)
                .record(0xffff_ffffL, 0, 0, new byte[0])
                .toByteArray();
        List<String> packets = List.of(
                "1 " + expected + " link 113  wire 1500 000102030405060708090a0b0806ff",
                "2 2106-02-07T06:28:15Z link 113  wire 0 ");
        assertEquals(packets, read(capture));
        assertEquals(packets, read(CaptureBytes.gzip(capture)));
    }

    @Test
    void readsRecordsOfKuznetzov() {
        byte[] capture = CaptureBytes.pcap(ByteOrder.BIG_ENDIAN, 0xa1b2cd34, 1)
                .u32(1)
                .u32(2)
                .u32(2)
                .u32(60)
                .u32(3)
                .u32(0x08000400)
                .bytes(new byte[] {1, 2})
                .toByteArray();
        assertEquals(List.of("1 1970-01-01T00:00:01.000002Z link 1  wire 60 0102"), read(capture));
    }

    @ParameterizedTest(name = "pcapng {0}-endian")
    @ValueSource(strings = {"little", "big"})
    void readsPcapng(String order) {
        CaptureBytes capture = CaptureBytes.pcapng(order(order))
                .describe(1, 64, 2, bytes("eth0"), 9, new byte[] {9})
                .describe(
                        276,
                        0,
                        9,
                        new byte[] {(byte) 0x81},
                        14,
                        new CaptureBytes(order(order)).u64(-10).toByteArray())
                .block(5, new CaptureBytes(order(order)).u32(0).u64(0))
                .enhanced(0, 1_000_000_000_000_000_007L, 1500, PACKET)
                .enhanced(1, 41, 4, new byte[] {1, 2, 3, 4})
                .obsolete(1, 41, 2, new byte[] {1, 2})
                .simple(3, new byte[] {1, 2, 3})
                .simple(100, new byte[64]);
        List<String> expected = List.of(
                "1 2001-09-09T01:46:40.000000007Z link 1 eth0 wire 1500 000102030405060708090a0b0806ff",
                "2 1970-01-01T00:00:10.500Z link 276  wire 4 01020304",
                "3 1970-01-01T00:00:10.500Z link 276  wire 2 0102",
                "4 1970-01-01T00:00:00Z link 1 eth0 wire 3 010203",
                "5 1970-01-01T00:00:00Z link 1 eth0 wire 100 " + "00".repeat(64));
        assertEquals(expected, read(capture.toByteArray()));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "an offset far before what Instant can say, -9223372036854775808, -1000000000-01-01T00:00:00Z",
        "the first second that it can say, -31557014167219200, -1000000000-01-01T00:00:00Z",
        "an offset before 1970, -10, 1969-12-31T23:59:50Z",
        "an offset far after what Instant can say, 9223372036854775807, +1000000000-12-31T23:59:59Z"
    })
    void timesStayInsideWhatInstantCanSay(String rule, long offset, String time) {
        byte[] seconds = new CaptureBytes(ByteOrder.LITTLE_ENDIAN).u64(offset).toByteArray();
        byte[] capture = CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN)
                .describe(1, 0, 14, seconds)
                .enhanced(0, 0, 1, new byte[1])
                .toByteArray();
        assertEquals(List.of("1 " + time + " link 1  wire 1 00"), read(capture));
    }

    @Test
    void aCopyStaysAsItIs() throws IOException {
        byte[] capture = CaptureBytes.pcap()
                .record(1, 0, 15, PACKET)
                .record(2, 0, 1, new byte[] {9})
                .toByteArray();
        try (CaptureReader reader = CaptureReader.open(new ByteArrayInputStream(capture))) {
            CapturedPacket first = reader.next().copy();
            assertEquals(2, reader.next().number());
            assertEquals(1, first.number());
            assertEquals("1970-01-01T00:00:01Z", first.time().toString());
            assertArrayEquals(PACKET, first.toByteArray());
        }
    }

    @Test
    void refusesWhatIsNoCapture() {
        assertEquals(List.of("byte 0: nothing (expected: a capture in pcap or pcapng format)"), read(new byte[0]));
        assertEquals(
                List.of("byte 0: 0x23212f62 (expected: a capture in pcap or pcapng format)"), read(bytes("#!/bin/sh")));
        assertThrows(CaptureException.class, () -> CaptureReader.open(new ByteArrayInputStream(new byte[3])));
    }
}
