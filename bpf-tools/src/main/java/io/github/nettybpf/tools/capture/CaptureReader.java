package io.github.nettybpf.tools.capture;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Reads a capture, pcap or pcapng, plain or gzipped: both byte orders, time stamps of every unit, several interfaces
 * and sections, simple and obsolete packet blocks. Allocates nothing per packet, and needs no more memory than the
 * longest packet (at most 16 MiB), whatever the capture claims. For one thread.
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
    private static final int GZIP = 0x1f8b;

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
            boolean isPacked = plain.peek16() == GZIP;
            ByteWindow window = new ByteWindow(isPacked ? decompress(plain) : plain, isPacked);
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

    private static InputStream decompress(InputStream packed) throws IOException {
        try {
            return new GZIPInputStream(packed, 1 << 16);
        } catch (EOFException e) {
            throw new CaptureException(0, "cut off in its gzip header");
        } catch (ZipException e) {
            throw new CaptureException(0, "damaged gzip header: " + e.getMessage());
        }
    }

    private static String start(ByteWindow window) throws IOException {
        if (!window.has(4)) {
            return window.available() == 0 ? "nothing" : "only " + window.available() + " bytes";
        }
        window.order(ByteOrder.BIG_ENDIAN);
        return String.format("0x%08x", window.i32(0));
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

    /** {@link GZIPInputStream} looks for another member after the first only if {@code available()} is not 0. */
    private static final class PeekingStream extends PushbackInputStream {
        PeekingStream(InputStream in) {
            super(in, 2);
        }

        /** {@return the next two bytes, without reading past them, or -1 if there are not two} */
        int peek16() throws IOException {
            byte[] two = new byte[2];
            int count = in.readNBytes(two, 0, 2);
            unread(two, 0, count);
            return count < 2 ? -1 : (two[0] & 0xff) << 8 | (two[1] & 0xff);
        }

        @Override
        public int available() throws IOException {
            int known = super.available();
            if (known > 0) {
                return known;
            }
            int next = read();
            if (next < 0) {
                return 0;
            }
            unread(next);
            return 1;
        }
    }
}
