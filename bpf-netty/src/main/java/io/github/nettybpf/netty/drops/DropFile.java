package io.github.nettybpf.netty.drops;

import io.github.nettybpf.netty.pcapng.PcapngBlocks;
import io.github.nettybpf.netty.pcapng.SampleInterface;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes samples of dropped packets to a pcapng file, which tcpdump and Wireshark read. The comment of each packet says
 * why it was dropped, for example {@code dropped by the program: insn 1: jeq #53: no: insn 5: ret #0; 1 in 50; IP and UDP
 * header made up from the addresses}: of a datagram an application has the payload and the addresses alone. What is
 * neither that nor a frame or an IP packet, for example a part of a stream, has link type USER0.
 *
 * <p>A file that becomes too long is renamed, from {@code drops.pcapng} to {@code drops.1.pcapng}, that to {@code
 * drops.2.pcapng} and so on, and the oldest is deleted; each is complete by itself. The same happens to a file that is
 * there already. Only its owner can read a file, where the file system has POSIX permissions: packets may be private.
 *
 * <p>Each sample is written at once and by one call, so that a reader of the file sees it. If that fails, for example
 * because the disk is full, {@link #dropped} throws, the sample is lost, the file keeps those before it, and the next
 * sample is tried again. A file that somebody else has moved or deleted is followed by a new one of its name.
 *
 * <pre>{@code
 * DropFile file = DropFile.open(Path.of("drops.pcapng"), 10_000_000, 5);
 * BpfFilterHandler.builder(program).sampleDrops(100, file)
 * }</pre>
 *
 * <p>For any threads, one at a time; others wait. No other process may write files of the same name. Whoever opens it
 * closes it, when the handlers are gone.
 */
public final class DropFile implements DropListener, Closeable {
    /** The least limit in bytes: one sample, however long, fits in a file. */
    public static final long MIN_BYTES = 1 << 18;

    private static final String ABOUT =
            "Samples of packets that a netty-bpf handler has dropped. The comment of each packet" + " says why.";
    private static final int NANOSECONDS = 9;
    private static final int INBOUND = 1;

    private final Path path;
    private final long mostBytes;
    private final RotatingFile file;
    private final PcapngBlocks blocks = new PcapngBlocks();

    /** What the file describes, in the order of their numbers. */
    private final List<SampleKind> described = new ArrayList<>();

    private boolean isClosed;

    private DropFile(Path path, long mostBytes, int olderFiles) {
        this.path = path;
        this.mostBytes = mostBytes;
        this.file = new RotatingFile(path, olderFiles);
    }

    /**
     * {@return an empty file, to be closed}
     *
     * @param path its name, on the default file system; what it stands for becomes the first of the older files
     * @param mostBytes how long a file becomes at most, at least {@value #MIN_BYTES}
     * @param olderFiles how many older files are kept besides, from 0
     * @throws IOException if it cannot be created, or the name is not that of a regular file
     * @throws IllegalArgumentException if a number is out of range
     */
    public static DropFile open(Path path, long mostBytes, int olderFiles) throws IOException {
        if (mostBytes < MIN_BYTES) {
            throw new IllegalArgumentException("mostBytes: " + mostBytes + " (expected: >= " + MIN_BYTES + ")");
        }
        if (olderFiles < 0) {
            throw new IllegalArgumentException("olderFiles: " + olderFiles + " (expected: >= 0)");
        }
        DropFile opened = new DropFile(path, mostBytes, olderFiles);
        opened.begin();
        try {
            opened.append();
        } catch (IOException e) {
            opened.file.abandon(e);
            throw e;
        }
        return opened;
    }

    /**
     * Writes a sample.
     *
     * @param packet the sample
     * @throws IOException if it cannot be written, or this is closed
     */
    @Override
    public synchronized void dropped(DroppedPacket packet) throws IOException {
        if (isClosed) {
            throw new IOException(path + ": closed (expected: no samples after that)");
        }
        blocks.clear();
        if (!file.isThere()) {
            begin();
        } else if (file.length() == 0) {
            section();
        }
        int known = described.size();
        write(packet);
        if (file.length() + blocks.length() > mostBytes) {
            begin();
            known = 0;
            write(packet);
        }
        try {
            append();
        } catch (IOException e) {
            described.subList(known, described.size()).clear();
            throw e;
        }
    }

    private void begin() throws IOException {
        described.clear();
        file.begin();
        blocks.clear();
        section();
    }

    private void section() {
        String version = DropFile.class.getPackage().getImplementationVersion();
        blocks.section(ByteOrder.LITTLE_ENDIAN)
                .option(PcapngBlocks.COMMENT, ABOUT)
                .option(PcapngBlocks.SECTION_APPLICATION, version == null ? "netty-bpf" : "netty-bpf " + version)
                .end();
    }

    private void append() throws IOException {
        file.append(blocks.array(), blocks.length());
    }

    private int number(SampleKind kind) {
        int known = described.indexOf(kind);
        if (known >= 0) {
            return known;
        }
        described.add(kind);
        blocks.describe(kind.linkType())
                .option(PcapngBlocks.INTERFACE_NAME, SampleInterface.name(kind.placement()))
                .option(PcapngBlocks.INTERFACE_DESCRIPTION, kind.description())
                .option(PcapngBlocks.INTERFACE_RESOLUTION, NANOSECONDS, 1)
                .end();
        return described.size() - 1;
    }

    private void write(DroppedPacket packet) {
        SampleKind kind = SampleKind.of(packet);
        long stamp = ChronoUnit.NANOS.between(Instant.EPOCH, packet.time());
        int number = number(kind);
        byte[] content = new byte[packet.content().remaining()];
        packet.content().get(content);
        byte[] headers = {};
        int captured = content.length;
        if (kind.hasMadeUpHeaders()) {
            headers = MadeUpHeaders.of(packet.sender(), packet.recipient(), packet.content(), packet.length());
            captured = Math.min(captured, MadeUpHeaders.room(headers.length));
        }
        blocks.packet(number, stamp, headers.length + captured, headers.length + packet.length())
                .data(headers, 0, headers.length)
                .data(content, 0, captured)
                .option(PcapngBlocks.COMMENT, kind.comment(packet))
                .option(PcapngBlocks.PACKET_FLAGS, INBOUND, 4)
                .end();
    }

    /** {@return the name of the file and its limit, and whether it is closed} */
    @Override
    public synchronized String toString() {
        return "DropFile(" + path + ", " + (isClosed ? "closed" : "at most " + mostBytes + " bytes") + ')';
    }

    /**
     * Closes the file. One without samples describes an interface then, because tcpdump opens none without. Has no effect
     * the second time.
     *
     * @throws IOException if that cannot be written; the file is closed nevertheless
     */
    @Override
    public synchronized void close() throws IOException {
        if (isClosed) {
            return;
        }
        isClosed = true;
        try (RotatingFile closing = file) {
            if (described.isEmpty() && closing.isThere()) {
                blocks.clear();
                if (closing.length() == 0) {
                    section();
                }
                number(SampleKind.DATAGRAM);
                append();
            }
        }
    }
}
