package io.github.nettybpf.netty.memory;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Reads big-endian numbers at an address by java.lang.foreign, which Java has from 22 on. It is looked up by reflection,
 * because this is compiled for Java 17; HotSpot makes one instruction of a call of a constant method handle.
 *
 * <p>It takes a segment that is the whole memory, and so a restricted method. That is called only where native access is
 * enabled for this module, so that it neither fails nor makes the JVM print a warning: by {@code
 * --enable-native-access} or, on the class path, when Netty has loaded a native library. In a native image, which has no
 * compiler that could make one instruction of a method handle, it is not used.
 */
final class ForeignMemory {
    private static final int FIRST_JAVA = 22;

    /** Whether these reads are possible here. */
    static final boolean IS_ACCESSIBLE;

    private static final MethodHandle BYTE;
    private static final MethodHandle SHORT;
    private static final MethodHandle INT;

    static {
        Optional<Object> memory = memory();
        IS_ACCESSIBLE = memory.isPresent();
        BYTE = reader("JAVA_BYTE", byte.class, memory);
        SHORT = reader("JAVA_SHORT_UNALIGNED", short.class, memory);
        INT = reader("JAVA_INT_UNALIGNED", int.class, memory);
    }

    private ForeignMemory() {}

    /** {@return the segment that is the whole memory, or empty if this Java has none or gives it only with a warning} */
    private static Optional<Object> memory() {
        boolean isNativeImage = "runtime".equals(System.getProperty("org.graalvm.nativeimage.imagecode"));
        if (isNativeImage || Runtime.version().feature() < FIRST_JAVA) {
            return Optional.empty();
        }
        try {
            Module module = ForeignMemory.class.getModule();
            if (!(boolean) Module.class.getMethod("isNativeAccessEnabled").invoke(module)) {
                return Optional.empty();
            }
            Class<?> segment = Class.forName("java.lang.foreign.MemorySegment");
            Object nothing = segment.getField("NULL").get(null);
            return Optional.of(segment.getMethod("reinterpret", long.class).invoke(nothing, Long.MAX_VALUE));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** {@return a function from an address to the number there, or to 0 if there is no memory} */
    private static MethodHandle reader(String layout, Class<?> type, Optional<Object> memory) {
        if (memory.isEmpty()) {
            return MethodHandles.dropArguments(MethodHandles.zero(type), 0, long.class);
        }
        try {
            Class<?> layouts = Class.forName("java.lang.foreign.ValueLayout");
            Object bigEndian = layouts.getMethod("withOrder", ByteOrder.class)
                    .invoke(layouts.getField(layout).get(null), ByteOrder.BIG_ENDIAN);
            VarHandle handle = (VarHandle) layouts.getMethod("varHandle").invoke(bigEndian);
            MethodHandle get = handle.toMethodHandle(VarHandle.AccessMode.GET);
            return get.bindTo(memory.get()).asType(MethodType.methodType(type, long.class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    static int u8(long address) {
        try {
            return (byte) BYTE.invokeExact(address) & 0xff;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int u16(long address) {
        try {
            return (short) SHORT.invokeExact(address) & 0xffff;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int u32(long address) {
        try {
            return (int) INT.invokeExact(address);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static Error unexpected(Throwable e) {
        return e instanceof Error error ? error : new AssertionError("a read of memory throws nothing", e);
    }
}
