package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.IntegerUnixChannelOption;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mockito.ArgumentMatchers;
import org.mockito.Mockito;

/** Real sockets: where the program runs, that it filters there, and that nothing ever runs unfiltered. */
class OffloadTest {
    /** Keeps what begins with 1, and of that three bytes. */
    private static final String ON_PAYLOAD = "ldb [0]\njne #1, no\nret #3\nno: ret #0";

    private static final String ON_UDP = "ldb [8]\njne #1, no\nret #11\nno: ret #0";

    /** A channel with the handler and, behind it, what came through. */
    private static final class Receiver implements AutoCloseable {
        final BlockingQueue<String> received = new LinkedBlockingQueue<>();
        final BlockingQueue<Throwable> thrown = new LinkedBlockingQueue<>();
        final MultiThreadIoEventLoopGroup group;
        final Bootstrap bootstrap;
        final Transport transport;
        Channel channel;

        Receiver(Transport transport, BpfFilterHandler handler, Consumer<Channel> before) {
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

        /** Sends through a socket of its own. */
        void send(String... packets) throws Exception {
            Channel sender = new Bootstrap()
                    .group(group)
                    .channel(transport.channel)
                    .handler(new ChannelInboundHandlerAdapter())
                    .bind(transport.anyAddress())
                    .sync()
                    .channel();
            SocketAddress to = channel.localAddress();
            for (String packet : packets) {
                ByteBuf content = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(packet));
                Object message = to instanceof DomainSocketAddress domain
                        ? new DomainDatagramPacket(content, domain)
                        : new DatagramPacket(content, (InetSocketAddress) to);
                sender.writeAndFlush(message).sync();
            }
            sender.close().sync();
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
    }

    /** Bound before the handler in question is added. */
    private static Receiver receiverOfAll(Transport transport) {
        BpfFilterHandler all = BpfFilterHandler.builder(Program.parse("ret #-1"))
                .offload(Offload.NEVER)
                .build();
        return new Receiver(transport, all, ch -> {});
    }

    private static BpfFilterHandler handler(Transport transport, Offload offload) {
        boolean unix = transport == Transport.EPOLL_UNIX;
        return BpfFilterHandler.builder(Program.parse(unix ? ON_PAYLOAD : ON_UDP))
                .offload(offload)
                .build();
    }

    private static void awaitKernel(BpfFilterHandler handler) {
        Transport.await(
                () -> "all in the kernel: " + handler.stats(),
                () -> handler.stats().location() == Location.KERNEL);
    }

    private static void filters(Receiver receiver) throws Exception {
        receiver.send("0102030405", "0002030405", "01", "02", "010203", "ff", "0109090909");
        assertEquals(
                List.of("010203", "01", "010203", "010909"),
                List.of(receiver.next(), receiver.next(), receiver.next(), receiver.next()));
        assertTrue(receiver.received.isEmpty());
    }

    @ParameterizedTest
    @EnumSource
    void autoUsesTheKernelWhereItCan(Transport transport) throws Exception {
        BpfFilterHandler handler = handler(transport, Offload.AUTO);
        try (Receiver receiver = new Receiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            filters(receiver);
            FilterStats stats = handler.stats();
            if (transport == Transport.NIO_UDP) {
                assertEquals(
                        new FilterStats(
                                4,
                                2,
                                3,
                                0,
                                Location.PIPELINE,
                                "NioDatagramChannel takes no filter (expected: an epoll or io_uring channel)"),
                        stats);
            } else {
                // A unix socket does not count what its filter drops.
                assertEquals(
                        new FilterStats(
                                4,
                                0,
                                0,
                                transport == Transport.EPOLL_UNIX ? stats.droppedInKernel() : 3,
                                Location.KERNEL,
                                "attached before the channel was bound"),
                        stats);
            }
            receiver.channel.close().sync();
            assertEquals(stats.droppedInKernel(), handler.stats().droppedInKernel(), "known after the close");
        }
    }

