package io.github.nettybpf.tools.capture;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * How a file is compressed, by the bytes that it starts with. All but gzip need a library that is optional; some are
 * only known by name, to say what to do.
 */
enum Compression {
    GZIP("gzip", "1f8b", "gzip -dc"),
    ZSTD("zstd", "28b52ffd", "zstd -dc"),
    XZ("xz", "fd377a585a00", "xz -dc"),
    LZ4("lz4", "04224d18", "lz4 -dc"),
    BZIP2("bzip2", "425a68", "bzip2 -dc"),
    LEGACY_LZ4("lz4", "02214c18", "lz4 -dc"),
    COMPRESS("compress", "1f9d", "gzip -dc"),
    LZIP("lzip", "4c5a4950", "lzip -dc"),
    ZIP("zip", "504b0304", "unzip -p"),
    SEVEN_ZIP("7z", "377abcaf271c", "7z e -so");

    /** The length of the longest magic. */
    static final int MAX_MAGIC = 6;

    /** What xz may use for its dictionary: {@code xz -9} needs half of it. */
    private static final int MAX_XZ_KIBIBYTES = 128 << 10;

    private final String title;
    private final String magic;
    private final String command;

    Compression(String title, String magic, String command) {
        this.title = title;
        this.magic = magic;
        this.command = command;
    }

    /** {@return the compression of a file that starts with these bytes, or null if it is not known to have one} */
    static @Nullable Compression of(byte[] start) {
        String digits = HexFormat.of().formatHex(start);
        for (Compression compression : values()) {
            if (digits.startsWith(compression.magic)) {
                return compression;
            }
        }
        return null;
    }

    /** {@return the name that its tool has} */
    String title() {
        return title;
    }

    /**
     * {@return a stream of the decompressed data}
     *
     * @throws CaptureException if the header is damaged, or there is no library for it
     */
    InputStream decompress(PeekingStream packed) throws IOException {
        try {
            return new DecompressedStream(this, packed, open(packed));
        } catch (CaptureException e) {
            throw e;
        } catch (EOFException e) {
            throw new CaptureException(0, "cut off in its " + title + " header");
        } catch (ZipException e) {
            throw new CaptureException(0, "damaged gzip header: " + e.getMessage());
        } catch (LinkageError e) {
            throw new CaptureException(
                    0, title + " data, without the library for it (expected: what '" + command + " FILE' writes)");
        } catch (IOException e) {
            throw packed.hasThrown(e) ? e : new CaptureException(0, title + " header: " + e.getMessage());
        }
    }

    private InputStream open(PeekingStream packed) throws IOException {
        return switch (this) {
            case GZIP -> new GZIPInputStream(packed, 1 << 16);
            case ZSTD -> Zstd.open(packed);
            case XZ -> Xz.open(packed);
            case LZ4 -> Lz4.open(new BufferedInputStream(packed, 1 << 16));
            case BZIP2 -> Bzip2.open(new BufferedInputStream(packed, 1 << 16));
            case LEGACY_LZ4, COMPRESS, LZIP, ZIP, SEVEN_ZIP ->
                throw new CaptureException(0, title + " data (expected: what '" + command + " FILE' writes)");
        };
    }

    // Each library is linked when its class is, and so is missed only where it is needed.

    private static final class Zstd {
        static InputStream open(InputStream packed) throws IOException {
            return new ZstdInputStream(packed);
        }
    }

    private static final class Xz {
        static InputStream open(InputStream packed) throws IOException {
            return new XZInputStream(packed, MAX_XZ_KIBIBYTES);
        }
    }

    private static final class Lz4 {
        static InputStream open(InputStream packed) throws IOException {
            return new FramedLZ4CompressorInputStream(packed, true);
        }
    }

    private static final class Bzip2 {
        static InputStream open(InputStream packed) throws IOException {
            return new BZip2CompressorInputStream(packed, true);
        }
    }
}
