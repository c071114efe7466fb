package io.github.nettybpf.tools.capture;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.ZipException;

/** Decompressed data. What is wrong with the compressed data becomes a {@link CaptureException}. */
final class DecompressedStream extends FilterInputStream {
    private final Compression compression;
    private final PeekingStream packed;
    private long position;

    DecompressedStream(Compression compression, PeekingStream packed, InputStream in) {
        super(in);
        this.compression = compression;
        this.packed = packed;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int start, int length) throws IOException {
        try {
            int count = in.read(bytes, start, length);
            position += Math.max(0, count);
            return count;
        } catch (EOFException e) {
            throw packed.hasThrown(e) ? e : broken("the " + compression.title() + " data ends here (expected: more)");
        } catch (ZipException e) {
            throw broken("damaged gzip data: " + e.getMessage());
        } catch (IOException e) {
            throw packed.hasThrown(e) ? e : broken(compression.title() + " data: " + e.getMessage());
        } catch (RuntimeException e) {
            throw broken("damaged " + compression.title() + " data: " + e); // the library took it for sound
        }
    }

    private CaptureException broken(String problem) {
        return new CaptureException(position, problem + "; counted in the decompressed data");
    }
}
