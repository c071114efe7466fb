package io.github.nettybpf.packet;

import java.nio.ByteOrder;

/** Parts of what was read from memory in native order, named by the order in which they lie there. */
final class NativeHalves {
    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private NativeHalves() {}

    static int first(long value) {
        return (int) (LITTLE_ENDIAN ? value : value >>> 32);
    }

    static int second(long value) {
        return (int) (LITTLE_ENDIAN ? value >>> 32 : value);
    }

    /** Without its sign. */
    static int first(int value) {
        return LITTLE_ENDIAN ? value & 0xffff : value >>> 16;
    }

    /** Without its sign. */
    static int second(int value) {
        return LITTLE_ENDIAN ? value >>> 16 : value & 0xffff;
    }

    /** {@return the number that has the highest byte first in memory} */
    static int bigEndian(int value) {
        return LITTLE_ENDIAN ? Integer.reverseBytes(value) : value;
    }
}
