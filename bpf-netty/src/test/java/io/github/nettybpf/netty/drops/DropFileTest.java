package io.github.nettybpf.netty.drops;

import static io.github.nettybpf.netty.drops.Samples.RULE;
import static io.github.nettybpf.netty.drops.Samples.TIME;
import static io.github.nettybpf.netty.drops.Samples.address;
import static io.github.nettybpf.netty.drops.Samples.blocks;
import static io.github.nettybpf.netty.drops.Samples.datagram;
import static io.github.nettybpf.netty.drops.Samples.frame;
import static io.github.nettybpf.netty.drops.Samples.hex;
import static io.github.nettybpf.netty.drops.Samples.packets;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DropFileTest {
    private static final int MOST = 1 << 18;

    @TempDir
    private Path directory;

    private Path path() {
        return directory.resolve("drops.pcapng");
    }

    @Test
    void writesExactlyThis() throws IOException {
        try (DropFile file = DropFile.open(path(), MOST, 0)) {
            file.dropped(datagram(hex("0102030405"), 5, address("192.0.2.1", 40000), address("192.0.2.2", 53)));
        }
        String text = HexFormat.of().formatHex(Files.readAllBytes(path()));
        String version = DropFile.class.getPackage().getImplementationVersion(); // classes in a folder have none
        String application = version == null ? "netty-bpf" : "netty-bpf " + version;
        String about = "Samples of packets that a netty-bpf handler has dropped. The comment of each packet says why.";
        String comment = "dropped by the program: " + RULE + "; 1 in 50; IP and UDP header made up from the addresses";
        String description = "UDP datagrams, with IP and UDP headers made up from the addresses; programs see them from"
                + " the UDP header on";
        assertEquals(
                "0a0d0d0a" + block("4d3c2b1a01000000ffffffffffffffff" + option(1, about) + option(4, application))
                        + "01000000"
                        + block("65000000" + "00000000" + option(2, "netty-bpf udp_socket") + option(3, description)
                                + "0900010009000000")
                        + "06000000"
                        + block("00000000" + "f2ca8618" + "0632961c" + "21000000" + "21000000"
                                + "4500002100004000" + "4011b6c8" + "c0000201" + "c0000202"
                                + "9c400035000d" + "d654" + "0102030405" + "000000"
                                + option(1, comment) + "0200040001000000"),
                text);
    }

    private static String option(int code, String text) {
        byte[] value = text.getBytes(UTF_8);
        return String.format("%02x00%02x%02x", code, value.length & 0xff, value.length >>> 8)
                + HexFormat.of().formatHex(value)
                + "00".repeat(-value.length & 3);
    }

    /** A block after its type, with options at its end. */
    private static String block(String body) {
        String length = HexFormat.of()
                .formatHex(ByteBuffer.allocate(4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(body.length() / 2 + 16)
                        .array());
        return length + body + "00000000" + length;
    }

    @Test
    void saysWhyAndWhatBecameOfThePacket() throws IOException {
        try (DropFile file = DropFile.open(path(), MOST, 0)) {
            for (DropReason reason : DropReason.values()) {
                file.dropped(new DroppedPacket(
                        TIME,
                        new byte[0],
                        0,
                        false,
                        null,
                        null,
                        Placement.ETHERNET,
                        reason,
                        "insn 0: ret #0",
                        1,
                        true));
            }
            file.dropped(new DroppedPacket(
                    TIME,
                    new byte[0],
                    0,
                    false,
                    null,
                    null,
                    Placement.IP,
                    DropReason.PROGRAM,
                    "é".repeat(40_000),
                    2,
                    false));
        }
        List<String> comments =
                packets(path()).stream().map(Samples.Block::comment).toList();
        assertEquals(
                List.of(
                        "dropped by the program: insn 0: ret #0; passed on nevertheless: a dry run",
                        "dropped because the program reads what is not known here: insn 0: ret #0;"
                                + " passed on nevertheless: a dry run",
                        "its source is denied: insn 0: ret #0; passed on nevertheless: a dry run",
                        "its source is not allowed: insn 0: ret #0; passed on nevertheless: a dry run",
                        "kept, and the shadow program drops it: insn 0: ret #0",
                        "dropped, and the shadow program keeps it: insn 0: ret #0",
                        "kept, and the shadow program keeps another number of bytes: insn 0: ret #0",
                        "dropped by the program: " + "é".repeat((65535 - 25) / 2)),
                comments);
    }

    @Test
    void fileIsPrivateAndEmptyOnesCanBeRead() throws IOException, InterruptedException {
        DropFile file = DropFile.open(path(), MOST, 0);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path())));
        assertEquals(1, blocks(path()).size());
        assertEquals("DropFile(" + path() + ", at most " + MOST + " bytes)", file.toString());
        file.close();
        assertEquals("DropFile(" + path() + ", closed)", file.toString());
        file.close();
        assertEquals(
                List.of(0x0a0d0d0a, 1),
                blocks(path()).stream().map(Samples.Block::type).toList());
        IOException late = assertThrows(IOException.class, () -> file.dropped(frame(Placement.ETHERNET, new byte[14])));
        assertEquals(path() + ": closed (expected: no samples after that)", late.getMessage());
    }

    /** A file takes samples up to the last byte of the limit, and has all that it needs to be read. */
    @Test
    void rotatesAtTheLimit() throws IOException {
        // A packet block of 1,000 content bytes has 12 + 20 + 1,000 bytes, a comment of 4 + 20 bytes, flags, and the
        // end.
        int block = 12 + 20 + 1000 + 4 + 20 + 8 + 4;
        long start = startLength();
        int whole = 300;
        long most = start + (long) whole * block;
        try (DropFile file = DropFile.open(path(), most, 2)) {
            for (int i = 0; i < 3 * whole + 1; i++) {
                byte[] content = new byte[1000];
                content[0] = (byte) (i / whole);
                file.dropped(frame(Placement.ETHERNET, content));
            }
        }
        assertEquals(List.of("drops.1.pcapng", "drops.2.pcapng", "drops.pcapng"), names());
        assertEquals(most, Files.size(older(1)));
        assertEquals(most, Files.size(older(2)));
        assertEquals(start + block, Files.size(path()));
        for (int age = 0; age < 3; age++) {
            List<Samples.Block> blocks = blocks(older(age));
            assertEquals(age == 0 ? 3 : 2 + whole, blocks.size());
            assertEquals(0x0a0d0d0a, blocks.get(0).type());
            assertEquals(1, blocks.get(1).type());
            for (Samples.Block packet : packets(older(age))) {
                assertEquals(3 - age, packet.packet()[0]);
            }
        }
    }

    /** The longest sample that there can be fits in the smallest file. */
    @Test
    void leastLimitTakesTheLongestSample() throws IOException {
        try (DropFile file = DropFile.open(path(), DropFile.MIN_BYTES, 1)) {
            for (int i = 0; i < 2; i++) {
                file.dropped(new DroppedPacket(
                        TIME,
                        new byte[65535],
                        65535,
                        true,
                        address("2001:db8::1", 1),
                        null,
                        Placement.PAYLOAD,
                        DropReason.PROGRAM,
                        "x".repeat(70_000),
                        1,
                        false));
            }
        }
        assertEquals(List.of("drops.1.pcapng", "drops.pcapng"), names());
        assertEquals(1, packets(path()).size());
        assertTrue(Files.size(path()) < DropFile.MIN_BYTES);
    }

    private long startLength() throws IOException {
        Path other = directory.resolve("other");
        try (DropFile file = DropFile.open(other, MOST, 0)) {
            file.dropped(frame(Placement.ETHERNET, new byte[1000]));
        }
        long length = Files.size(other) - (12 + 20 + 1000 + 4 + 20 + 8 + 4);
        Files.delete(other);
        return length;
    }

    private Path older(int age) {
        return age == 0 ? path() : directory.resolve("drops." + age + ".pcapng");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void openingKeepsWhatIsThere() throws IOException {
        Files.writeString(path(), "a");
        DropFile.open(path(), MOST, 2).close();
        assertEquals("a", Files.readString(older(1)));
        Files.delete(path());
        Files.writeString(path(), "b");
        DropFile.open(path(), MOST, 2).close();
        assertEquals("b", Files.readString(older(1)));
        assertEquals("a", Files.readString(older(2)));
        DropFile.open(path(), MOST, 2).close();
        assertEquals("b", Files.readString(older(2)));
        // A gap is filled before one is deleted.
        Files.delete(older(1));
        DropFile.open(path(), MOST, 2).close();
        assertEquals("b", Files.readString(older(2)));
        DropFile.open(path(), MOST, 0).close();
        assertEquals(List.of("drops.1.pcapng", "drops.2.pcapng", "drops.pcapng"), names());
        Path bare = directory.resolve(".drops");
        Files.writeString(bare, "c");
        DropFile.open(bare, MOST, 1).close();
        assertEquals("c", Files.readString(directory.resolve(".drops.1")));
    }

    @Test
    void refusesOtherThanFiles() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), path());
        for (Path other : List.of(directory, link, Path.of("/dev/full"))) {
            IOException refused = assertThrows(IOException.class, () -> DropFile.open(other, MOST, 1));
            assertEquals(other + ": not a regular file (expected: one, or none)", refused.getMessage());
        }
        assertFalse(Files.exists(path()));
        assertEquals(
                "mostBytes: 262143 (expected: >= 262144)",
                assertThrows(IllegalArgumentException.class, () -> DropFile.open(path(), MOST - 1, 1))
                        .getMessage());
        assertEquals(
                "olderFiles: -1 (expected: >= 0)",
                assertThrows(IllegalArgumentException.class, () -> DropFile.open(path(), MOST, -1))
                        .getMessage());
    }

    /** What others do with the file loses at most the samples of that time. */
    @Test
    void followsAFileThatIsGone() throws IOException {
        Path folder = Files.createDirectory(directory.resolve("folder"));
        Path inFolder = folder.resolve("drops.pcapng");
        try (DropFile file = DropFile.open(inFolder, MOST, 1)) {
            file.dropped(frame(Placement.ETHERNET, new byte[14]));
            Files.delete(inFolder);
            file.dropped(frame(Placement.ETHERNET, new byte[15]));
            assertEquals(15, packets(inFolder).get(0).packet().length);
            Files.delete(inFolder);
            Files.delete(folder);
            for (int i = 0; i < 2; i++) {
                IOException failure =
                        assertThrows(IOException.class, () -> file.dropped(frame(Placement.ETHERNET, new byte[16])));
                assertEquals(inFolder.toString(), failure.getMessage());
            }
            Files.createDirectory(folder);
            file.dropped(frame(Placement.ETHERNET, new byte[17]));
        }
        assertEquals(3, blocks(inFolder).size());
        assertEquals(17, packets(inFolder).get(0).packet().length);
    }

    @Test
    void interruptDoesNotCloseIt() throws IOException {
        try (DropFile file = DropFile.open(path(), MOST, 1)) {
            Thread.currentThread().interrupt();
            file.dropped(frame(Placement.ETHERNET, new byte[14]));
            assertTrue(Thread.interrupted());
        }
        assertEquals(1, packets(path()).size());
    }
}
