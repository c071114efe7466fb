package io.github.nettybpf.tools.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.nettybpf.tools.Command;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged captures give packets, and then at most one CaptureException. */
class CaptureFuzzTest {
    private static final int ROUNDS = 120;

    /** Captures of this test's own, and those of the conformance folder if there is one. */
    static List<byte[]> captures() throws IOException {
        List<byte[]> captures = new ArrayList<>();
        byte[] packet = new byte[61];
        for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            captures.add(CaptureBytes.pcap(order, 0xa1b23c4d, 1)
                    .record(1, 2, 1500, packet)
                    .record(3, 4, 61, packet)
                    .toByteArray());
            captures.add(CaptureBytes.pcapng(order)
                    .describe(1, 64, 2, new byte[] {'e', 't', 'h'}, 9, new byte[] {9})
                    .enhanced(0, 1, 1500, packet, 2, new byte[4], 1, new byte[] {'w', 'h', 'y'})
                    .block(5, new CaptureBytes(order).u32(0).u64(0))
                    .simple(61, packet)
                    .section()
                    .describe(113, 0, 14, new byte[8])
                    .obsolete(0, 7, 61, packet)
                    .toByteArray());
        }
        String conformance = System.getProperty("bpf.conformance", "");
        if (conformance.isEmpty()) {
            System.out.println("CaptureFuzzTest: only captures of its own: -Dconformance is not set");
        } else {
            try (Stream<Path> files = Files.list(Path.of(conformance, "captures"))) {
                for (Path file : (Iterable<Path>) files.sorted()::iterator) {
                    captures.add(Files.readAllBytes(file));
                }
            }
        }
        return captures;
    }

    /** {@return the packets, one after the other, until the exception or the end} */
    private static List<String> read(byte[] capture, String what) {
        try {
            return CaptureReaderTest.read(capture);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(what, e);
        }
    }

    private static boolean isPacket(String line) {
        return !line.startsWith("byte ");
    }

    @Test
    void whatIsCutOffGivesThePacketsBefore() throws IOException {
        int number = 0;
        for (byte[] capture : captures()) {
            List<String> whole = read(capture, "capture " + number);
            assertTrue(whole.stream().allMatch(CaptureFuzzTest::isPacket), "capture " + number + ": " + whole);
            int step = Math.max(1, capture.length / ROUNDS);
            for (int length = 0; length < capture.length; length += step) {
                String what = "capture " + number + " cut to " + length;
                List<String> part = read(Arrays.copyOf(capture, length), what);
                long packets = part.stream().filter(CaptureFuzzTest::isPacket).count();
                assertEquals(whole.subList(0, (int) packets), part.subList(0, (int) packets), what);
                assertTrue(part.size() - packets <= 1, what);
                if (part.size() > packets && length > 0) {
                    long at = Long.parseLong(part.get(part.size() - 1).split("[ :]", -1)[1]);
                    assertTrue(at == length || (packets == 0 && at == 0), what + ": " + part.get(part.size() - 1));
                }
                read(CaptureBytes.gzip(Arrays.copyOf(capture, length)), what + ", packed");
            }
            number++;
        }
    }

    @Test
    void whatIsDamagedEndsCleanly() throws IOException {
        int number = 0;
        for (byte[] capture : captures()) {
            for (int seed = 0; seed < ROUNDS; seed++) {
                Random random = new Random(seed);
                byte[] damaged = capture.clone();
                for (int i = random.nextInt(4); i >= 0; i--) {
                    damage(damaged, random);
                }
                read(damaged, "capture " + number + ", seed " + seed);
                byte[] packed = CaptureBytes.gzip(capture);
                packed[random.nextInt(packed.length)] ^= (byte) (1 << random.nextInt(8));
                read(
                        Arrays.copyOf(packed, packed.length - random.nextInt(packed.length)),
                        "capture " + number + ", seed " + seed + ", packed");
            }
            number++;
        }
    }

    private static void damage(byte[] bytes, Random random) {
        int at = random.nextInt(bytes.length);
        switch (random.nextInt(4)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) random.nextInt(256);
            case 2 -> Arrays.fill(bytes, at, Math.min(bytes.length, at + 4), (byte) 0xff);
            default -> Arrays.fill(bytes, at & ~3, Math.min(bytes.length, (at & ~3) + 4), (byte) 0);
        }
    }

    /** A wrong capture, and what is said of it. */
    record Wrong(String name, CaptureBytes capture, String message) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Wrong> wrong() {
        CaptureBytes ng = new CaptureBytes(ByteOrder.LITTLE_ENDIAN);
        byte[] packet = new byte[10];
        return List.of(
                new Wrong(
                        "a record of 2 GB",
                        CaptureBytes.pcap()
                                .record(0, 0, 10, packet)
                                .u64(0)
                                .u32(0x7fff_ffff)
                                .u32(0x7fff_ffff),
                        "byte 50: packet 2 of 2147483647 bytes (expected: at most 16777216)"),
                new Wrong(
                        "a record of 16 MB that is not there",
                        CaptureBytes.pcap().u64(0).u32(1 << 24).u32(1 << 24),
                        "byte 40: the capture ends inside packet 1, which begins at byte 24 (expected: 16777216 more bytes)"),
                new Wrong(
                        "version",
                        ng.part().u32(0xa1b2c3d4).u16(3).u16(1).u64(0).u64(1),
                        "byte 4: pcap version 3.1 (expected: 2.4)"),
                new Wrong(
                        "a header cut off",
                        ng.part().u32(0xa1b2c3d4).u16(2),
                        "byte 6: the capture ends inside the header of the file (expected: 24 bytes)"),
                new Wrong(
                        "a block of 4 GB",
                        CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN)
                                .u32(77)
                                .u32(0xffff_fffcL)
                                .u64(0),
                        "byte 44: the capture ends inside a block after packet 0, which begins at byte 28 (expected: 4294967276 more bytes)"),
                new Wrong(
                        "a packet block of 2 GB",
                        CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN)
                                .u32(6)
                                .u32(0x7fff_fffcL)
                                .u64(0),
                        "byte 28: block of type 0x6 with 2147483644 bytes (expected: 32..17825792)"),
                new Wrong(
                        "a block of no length",
                        CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN)
                                .u32(77)
                                .u32(0)
                                .u64(0),
                        "byte 28: block of 0 bytes (expected: a multiple of 4, at least 12)"),
                new Wrong(
                        "a packet longer than its block",
                        CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN)
                                .describe(1, 0)
                                .block(6, ng.part().u32(0).u64(0).u32(5).u32(5).u32(0)),
                        "byte 48: packet 1 of 5 bytes (expected: at most 4, what is in its block)"),
                new Wrong(
                        "a packet of no interface",
                        CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN).enhanced(0, 0, 10, packet),
                        "byte 28: packet 1 of interface 0 (expected: one of the 0 described before it, from 0)"),
                new Wrong(
                        "lengths that differ",
                        CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN)
                                .u32(77)
                                .u32(16)
                                .u32(0)
                                .u32(20),
                        "byte 40: block length 20 after the block (expected: 16, as before it)"),
                new Wrong(
                        "byte order",
                        ng.part().u32(0x0a0d0d0a).u32(28).u32(0x1a2b3c4e),
                        "byte 0: byte-order magic 0x4e3c2b1a (expected: 0x1a2b3c4d)"),
                new Wrong(
                        "pcapng version",
                        ng.part()
                                .block(
                                        0x0a0d0d0a,
                                        ng.part().u32(0x1a2b3c4d).u16(2).u16(0).u64(-1)),
                        "byte 0: pcapng version 2.0 (expected: 1.0)"),
                new Wrong(
                        "an option longer than its block",
                        CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN)
                                .block(1, ng.part().u32(1).u32(0).u16(2).u16(9).u32(0)),
                        "byte 44: option of 9 bytes (expected: at most 4)"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrong")
    void saysWhereAndWhat(Wrong it) {
        List<String> lines = read(it.capture.toByteArray(), it.name);
        assertEquals(it.message, lines.get(lines.size() - 1));
    }

    /** Millions of interfaces are refused, not remembered. */
    @Test
    void remembersOnlySoManyInterfaces() throws IOException {
        CaptureBytes capture = CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i <= 65536; i++) {
            capture.describe(1, 0);
        }
        assertEquals(
                List.of("byte 1310748: one interface more (expected: at most 65536 in a section)"),
                read(capture.toByteArray(), "interfaces"));
    }

    /** Whatever a length field says: what is in memory is what was read, and what is skipped is not kept. */
    @Test
    void skipsLongBlocksInLittleMemory() throws IOException {
        byte[] start = CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN)
                .u32(77)
                .u32(1 << 28)
                .toByteArray();
        InputStream zeros = Command.repeated("\0", (1L << 28) - 8);
        long before = allocated();
        try (CaptureReader reader =
                CaptureReader.open(new SequenceInputStream(new ByteArrayInputStream(start), zeros))) {
            CaptureException e = assertThrows(CaptureException.class, reader::next);
            assertEquals(
                    "byte 268435480: block length 0 after the block (expected: 268435456, as before it)",
                    e.getMessage());
        }
        assertTrue(allocated() - before < 4_000_000, () -> "allocated " + (allocated() - before));
    }

    /** A length field of 16 MiB in a file of 70 kB: the window grows with what is read, not to what is claimed. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void growsOnlyByWhatIsThere(boolean isPcapng) throws IOException {
        CaptureBytes bytes = isPcapng
                ? CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN)
                        .describe(1, 0)
                        .u32(6)
                        .u32(1 << 24)
                : CaptureBytes.pcap().u32(1).u32(0).u32(1 << 24).u32(1 << 24);
        byte[] capture = bytes.bytes(new byte[70_000]).toByteArray();
        CaptureReaderTest.read(capture); // loads the classes
        try (CaptureReader reader = CaptureReader.open(new ByteArrayInputStream(capture))) {
            long before = allocated();
            assertThrows(CaptureException.class, reader::next);
            assertTrue(allocated() - before < 1_000_000, () -> "allocated " + (allocated() - before));
        }
    }

    /** What was allocated for the window and little else, however many packets there are. */
    @Test
    void makesNoGarbagePerPacket() throws IOException {
        CaptureBytes bytes = CaptureBytes.pcap();
        for (int i = 0; i < 100_000; i++) {
            bytes.record(i, 0, 14, new byte[14]);
        }
        byte[] capture = bytes.toByteArray();
        long before = allocated();
        try (CaptureReader reader = CaptureReader.open(new ByteArrayInputStream(capture))) {
            long last = 0;
            for (CapturedPacket packet = reader.next(); packet != null; packet = reader.next()) {
                last = packet.number();
            }
            assertEquals(100_000, last);
        }
        assertTrue(allocated() - before < 1_000_000, () -> "allocated " + (allocated() - before));
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
