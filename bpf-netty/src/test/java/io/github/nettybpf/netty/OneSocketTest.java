package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A socket has one filter, and a pipeline many handlers: whatever they do, nothing passes unjudged. */
class OneSocketTest {
    private static final Program BEGINS_WITH_A = Program.parse("ldb [8]\njne #0xaa, no\nret #-1\nno: ret #0");
    private static final Program BEGINS_WITH_B = Program.parse("ldb [8]\njne #0xbb, no\nret #-1\nno: ret #0");
    private static final Program SHORT = Program.parse("ld len\njgt #10, no\nret #-1\nno: ret #0");
    private static final Program BY_MARK =
            Program.parse("ld mark\njne #0, no\nldb [8]\njne #0xaa, no\nret #-1\nno: ret #0");

    /** A UDP server, and what came through its pipeline. */
    private static final class Server implements AutoCloseable {
        final MultiThreadIoEventLoopGroup group;
        final Transport transport;
        final BlockingQueue<String> received = new LinkedBlockingQueue<>();
        final ChannelFuture bound;
        final Channel channel;

        Server(Transport transport, boolean autoRead, Consumer<Channel> handlers) throws Exception {
            this.transport = transport;
            group = transport.group();
            bound = new Bootstrap()
                    .group(group)
                    .channel(transport.channel)
                    .option(ChannelOption.AUTO_READ, autoRead)
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel ch) {
                            handlers.accept(ch);
                            ch.pipeline().addLast("last", new Collector());
                        }
                    })
                    .bind(transport.anyAddress())
                    .await();
            channel = bound.channel();
        }

        Server(Consumer<Channel> handlers) throws Exception {
            this(Transport.EPOLL_UDP, true, handlers);
        }

        private final class Collector extends ChannelInboundHandlerAdapter {
            private boolean answered;

            @Override
            public void channelRead(ChannelHandlerContext ctx, Object msg) {
                ByteBuf content = ((DatagramPacket) msg).content();
                received.add(ByteBufUtil.hexDump(content));
                content.release();
                answered = true;
            }

            /** Asks for more only when it got something. */
            @Override
            public void channelReadComplete(ChannelHandlerContext ctx) {
                if (answered && !ctx.channel().config().isAutoRead()) {
                    answered = false;
                    ctx.read();
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                received.add("thrown: " + cause);
            }
        }

        void send(String... packets) throws Exception {
            Channel sender = new Bootstrap()
                    .group(group)
                    .channel(transport.channel)
                    .handler(new ChannelInboundHandlerAdapter())
                    .bind(transport.anyAddress())
                    .sync()
                    .channel();
            for (String packet : packets) {
                ByteBuf content = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(packet));
                sender.writeAndFlush(new DatagramPacket(content, (InetSocketAddress) channel.localAddress()))
                        .sync();
            }
            sender.close().sync();
        }

        String next() throws InterruptedException {
            String packet = received.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertNotNull(packet, "nothing came");
            return packet;
        }

        void onLoop(Runnable task) throws InterruptedException {
            channel.eventLoop().submit(task).sync();
        }

        @Override
        public void close() {
            channel.close().syncUninterruptibly();
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private static BpfFilterHandler handler(Program program, Offload offload) {
        return BpfFilterHandler.builder(program).offload(offload).build();
    }

    private static void await(BpfFilterHandler handler, Location location) {
        Transport.await(
                () -> location + ": " + handler.stats(), () -> handler.stats().location() == location);
    }

    @ParameterizedTest
    @EnumSource(value = Offload.class, names = "NEVER", mode = EnumSource.Mode.EXCLUDE)
    void aHandlerThatReplacesAnotherTakesTheSocketOver(Offload offload) throws Exception {
        BpfFilterHandler old = handler(BEGINS_WITH_A, offload);
        BpfFilterHandler replacement = handler(BEGINS_WITH_B, offload);
        try (Server server = new Server(ch -> ch.pipeline().addLast("filter", old))) {
            assertEquals(Location.KERNEL, old.stats().location());
            server.onLoop(() -> server.channel.pipeline().replace(old, "filter", replacement));
            server.send("aaaa", "bbbb");
            assertEquals("bbbb", server.next());
            await(replacement, Location.KERNEL);
            assertTrue(SocketFilters.read(server.channel).isPresent());
            server.send("aaaa", "bbbc");
            assertEquals("bbbc", server.next());
        }
    }

    @Test
    void ofTwoHandlersTheFirstUsesTheKernelAndBothJudge() throws Exception {
        BpfFilterHandler first = handler(BEGINS_WITH_A, Offload.AUTO);
        BpfFilterHandler second = handler(SHORT, Offload.AUTO);
        try (Server server =
                new Server(ch -> ch.pipeline().addLast("one", first).addLast("two", second))) {
            assertEquals(Location.KERNEL, first.stats().location());
            assertEquals(Location.PIPELINE, second.stats().location());
            assertEquals(
                    "the handler 'one' comes first, and may change or hold back what the socket receives (expected: this"
                            + " handler as the first of the pipeline)",
                    second.stats().reason());
            server.send("aaaaaa", "bb", "aa");
            assertEquals("aa", server.next());
            server.onLoop(() -> server.channel.pipeline().remove(second));
            assertTrue(SocketFilters.read(server.channel).isPresent(), "the first one's filter stays");
        }
    }

    private static final class Strip extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ((DatagramPacket) msg).content().skipBytes(1);
            ctx.fireChannelRead(msg);
        }
    }

    @Test
    void behindAnotherHandlerThePipelineJudges() throws Exception {
        try (Server server = new Server(
                ch -> ch.pipeline().addLast("strip", new Strip()).addLast(handler(BEGINS_WITH_A, Offload.AUTO)))) {
            server.send("aabb", "bbaa");
            assertEquals("aa", server.next());
        }
        try (Server server = new Server(
                ch -> ch.pipeline().addLast("strip", new Strip()).addLast(handler(BEGINS_WITH_A, Offload.REQUIRED)))) {
            assertFalse(server.bound.isSuccess());
            assertEquals(Reason.NOT_APPLICABLE, ((SocketFilterException) server.bound.cause()).reason());
        }
    }

    @Test
    @SuppressWarnings("deprecation") // Deprecated or not, pipelines are made so.
    void onAnExecutorOfItsOwnThePipelineJudges() throws Exception {
        DefaultEventExecutorGroup executors = new DefaultEventExecutorGroup(1);
        BpfFilterHandler handler = handler(BEGINS_WITH_A, Offload.AUTO);
        try (Server server = new Server(ch -> ch.pipeline().addLast(executors, "filter", handler))) {
            server.send("bb", "aa");
            assertEquals("aa", server.next());
            assertEquals(
                    "the handler has an executor of its own: what waits there to be judged is not known",
                    handler.stats().reason());
            handler.replace(BEGINS_WITH_B).sync();
            server.send("aa", "bb");
            assertEquals("bb", server.next());
        } finally {
            executors.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void aFilterThatIsThereAlreadyIsNotReplaced() throws Exception {
        BpfFilterHandler handler = handler(BEGINS_WITH_A, Offload.AUTO);
        try (Server server = new Server(ch -> {
            SocketFilters.attach(ch, SHORT);
            ch.pipeline().addLast(handler);
        })) {
            assertEquals(
                    "the socket has a filter already, and not from a handler",
                    handler.stats().reason());
            server.send("aaaaaa", "bb", "aa");
            assertEquals("aa", server.next());
            assertEquals(SHORT, SocketFilters.read(server.channel).orElseThrow());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL_UDP", "NIO_UDP", "IO_URING_UDP"})
    void withoutAutoReadADroppedPacketDoesNotEndTheReading(Transport transport) throws Exception {
        try (Server server =
                new Server(transport, false, ch -> ch.pipeline().addLast(handler(BEGINS_WITH_A, Offload.NEVER)))) {
            server.onLoop(() -> server.channel.read());
            server.send("bb", "bb", "aa01", "bb", "aa02");
            assertEquals(List.of("aa01", "aa02"), List.of(server.next(), server.next()));
        }
    }

    @Test
    void afterItsRemovalAHandlerIsNotReplaced() throws Exception {
        BpfFilterHandler handler = handler(BEGINS_WITH_A, Offload.AUTO);
        try (Server server = new Server(ch -> ch.pipeline().addLast(handler))) {
            server.onLoop(() -> server.channel.pipeline().remove(handler));
            Future<Void> replaced = handler.replace(BEGINS_WITH_B).await();
            assertFalse(replaced.isSuccess());
            assertTrue(SocketFilters.read(server.channel).isEmpty());
            server.send("cc");
            assertEquals("cc", server.next());
        }
        assertFalse(handler.replace(BEGINS_WITH_B).await().isSuccess(), "the event loop is gone");
    }

    @Test
    void aFailedReplacementDoesNotEndAHandover() throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(BY_MARK)
                .offload(Offload.REQUIRED)
                .lossyHandover(true)
                .build();
        Program tooCostly = Transport.tooCostly(Program.parse("ld mark\n" + "ldh [0]\n".repeat(3000) + "ret a"));
        try (Server server = new Server(ch -> {})) {
            server.onLoop(() -> {
                server.channel.pipeline().addFirst(handler);
                assertFalse(handler.replace(tooCostly).isSuccess());
            });
            await(handler, Location.KERNEL);
            server.send("bb", "aa");
            assertEquals("aa", server.next());
        }
    }

    @Test
    void aLossyReplacementIsDoneWhenItIsInForce() throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(BY_MARK)
                .offload(Offload.REQUIRED)
                .lossyHandover(true)
                .build();
        try (Server server = new Server(ch -> ch.pipeline().addLast(handler))) {
            handler.replace(BY_MARK).sync();
            assertEquals(Location.KERNEL, handler.stats().location());
            server.send("bb", "aa");
            assertEquals("aa", server.next());
        }
    }

    @Test
    void aProgramThatReadsTheChecksumIsNotJudgedTwice() throws Exception {
        BpfFilterHandler handler = handler(Program.parse("ldh [6]\njeq #0, no\nret #-1\nno: ret #0"), Offload.REQUIRED);
        try (Server server = new Server(ch -> {})) {
            server.onLoop(() -> server.channel.pipeline().addFirst(handler));
            server.channel.closeFuture().sync();
            assertTrue(server.next().startsWith("thrown: "));
        }
    }

    @Test
    void dropsInTheKernelAddUp() throws Exception {
        BpfFilterHandler handler = handler(BEGINS_WITH_A, Offload.AUTO);
        try (Server server = new Server(ch -> ch.pipeline().addLast(handler))) {
            server.send("bb", "bb", "bb", "aa");
            server.next();
            Transport.await(
                    () -> "drops: " + handler.stats(), () -> handler.stats().droppedInKernel() == 3);
            handler.replace(BEGINS_WITH_B).sync();
            handler.replace(Program.parse("ld rand\nret a")).sync();
            assertEquals(3, handler.stats().droppedInKernel());
            assertEquals(Location.PIPELINE, handler.stats().location());
        }
    }

    @Test
    void aReplacementAndAnAdditionAtOnceAreInOrder() throws Exception {
        for (int i = 0; i < 2_000; i++) {
            BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ret #0"));
            Thread thread = new Thread(() -> handler.replace(Program.parse("ret #-1")));
            EmbeddedChannel channel = new EmbeddedChannel();
            thread.start();
            channel.pipeline().addLast(handler);
            thread.join();
            channel.runPendingTasks();
            assertTrue(channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {1})));
            channel.<ByteBuf>readInbound().release();
            channel.finish();
        }
    }
}
