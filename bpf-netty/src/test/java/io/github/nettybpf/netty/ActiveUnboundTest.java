package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterStats.Location;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerAdapter;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A channel that is active when it is registered, as those of Vert.x are, and so before it is bound. */
class ActiveUnboundTest {
    private static final Program FROM_ONE = Program.parse("ldb [8]\njne #1, no\nret #-1\nno: ret #0");

    /** No pipeline can judge it as the kernel does. */
    private static final Program BY_KERNEL = Program.parse("ld #rand\nldb [8]\njne #1, no\nret #-1\nno: ret #0");

    private final BlockingQueue<Integer> received = new LinkedBlockingQueue<>();
    private MultiThreadIoEventLoopGroup group;

    @AfterEach
    void shutDown() {
        if (group != null) {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    @SuppressWarnings("deprecation") // Deprecated or not, Vert.x and DnsNameResolver use it.
    private Channel register(Transport transport, ChannelHandler first) throws Exception {
        group = transport.group();
        return new Bootstrap()
                .group(group)
                .channel(transport.channel)
                .option(ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, true)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(first, new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext ctx, Object msg) {
                                DatagramPacket packet = (DatagramPacket) msg;
                                received.add((int) packet.content().getByte(0));
                                packet.release();
                            }
                        });
                    }
                })
                .register()
                .sync()
                .channel();
    }

    private static void send(Channel from, InetSocketAddress to, int... first) throws InterruptedException {
        for (int each : first) {
            from.writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(new byte[] {(byte) each}), to))
                    .sync();
        }
    }

    private static BpfFilterHandler required(Program program) {
        return BpfFilterHandler.builder(program).offload(Offload.REQUIRED).build();
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL_UDP", "IO_URING_UDP"})
    void theKernelFiltersAloneFromTheFirstPacketOn(Transport transport) throws Exception {
        BpfFilterHandler handler = required(BY_KERNEL);
        Channel channel = register(transport, handler);
        assertTrue(channel.isActive());
        assertEquals(Location.KERNEL, handler.stats().location());
        channel.bind(transport.anyAddress()).sync();
        send(channel, (InetSocketAddress) channel.localAddress(), 2, 1);
        assertEquals(1, received.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals(Location.KERNEL, handler.stats().location());
        assertEquals(1, handler.stats().droppedInKernel());
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL_UDP", "IO_URING_UDP"})
    void aRefusalClosesTheChannel(Transport transport) throws Exception {
        BpfFilterHandler handler = required(FROM_ONE);
        Channel channel = register(transport, new ChannelHandlerAdapter() {
            @Override
            public void handlerAdded(ChannelHandlerContext ctx) {
                SocketFilters.lock(ctx.channel());
                ctx.pipeline().addAfter(ctx.name(), "filter", handler);
            }
        });
        assertTrue(channel.closeFuture().await(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals(Location.FAILED, handler.stats().location());
        assertEquals(
                "SO_ATTACH_FILTER: the filter is locked (SO_LOCK_FILTER)",
                handler.stats().reason());
    }

    /** The kernel binds a socket that sends, and packets can be queued, while the channel has no address. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL_UDP", "IO_URING_UDP"})
    void aChannelThatHasSentIsBound(Transport transport) throws Exception {
        Channel channel = register(transport, new ChannelHandlerAdapter() {});
        send(channel, new InetSocketAddress(InetAddress.getLoopbackAddress(), 9), 0);
        assertEquals(null, channel.localAddress());
        assertFalse(SocketFilters.isUnbound(channel));
        BpfFilterHandler handler = new BpfFilterHandler(FROM_ONE);
        channel.eventLoop().submit(() -> channel.pipeline().addFirst(handler)).sync();
        assertEquals(Location.KERNEL_AND_PIPELINE, handler.stats().location());
    }
}
