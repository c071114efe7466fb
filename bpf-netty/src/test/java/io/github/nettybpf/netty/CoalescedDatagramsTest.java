package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Program;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.SegmentedDatagramPacket;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** UDP_GRO: the kernel hands over several datagrams as one, and Netty takes them apart again. */
class CoalescedDatagramsTest {
    private static final int SEGMENT = 100;

    @Test
    void segmentsAreJudgedOneByOneInThePipeline() throws Exception {
        MultiThreadIoEventLoopGroup group = Transport.EPOLL_UDP.group();
        try {
            assumeTrue(EpollDatagramChannel.isSegmentedDatagramPacketSupported(), "no UDP segmentation in this kernel");
            BlockingQueue<Integer> received = new LinkedBlockingQueue<>();
            BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ldb [8]\njset #1, no\nret #18\nno: ret #0"));
            Channel receiver = new Bootstrap()
                    .group(group)
                    .channel(EpollDatagramChannel.class)
                    .option(EpollChannelOption.UDP_GRO, true)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(65_535))
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel ch) {
                            ch.pipeline().addLast(handler, new ChannelInboundHandlerAdapter() {
                                @Override
                                public void channelRead(ChannelHandlerContext ctx, Object msg) {
                                    ByteBuf content = ((DatagramPacket) msg).content();
                                    received.add(
                                            content.getByte(content.readerIndex()) * 1000 + content.readableBytes());
                                    content.release();
                                }
                            });
                        }
                    })
                    .bind(Transport.EPOLL_UDP.anyAddress())
                    .sync()
                    .channel();
            assertEquals(FilterStats.Location.PIPELINE, handler.stats().location());
            assertEquals(
                    "UDP_GRO is on: the kernel would judge several datagrams at once",
                    handler.stats().reason());
            Channel sender = new Bootstrap()
                    .group(group)
                    .channel(EpollDatagramChannel.class)
                    .handler(new ChannelInboundHandlerAdapter())
                    .bind(Transport.EPOLL_UDP.anyAddress())
                    .sync()
                    .channel();
            ByteBuf segments = Unpooled.directBuffer();
            for (int i = 0; i < 10; i++) {
                segments.writeByte(i).writeZero(SEGMENT - 1);
            }
            sender.writeAndFlush(
                            new SegmentedDatagramPacket(segments, SEGMENT, (InetSocketAddress) receiver.localAddress()))
                    .sync();
            for (int i = 0; i < 10; i += 2) {
                Integer next = received.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS);
                assertNotNull(next);
                assertEquals(i * 1000 + 10, next);
            }
            // The last segment is not wanted, and may still be on its way.
            Transport.await(
                    () -> "ten segments: " + handler.stats(),
                    () -> handler.stats().received() == 10);
            receiver.eventLoop().submit(() -> {}).sync();
            assertTrue(received.isEmpty());
        } finally {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }

    /** Where Netty passes several datagrams on as one, no verdict could be right: io_uring, and recvmmsg on epoll. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL_UDP", "IO_URING_UDP"})
    void whereTheyStayTogetherTheyAreRefused(Transport transport) throws Exception {
        MultiThreadIoEventLoopGroup group = transport.group();
        try {
            IntegerUnixChannelOption gro = new IntegerUnixChannelOption("UDP_GRO", 17, 104);
            BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ret #-1"));
            ChannelFuture bound = new Bootstrap()
                    .group(group)
                    .channel(transport.channel)
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.config().setOption(gro, 1);
                            if (transport == Transport.EPOLL_UDP) {
                                channel.config().setOption(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, 2048);
                            }
                            channel.pipeline().addLast(handler);
                        }
                    })
                    .bind(transport.anyAddress())
                    .await();
            assertEquals(
                    "UDP_GRO is on, and " + transport.channel.getSimpleName() + " passes several datagrams on as one"
                            + " (expected: UDP_GRO off, or epoll without MAX_DATAGRAM_PAYLOAD_SIZE)",
                    bound.cause().getMessage());
            assertEquals(FilterStats.Location.FAILED, handler.stats().location());
        } finally {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }
}
