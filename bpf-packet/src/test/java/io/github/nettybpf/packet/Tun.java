package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import io.github.nettybpf.packet.kernel.Kernel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A tun interface: its packets have no link-layer header, and those it receives are written here. */
final class Tun implements AutoCloseable {
    private static final long TUNSETIFF = 0x400454caL;
    private static final int IFF_TUN_NO_PI = 0x1001;
    private static final int O_RDWR_CLOEXEC = 0x80002;

    private static final class C {
        static {
            Native.register(C.class, NativeLibrary.getProcess());
        }

        static native int open(String path, int flags);

        static native long write(int fd, byte[] bytes, long length);

        static native int close(int fd);
    }

    private final int fd;

    Tun(String name) {
        assumeTrue(Files.exists(Path.of("/dev/net/tun")), "no /dev/net/tun");
        fd = C.open("/dev/net/tun", O_RDWR_CLOEXEC);
        assumeTrue(fd >= 0, "/dev/net/tun cannot be opened");
        byte[] request = new byte[40];
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, request, 0, bytes.length);
        request[16] = (byte) IFF_TUN_NO_PI;
        request[17] = (byte) (IFF_TUN_NO_PI >> 8);
        int result = Kernel.control(fd, TUNSETIFF, request);
        if (result < 0) {
            C.close(fd);
        }
        assumeTrue(result >= 0, () -> "no tun interface: errno " + -result);
        Namespace.run("ip link set " + name + " up");
    }

    /** The interface receives a packet. */
    void receive(byte[] packet) {
        if (C.write(fd, packet, packet.length) != packet.length) {
            throw new IllegalStateException("write to tun failed");
        }
    }

    @Override
    public void close() {
        C.close(fd);
    }
}
