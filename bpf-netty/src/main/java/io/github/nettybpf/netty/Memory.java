package io.github.nettybpf.netty;

import io.netty.buffer.ByteBuf;
import io.netty.util.internal.PlatformDependent;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads big-endian numbers from arrays and from native memory. Reads at an address are unchecked: the caller has
 * compared with the length. They use Netty's access to Unsafe, where it has one.
 */
final class Memory {
    static final byte[] NOTHING = {};

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    /** Netty runs without Unsafe on Java 24 and later, and by -Dio.netty.noUnsafe. */
    private static final boolean READS_ADDRESSES = PlatformDependent.hasUnsafe() && PlatformDependent.isUnaligned();

    private Memory() {}

    /** {@return whether the buffer's bytes can be read at its address} */
    static boolean isAddressable(ByteBuf buffer) {
        return READS_ADDRESSES && buffer.hasMemoryAddress();
    }

    static int u8(byte[] array, int index) {
        return array[index] & 0xff;
    }

    static int u16(byte[] array, int index) {
        return (short) SHORT.get(array, index) & 0xffff;
    }

    static int u32(byte[] array, int index) {
        return (int) INT.get(array, index);
    }

    static int u8(long address) {
        return PlatformDependent.getByte(address) & 0xff;
    }

    static int u16(long address) {
        short value = PlatformDependent.getShort(address);
        return (PlatformDependent.BIG_ENDIAN_NATIVE_ORDER ? value : Short.reverseBytes(value)) & 0xffff;
    }

    static int u32(long address) {
        int value = PlatformDependent.getInt(address);
        return PlatformDependent.BIG_ENDIAN_NATIVE_ORDER ? value : Integer.reverseBytes(value);
    }
}
