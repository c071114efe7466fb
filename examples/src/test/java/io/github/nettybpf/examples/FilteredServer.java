package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.Offload;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** A UDP server with a filter, in the kernel or in the pipeline. It answers what it receives, and remembers it. */
final class FilteredServer implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 60;
    private static final int LONGEST = 65_535;
    private static final HexFormat HEX = HexFormat.of();

    /** Where the program is to run, and the transport that lets it run there. */
    enum Where {
        KERNEL(EpollDatagramChannel.class, Location.KERNEL),
        PIPELINE(NioDatagramChannel.class, Location.PIPELINE);

        private final Class<? extends DatagramChannel> transport;
        private final Location location;

        Where(Class<? extends DatagramChannel> transport, Location location) {
            this.transport = transport;
            this.location = location;
        }

        /** {@return the transport's channels} Skips the test, with a reason, if the transport cannot be used. */
        Class<? extends DatagramChannel> channel() {
            Assumptions.assumeTrue(
                    this == PIPELINE || Epoll.isAvailable(), "no epoll here, so the kernel cannot filter");
            return transport;
        }

        IoHandlerFactory io() {
            return this == KERNEL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        }

        /** {@return a handler that is certain to run the program here: a bind fails otherwise} */
        BpfFilterHandler handler(Program program) {
            Offload offload = this == KERNEL ? Offload.REQUIRED : Offload.AUTO;
            return BpfFilterHandler.builder(program).offload(offload).build();
        }

        void assertFilters(BpfFilterHandler handler) {
            assertEquals(location, handler.stats().location(), handler.stats()::reason);
        }
    }

    private final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
    private final MultiThreadIoEventLoopGroup group;
    private final Where where;
    private final BpfFilterHandler handler;
    private final Channel channel;

    private FilteredServer(
            Where where, Program program, InetSocketAddress address, Function<byte[], byte @Nullable []> answer) {
        this.where = where;
        handler = where.handler(program);
        Bootstrap bootstrap = new Bootstrap()
                .channel(where.channel())
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(LONGEST))
                .option(ChannelOption.SO_RCVBUF, 1 << 20)
                .option(ChannelOption.SO_BROADCAST, true)
                // Broadcasts are for every socket of a port. An ephemeral one is not to be shared.
                .option(ChannelOption.SO_REUSEADDR, address.getPort() != 0)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline().addLast(handler, new Answers(answer));
                    }
                });
        group = new MultiThreadIoEventLoopGroup(1, where.io());
        channel = bootstrap.group(group).bind(address).syncUninterruptibly().channel();
        where.assertFilters(handler);
    }

    /**
     * {@return a server on an ephemeral port of the loopback interface}
     *
     * @param answer returns the answer to a datagram's payload, or null for none
     */
    static FilteredServer start(Where where, Program program, Function<byte[], byte @Nullable []> answer) {
        return start(where, program, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), answer);
    }

    static FilteredServer start(
            Where where, Program program, InetSocketAddress address, Function<byte[], byte @Nullable []> answer) {
        return new FilteredServer(where, program, address, answer);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** {@return "127.0.0.1:PORT"} */
    String hostAndPort() {
        return address().getAddress().getHostAddress() + ":" + port();
    }

    String port() {
        return Integer.toString(address().getPort());
    }

    BpfFilterHandler handler() {
        return handler;
    }

    /** {@return the payload of the next datagram that was passed on} */
    byte[] receive() throws InterruptedException {
        byte[] payload = received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (payload == null) {
            throw new AssertionError("nothing more received: " + handler.stats());
        }
        return payload;
    }

    /**
     * Sends payloads that are to be dropped and, from the same socket, one that is to be kept: it must be the next one
     * that is received.
     */
    void drops(byte[] wanted, byte[]... junk) throws IOException, InterruptedException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            drops(socket, socket, wanted, junk);
        }
    }

    void drops(DatagramSocket junkSender, DatagramSocket sender, byte[] wanted, byte[]... junk)
            throws IOException, InterruptedException {
        long before = dropped();
        send(junkSender, address(), junk);
        send(sender, address(), wanted);
        assertNext(wanted);
        assertEquals(junk.length, dropped() - before);
    }

    void assertNext(byte[] payload) throws InterruptedException {
        assertEquals(HEX.formatHex(payload), HEX.formatHex(receive()));
    }

    static void send(DatagramSocket from, InetSocketAddress to, byte[]... payloads) throws IOException {
        for (byte[] payload : payloads) {
            from.send(new java.net.DatagramPacket(payload, payload.length, to));
        }
    }

    /** Sends the same payload several times. */
    void send(int times, byte[] payload) throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            for (int i = 0; i < times; i++) {
                send(socket, address(), payload);
            }
        }
    }

    private long dropped() {
        return where == Where.KERNEL
                ? handler.stats().droppedInKernel()
                : handler.stats().dropped();
    }

    /** {@return what was received and not asked for} */
    List<byte[]> rest() {
        List<byte[]> rest = new ArrayList<>();
        received.drainTo(rest);
        return rest;
    }

    @Override
    public void close() {
        channel.close().syncUninterruptibly();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private final class Answers extends SimpleChannelInboundHandler<DatagramPacket> {
        private final Function<byte[], byte @Nullable []> answer;

        Answers(Function<byte[], byte @Nullable []> answer) {
            this.answer = answer;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
            byte[] payload = ByteBufUtil.getBytes(packet.content());
            byte[] response = answer.apply(payload);
            received.add(payload);
            if (response != null) {
                ctx.writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(response), recipient(packet.sender())));
            }
        }

        /** {@return where to answer} A DHCP client has no address yet. */
        private static InetSocketAddress recipient(InetSocketAddress sender) {
            return sender.getAddress().isAnyLocalAddress()
                    ? new InetSocketAddress(Namespaces.BROADCAST, sender.getPort())
                    : sender;
        }
    }
}
