package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerAdapter;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A unix stream socket takes a filter, gives it back and never runs it: it must not count as filtered. */
class SocketKindTest {
    private static final Program DROPS_ALL = Program.parse("ret #0");

    private enum Unix {
        EPOLL(EpollServerDomainSocketChannel.class, EpollDomainSocketChannel.class),
        IO_URING(IoUringServerDomainSocketChannel.class, IoUringDomainSocketChannel.class);

        final Class<? extends io.netty.channel.ServerChannel> server;
        final Class<? extends Channel> client;

        Unix(Class<? extends io.netty.channel.ServerChannel> server, Class<? extends Channel> client) {
            this.server = server;
            this.client = client;
        }

        MultiThreadIoEventLoopGroup group() {
            if (this == IO_URING) {
                assumeTrue(IoUring.isAvailable(), () -> "no io_uring: " + IoUring.unavailabilityCause());
            } else {
                assumeTrue(Epoll.isAvailable(), () -> "no epoll: " + Epoll.unavailabilityCause());
            }
            IoHandlerFactory io = this == EPOLL ? EpollIoHandler.newFactory() : IoUringIoHandler.newFactory();
            return new MultiThreadIoEventLoopGroup(1, io);
        }

        String refusal(Class<? extends Channel> channel) {
            return channel.getSimpleName() + ": its socket is not known to run a filter (expected: a UDP, TCP, unix"
                    + " datagram or packet channel)";
        }
    }

    @TempDir
    Path folder;

    private MultiThreadIoEventLoopGroup group;

    @AfterEach
    void shutDown() {
        if (group != null) {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private DomainSocketAddress serve(Unix unix) throws InterruptedException {
        group = unix.group();
        DomainSocketAddress address =
                new DomainSocketAddress(folder.resolve("listener").toString());
        new ServerBootstrap()
                .group(group)
                .channel(unix.server)
                .childHandler(new ChannelInboundHandlerAdapter())
                .bind(address)
                .sync();
        return address;
    }

    private ChannelFuture connect(Unix unix, DomainSocketAddress to, BpfFilterHandler handler) {
        return new Bootstrap()
                .group(group)
                .channel(unix.client)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handler);
                    }
                })
                .connect(to)
                .awaitUninterruptibly();
    }

    @ParameterizedTest
    @EnumSource
    void requiredFailsOnAStream(Unix unix) throws Exception {
        DomainSocketAddress address = serve(unix);
        for (Placement placement : new Placement[] {Placement.TCP_SOCKET, Placement.PAYLOAD}) {
            BpfFilterHandler handler = BpfFilterHandler.builder(DROPS_ALL)
                    .placement(placement)
                    .offload(Offload.REQUIRED)
                    .build();
            ChannelFuture connected = connect(unix, address, handler);
            SocketFilterException failure = (SocketFilterException) connected.cause();
            assertEquals(Reason.UNSUPPORTED, failure.reason());
            assertEquals(unix.refusal(unix.client), failure.getMessage());
            assertTrue(connected.channel().closeFuture().await(60, TimeUnit.SECONDS));
        }
    }

    @ParameterizedTest
    @EnumSource
    void autoFiltersAStreamInThePipeline(Unix unix) throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(DROPS_ALL);
        ChannelFuture connected = connect(unix, serve(unix), handler);
        assertTrue(connected.isSuccess());
        assertEquals(Location.PIPELINE, handler.stats().location());
        assertEquals(unix.refusal(unix.client), handler.stats().reason());
        assertTrue(SocketFilters.read(connected.channel()).isEmpty());
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsAttachedByHandEither(Unix unix) throws Exception {
        group = unix.group();
        for (Class<? extends Channel> kind : java.util.List.of(unix.server, unix.client)) {
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(kind)
                    .handler(new ChannelHandlerAdapter() {})
                    .register()
                    .sync()
                    .channel();
            SocketFilterException failure =
                    assertThrows(SocketFilterException.class, () -> SocketFilters.attach(channel, DROPS_ALL));
            assertEquals(Reason.UNSUPPORTED, failure.reason());
            assertEquals(unix.refusal(kind), failure.getMessage());
            assertTrue(SocketFilters.read(channel).isEmpty());
            channel.close().sync();
        }
    }
}
