package io.github.nettybpf.tools.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class CompressionTest {
    private static final byte[] CAPTURE = CaptureBytes.pcap()
            .record(1, 2, 4, new byte[] {1, 2, 3, 4})
            .record(1, 3, 3000, new byte[3000])
            .toByteArray();

    private static byte[] compressed(Compression compression, byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = compressing(compression, packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }

    private static OutputStream compressing(Compression compression, OutputStream out) throws IOException {
        return switch (compression) {
            case GZIP -> new GZIPOutputStream(out);
            case ZSTD -> new ZstdOutputStream(out).setChecksum(true);
            case XZ -> new XZOutputStream(out, new LZMA2Options());
            case LZ4 -> new FramedLZ4CompressorOutputStream(out);
            case BZIP2 -> new BZip2CompressorOutputStream(out);
            default -> throw new AssertionError(compression);
        };
    }

    @ParameterizedTest
    @EnumSource(names = {"GZIP", "ZSTD", "XZ", "LZ4", "BZIP2"})
    void readsCompressedCaptures(Compression compression) throws IOException {
        byte[] packed = compressed(compression, CAPTURE);
        List<String> packets = CaptureReaderTest.read(CAPTURE);
        assertEquals(2, packets.size());
        assertEquals(packets, CaptureReaderTest.read(packed));
        assertEquals(compression, Compression.of(packed));
        // Several in one file, as parallel compressors and cat write them.
        ByteArrayOutputStream two = new ByteArrayOutputStream();
        two.writeBytes(compressed(compression, Arrays.copyOf(CAPTURE, 30)));
        two.writeBytes(compressed(compression, Arrays.copyOfRange(CAPTURE, 30, CAPTURE.length)));
        assertEquals(packets, CaptureReaderTest.read(two.toByteArray()));
    }

    /** Whatever the bytes are, the capture is read or there is a message, which counts from the start of the capture. */
    @ParameterizedTest
    @EnumSource(names = {"GZIP", "ZSTD", "XZ", "LZ4", "BZIP2"})
    void saysThatCompressedDataAreCutOffOrDamaged(Compression compression) throws IOException {
        byte[] packed = compressed(compression, CAPTURE);
        for (int length = Compression.MAX_MAGIC; length < packed.length; length++) {
            List<String> read = CaptureReaderTest.read(Arrays.copyOf(packed, length));
            String last = read.get(read.size() - 1);
            assertTrue(last.contains(compression.title()) || read.size() == 2, last);
            byte[] damaged = packed.clone();
            damaged[length] ^= 0x55;
            CaptureReaderTest.read(damaged);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "02214c18, lz4, lz4 -dc",
        "1f9d90, compress, gzip -dc",
        "4c5a495001, lzip, lzip -dc",
        "504b030414, zip, unzip -p",
        "377abcaf271c00, 7z, 7z e -so"
    })
    void saysWhatToDoWithOthers(String magic, String title, String command) {
        assertEquals(
                List.of("byte 0: " + title + " data (expected: what '" + command + " FILE' writes)"),
                CaptureReaderTest.read(HexFormat.of().parseHex(magic)));
    }

    /** The libraries are optional: here the classes of this package are loaded where those of the libraries are not. */
    @ParameterizedTest
    @CsvSource({"ZSTD, zstd, zstd -dc", "XZ, xz, xz -dc", "LZ4, lz4, lz4 -dc", "BZIP2, bzip2, bzip2 -dc"})
    void saysWhatToDoWithoutTheLibrary(Compression compression, String title, String command) throws Exception {
        Class<?> reader = Class.forName(CaptureReader.class.getName(), true, new WithoutLibraries());
        assertNotEquals(CaptureReader.class, reader);
        byte[] gzipped = compressed(Compression.GZIP, CAPTURE);
        ((AutoCloseable) reader.getMethod("open", InputStream.class).invoke(null, new ByteArrayInputStream(gzipped)))
                .close();
        String message = "";
        try {
            byte[] packed = compressed(compression, CAPTURE);
            reader.getMethod("open", InputStream.class).invoke(null, new ByteArrayInputStream(packed));
        } catch (InvocationTargetException e) {
            message = e.getCause().getMessage();
        }
        assertEquals(
                "byte 0: " + title + " data, without the library for it (expected: what '" + command + " FILE' writes)",
                message);
    }

    private static final class WithoutLibraries extends ClassLoader {
        private static final String OURS = CaptureReader.class.getPackageName() + ".";

        WithoutLibraries() {
            super(CaptureReader.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("com.github.luben.")
                    || name.startsWith("org.tukaani.")
                    || name.startsWith("org.apache.")) {
                throw new ClassNotFoundException(name);
            } else if (!name.startsWith(OURS)) {
                return super.loadClass(name, resolve);
            }
            Class<?> known = findLoadedClass(name);
            return known != null ? known : define(name);
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream in = CaptureReader.class.getResourceAsStream(name.substring(OURS.length()) + ".class")) {
                byte[] bytes = in == null ? new byte[0] : in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    /** tcpdump of DG/UX wrote this version, with the lengths in the order of versions before 2.3. */
    @Test
    void readsTheVersionOfDgux() {
        byte[] capture = new CaptureBytes(ByteOrder.BIG_ENDIAN)
                .u32(0xa1b2c3d4L)
                .u16(543)
                .u16(0)
                .u32(0)
                .u32(0)
                .u32(262144)
                .u32(1)
                .u32(1)
                .u32(2)
                .u32(60)
                .u32(2)
                .bytes(new byte[] {7, 8})
                .toByteArray();
        assertEquals(List.of("1 1970-01-01T00:00:01.000002Z link 1  wire 60 0708"), CaptureReaderTest.read(capture));
        capture[7] = 1;
        assertEquals(List.of("byte 4: pcap version 543.1 (expected: 2.4)"), CaptureReaderTest.read(capture));
    }
}
