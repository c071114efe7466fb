package io.github.nettybpf.tools.capture;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads a capture, pcap or pcapng, plain or compressed by gzip, zstd, xz, lz4 or bzip2: both byte orders, time stamps
 * of every unit, several interfaces and sections, simple and obsolete packet blocks. Allocates nothing per packet, and
 * needs no more memory than the longest packet (at most 16 MiB), whatever the capture claims, and what decompresses it.
 * For one thread.
 *
 * <p>Existing libraries do not serve: pcap4j is a binding to the native libpcap, io.pkts reads pcap only, and java-pcap
 * allocates an object per block.
 *
 * <pre>{@code
 * try (CaptureReader reader = CaptureReader.open(path)) {
 *     for (CapturedPacket packet = reader.next(); packet != null; packet = reader.next()) {
 *         passes += filter.run(packet) != 0 ? 1 : 0;
 *     }
 * }
 * }</pre>
 */
public final class CaptureReader implements AutoCloseable {
    private final InputStream in;
    private final CaptureFormat format;
    private final CapturedPacket packet =
            new CapturedPacket(new CaptureInterface(LinkTypes.EN10MB, ByteOrder.BIG_ENDIAN, "", 0, 0));

    private CaptureReader(InputStream in, CaptureFormat format) {
        this.in = in;
        this.format = format;
    }

    /**
     * {@return a reader of a file, to be closed}
     *
     * @param file the file
     * @throws CaptureException if it is not a capture
     * @throws IOException if it cannot be read
     */
    public static CaptureReader open(Path file) throws IOException {
        return open(Files.newInputStream(file));
    }

    /**
     * {@return a reader of a stream, to be closed} The reader closes the stream, and so does this method if it throws.
     *
     * @param in the stream; need not be buffered
     * @throws CaptureException if it is not a capture
     * @throws IOException if it cannot be read
     */
    public static CaptureReader open(InputStream in) throws IOException {
        PeekingStream plain = new PeekingStream(in);
        try {
            Compression compression = Compression.of(plain.peek());
            ByteWindow window = new ByteWindow(compression == null ? plain : compression.decompress(plain));
            CaptureFormat format = PcapFormat.begin(window);
            if (format == null) {
                format = PcapngFormat.begin(window);
            }
            if (format == null) {
                throw new CaptureException(0, start(window) + " (expected: a capture in pcap or pcapng format)");
            }
            return new CaptureReader(in, format);
        } catch (IOException | RuntimeException e) {
            try {
                in.close();
            } catch (IOException closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }

    /** {@return whether a file that starts with these bytes, six if it has so many, is compressed} */
    public static boolean isCompressed(byte[] start) {
        return Compression.of(start) != null;
    }

    private static String start(ByteWindow window) throws IOException {
        if (!window.has(4)) {
            return window.available() == 0 ? "nothing" : "only " + window.available() + " bytes";
        }
        window.order(ByteOrder.BIG_ENDIAN);
        return String.format("0x%08x", window.i32(0));
    }

    /** {@return the first interface of the capture, or null if there is none before the packets that were read} */
    public @Nullable CaptureInterface firstInterface() {
        return format.firstInterface();
    }

    /**
     * {@return the next packet, or null at the end} It is the same object each time, overwritten with the next packet.
     *
     * @throws CaptureException if the capture is damaged or cut off here; there are no more packets then
     * @throws IOException if it cannot be read
     */
    public @Nullable CapturedPacket next() throws IOException {
        return format.next(packet) ? packet : null;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
