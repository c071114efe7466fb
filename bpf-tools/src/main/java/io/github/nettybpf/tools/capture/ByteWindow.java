package io.github.nettybpf.tools.capture;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.ZipException;

/** A stream seen through an array that slides along it. The array grows only by what has been read. */
final class ByteWindow {
    private static final int SIZE = 1 << 16;
    private static final VarHandle LITTLE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle BIG = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private final InputStream in;
    private final boolean isUnpacked;
    private byte[] bytes = new byte[SIZE];
    private int start;
    private int end;
    private long position;
    private boolean bigEndian;

    /**
     * A window at the beginning of a stream.
     *
     * @param isUnpacked whether the stream unpacks gzip
     */
    ByteWindow(InputStream in, boolean isUnpacked) {
        this.in = in;
        this.isUnpacked = isUnpacked;
    }

    /** The byte order of what is read from here on. */
    void order(ByteOrder order) {
        bigEndian = order == ByteOrder.BIG_ENDIAN;
    }

    ByteOrder order() {
        return bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    }

    /** {@return how many bytes of the stream are behind} */
    long position() {
        return position;
    }

    /** {@return how many bytes are in the array}, ahead */
    int ahead() {
        return end - start;
    }

    /** {@return the array}, in which the byte at {@link #position} is at {@link #arrayStart}. */
    byte[] array() {
        return bytes;
    }

    int arrayStart() {
        return start;
    }

    /** {@return whether so many bytes are ahead}; if so, they are in the array now. */
    boolean has(int count) throws IOException {
        return end - start >= count || fill(count);
    }

    private boolean fill(int count) throws IOException {
        System.arraycopy(bytes, start, bytes, 0, end - start);
        end -= start;
        start = 0;
        while (end < count) {
            if (end == bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(Math.min(count, 2 * end), SIZE));
            }
            int read = read();
            if (read < 0) {
                return false;
            }
            end += read;
        }
        return true;
    }

    private int read() throws IOException {
        try {
            return in.read(bytes, end, bytes.length - end);
        } catch (EOFException | ZipException e) {
            if (!isUnpacked) {
                throw e;
            }
            String problem = e instanceof EOFException
                    ? "the gzip data ends here (expected: more)"
                    : "damaged gzip data: " + e.getMessage();
            throw new CaptureException(position + end - start, problem + "; counted in what was unpacked");
        }
    }

    /** {@return the four bytes at a distance ahead} which {@link #has} has brought. */
    int i32(int ahead) {
        return (int) (bigEndian ? BIG : LITTLE).get(bytes, start + ahead);
    }

    long u32(int ahead) {
        return Integer.toUnsignedLong(i32(ahead));
    }

    int u16(int ahead) {
        int first = bytes[start + ahead] & 0xff;
        int second = bytes[start + ahead + 1] & 0xff;
        return bigEndian ? first << 8 | second : second << 8 | first;
    }

    int u8(int ahead) {
        return bytes[start + ahead] & 0xff;
    }

    /** Leaves bytes behind which {@link #has} has brought. They stay in the array until it is called again. */
    void pass(int count) {
        start += count;
        position += count;
    }

    /** {@return whether so many bytes were there to leave behind} */
    boolean skip(long count) throws IOException {
        long left = count;
        while (left > ahead()) {
            left -= ahead();
            pass(ahead());
            if (!has(1)) {
                return false;
            }
        }
        pass((int) left);
        return true;
    }
}
