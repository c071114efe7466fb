package io.github.nettybpf.tools.capture;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A stream whose beginning can be looked at. {@link java.util.zip.GZIPInputStream} looks for another member after the
 * first only if {@code available()} is not 0.
 */
final class PeekingStream extends PushbackInputStream {
    private @Nullable IOException thrown;

    PeekingStream(InputStream in) {
        super(in, Compression.MAX_MAGIC);
    }

    /** {@return the next bytes, without reading past them: as many as there are, up to the length of a magic} */
    byte[] peek() throws IOException {
        byte[] start = readNBytes(Compression.MAX_MAGIC);
        unread(start);
        return start;
    }

    /** {@return whether this stream threw the exception, and not what decompresses it} */
    boolean hasThrown(IOException e) {
        return e.equals(thrown);
    }

    @Override
    public int read() throws IOException {
        try {
            return super.read();
        } catch (IOException e) {
            thrown = e;
            throw e;
        }
    }

    @Override
    public int read(byte[] bytes, int start, int length) throws IOException {
        try {
            return super.read(bytes, start, length);
        } catch (IOException e) {
            thrown = e;
            throw e;
        }
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
