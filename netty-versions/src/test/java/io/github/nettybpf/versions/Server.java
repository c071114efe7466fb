package io.github.nettybpf.versions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterLocationEvent;
import io.github.nettybpf.netty.FilterStats;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A bound UDP channel, and a client that sends datagrams of one byte to it. */
final class Server implements AutoCloseable {
    /** How long is waited, at most, for what has to come: a test that passes does not take long. */
    static final int PATIENCE_SECONDS = 60;

    private final EventLoopGroup group;
    private final DatagramSocket client;
    private final BlockingQueue<Byte> received = new LinkedBlockingQueue<>();
    private final BlockingQueue<FilterStats.Location> locations = new LinkedBlockingQueue<>();
    private final ChannelFuture bound;

    Server(Transport transport, ChannelHandler... handlers) throws Exception {
        client = new DatagramSocket();
        group = transport.group();
        bound = new Bootstrap()
                .group(group)
                .channel(transport.channel)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handlers).addLast(new SimpleChannelInboundHandler<DatagramPacket>() {
                            @Override
                            protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
                                received.add(packet.content().readByte());
                            }

                            @Override
                            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                                if (event instanceof FilterLocationEvent changed) {
                                    locations.add(changed.location());
                                }
                                ctx.fireUserEventTriggered(event);
                            }
                        });
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .await();
    }

    /** {@return the program that keeps datagrams whose payload begins with the byte} */
    static Program keeps(int first) {
        return Program.parse("ldb [8]\njne #" + first + ", drop\nret #-1\ndrop: ret #0");
    }

    /** A handler that does nothing: Netty initializes a channel with some handler. */
    static ChannelHandler none() {
        return new ChannelInboundHandlerAdapter();
    }

    ChannelFuture bound() {
        return bound;
    }

    Channel channel() {
        return bound.channel();
    }

    void send(int... payloads) throws Exception {
        for (int payload : payloads) {
            byte[] bytes = {(byte) payload};
            client.send(new java.net.DatagramPacket(bytes, 1, channel().localAddress()));
        }
    }

    /** Asserts that exactly these come next, the last of them after everything that was sent before it was judged. */
    void expect(int... payloads) throws InterruptedException {
        List<Integer> expected = new ArrayList<>();
        List<Integer> actual = new ArrayList<>();
        for (int payload : payloads) {
            expected.add(payload);
            Byte next = received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertNotNull(next, () -> "received only " + actual + " of " + expected);
            actual.add((int) next);
        }
        assertEquals(expected, actual);
        assertEquals(0, received.size());
    }

    /** {@return where the handler tells next that its program runs} */
    FilterStats.Location nextLocation() throws InterruptedException {
        FilterStats.Location next = locations.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertNotNull(next, "the program stays where it is");
        return next;
    }

    @Override
    public void close() {
        client.close();
        channel().close().syncUninterruptibly();
        group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
