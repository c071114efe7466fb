package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Program;
import io.netty.channel.Channel;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The real sockets that tests run on; those that this machine lacks are skipped, and say why. */
enum Transport {
    EPOLL_UDP(EpollDatagramChannel.class) {
        @Override
        IoHandlerFactory io() {
            return EpollIoHandler.newFactory();
        }
    },
    IO_URING_UDP(IoUringDatagramChannel.class) {
        @Override
        IoHandlerFactory io() {
            return IoUringIoHandler.newFactory();
        }
    },
    EPOLL_UNIX(EpollDomainDatagramChannel.class) {
        @Override
        IoHandlerFactory io() {
            return EpollIoHandler.newFactory();
        }

        @Override
        SocketAddress anyAddress() throws IOException {
            Path folder = Files.createTempDirectory("bpf");
            folder.toFile().deleteOnExit();
            Path socket = folder.resolve("socket");
            socket.toFile().deleteOnExit();
            return new DomainSocketAddress(socket.toString());
        }
    },
    NIO_UDP(NioDatagramChannel.class) {
        @Override
        IoHandlerFactory io() {
            return NioIoHandler.newFactory();
        }
    };

    /** How long is waited, at most, for what has to come: a test that passes does not take long. */
    static final int PATIENCE_SECONDS = 120;

    final Class<? extends Channel> channel;

    Transport(Class<? extends Channel> channel) {
        this.channel = channel;
    }

    abstract IoHandlerFactory io();

    /** Waits until a condition holds. What is sent on loopback may come after the call that sent it has returned. */
    static void await(Supplier<String> what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, what);
            LockSupport.parkNanos(20_000);
        }
    }

    SocketAddress anyAddress() throws IOException {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /** {@return net.core.optmem_max}: the bytes that a socket may have for its filter and other options. */
    static int optionMemory() throws IOException {
        // In one read: a sysctl file has nothing after its first.
        return Integer.parseInt(
                Files.readAllLines(Path.of("/proc/sys/net/core/optmem_max")).get(0));
    }

    /** {@return the program}; where a socket has the memory for it, the test is skipped. */
    static Program tooCostly(Program program) throws IOException {
        int memory = optionMemory();
        assumeTrue(
                program.kernelCost() > memory + memory / 8,
                () -> "net.core.optmem_max is " + memory + ": room for a filter of " + program.kernelCost() + " bytes");
        return program;
    }

    /** A group of one event loop; skips the test where there is none. */
    MultiThreadIoEventLoopGroup group() {
        if (this == IO_URING_UDP) {
            assumeTrue(IoUring.isAvailable(), () -> "no io_uring: " + IoUring.unavailabilityCause());
        } else if (this != NIO_UDP) {
            assumeTrue(Epoll.isAvailable(), () -> "no epoll: " + Epoll.unavailabilityCause());
        }
        return new MultiThreadIoEventLoopGroup(1, io());
    }
}
