package io.github.nettybpf.tools;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/**
 * A stream with a progress bar: one line on standard error that shows how much has been read. It appears one second
 * after the start and is erased when the stream is closed.
 */
final class Progress extends FilterInputStream {
    private static final long FIRST_NANOS = 1_000_000_000;
    private static final long EVERY_NANOS = 100_000_000;
    private static final int BAR = 30;
    private static final int MOST_NAME = 24;
    private static final int LINE = 79;

    private final PrintWriter terminal;
    private final String name;

    /** In bytes, negative if it is not known. */
    private final long size;

    private long read;
    private long showAt = System.nanoTime() + FIRST_NANOS;
    private boolean isShown;

    private Progress(InputStream in, PrintWriter terminal, String name, long size) {
        super(in);
        this.terminal = terminal;
        this.name = name.length() <= MOST_NAME ? name : "..." + name.substring(name.length() - MOST_NAME + 3);
        this.size = size;
    }

    /**
     * {@return the stream, with a progress bar if there is a terminal}
     *
     * @param terminal standard error, or null if it is not a terminal
     * @param size the bytes in the stream, negative if that is not known
     */
    static InputStream shown(InputStream in, @Nullable PrintWriter terminal, String name, long size) {
        return terminal == null ? in : new Progress(in, terminal, name, size);
    }

    @Override
    public int read() throws IOException {
        int value = in.read();
        advance(value < 0 ? 0 : 1);
        return value;
    }

    @Override
    public int read(byte[] bytes, int start, int length) throws IOException {
        int count = in.read(bytes, start, length);
        advance(count);
        return count;
    }

    private void advance(int count) {
        read += Math.max(0, count);
        long now = System.nanoTime();
        if (now - showAt >= 0) {
            showAt = now + EVERY_NANOS;
            isShown = true;
            terminal.print("\r" + line(name, read, size));
            terminal.flush();
        }
    }

    static String line(String name, long read, long size) {
        String megabytes = read / 1_000_000 + " MB";
        if (size <= 0 || read > size) {
            return name + "  " + megabytes;
        }
        int done = (int) (read * BAR / size);
        return String.format(
                "%s  [%s%s] %3d %%  %s", name, "#".repeat(done), " ".repeat(BAR - done), read * 100 / size, megabytes);
    }

    @Override
    public void close() throws IOException {
        if (isShown) {
            terminal.print("\r" + " ".repeat(LINE) + "\r");
            terminal.flush();
        }
        in.close();
    }
}
