package io.github.nettybpf.packet;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import io.netty.channel.unix.Errors.NativeIoException;
import java.io.IOException;

/**
 * System calls that Netty does not offer, by JNA direct mapping, for 64-bit Linux. The class is loaded with the first
 * packet socket. Unless a method returns the negative errno, its failure is a {@link NativeIoException} with the errno.
 */
final class Kernel {
    static final int EPERM = 1;
    static final int ENXIO = 6;
    static final int EAGAIN = 11;
    static final int EACCES = 13;
    static final int ENODEV = 19;
    static final int ENETDOWN = 100;
    static final int ENOBUFS = 105;

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
            throw new NativeIoException(call, lastError());
        }
        return result;
    }

    /** {@return a new socket's file descriptor, or the negative errno} */
    static int openSocket(int domain, int type, int protocol) {
        int fd = socket(domain, type, protocol);
        return fd < 0 ? lastError() : fd;
    }

    static void bindTo(int fd, byte[] address) throws IOException {
        check("bind", bind(fd, address, address.length));
    }

    static void localAddress(int fd, byte[] address) throws IOException {
        check("getsockname", getsockname(fd, address, new int[] {address.length}));
    }

    /** {@return 0, or the negative errno of the ioctl} */
    static int control(int fd, long request, byte[] argument) {
        return ioctl(fd, request, argument) < 0 ? lastError() : 0;
    }

    /** {@return the socket's ring, mapped into memory} */
    static Pointer map(int fd, long length) throws IOException {
        Pointer mapped = mmap(Pointer.NULL, length, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, 0);
        if (Pointer.nativeValue(mapped) == -1) {
            throw new NativeIoException("mmap", lastError());
        }
        return mapped;
    }

    /** {@return private anonymous memory, all zeros} Pages are allocated when they are written to. */
    static Pointer mapPrivate(long length) throws IOException {
        Pointer mapped = mmap(Pointer.NULL, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
        if (Pointer.nativeValue(mapped) == -1) {
            throw new NativeIoException("mmap", lastError());
        }
        return mapped;
    }

    /**
     * Moves a mapping onto the address of another one of the same length, which is unmapped, in one atomic step
     * (mremap(2) with MREMAP_FIXED): threads that read there meanwhile block.
     */
    static void moveOnto(Pointer mapped, long length, Pointer place) throws IOException {
        Pointer moved = mremap(mapped, length, length, MREMAP_MAYMOVE_FIXED, place);
        if (Pointer.nativeValue(moved) == -1) {
            throw new NativeIoException("mremap", lastError());
        }
    }

    static void unmap(Pointer mapped, long length) throws IOException {
        check("munmap", munmap(mapped, length));
    }

    /** {@return the number of bytes received, or the negative errno} */
    static long receive(int fd, Pointer message) {
        long received = recvmsg(fd, message, 0);
        return received < 0 ? lastError() : received;
    }

    /** {@return the number of bytes sent, or the negative errno} */
    static long send(int fd, long bytes, int length, byte[] to) {
        long sent = sendto(fd, new Pointer(bytes), length, 0, to, to.length);
        return sent < 0 ? lastError() : sent;
    }
}
