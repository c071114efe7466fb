package io.github.nettybpf.tools;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Reads a stream line by line, in memory that grows with the longest line up to a limit. A line ends with LF or CR LF.
 */
public final class Lines {
    private final InputStream in;
    private final int limit;
    private final Runnable beforeWaiting;
    private final byte[] buffer = new byte[1 << 16];
    private int next;
    private int end;
    private byte[] line = new byte[1 << 12];
    private int length;
    private boolean cut;

    /**
     * A reader at the beginning of a stream.
     *
     * @param in the stream
     * @param limit how many bytes of a line are kept
     * @param beforeWaiting what to do before a read that may block
     */
    public Lines(InputStream in, int limit, Runnable beforeWaiting) {
        this.in = in;
        this.limit = limit;
        this.beforeWaiting = beforeWaiting;
    }

    /** {@return whether there was another line, which is now the current one} */
    public boolean advance() throws IOException {
        length = 0;
        cut = false;
        if (next == end && !fill()) {
            return false;
        }
        do {
            int start = next;
            while (next < end && buffer[next] != '\n') {
                next++;
            }
            append(start, next - start);
            if (next < end) {
                next++;
                break;
            }
        } while (fill());
        if (length > 0 && line[length - 1] == '\r') {
            length--;
        }
        return true;
    }

    /** {@return the bytes of the line, of which the first {@link #length} count, until the next {@link #advance}} */
    public byte[] bytes() {
        return line;
    }

    public int length() {
        return length;
    }

    /** {@return whether the line was longer than the limit} The bytes after that are lost. */
    public boolean isCut() {
        return cut;
    }

    private void append(int start, int count) {
        int kept = Math.min(count, limit - length);
        cut |= kept < count;
        if (length + kept > line.length) {
            line = Arrays.copyOf(line, Math.min(limit, Math.max(2 * line.length, length + kept)));
        }
        System.arraycopy(buffer, start, line, length, kept);
        length += kept;
    }

    private boolean fill() throws IOException {
        if (in.available() == 0) {
            beforeWaiting.run();
        }
        next = 0;
        end = Math.max(0, in.read(buffer));
        return end > 0;
    }
}
