package io.github.nettybpf.netty.reuseport;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.memory.SockFprog;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.DatagramSocketAddress;
import io.netty.channel.unix.Socket;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Proves that this kernel steers: nothing reads a steering program back, and there are kernels that take it and do
 * nothing. Two sockets on loopback, of a port of their own, get a program that sends a datagram to the socket whose index
 * is its first byte.
 */
final class SteeringProbe {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(SteeringProbe.class);
    private static final int SOL_SOCKET = 1;
    private static final int SO_ATTACH_REUSEPORT_CBPF = 51;
    private static final int ROUNDS = 8;
    private static final long PATIENCE_NANOS = 1_000_000_000L;
    private static final Program BY_FIRST_BYTE = Program.parse("ldb [0]\nret a");

    private SteeringProbe() {}

    /** {@return why this kernel is not known to steer, or null if it does} Takes less than a millisecond. */
    static @Nullable String whyNot(boolean ipv6) {
        List<Socket> sockets = new ArrayList<>();
        try {
            return whyNot(ipv6, sockets);
        } catch (IOException | ChannelException e) {
            return "a test on loopback failed: " + e.getMessage();
        } finally {
            sockets.forEach(SteeringProbe::close);
        }
    }

    private static @Nullable String whyNot(boolean ipv6, List<Socket> sockets) throws IOException {
        InetAddress loopback = InetAddress.getByName(ipv6 && Socket.isIPv6Preferred() ? "::1" : "127.0.0.1");
        InetSocketAddress address = new InetSocketAddress(loopback, 0);
        for (int i = 0; i < 2; i++) {
            Socket socket = Socket.newSocketDgram();
            sockets.add(socket);
            socket.setReusePort(true);
            if (i == 0) {
                try (SockFprog fprog = new SockFprog(BY_FIRST_BYTE)) {
                    socket.setRawOpt(SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, fprog.value());
                }
            }
            socket.bind(address);
            address = socket.localAddress();
        }
        Socket sender = Socket.newSocketDgram();
        sockets.add(sender);
        for (int round = 0; round < ROUNDS; round++) {
            int index = round / 2 % 2;
            send(sender, index, address, loopback);
            Boolean right = received(sockets.get(index), sockets.get(1 - index));
            if (right == null) {
                return "a datagram of a test on loopback did not come";
            } else if (!right) {
                return "the kernel takes a steering program and does not follow it";
            }
        }
        return null;
    }

    private static void send(Socket sender, int index, InetSocketAddress to, InetAddress loopback) throws IOException {
        ByteBuffer datagram = ByteBuffer.allocateDirect(1).put(0, (byte) index);
        sender.sendTo(datagram, 0, 1, loopback, to.getPort());
    }

    /** {@return whether the datagram came to the one socket and not to the other, or null if it came to neither} */
    private static @Nullable Boolean received(Socket expected, Socket other) throws IOException {
        ByteBuffer datagram = ByteBuffer.allocateDirect(1);
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (System.nanoTime() - end < 0) {
            if (recv(expected, datagram) != null) {
                return true;
            } else if (recv(other, datagram) != null) {
                return false;
            }
            Thread.onSpinWait();
        }
        return null;
    }

    private static @Nullable DatagramSocketAddress recv(Socket socket, ByteBuffer datagram) throws IOException {
        datagram.clear();
        return socket.recvFrom(datagram, 0, 1);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOGGER.debug("A socket of the test was not closed", e);
        }
    }
}
