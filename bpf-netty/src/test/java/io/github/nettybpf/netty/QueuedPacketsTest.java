package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterStats.Location;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerAdapter;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultAddressedEnvelope;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A filter comes to a socket that has packets queued, and they wait there for longer than the handover does: each is
 * judged all the same. Wanted packets begin with w.
 */
class QueuedPacketsTest {
    private static final Program WANTED = Program.parse("ldb [0]\njne #0x77, no\nret #-1\nno: ret #0");
    private static final Program EVERYTHING = Program.parse("ret #-1");

    /** No pipeline can judge it: another run can give another verdict. */
    private static final Program UNJUDGEABLE = Program.parse("ld #rand\nldb [0]\njne #0x77, no\nret #-1\nno: ret #0");

    @ParameterizedTest
    @CsvSource({
        "EPOLL_UDP, AUTO",
        "EPOLL_UDP, REQUIRED",
        "IO_URING_UDP, AUTO",
        "IO_URING_UDP, REQUIRED",
        "EPOLL_UNIX, AUTO",
        "EPOLL_UNIX, REQUIRED",
        "NIO_UDP, AUTO"
    })
    void aFilterThatIsAddedJudgesWhatIsQueued(Transport transport, Offload offload) throws Exception {
        try (Sockets sockets = new Sockets(transport, new ChannelHandlerAdapter() {})) {
            sockets.send("x1", "w1", "x2", "x3");
            BpfFilterHandler handler = handler(WANTED, offload);
            sockets.onLoop(() -> sockets.channel.pipeline().addFirst(handler));
            sockets.awaitEndOfHandover();
            sockets.send("x4", "w2");
            sockets.channel.config().setAutoRead(true);
            assertEquals(List.of("w1", "w2"), sockets.receive(2));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "EPOLL_UDP, AUTO",
        "EPOLL_UDP, REQUIRED",
        "IO_URING_UDP, AUTO",
        "IO_URING_UDP, REQUIRED",
        "EPOLL_UNIX, AUTO",
        "EPOLL_UNIX, REQUIRED",
        "NIO_UDP, AUTO"
    })
    void aProgramThatIsReplacedNoLongerJudgesWhatIsQueued(Transport transport, Offload offload) throws Exception {
        BpfFilterHandler handler = handler(EVERYTHING, offload);
        try (Sockets sockets = new Sockets(transport, handler)) {
            sockets.send("x1", "w1", "x2", "x3");
            assertTrue(handler.replace(WANTED).await(60, TimeUnit.SECONDS));
            sockets.awaitEndOfHandover();
            sockets.send("x4", "w2");
            sockets.channel.config().setAutoRead(true);
            assertEquals(List.of("w1", "w2"), sockets.receive(2));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL_UDP", "IO_URING_UDP"})
    void aHandoverWithLossLetsNothingUnjudgedThrough(Transport transport) throws Exception {
        try (Sockets sockets = new Sockets(transport, new ChannelHandlerAdapter() {})) {
            sockets.send("x1", "w1", "x2");
            BpfFilterHandler handler = lossyHandler();
            sockets.onLoop(() -> sockets.channel.pipeline().addFirst(handler));
            sockets.awaitEndOfHandover();
            assertEquals(Location.KERNEL_AND_PIPELINE, handler.stats().location());
            sockets.channel.config().setAutoRead(true);
            sockets.await(() -> handler.stats().location() == Location.KERNEL);
            sockets.send("x3", "w2");
            assertEquals(List.of("w2"), sockets.receive(1));
        }
    }

    /** How much is queued in a unix socket, nobody can ask: no handover with loss could tell when it has ended. */
    @ParameterizedTest
    @EnumSource(names = "EPOLL_UNIX")
    void aHandoverWithLossIsRefusedWhereTheQueueCannotBeAsked(Transport transport) throws Exception {
        try (Sockets sockets = new Sockets(transport, new ChannelHandlerAdapter() {})) {
            sockets.send("x1", "w1", "x2");
            sockets.onLoop(() -> sockets.channel.pipeline().addFirst(lossyHandler()));
            assertTrue(sockets.channel.closeFuture().await(60, TimeUnit.SECONDS));
            assertEquals(List.of(), sockets.receive(0));
            assertEquals(
                    "the channel is bound, and EpollDomainDatagramChannel does not tell when its receive queue is empty"
                            + " (expected: a handler that is added before the bind)",
                    assertInstanceOf(SocketFilterException.class, sockets.failures.poll(60, TimeUnit.SECONDS))
                            .getMessage());
        }
    }

    private static BpfFilterHandler handler(Program program, Offload offload) {
        return BpfFilterHandler.builder(program)
                .placement(Placement.PAYLOAD)
                .offload(offload)
                .build();
    }

    private static BpfFilterHandler lossyHandler() {
        return BpfFilterHandler.builder(UNJUDGEABLE)
                .placement(Placement.PAYLOAD)
                .offload(Offload.REQUIRED)
                .lossyHandover(true)
                .build();
    }

    /** A receiver that does not read yet, and a sender. */
    private static final class Sockets implements AutoCloseable {
        final BlockingQueue<String> received = new LinkedBlockingQueue<>();
        final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
        final Channel channel;
        private final MultiThreadIoEventLoopGroup group;
        private final Channel sender;

        Sockets(Transport transport, ChannelHandler first) throws Exception {
            group = transport.group();
            channel = new Bootstrap()
                    .group(group)
                    .channel(transport.channel)
                    .option(ChannelOption.AUTO_READ, false)
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel initialized) {
                            initialized.pipeline().addLast(first, new Receiver());
                        }
                    })
                    .bind(transport.anyAddress())
                    .sync()
                    .channel();
            sender = new Bootstrap()
                    .group(group)
                    .channel(transport.channel)
                    .handler(new ChannelHandlerAdapter() {})
                    .bind(transport.anyAddress())
                    .sync()
                    .channel();
        }

