package io.github.nettybpf.packet.kernel;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * System calls that Netty does not offer, by JNA direct mapping, for 64-bit Linux. The class is loaded with the first
 * packet socket. Unless a method returns the negative errno, its failure is a {@link KernelException} with the errno.
 */
public final class Kernel {
    public static final int EPERM = 1;
    public static final int ENXIO = 6;
    public static final int EAGAIN = 11;
    public static final int EACCES = 13;
    public static final int ENODEV = 19;
    public static final int EINVAL = 22;
    public static final int EMSGSIZE = 90;
    public static final int ENETDOWN = 100;
    public static final int ENOBUFS = 105;

    private static final int SIOCOUTQ = 0x5411;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED_POPULATE = 0x8001;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022;
    private static final int MREMAP_MAYMOVE_FIXED = 3;

    static {
        Native.register(Kernel.class, NativeLibrary.getProcess());
    }

    private Kernel() {}

    private static native int socket(int domain, int type, int protocol);

    private static native int bind(int fd, byte[] address, int length);

    private static native int getsockname(int fd, byte[] address, int[] length);

    private static native int ioctl(int fd, long request, byte[] argument);

    private static native Pointer mmap(Pointer at, long length, int protection, int flags, int fd, long offset);

    private static native Pointer mremap(Pointer at, long length, long newLength, int flags, Pointer newAt);

    private static native int munmap(Pointer at, long length);

    private static native long recvmsg(int fd, Pointer message, int flags);

    private static native long sendto(int fd, Pointer bytes, long length, int flags, byte[] to, int toLength);

    /** {@return the negative errno of this thread's last call} */
    private static int lastError() {
        return -Native.getLastError();
    }

    private static int check(String call, int result) throws IOException {
        if (result < 0) {
            throw new KernelException(call, lastError());
        }
        return result;
    }

    /** {@return a new socket's file descriptor, or the negative errno} */
    public static int openSocket(int domain, int type, int protocol) {
        int fd = socket(domain, type, protocol);
        return fd < 0 ? lastError() : fd;
    }

    public static void bindTo(int fd, byte[] address) throws IOException {
        check("bind", bind(fd, address, address.length));
    }

    public static void localAddress(int fd, byte[] address) throws IOException {
        check("getsockname", getsockname(fd, address, new int[] {address.length}));
    }

    /**
     * {@return how many bytes of the socket's frames have been handed to interfaces and not left yet (SIOCOUTQ), or the
     * negative errno}
     */
    public static int queuedBytes(int fd) {
        byte[] answer = new byte[Integer.BYTES];
        int result = control(fd, SIOCOUTQ, answer);
        return result < 0
                ? result
                : ByteBuffer.wrap(answer).order(ByteOrder.nativeOrder()).getInt();
    }

    /** {@return 0, or the negative errno of the ioctl} */
    public static int control(int fd, long request, byte[] argument) {
        return ioctl(fd, request, argument) < 0 ? lastError() : 0;
    }

    /** {@return the socket's ring, mapped into memory} */
    public static Pointer map(int fd, long length) throws IOException {
        Pointer mapped = mmap(Pointer.NULL, length, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, 0);
        if (Pointer.nativeValue(mapped) == -1) {
            throw new KernelException("mmap", lastError());
        }
        return mapped;
    }

    /** {@return private anonymous memory, all zeros} Pages are allocated when they are written to. */
    public static Pointer mapPrivate(long length) throws IOException {
        Pointer mapped = mmap(Pointer.NULL, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
        if (Pointer.nativeValue(mapped) == -1) {
            throw new KernelException("mmap", lastError());
        }
        return mapped;
    }

    /**
     * Moves a mapping onto the address of another one of the same length, which is unmapped, in one atomic step
     * (mremap(2) with MREMAP_FIXED): threads that read there meanwhile block.
     */
    public static void moveOnto(Pointer mapped, long length, Pointer place) throws IOException {
        Pointer moved = mremap(mapped, length, length, MREMAP_MAYMOVE_FIXED, place);
        if (Pointer.nativeValue(moved) == -1) {
            throw new KernelException("mremap", lastError());
        }
    }

    public static void unmap(Pointer mapped, long length) throws IOException {
        check("munmap", munmap(mapped, length));
    }

    /** {@return the number of bytes received, or the negative errno} */
    public static long receive(int fd, Pointer message) {
        long received = recvmsg(fd, message, 0);
        return received < 0 ? lastError() : received;
    }

    /** {@return the number of bytes sent, or the negative errno} */
    public static long send(int fd, long bytes, int length, byte[] to) {
        long sent = sendto(fd, new Pointer(bytes), length, 0, to, to.length);
        return sent < 0 ? lastError() : sent;
    }
}
