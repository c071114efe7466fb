package io.github.nettybpf.tools;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Standard output, buffered. Throws {@link UncheckedIOException} when writing fails, so that this cannot be taken for a
 * failure to read.
 */
public final class Output {
    private static final int BUFFER_BYTES = 1 << 16;

    private final OutputStream out;

    public Output(OutputStream out) {
        this.out = new BufferedOutputStream(out, BUFFER_BYTES);
    }

    public void print(String text) {
        try {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return a stream that writes here} Closing it flushes. It too throws {@link UncheckedIOException}. */
    public OutputStream stream() {
        return new OutputStream() {
            @Override
            public void write(int value) {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int start, int length) {
                try {
                    out.write(bytes, start, length);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }

            @Override
            public void flush() {
                Output.this.flush();
            }
        };
    }

    public void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
