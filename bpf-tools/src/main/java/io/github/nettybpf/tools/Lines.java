package io.github.nettybpf.tools;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * The lines of a stream, one at a time, in memory that grows with the longest line but not beyond the limit. Lines end
 * with a line feed, which a carriage return may stand before.
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
     * Reads lines.
     *
     * @param in where from
     * @param limit how many bytes of a line are kept
     * @param beforeWaiting what to do whenever reading on may have to wait
     */
    public Lines(InputStream in, int limit, Runnable beforeWaiting) {
        this.in = in;
        this.limit = limit;
        this.beforeWaiting = beforeWaiting;
    }

    /** {@return whether there was one more line} */
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

    /** {@return whether the line was longer than the limit}; what was beyond it is lost. */
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
