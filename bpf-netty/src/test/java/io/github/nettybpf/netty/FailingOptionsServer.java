package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerAdapter;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A channel of {@link FailingOptions}, what came through its pipeline, and a sender. */
final class FailingOptionsServer implements AutoCloseable {
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    final BlockingQueue<Throwable> thrown = new LinkedBlockingQueue<>();
    private final MultiThreadIoEventLoopGroup group;
    private final Transport transport;
    private final Channel sender;
    Channel channel;

    FailingOptionsServer(MultiThreadIoEventLoopGroup group, Transport transport) throws Exception {
        this.group = group;
        this.transport = transport;
        this.sender = new Bootstrap()
                .group(group)
                .channel(transport.channel)
                .handler(new ChannelHandlerAdapter() {})
                .bind(transport.anyAddress())
                .sync()
                .channel();
    }

    ChannelFuture bind(Runnable before, ChannelHandler handler) throws IOException {
        ChannelFuture bound = new Bootstrap()
                .group(group)
                .channel(transport.channel)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel initialized) {
                        before.run();
                        initialized.pipeline().addLast(handler, new Receiver());
                    }
                })
                .bind(transport.anyAddress());
        channel = bound.channel();
        return bound;
    }

    private final class Receiver extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ByteBuf content = (ByteBuf) ((AddressedEnvelope<?, ?>) msg).content();
            received.add(content.toString(StandardCharsets.US_ASCII));
            content.release();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            thrown.add(cause);
        }
    }

    void onLoop(Runnable task) throws InterruptedException {
        channel.eventLoop().submit(task).sync();
    }

    private void send(char first) throws InterruptedException {
        ByteBuf content = Unpooled.copiedBuffer(first + "12345.", StandardCharsets.US_ASCII);
        Object packet = channel.localAddress() instanceof DomainSocketAddress domain
                ? new DomainDatagramPacket(content, domain)
                : new DatagramPacket(content, (InetSocketAddress) channel.localAddress());
        sender.writeAndFlush(packet).sync();
    }

    /** Sends one of each kind; the last is wanted always. */
    void assertKeeps(char... kinds) throws InterruptedException {
        for (char kind : new char[] {'x', 'o', 'n', 'x', 'w'}) {
            send(kind);
        }
        List<String> expected = new ArrayList<>();
        for (char kind : kinds) {
            expected.add(kind + "123");
        }
        List<String> arrived = new ArrayList<>();
        while (!arrived.contains("w123")) {
            arrived.add(String.valueOf(received.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS)));
            assertTrue(!arrived.contains("null"), () -> "only " + arrived);
        }
        assertEquals(expected, arrived);
    }

    void assertClosed() throws InterruptedException {
        assertTrue(channel.closeFuture().await(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS), "is not closed");
        assertEquals(List.of(), List.copyOf(received));
    }

    @Override
    public void close() {
        sender.close().syncUninterruptibly();
        if (channel != null) {
            channel.close().syncUninterruptibly();
            // What removes the handlers is a task of the event loop.
            channel.eventLoop().submit(() -> {}).syncUninterruptibly();
        }
        assertEquals(List.of(), List.copyOf(received));
    }
}
