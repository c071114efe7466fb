package io.github.nettybpf.netty.listener;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.netty.SocketFilterException;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;

/** Real listeners on loopback. Unwanted are clients of 127.0.0.2, and of port {@link #UNWANTED_PORT}. */
abstract class ListenerFixture {
    /** Below the ports that the kernel gives. */
    static final int UNWANTED_PORT = 31_007;

    static final Program UNWANTED =
            FilterExpression.compile("src host 127.0.0.2 or src port " + UNWANTED_PORT, Placement.TCP_SOCKET);

    /** The transports with listeners. */
    enum Listeners {
        EPOLL(EpollServerSocketChannel.class),
        IO_URING(IoUringServerSocketChannel.class),
        NIO(NioServerSocketChannel.class);

        private final Class<? extends ServerSocketChannel> channel;

        Listeners(Class<? extends ServerSocketChannel> channel) {
            this.channel = channel;
        }

        MultiThreadIoEventLoopGroup loop() {
            if (this != NIO) {
                assumeTrue(Epoll.isAvailable(), () -> "no epoll: " + Epoll.unavailabilityCause());
            }
            if (this == IO_URING) {
                assumeTrue(IoUring.isAvailable(), () -> "no io_uring: " + IoUring.unavailabilityCause());
            }
            IoHandlerFactory io =
                    switch (this) {
                        case EPOLL -> EpollIoHandler.newFactory();
                        case IO_URING -> IoUringIoHandler.newFactory();
                        case NIO -> NioIoHandler.newFactory();
                    };
            return new MultiThreadIoEventLoopGroup(1, io);
        }
    }

    final BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();
    MultiThreadIoEventLoopGroup loop;

    @AfterEach
    void shutDown() {
        if (loop != null) {
            loop.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    final ServerBootstrap server(Listeners transport, ListenerFilter filter) {
        loop = transport.loop();
        return new ServerBootstrap()
                .group(loop)
                .channel(transport.channel)
                .handler(filter)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel child) {
                        accepted.add(child);
                        child.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext ctx, Object msg) {
                                ctx.writeAndFlush(msg);
                            }
                        });
                    }
                });
    }

    /** Skips the test where the kernel lets this process filter no TCP socket. */
    final Channel bind(Listeners transport, ListenerFilter filter, String address) {
        try {
            return server(transport, filter)
                    .bind(address, 0)
                    .syncUninterruptibly()
                    .channel();
        } catch (SocketFilterException e) {
            assumeTrue(e.reason() != Reason.PERMISSION, e::getMessage);
            throw e;
        }
    }

    static int port(Channel listener) {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    static SocketChannel connect(String from, int fromPort, String to, Channel listener) throws IOException {
        SocketChannel client = SocketChannel.open();
        client.configureBlocking(false);
        client.setOption(java.net.StandardSocketOptions.SO_REUSEADDR, true);
        client.bind(new InetSocketAddress(from, fromPort));
        client.connect(new InetSocketAddress(to, port(listener)));
        return client;
    }

    static void await(Supplier<String> what, Condition condition) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!condition.holds()) {
            assertTrue(System.nanoTime() < end, what);
            LockSupport.parkNanos(20_000);
        }
    }

    /** What is waited for. */
    @FunctionalInterface
    interface Condition {
        boolean holds() throws IOException;
    }

    /** Sends bytes in both directions, the first of which is any, and closes. */
    static void echo(SocketChannel client, int bytes) throws IOException {
        client.configureBlocking(true);
        byte[] sent = new byte[bytes];
        new Random(bytes).nextBytes(sent);
        Thread writer = new Thread(() -> {
            try {
                client.write(ByteBuffer.wrap(sent));
                client.shutdownOutput();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        writer.start();
        ByteBuffer received = ByteBuffer.allocate(bytes);
        while (received.hasRemaining() && client.read(received) >= 0) {}
        assertFalse(received.hasRemaining(), () -> "still to come: " + received.remaining());
        assertTrue(Arrays.equals(sent, received.array()), "other bytes come back");
        client.close();
    }
}
