package io.github.nettybpf.packet;

import java.nio.ByteOrder;

/**
 * Halves of a value that was loaded in native byte order, named by their order in memory: one wide load replaces two
 * narrow ones.
 */
final class NativeHalves {
    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private NativeHalves() {}

    static int first(long value) {
        return (int) (LITTLE_ENDIAN ? value : value >>> 32);
    }

    static int second(long value) {
        return (int) (LITTLE_ENDIAN ? value >>> 32 : value);
    }

    /** {@return the first 16 bits in memory, unsigned} */
    static int first(int value) {
        return LITTLE_ENDIAN ? value & 0xffff : value >>> 16;
    }

    /** {@return the second 16 bits in memory, unsigned} */
    static int second(int value) {
        return LITTLE_ENDIAN ? value >>> 16 : value & 0xffff;
    }

    /** {@return the value of the same four bytes in network byte order} */
    static int bigEndian(int value) {
        return LITTLE_ENDIAN ? Integer.reverseBytes(value) : value;
    }
}