    @ParameterizedTest
    @EnumSource
    void neverStaysInThePipeline(Transport transport) throws Exception {
        BpfFilterHandler handler = handler(transport, Offload.NEVER);
        try (Receiver receiver = new Receiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            filters(receiver);
            assertEquals(Location.PIPELINE, handler.stats().location());
            assertEquals(7, handler.stats().received());
        }
    }

    @ParameterizedTest
    @EnumSource(names = "NIO_UDP", mode = EnumSource.Mode.EXCLUDE)
    void aFilterGoesWithItsHandler(Transport transport) throws Exception {
        BpfFilterHandler handler = handler(transport, Offload.REQUIRED);
        try (Receiver receiver = new Receiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            filters(receiver);
            assertTrue(SocketFilters.read(receiver.channel).isPresent());
            receiver.channel.pipeline().remove(handler);
            receiver.channel.eventLoop().submit(() -> {}).sync();
            assertTrue(SocketFilters.read(receiver.channel).isEmpty());
            receiver.send("0002030405");
            assertEquals("0002030405", receiver.next());
        }
    }

    @ParameterizedTest
    @CsvSource({"EPOLL_UDP", "IO_URING_UDP"})
    void aProgramForThePayloadIsMovedBehindTheHeader(Transport transport) throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse(ON_PAYLOAD))
                .placement(Placement.PAYLOAD)
                .offload(Offload.REQUIRED)
                .build();
        try (Receiver receiver = new Receiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            filters(receiver);
            assertEquals(
                    Program.parse(ON_UDP), SocketFilters.read(receiver.channel).orElseThrow());
        }
    }

    @ParameterizedTest
    @CsvSource({"EPOLL_UDP", "IO_URING_UDP", "NIO_UDP"})
    void connectAloneAttachesToo(Transport transport) throws Exception {
        BpfFilterHandler handler = handler(transport, Offload.AUTO);
        try (Receiver receiver = new Receiver(transport, handler, ch -> {})) {
            receiver.channel = receiver.bootstrap
                    .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9))
                    .sync()
                    .channel();
            Location expected = transport == Transport.NIO_UDP ? Location.PIPELINE : Location.KERNEL;
            assertEquals(expected, handler.stats().location());
        }
    }

    private static final IntegerUnixChannelOption UDP_GRO = new IntegerUnixChannelOption("UDP_GRO", 17, 104);

    private static Consumer<Channel> obstacle(String name) {
        return switch (name) {
            case "locked" -> SocketFilters::lock;
            case "gro" -> channel -> channel.config().setOption(UDP_GRO, 1);
            default -> channel -> {};
        };
    }

    private static BpfFilterHandler obstructed(String name, Offload offload) throws IOException {
        String program =
                switch (name) {
                    case "memory" -> "ldh [0]\n".repeat(2000) + ON_UDP;
                    case "refused" -> "ldh [0]\n".repeat(4000) + ON_UDP;
                    case "other placement" -> "ldb [22]\njne #1, no\nret #25\nno: ret #0";
                    default -> ON_UDP;
                };
        Program parsed = Program.parse(program);
        BpfFilterHandler.Builder builder = BpfFilterHandler.builder(
                        name.equals("memory") ? Transport.tooCostly(parsed) : parsed)
                .offload(offload);
        return (name.equals("other placement") ? builder.placement(Placement.ETHERNET) : builder).build();
    }

    private static Transport transport(String obstacle) {
        return obstacle.equals("nio") ? Transport.NIO_UDP : Transport.EPOLL_UDP;
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "locked, LOCKED",
        "memory, NO_MEMORY",
        "refused, REFUSED",
        "gro, NOT_APPLICABLE",
        "nio, UNSUPPORTED",
        "other placement, NOT_APPLICABLE"
    })
    void requiredNeverRunsUnfiltered(String obstacle, Reason reason) throws Exception {
        BpfFilterHandler handler = obstructed(obstacle, Offload.REQUIRED);
        try (Receiver receiver = new Receiver(transport(obstacle), handler, obstacle(obstacle))) {
            ChannelFuture bound = receiver.bind();
            assertFalse(bound.isSuccess());
            assertEquals(reason, ((SocketFilterException) bound.cause()).reason());
            bound.channel().closeFuture().sync();
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "locked | SO_ATTACH_FILTER: the filter is locked (SO_LOCK_FILTER)",
                "memory | SO_ATTACH_FILTER: the socket's option memory is full (ENOMEM)",
                "refused | SO_ATTACH_FILTER: the kernel refuses the program (EINVAL)",
                "gro | UDP_GRO is on: the kernel would judge several datagrams at once",
                "nio | NioDatagramChannel takes no filter (expected: an epoll or io_uring channel)",
            })
    void autoFallsBackAndSaysWhy(String obstacle, String reason) throws Exception {
        BpfFilterHandler handler = obstructed(obstacle, Offload.AUTO);
        try (Receiver receiver = new Receiver(transport(obstacle), handler, obstacle(obstacle))) {
            receiver.bind().sync();
            filters(receiver);
            assertEquals(Location.PIPELINE, handler.stats().location());
            assertTrue(
                    handler.stats().reason().startsWith(reason), handler.stats().reason());
        }
    }

    /** Makes the channel behave as on gVisor: attaching succeeds, and there is no filter. */
    private static void lie(Channel channel) {
        ChannelConfig config = Mockito.spy(channel.config());
        Mockito.doReturn(true)
                .when(config)
                .setOption(
                        ArgumentMatchers.<ChannelOption<Object>>argThat(
                                option -> option != null && option.name().equals("SO_ATTACH_FILTER")),
                        ArgumentMatchers.any());
        try {
            Field field = EpollDatagramChannel.class.getDeclaredField("config");
            field.setAccessible(true);
            field.set(channel, config);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Offload.class, names = "NEVER", mode = EnumSource.Mode.EXCLUDE)
    void aKernelThatOnlyPretendsIsFoundOut(Offload offload) throws Exception {
        BpfFilterHandler handler = handler(Transport.EPOLL_UDP, offload);
        try (Receiver receiver = new Receiver(Transport.EPOLL_UDP, handler, OffloadTest::lie)) {
            ChannelFuture bound = receiver.bind();
            if (offload == Offload.REQUIRED) {
                assertEquals(Reason.NOT_INSTALLED, ((SocketFilterException) bound.cause()).reason());
                bound.channel().closeFuture().sync();
            } else {
                bound.sync();
                filters(receiver);
                assertEquals(Location.PIPELINE, handler.stats().location());
                assertEquals(
                        "SO_ATTACH_FILTER succeeded, but the filter read back is not the program (expected: a kernel that"
                                + " filters)",
                        handler.stats().reason());
            }
        }
    }

    @Test
    void aProgramThatOnlyTheKernelCanRunRunsThere() throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse("ld mark\njne #0, no\n" + ON_UDP))
                .offload(Offload.REQUIRED)
                .build();
        try (Receiver receiver = new Receiver(Transport.EPOLL_UDP, handler, ch -> {})) {
            receiver.bind().sync();
            filters(receiver);
            assertEquals(Location.KERNEL, handler.stats().location());
        }
    }

    @ParameterizedTest
    @EnumSource(names = "NIO_UDP", mode = EnumSource.Mode.EXCLUDE)
    void aBoundChannelGetsTheFormThatOnlyDrops(Transport transport) throws Exception {
        BpfFilterHandler first = handler(transport, Offload.AUTO);
        try (Receiver receiver = receiverOfAll(transport)) {
            receiver.bind().sync();
            receiver.channel
                    .eventLoop()
                    .submit(() -> receiver.channel.pipeline().addFirst(first))
                    .sync();
            assertEquals(Location.KERNEL_AND_PIPELINE, first.stats().location());
            filters(receiver);
            assertEquals(
                    new FilterStats(
                            4,
                            2,
                            0,
                            first.stats().droppedInKernel(),
                            Location.KERNEL_AND_PIPELINE,
                            "attached to a bound channel"),
                    first.stats());
            first.replace(Program.parse("ret #-1")).sync();
            receiver.send("00");
            assertEquals("00", receiver.next());
            first.replace(Program.parse("ret #0")).sync();
            receiver.send("01");
            receiver.channel.pipeline().remove(first);
            receiver.channel.eventLoop().submit(() -> {}).sync();
            receiver.send("02");
            assertEquals("02", receiver.next());
        }
    }

    @Test
    void onABoundChannelTheKernelTakesOverAllWhenNothingOlderIsQueued() throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ldb [8]\njne #1, no\nret #262144\nno: ret #0"));
        try (Receiver receiver = receiverOfAll(Transport.EPOLL_UDP)) {
            receiver.bind().sync();
            receiver.channel
                    .eventLoop()
                    .submit(() -> receiver.channel.pipeline().addFirst(handler))
                    .sync();
            awaitKernel(handler);
            receiver.send("00", "0101");
            assertEquals("0101", receiver.next());
        }
    }

    @Test
    void onABoundChannelAProgramThatThePipelineCannotJudgeIsRefusedOrHandedOverWithLoss() throws Exception {
        for (boolean lossy : new boolean[] {false, true}) {
            BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse("ld mark\njne #0, no\n" + ON_UDP))
                    .offload(Offload.REQUIRED)
                    .lossyHandover(lossy)
                    .build();
            try (Receiver receiver = receiverOfAll(Transport.EPOLL_UDP)) {
                receiver.bind().sync();
                receiver.channel
                        .eventLoop()
                        .submit(() -> receiver.channel.pipeline().addFirst(handler))
                        .sync();
                if (lossy) {
                    awaitKernel(handler);
                    filters(receiver);
                    assertEquals(
                            "attached to a bound channel, with loss",
                            handler.stats().reason());
                } else {
                    receiver.channel.closeFuture().sync();
                    SocketFilterException e =
                            (SocketFilterException) receiver.thrown.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS);
                    assertNotNull(e);
                    assertEquals(Reason.NOT_APPLICABLE, e.reason());
                }
            }
        }
    }

    /** A connect without a local address keeps the one of the bind. */
    @ParameterizedTest
    @CsvSource({"EPOLL_UDP", "IO_URING_UDP", "NIO_UDP"})
    void aBoundChannelMayBeConnectedWhereTheDestinationIsRead(Transport transport) throws Exception {
        Program toLoopback = Program.parse(
                "ldb [0xfff00000]\nand #0xf0\njne #0x40, no\nld [0xfff00010]\njne #0x7f000001, no\nret #-1\nno: ret #0");
        BpfFilterHandler handler =
                BpfFilterHandler.builder(toLoopback).offload(Offload.NEVER).build();
        try (Receiver receiver = new Receiver(transport, handler, ch -> {})) {
            receiver.channel =
                    receiver.bootstrap.bind(transport.anyAddress()).sync().channel();
            receiver.channel.connect(receiver.channel.localAddress()).sync();
            receiver.channel
                    .writeAndFlush(Unpooled.wrappedBuffer(new byte[] {1}))
                    .sync();
            assertEquals("01", receiver.next());
        }
    }

    @Test
    void theDestinationOfAWildcardSocketIsNotMadeUp() throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(
                        Program.parse("ldb [0xfff00000]\nand #0xf0\njne #0x40, no\nld [0xfff00010]\nret a\nno: ret #0"))
                .offload(Offload.NEVER)
                .build();
        try (Receiver receiver = new Receiver(Transport.NIO_UDP, handler, ch -> {})) {
            ChannelFuture bound =
                    receiver.bootstrap.bind(new InetSocketAddress("0.0.0.0", 0)).await();
            assertFalse(bound.isSuccess());
            assertTrue(bound.cause()
                    .getMessage()
                    .startsWith("the program reads the destination address, and the channel"
                            + " is bound to /0.0.0.0:0: a pipeline does not know the one that a packet was sent to"));
        }
    }
}
