package io.github.nettybpf.packet.kernel;

import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Queries about interfaces of a socket's network namespace: ioctl(2) with a {@code struct ifreq}, netdevice(7). */
public final class InterfaceQuery {
    private static final int SIOCGIFNAME = 0x8910;
    private static final int SIOCGIFFLAGS = 0x8913;
    private static final int SIOCGIFHWADDR = 0x8927;
    private static final int SIOCGIFINDEX = 0x8933;
    private static final int REQUEST_BYTES = 40;
    private static final int NAME_BYTES = 16;
    private static final int IFF_UP = 1;

    private InterfaceQuery() {}

    /** {@return the index of the interface that has the name} */
    public static int index(int fd, String name) throws IOException {
        byte[] request = new byte[REQUEST_BYTES];
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, request, 0, Math.min(bytes.length, NAME_BYTES - 1));
        int result = Kernel.control(fd, SIOCGIFINDEX, request);
        if (result == -Kernel.ENODEV) {
            throw new SocketException("interface '" + name + "': not there (expected: one of this network namespace)");
        } else if (result < 0) {
            throw new KernelException("ioctl(SIOCGIFINDEX)", result);
        }
        return ByteBuffer.wrap(request).order(ByteOrder.nativeOrder()).getInt(NAME_BYTES);
    }

    /** {@return whether the interface with the index is up (IFF_UP)} */
    public static boolean isUp(int fd, int index) {
        int flags = ask(fd, SIOCGIFFLAGS, index);
        return flags >= 0 && (flags & IFF_UP) != 0;
    }

    /** {@return the hardware type of the interface (ARPHRD_*), or the negative errno} */
    public static int hardwareType(int fd, int index) {
        return ask(fd, SIOCGIFHWADDR, index);
    }

    private static int ask(int fd, int what, int index) {
        byte[] request = new byte[REQUEST_BYTES];
        ByteBuffer answer = ByteBuffer.wrap(request).order(ByteOrder.nativeOrder());
        answer.putInt(NAME_BYTES, index);
        // SIOCGIFNAME writes the name into the field from which the second call reads it.
        int result = Kernel.control(fd, SIOCGIFNAME, request);
        if (result >= 0) {
            result = Kernel.control(fd, what, request);
        }
        return result < 0 ? result : answer.getShort(NAME_BYTES) & 0xffff;
    }
}
