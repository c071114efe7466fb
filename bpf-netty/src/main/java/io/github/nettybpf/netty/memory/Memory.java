package io.github.nettybpf.netty.memory;

import io.netty.buffer.ByteBuf;
import io.netty.util.internal.PlatformDependent;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads big-endian numbers from arrays and from native memory. Reads at an address are unchecked: the caller has
 * compared with the length. They use Netty's access to Unsafe where it has one, and {@link ForeignMemory} where that is
 * accessible; where neither is, a direct buffer is read as a {@link java.nio.ByteBuffer}.
 */
public final class Memory {
    public static final byte[] NOTHING = {};

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    /** Netty runs without Unsafe on Java 24 and later, and by -Dio.netty.noUnsafe. */
    private static final boolean UNSAFE = PlatformDependent.hasUnsafe() && PlatformDependent.isUnaligned();

    /** Whether native memory can be read at an address. */
    public static final boolean READS_ADDRESSES = UNSAFE || ForeignMemory.IS_ACCESSIBLE;

    private Memory() {}

    /** {@return whether the buffer's bytes can be read at its address} */
    public static boolean isAddressable(ByteBuf buffer) {
        return READS_ADDRESSES && buffer.hasMemoryAddress();
    }

    /**
     * {@return whether {@link ByteBuf#internalNioBuffer} gives the buffer's bytes in native memory} It allocates at
     * most once for a buffer, and nothing where the transport has received into it; a derived buffer would allocate
     * each time.
     */
    public static boolean isNioBuffer(ByteBuf buffer) {
        return buffer.isDirect() && buffer.unwrap() == null && buffer.nioBufferCount() == 1;
    }

    public static int u8(byte[] array, int index) {
        return array[index] & 0xff;
    }

    public static int u16(byte[] array, int index) {
        return (short) SHORT.get(array, index) & 0xffff;
    }

    public static int u32(byte[] array, int index) {
        return (int) INT.get(array, index);
    }

    public static int u8(long address) {
        return UNSAFE ? PlatformDependent.getByte(address) & 0xff : ForeignMemory.u8(address);
    }

    public static int u16(long address) {
        return UNSAFE ? bigEndian(PlatformDependent.getShort(address)) & 0xffff : ForeignMemory.u16(address);
    }

    public static int u32(long address) {
        return UNSAFE ? bigEndian(PlatformDependent.getInt(address)) : ForeignMemory.u32(address);
    }

    private static short bigEndian(short value) {
        return PlatformDependent.BIG_ENDIAN_NATIVE_ORDER ? value : Short.reverseBytes(value);
    }

    private static int bigEndian(int value) {
        return PlatformDependent.BIG_ENDIAN_NATIVE_ORDER ? value : Integer.reverseBytes(value);
    }
}
