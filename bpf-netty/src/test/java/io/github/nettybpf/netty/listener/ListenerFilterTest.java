package io.github.nettybpf.netty.listener;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.netty.SocketFilterException;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.github.nettybpf.netty.SocketFilters;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Real listeners on loopback. Unwanted are clients of 127.0.0.2, and of port {@link #UNWANTED_PORT}. */
class ListenerFilterTest {
    /** Below the ports that the kernel gives. */
    private static final int UNWANTED_PORT = 31_007;

    private static final Program UNWANTED =
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

    private final BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();
    private MultiThreadIoEventLoopGroup loop;

    @AfterEach
    void shutDown() {
        if (loop != null) {
            loop.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private ServerBootstrap server(Listeners transport, ListenerFilter filter) {
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
    private Channel bind(Listeners transport, ListenerFilter filter, String address) {
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

    private static int port(Channel listener) {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    private static SocketChannel connect(String from, int fromPort, String to, Channel listener) throws IOException {
        SocketChannel client = SocketChannel.open();
        client.configureBlocking(false);
        client.setOption(java.net.StandardSocketOptions.SO_REUSEADDR, true);
        client.bind(new InetSocketAddress(from, fromPort));
        client.connect(new InetSocketAddress(to, port(listener)));
        return client;
    }

    private static void await(Supplier<String> what, Condition condition) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!condition.holds()) {
            assertTrue(System.nanoTime() < end, what);
            LockSupport.parkNanos(20_000);
        }
    }

    /** What is waited for. */
    @FunctionalInterface
    private interface Condition {
        boolean holds() throws IOException;
    }

    /** Sends bytes in both directions, the first of which is any, and closes. */
    private static void echo(SocketChannel client, int bytes) throws IOException {
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

    /** The address that clients come from, to a listener at another; a v4-mapped one is an IPv4 address. */
    @ParameterizedTest(name = "{0} from {1} to {3} at {4}")
    @CsvSource(textBlock = """
            EPOLL,    127.0.0.2, 0,     127.0.0.1, 127.0.0.1
            EPOLL,    127.0.0.2, 0,     127.0.0.1, ::
            EPOLL,    ::1,       31007, ::1,       ::1
            IO_URING, 127.0.0.2, 0,     127.0.0.1, 127.0.0.1
            IO_URING, 127.0.0.2, 0,     127.0.0.1, ::
            IO_URING, ::1,       31007, ::1,       ::1
            """)
    void theKernelAnswersNoSynOfTheUnwanted(Listeners transport, String from, int port, String to, String at)
            throws Exception {
        assumeTrue(!at.contains(":") || Socket.isIPv6Preferred(), "no IPv6");
        ListenerFilter filter =
                ListenerFilter.builder(UNWANTED).offload(Offload.REQUIRED).build();
        Channel listener = bind(transport, filter, at);
        assertTrue(filter.isInKernel(listener));
        assertEquals(filter.program(), SocketFilters.read(listener).orElseThrow());
        try (SocketChannel unwanted = connect(from, port, to, listener)) {
            await(() -> "no SYN is dropped", () -> SocketFilters.drops(listener) > 0);
            assertFalse(unwanted.finishConnect());
        }
        String wanted = from.contains(":") ? "::1" : "127.0.0.3";
        SocketChannel client = connect(wanted, 0, to, listener);
        await(() -> "no connection", client::finishConnect);
        Channel child = accepted.poll(120, TimeUnit.SECONDS);
        assertEquals(filter.program(), SocketFilters.read(child).orElseThrow(), "an accepted socket inherits it");
        echo(client, 500_000);
        assertEquals(0, filter.resetConnections());
        assertTrue(accepted.isEmpty());
        listener.close().sync();
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "IO_URING"})
    void acceptedSocketsLoseTheFilter(Listeners transport) throws Exception {
        ListenerFilter filter = ListenerFilter.builder(UNWANTED)
                .offload(Offload.REQUIRED)
                .detachOnAccept(true)
                .build();
        Channel listener = bind(transport, filter, "127.0.0.1");
        SocketChannel client = connect("127.0.0.1", 0, "127.0.0.1", listener);
        await(() -> "no connection", client::finishConnect);
        Channel child = accepted.poll(120, TimeUnit.SECONDS);
        assertTrue(SocketFilters.read(child).isEmpty());
        echo(client, 500_000);
        listener.close().sync();
    }

    /** Every transport has to do that where the kernel does not filter. */
    @ParameterizedTest
    @EnumSource
    void elsewhereConnectionsOfTheUnwantedAreReset(Listeners transport) throws Exception {
        ListenerFilter filter =
                ListenerFilter.builder(UNWANTED).offload(Offload.NEVER).build();
        Channel listener = bind(transport, filter, "127.0.0.1");
        assertEquals("Offload.NEVER", filter.whyNotInKernel(listener));
        try (SocketChannel unwanted = connect("127.0.0.2", 0, "127.0.0.1", listener)) {
            unwanted.configureBlocking(true);
            SocketException reset = assertThrows(SocketException.class, () -> {
                while (!unwanted.finishConnect()) {
                    Thread.onSpinWait();
                }
                unwanted.read(ByteBuffer.allocate(1));
            });
            assertTrue(reset.getMessage().startsWith("Connection reset"), reset.getMessage());
        }
        assertEquals(1, filter.resetConnections());
        SocketChannel client = connect("127.0.0.1", 0, "127.0.0.1", listener);
        await(() -> "no connection", client::finishConnect);
        echo(client, 10);
        assertEquals(1, accepted.size(), "no handler has seen the unwanted");
        assertEquals(1, filter.resetConnections());
        listener.close().sync();
    }

    @Test
    void nioFallsBackOrFails() throws IOException {
        ListenerFilter auto = ListenerFilter.dropping(UNWANTED);
        Channel listener = bind(Listeners.NIO, auto, "127.0.0.1");
        String why = "SO_GET_FILTER on NioServerSocketChannel (expected: an epoll or io_uring channel on Linux)";
        assertEquals(why, auto.whyNotInKernel(listener));
        assertFalse(auto.isInKernel(listener));
        listener.close().syncUninterruptibly();
        String gone = "no listener, or not bound yet";
        await(() -> "the handler is still there", () -> auto.whyNotInKernel(listener)
                .equals(gone));

        assertRefused(
                why, ListenerFilter.builder(UNWANTED).offload(Offload.REQUIRED).build());
        assertRefused(
                why + "; and insn 0: ldh [14]: an accepted connection has no TCP header but for its ports"
                        + " (expected: addresses and ports; or Offload.REQUIRED)",
                ListenerFilter.dropping(Program.parse("ldh [14]\nret a")));
    }

    private void assertRefused(String message, ListenerFilter filter) {
        shutDown();
        Throwable cause = server(Listeners.NIO, filter)
                .bind("127.0.0.1", 0)
                .awaitUninterruptibly()
                .cause();
        assertEquals(message, assertInstanceOf(ChannelException.class, cause).getMessage());
    }

    @Test
    void onlyListenersAreFiltered() {
        loop = Listeners.EPOLL.loop();
        Throwable cause = new Bootstrap()
                .group(loop)
                .channel(EpollDatagramChannel.class)
                .handler(ListenerFilter.dropping(UNWANTED))
                .bind("127.0.0.1", 0)
                .awaitUninterruptibly()
                .cause();
        assertEquals(
                "a listener filter on EpollDatagramChannel (expected: ServerBootstrap.handler with a TCP server channel)",
                assertInstanceOf(ChannelException.class, cause).getMessage());
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "IO_URING"})
    void aHandlerFiltersFromWhenItIsAddedUntilItIsRemoved(Listeners transport) throws Exception {
        ListenerFilter filter =
                ListenerFilter.builder(UNWANTED).offload(Offload.REQUIRED).build();
        Channel listener = bind(transport, filter, "127.0.0.1");
        onLoop(() -> listener.pipeline().remove(filter));
        assertTrue(SocketFilters.read(listener).isEmpty());
        SocketChannel first = connect("127.0.0.2", 0, "127.0.0.1", listener);
        await(() -> "no connection", first::finishConnect);
        echo(first, 10);
        onLoop(() -> listener.pipeline().addFirst(filter));
        assertTrue(filter.isInKernel(listener));
        try (SocketChannel second = connect("127.0.0.2", 0, "127.0.0.1", listener)) {
            await(() -> "no SYN is dropped", () -> SocketFilters.drops(listener) > 0);
            assertFalse(second.finishConnect());
        }
        listener.close().sync();
    }

    private void onLoop(Runnable task) {
        loop.submit(task).syncUninterruptibly();
    }

    @Test
    void aSocketThatHasAFilterKeepsIt() {
        ListenerFilter filter = ListenerFilter.dropping(UNWANTED);
        Program other = Program.parse("ret #-1");
        ChannelHandler first = new ChannelInboundHandlerAdapter() {
            @Override
            public void handlerAdded(ChannelHandlerContext ctx) {
                SocketFilters.attach(ctx.channel(), other);
                ctx.pipeline().addLast(filter);
            }
        };
        loop = Listeners.EPOLL.loop();
        Channel listener;
        try {
            listener = new ServerBootstrap()
                    .group(loop)
                    .channel(EpollServerSocketChannel.class)
                    .handler(first)
                    .childHandler(new ChannelInboundHandlerAdapter())
                    .bind("127.0.0.1", 0)
                    .syncUninterruptibly()
                    .channel();
        } catch (SocketFilterException e) {
            assumeTrue(e.reason() != Reason.PERMISSION, e::getMessage);
            throw e;
        }
        assertEquals("the socket has a filter already", filter.whyNotInKernel(listener));
        assertEquals(other, SocketFilters.read(listener).orElseThrow());
        listener.close().syncUninterruptibly();
    }

    /** The kernel drops a SYN if and only if its connection would be reset elsewhere. */
    private long compare(long seed, int programs) throws Exception {
        Random random = new Random(seed);
        ListenerFilter filter = ListenerFilter.builder(UNWANTED)
                .offload(Offload.REQUIRED)
                .detachOnAccept(true)
                .build();
        Channel listener = bind(Listeners.EPOLL, filter, "::");
        InetSocketAddress to = new InetSocketAddress(InetAddress.getLoopbackAddress(), port(listener));
        long dropped = 0;
        for (int i = 0; i < programs; i++) {
            String expression = expression(random, 2);
            SynFilter syns;
            try {
                syns = new SynFilter(FilterExpression.compile(expression, Placement.TCP_SOCKET));
            } catch (ExpressionException matchesNothing) {
                continue;
            }
            assertEquals("", syns.whyUnknownAfterAccept().orElse(""));
            SocketFilters.attach(listener, syns.kernel());
            for (int n = 0; n < 5; n++) {
                long before = SocketFilters.drops(listener);
                try (SocketChannel client = connect(
                        "127.0." + random.nextInt(4) + "." + (1 + random.nextInt(4)), 0, "127.0.0.1", listener)) {
                    InetSocketAddress from = (InetSocketAddress) client.getLocalAddress();
                    await(
                            () -> "seed " + seed + ": " + expression + " from " + from + ": no answer, no drop",
                            () -> SocketFilters.drops(listener) > before || client.finishConnect());
                    assertEquals(
                            syns.isUnwanted(from, to),
                            !client.finishConnect(),
                            () -> "seed " + seed + ": " + expression + " from " + from);
                    dropped += client.isConnected() ? 0 : 1;
                    client.setOption(java.net.StandardSocketOptions.SO_LINGER, 0);
                }
            }
        }
        listener.close().sync();
        return dropped;
    }

    private static String expression(Random random, int depth) {
        if (depth > 0 && random.nextInt(3) > 0) {
            String operator = random.nextBoolean() ? " and " : " or ";
            return (random.nextInt(4) == 0 ? "not (" : "(") + expression(random, depth - 1) + operator
                    + expression(random, depth - 1) + ")";
        }
        return switch (random.nextInt(6)) {
            case 0 -> "src net 127.0." + random.nextInt(4) + ".0/24";
            case 1 -> "src host 127.0.0." + (1 + random.nextInt(4));
            case 2 -> "src portrange 32768-" + (33_000 + random.nextInt(28_000));
            case 3 -> "dst host 127.0.0.1";
            case 4 -> random.nextBoolean() ? "ip6" : "ip";
            default -> "dst portrange 1-" + (1 + random.nextInt(65_000));
        };
    }

    @Test
    void theKernelDropsWhatIsResetElsewhere() throws Exception {
        long seed = System.nanoTime();
        long dropped = compare(seed, 40);
        assertTrue(dropped > 0, "seed " + seed);
    }

    @Test
    @Tag("soak")
    void theKernelDropsWhatIsResetElsewhereForLong() throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("soak.seconds", 60));
        long seed = System.nanoTime();
        System.out.println("listener filters, first seed " + seed);
        long dropped = 0;
        long connections = 0;
        for (; System.nanoTime() < end; seed++) {
            dropped += compare(seed, 200);
            connections += 1000;
            accepted.clear();
            shutDown();
        }
        System.out.println("listener filters: " + connections + " connections, " + dropped + " dropped, no difference");
    }
}
