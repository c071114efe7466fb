package io.github.nettybpf.netty.listener;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.netty.SocketFilterException;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.github.nettybpf.netty.SocketFilters;
import io.github.nettybpf.netty.reuseport.ReusePortGroup;
import io.github.nettybpf.netty.reuseport.Steering;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of clients that are unwanted, and of those that are not. */
class ListenerFilterTest extends ListenerFixture {
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
        assertEquals(
                "ListenerFilter(" + filter.program().size() + " instructions, listeners: 1 in the kernel, 0 not)",
                filter.toString());
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
        assertEquals(
                "ListenerFilter(" + auto.program().size() + " instructions, listeners: 0 in the kernel, 1 not)",
                auto.toString());
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
        AtomicReference<SocketFilterException> refused = new AtomicReference<>();
        ChannelHandler first = new ChannelInboundHandlerAdapter() {
            @Override
            public void handlerAdded(ChannelHandlerContext ctx) {
                try {
                    SocketFilters.attach(ctx.channel(), other);
                } catch (SocketFilterException e) {
                    refused.set(e);
                }
                ctx.pipeline().addLast(filter);
            }
        };
        loop = Listeners.EPOLL.loop();
        Channel listener = new ServerBootstrap()
                .group(loop)
                .channel(EpollServerSocketChannel.class)
                .handler(first)
                .childHandler(new ChannelInboundHandlerAdapter())
                .bind("127.0.0.1", 0)
                .syncUninterruptibly()
                .channel();
        if (refused.get() != null) {
            assumeTrue(refused.get().reason() != Reason.PERMISSION, () -> refused.get()
                    .getMessage());
            throw refused.get();
        }
        assertEquals("the socket has a filter already", filter.whyNotInKernel(listener));
        assertEquals(other, SocketFilters.read(listener).orElseThrow());
        listener.close().syncUninterruptibly();
    }

    /** One handler serves all listeners of a group. */
    @Test
    void listenersOfAGroupShareAHandler() throws Exception {
        ListenerFilter filter =
                ListenerFilter.builder(UNWANTED).offload(Offload.REQUIRED).build();
        ServerBootstrap bootstrap = server(Listeners.EPOLL, filter);
        ReusePortGroup group;
        try {
            group = ReusePortGroup.builder(bootstrap, 1)
                    .steering(Steering.bySourceAddress())
                    .offload(Offload.REQUIRED)
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .syncUninterruptibly()
                    .getNow();
        } catch (ChannelException e) {
            assumeTrue(
                    !(e.getCause() instanceof SocketFilterException refused && refused.reason() == Reason.PERMISSION),
                    e::getMessage);
            throw e;
        }
        Channel old = group.channels().get(0);
        Channel listener = group.replace(0).sync().getNow();
        assertTrue(filter.isInKernel(listener));
        await(() -> "the closed listener is kept", () -> !filter.isInKernel(old));
        try (SocketChannel unwanted = connect("127.0.0.2", 0, "127.0.0.1", listener)) {
            await(() -> "no SYN is dropped", () -> SocketFilters.drops(listener) > 0);
            assertFalse(unwanted.finishConnect());
        }
        SocketChannel client = connect("127.0.0.1", 0, "127.0.0.1", listener);
        await(() -> "no connection", client::finishConnect);
        echo(client, 10);
        group.close().sync();
    }
}
