package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A channel with the handler, and what came through it. */
final class FilteredReceiver implements AutoCloseable {
    /** Keeps what begins with 1, and of that three bytes. */
    static final String ON_PAYLOAD = "ldb [0]\njne #1, no\nret #3\nno: ret #0";

    /** The same on a UDP socket, whose offset 0 is the UDP header. */
    static final String ON_UDP = "ldb [8]\njne #1, no\nret #11\nno: ret #0";

    private static final int AT_A_TIME = 8;

    final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    final BlockingQueue<Throwable> thrown = new LinkedBlockingQueue<>();
    final MultiThreadIoEventLoopGroup group;
    final Bootstrap bootstrap;
    final Transport transport;
    Channel channel;

    FilteredReceiver(Transport transport, BpfFilterHandler handler, Consumer<Channel> before) {
        this.transport = transport;
        group = transport.group();
        bootstrap = new Bootstrap().group(group).channel(transport.channel).handler(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel ch) {
                before.accept(ch);
                ch.pipeline().addLast(handler, new Collector());
            }
        });
    }

    private final class Collector extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ByteBuf content = (ByteBuf) ((AddressedEnvelope<?, ?>) msg).content();
            received.add(ByteBufUtil.hexDump(content));
            ((AddressedEnvelope<?, ?>) msg).release();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            thrown.add(cause);
        }
    }

    ChannelFuture bind() throws Exception {
        ChannelFuture future = bootstrap.bind(transport.anyAddress()).await();
        channel = future.channel();
        return future;
    }

    /**
     * Sends through a socket of its own, and waits for a few at a time: waiting for each costs more than sending it, and
     * the receive queue of a unix socket holds ten (net.unix.max_dgram_qlen).
     */
    void send(String... packets) throws Exception {
        Channel sender = new Bootstrap()
                .group(group)
                .channel(transport.channel)
                .handler(new ChannelInboundHandlerAdapter())
                .bind(transport.anyAddress())
                .sync()
                .channel();
        SocketAddress to = channel.localAddress();
        List<ChannelFuture> sent = new ArrayList<>();
        for (String packet : packets) {
            ByteBuf content = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(packet));
            Object message = to instanceof DomainSocketAddress domain
                    ? new DomainDatagramPacket(content, domain)
                    : new DatagramPacket(content, (InetSocketAddress) to);
            sent.add(sender.write(message));
            if (sent.size() == AT_A_TIME) {
                flush(sender, sent);
            }
        }
        flush(sender, sent);
        sender.close().sync();
    }

    private static void flush(Channel sender, List<ChannelFuture> sent) throws InterruptedException {
        sender.flush();
        for (ChannelFuture each : sent) {
            each.sync();
        }
        sent.clear();
    }

    String next() throws InterruptedException {
        String packet = received.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertNotNull(packet, "nothing came");
        return packet;
    }

    @Override
    public void close() {
        if (channel != null) {
            channel.close().syncUninterruptibly();
        }
        group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /** {@return a handler with {@link #ON_UDP}, or {@link #ON_PAYLOAD} on a unix socket} */
    static BpfFilterHandler handler(Transport transport, Offload offload) {
        boolean unix = transport == Transport.EPOLL_UNIX;
        return BpfFilterHandler.builder(Program.parse(unix ? ON_PAYLOAD : ON_UDP))
                .offload(offload)
                .build();
    }

    /** Asserts that {@link #ON_UDP}, or {@link #ON_PAYLOAD}, judges what is sent from now on. */
    void assertFilters() throws Exception {
        send("0102030405", "0002030405", "01", "02", "010203", "ff", "0109090909");
        assertEquals(List.of("010203", "01", "010203", "010909"), List.of(next(), next(), next(), next()));
        assertTrue(received.isEmpty());
    }
}