        private final class Receiver extends ChannelInboundHandlerAdapter {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object msg) {
                ByteBuf content = ((DefaultAddressedEnvelope<?, ?>) msg).content() instanceof ByteBuf buffer
                        ? buffer
                        : Unpooled.EMPTY_BUFFER;
                received.add(content.toString(StandardCharsets.US_ASCII));
                content.release();
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                failures.add(cause);
            }
        }

        /** Sends, and waits until all that a filter keeps is queued. */
        void send(String... packets) throws Exception {
            long before = queued();
            for (String packet : packets) {
                ByteBuf content = Unpooled.copiedBuffer(packet, StandardCharsets.US_ASCII);
                Object message = channel.localAddress() instanceof DomainSocketAddress domain
                        ? new DomainDatagramPacket(content, domain)
                        : new DatagramPacket(content, (InetSocketAddress) channel.localAddress());
                sender.writeAndFlush(message).sync();
            }
            // The last one is wanted: once it is queued, all before it are.
            if (!channel.config().isAutoRead() && packets[packets.length - 1].startsWith("w")) {
                await(() -> channel instanceof io.netty.channel.socket.nio.NioDatagramChannel
                        || !(channel instanceof DatagramChannel)
                        || queued() > before);
            }
        }

        private long queued() {
            boolean tells = channel instanceof DatagramChannel && SocketFilters.isSupported(channel);
            return tells ? SocketFilters.receiveQueueBytes(channel) : 0;
        }

        void await(java.util.function.BooleanSupplier condition) throws Exception {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (!condition.getAsBoolean()) {
                assertFalse(System.nanoTime() > end, "not within a minute");
                onLoop(() -> {});
            }
        }

        void onLoop(Runnable task) throws InterruptedException {
            channel.eventLoop().submit(task).sync();
        }

        /** The handover's own timers on this event loop, due earlier, run before. */
        void awaitEndOfHandover() throws InterruptedException {
            channel.eventLoop()
                    .schedule(() -> {}, ReceiveQueue.GRACE_MILLIS + 100, TimeUnit.MILLISECONDS)
                    .sync();
        }

        List<String> receive(int count) throws InterruptedException {
            List<String> packets = new ArrayList<>();
            while (packets.size() < count) {
                String packet = received.poll(60, TimeUnit.SECONDS);
                if (packet == null) {
                    break;
                }
                packets.add(packet);
            }
            onLoop(() -> {});
            received.drainTo(packets);
            return packets;
        }

        @Override
        public void close() {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }
}
