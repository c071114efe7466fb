package io.github.nettybpf.tools.capture;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A sliding window on a stream: an array that grows with the bytes that were read, never to a length that a file
 * claims.
 */
final class ByteWindow {
    private static final int SIZE = 1 << 16;
    private static final VarHandle LITTLE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle BIG = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private final InputStream in;
    private byte[] bytes = new byte[SIZE];
    private int start;
    private int end;
    private long position;
    private boolean bigEndian;

    /** A window at the beginning of a stream. */
    ByteWindow(InputStream in) {
        this.in = in;
    }

    /** Sets the byte order of the integers that are read from now on. */
    void order(ByteOrder order) {
        bigEndian = order == ByteOrder.BIG_ENDIAN;
    }

    ByteOrder order() {
        return bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    }

    /** {@return the offset in the stream of the first byte of the window} */
    long position() {
        return position;
    }

    /** {@return how many bytes are in the window} */
    int available() {
        return end - start;
    }

    /** {@return the array, in which the byte at {@link #position} has the index {@link #arrayStart}} */
    byte[] array() {
        return bytes;
    }

    int arrayStart() {
        return start;
    }

    /** {@return whether the stream has {@code count} more bytes, which are then in the window} */
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
            int read = in.read(bytes, end, bytes.length - end);
            if (read < 0) {
                return false;
            }
            end += read;
        }
        return true;
    }

    /** {@return the integer of four bytes at an index of the window} */
    int i32(int index) {
        return (int) (bigEndian ? BIG : LITTLE).get(bytes, start + index);
    }

    long u32(int index) {
        return Integer.toUnsignedLong(i32(index));
    }

    int u16(int index) {
        int first = bytes[start + index] & 0xff;
        int second = bytes[start + index + 1] & 0xff;
        return bigEndian ? first << 8 | second : second << 8 | first;
    }

    int u8(int index) {
        return bytes[start + index] & 0xff;
    }

    /** Moves the window past bytes that are in it. They stay in the array until {@link #has} is called again. */
    void pass(int count) {
        start += count;
        position += count;
    }

    /** {@return whether the stream had {@code count} more bytes, which are now before the window} */
    boolean skip(long count) throws IOException {
        long left = count;
        while (left > available()) {
            left -= available();
            pass(available());
            if (!has(1)) {
                return false;
            }
        }
        pass((int) left);
        return true;
    }
}
