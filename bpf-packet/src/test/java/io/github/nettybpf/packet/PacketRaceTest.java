package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.SocketFilters;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Concurrent events: what happens while a channel is being bound, closed, or moved to another event loop, or shares its
 * event loop.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
@ExtendWith(InNamespace.class)
class PacketRaceTest {
    /**
     * {@return the message with which the option is refused while the bind is under way, or the empty string if it is
     * accepted}
     */
    private static <T> String changeDuringBind(Tap tap, ChannelOption<T> option, T value) throws Exception {
        tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
        Future<String> said = tap.channel.eventLoop().submit(() -> {
            // The bind completes in a task of this event loop, so not before this task ends.
            tap.channel.bind(PacketAddress.of("b0"));
            try {
                tap.channel.config().setOption(option, value);
                return "";
            } catch (ChannelException e) {
                return e.getMessage();
            }
        });
        String message = said.sync().getNow();
        PacketLifecycleTest.await("bound", tap.channel::isActive);
        return message;
    }

    @Test
    void optionsAreNotForWhileTheChannelIsBeingBound() throws Exception {
        try (Tap tap = new Tap()) {
            assertEquals(
                    "RECEIVE_MODE: the channel is being bound (expected: set before that)",
                    changeDuringBind(tap, PacketChannelOption.RECEIVE_MODE, ReceiveMode.READ));
            assertEquals(ReceiveMode.RING, tap.channel.config().getOption(PacketChannelOption.RECEIVE_MODE));
        }
        try (Tap tap = new Tap()) {
            assertEquals(
                    "PROMISCUOUS: the channel is being bound (expected: set before, or after)",
                    changeDuringBind(tap, PacketChannelOption.PROMISCUOUS, true));
            assertFalse(tap.channel.config().getOption(PacketChannelOption.PROMISCUOUS));
            tap.channel.config().setOption(PacketChannelOption.PROMISCUOUS, true);
            assertTrue(Namespace.run("ip -d link show b0").contains("promiscuity 1"));
        }
    }

    @Test
    void aFailedBindLetsOptionsBeChanged() throws Exception {
        try (Tap tap = new Tap()) {
            tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
            assertFalse(tap.channel.bind(PacketAddress.of("nowhere0")).await().isSuccess());
            tap.channel.config().setOption(PacketChannelOption.RECEIVE_MODE, ReceiveMode.READ);
            tap.channel.bind(PacketAddress.of("b0")).sync();
            assertTrue(tap.channel.isActive());
        }
    }

    @Test
    void aSecondBindDoesNotTakeTheFirstOnesPlace() throws Exception {
        try (Tap tap = new Tap()) {
            tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
            CountDownLatch go = new CountDownLatch(1);
            Future<ChannelFuture> first = tap.channel.eventLoop().submit(() -> {
                ChannelFuture bind = tap.channel.bind(PacketAddress.of("b0"));
                // Until the socket is bound, which this event loop does not know yet.
                PacketLifecycleTest.await(
                        "bound", () -> Namespace.run("cat /proc/net/packet").contains("0003"));
                tap.channel.bind(PacketAddress.of("a0")).addListener(second -> {
                    if (second.cause() instanceof AlreadyBoundException) {
                        go.countDown();
                    }
                });
                return bind;
            });
            first.sync().getNow().sync();
            assertTrue(go.await(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
            assertEquals("b0", tap.channel.localAddress().interfaceName());
        }
    }

    @Test
    void aProgramThatIsReplacedDuringAFanoutBindIsNotUndone() throws Exception {
        Program old = Program.parse("ld #len\nret #0");
        Program wanted = Program.parse(Tap.OURS);
        BpfFilterHandler handler = new BpfFilterHandler(old);
        try (Tap a = new Tap().bind("a0");
                Tap tap = new Tap(handler).with(PacketChannelOption.FANOUT, PacketFanout.hash(11))) {
            tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
            Future<Future<Void>> replaced = tap.channel.eventLoop().submit(() -> {
                tap.channel.bind(PacketAddress.of("b0"));
                Future<Void> done = handler.replace(wanted);
                // Until the socket has joined its group, the bind owns the filter.
                assertFalse(done.isDone());
                return done;
            });
            replaced.sync().getNow().sync();
            PacketLifecycleTest.await("bound", tap.channel::isActive);
            assertEquals(Location.KERNEL_AND_PIPELINE, handler.stats().location());
            a.send(Tap.frame(60, 1).setShort(12, 0x88b6));
            a.send(Tap.frame(60, 2));
            assertEquals(ByteBufUtil.hexDump(Tap.frame(60, 2)), tap.nextHex());
            assertEquals(
                    Optional.of(wanted).map(Program::raw),
                    SocketFilters.read(tap.channel).map(Program::raw));
        }
    }

    @Test
    void aHandlerThatIsRemovedDuringAFanoutBindLeavesNoFilter() throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ld #len\nret #0"));
        try (Tap tap = new Tap(handler).with(PacketChannelOption.FANOUT, PacketFanout.hash(12))) {
            tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
            tap.channel
                    .eventLoop()
                    .submit(() -> {
                        tap.channel.bind(PacketAddress.of("b0"));
                        tap.channel.pipeline().remove(handler);
                    })
                    .sync();
            PacketLifecycleTest.await("bound", tap.channel::isActive);
            tap.channel.eventLoop().submit(() -> {}).sync();
            assertEquals(Optional.empty(), SocketFilters.read(tap.channel));
        }
    }

    @Test
    void aBindEndsOnTheEventLoopThatTheChannelHasByThen() throws Exception {
        MultiThreadIoEventLoopGroup other = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (Tap a = Tap.ofOurs().bind("a0");
                Tap b = Tap.ofOurs()) {
            b.channel = (PacketChannel) b.bootstrap.register().sync().channel();
            CountDownLatch moved = new CountDownLatch(1);
            Future<ChannelFuture> bind = b.channel.eventLoop().submit(() -> {
                ChannelFuture bound = b.channel.bind(PacketAddress.of("b0"));
                b.channel.deregister().addListener(done -> other.register(b.channel)
                        .addListener(registered -> moved.countDown()));
                return bound;
            });
            bind.sync().getNow().sync();
            assertTrue(moved.await(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
            PacketLifecycleTest.await("a frame", () -> {
                a.channel.writeAndFlush(Tap.frame(60, 2));
                return !b.received.isEmpty();
            });
            assertEquals(List.of(), List.copyOf(b.thrown));
        } finally {
            other.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    /** {@return a bind that ends while the channel has no event loop} */
    static ChannelFuture bindWithoutLoop(Tap tap) throws Exception {
        tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
        ChannelFuture bound = tap.channel
                .eventLoop()
                .submit(() -> {
                    ChannelFuture bind = tap.channel.bind(PacketAddress.of("b0"));
                    tap.channel.deregister();
                    return bind;
                })
                .sync()
                .getNow();
        PacketLifecycleTest.await("the event loop's turn", () -> !tap.channel.isRegistered());
        PacketLifecycleTest.await("bound", tap.channel.binding()::isDone);
        tap.group.next().submit(() -> {}).sync();
        assertFalse(bound.isDone());
        return bound;
    }

    @Test
    void aBindWaitsForAnEventLoop() throws Exception {
        try (Tap tap = new Tap()) {
            ChannelFuture bound = bindWithoutLoop(tap);
            tap.group.register(tap.channel).sync();
            bound.sync();
            assertTrue(tap.channel.isActive());
        }
        try (Tap tap = new Tap()) {
            ChannelFuture bound = bindWithoutLoop(tap);
            tap.channel.close().sync();
            assertInstanceOf(ClosedChannelException.class, bound.await().cause());
        }
    }

    @Test
    void aClosedChannelKeepsItsLastValues() throws Exception {
        PacketChannel channel;
        int receiveBuffer;
        try (Tap b = new Tap().bind("b0")) {
            channel = b.channel;
            receiveBuffer = channel.config().getOption(ChannelOption.SO_RCVBUF);
        }
        assertTrue(receiveBuffer > 0);
        assertEquals(receiveBuffer, channel.config().getOption(ChannelOption.SO_RCVBUF));
        assertTrue(channel.config().getOption(ChannelOption.SO_SNDBUF) > 0);
        assertEquals(false, channel.config().getOption(PacketChannelOption.PROMISCUOUS));
        assertEquals(
                "PROMISCUOUS: the channel is closed",
                assertThrows(ChannelException.class, () -> channel.config()
                                .setOption(PacketChannelOption.PROMISCUOUS, true))
                        .getMessage());
        channel.statistics();
    }

    @Test
    void aBindOfAClosedChannelOnlyFails() throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(Program.parse(Tap.OURS));
        try (Tap tap = new Tap(new ChannelInboundHandlerAdapter())) {
            tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
            tap.channel
                    .eventLoop()
                    .submit(() -> {
                        tap.channel.pipeline().addFirst(handler);
                        tap.channel.close();
                        ChannelFuture bound = tap.channel.bind(PacketAddress.of("b0"));
                        assertInstanceOf(ClosedChannelException.class, bound.cause());
                        assertEquals(Location.UNDECIDED, handler.stats().location());
                    })
                    .sync();
        }
    }

    @Test
    void aProgramIsNotReplacedOnAClosedChannel() throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(Program.parse(Tap.OURS));
        try (Tap b = new Tap(handler).bind("b0")) {
            String said = b.channel
                    .eventLoop()
                    .submit(() -> {
                        b.channel.close();
                        return handler.replace(Program.parse("ret #1")).cause().getMessage();
                    })
                    .sync()
                    .getNow();
            assertEquals("the channel is closed", said);
        }
    }

    /** {@return an event loop for which the time goes on when the ticker says so} */
    private static MultiThreadIoEventLoopGroup timedBy(MockTicker ticker) {
        return new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()) {
            @Override
            protected IoEventLoop newChild(Executor executor, IoHandlerFactory factory, Object... more) {
                return new SingleThreadIoEventLoop(this, executor, factory) {
                    @Override
                    public Ticker ticker() {
                        return ticker;
                    }
                };
            }
        };
    }

    /** The kernel's own counters have 32 bits. */
    @Test
    void theKernelsCountersAreSummedWithoutAQuery() throws Exception {
        MockTicker ticker = Ticker.newMockTicker();
        MultiThreadIoEventLoopGroup group = timedBy(ticker);
        try (Tap a = new Tap().bind("a0");
                Tap watch = Tap.ofOurs().bind("b0")) {
            PacketChannel b = (PacketChannel) new Bootstrap()
                    .group(group)
                    .channel(PacketChannel.class)
                    .handler(new BpfFilterHandler(Program.parse(Tap.OURS)))
                    .bind(PacketAddress.of("b0"))
                    .sync()
                    .channel();
            a.send(Tap.frame(60, 2));
            watch.next().release();
            PacketLifecycleTest.await("counted", () -> {
                ticker.advance(1, TimeUnit.SECONDS);
                group.submit(() -> {}).syncUninterruptibly();
                return b.countedSoFar().equals(new PacketStatistics(1, 0));
            });
            b.close().sync();
        } finally {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            ticker.advance(1, TimeUnit.DAYS);
            group.terminationFuture().sync();
        }
    }

    /**
     * A channel that never reaches the end of its frames leaves others of its event loop their turn. For each frame
     * that it reads another one is sent to it, so the flood does not end, however long anything takes.
     */
    @ParameterizedTest
    @EnumSource
    void othersOfTheEventLoopHaveTheirTurn(ReceiveMode mode) throws Exception {
        int most = 4 * 2048;
        int frames = 200;
        AtomicInteger before = new AtomicInteger();
        CountDownLatch over = new CountDownLatch(1);
        AtomicBoolean arrived = new AtomicBoolean();
        try (Tap a = Tap.ofOurs().bind("a0");
                Tap flooded = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        // Blocks are handed over when they are full. They have room for twice as many frames.
                        .with(PacketChannelOption.BLOCK_SIZE, 4096)
                        .with(PacketChannelOption.BLOCK_COUNT, 16)
                        .with(PacketChannelOption.RETIRE_MILLIS, 60_000)
                        .with(PacketChannelOption.OUTGOING, false)
                        .with(ChannelOption.AUTO_READ, false)
                        .bind("b0")) {
            Bootstrap others = new Bootstrap()
                    .group(flooded.group)
                    .channel(PacketChannel.class)
                    .option(PacketChannelOption.RECEIVE_MODE, ReceiveMode.READ)
                    .handler(new ChannelInboundHandlerAdapter() {
                        @Override
                        public boolean isSharable() {
                            return true;
                        }

                        @Override
                        public void channelRead(ChannelHandlerContext ctx, Object msg) {
                            ((PacketFrame) msg).release();
                            arrived.set(true);
                            over.countDown();
                        }
                    });
            others.bind(PacketAddress.of("lo")).sync();
            // What a socket sends is shown to the others of its interface before the call returns.
            others.option(ChannelOption.AUTO_READ, false);
            Channel toOther = others.bind(PacketAddress.of("lo")).sync().channel();
            Channel toFlooded = others.bind(PacketAddress.of("a0")).sync().channel();
            flooded.channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object msg) {
                    ((PacketFrame) msg).release();
                    int read = before.get();
                    if (read == 0) {
                        toOther.writeAndFlush(Tap.frame(60, 1));
                    }
                    if (arrived.get()) {
                        return;
                    }
                    before.incrementAndGet();
                    if (read < most) {
                        toFlooded.writeAndFlush(Tap.frame(60, read));
                    } else {
                        over.countDown();
                    }
                }
            });
            for (int i = 0; i < frames; i++) {
                a.send(Tap.frame(60, i));
            }
            PacketLifecycleTest.await(
                    "frames in the socket", () -> flooded.channel.statistics().packets() == frames);
            flooded.channel.config().setAutoRead(true);
            assertTrue(over.await(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS), () -> before + " frames, and no more");
            assertTrue(before.get() <= most, () -> before + " frames before the other channel's one");
            assertTrue(before.get() > frames, () -> "the flood ended after " + before + " frames");
            assertEquals(0, flooded.channel.statistics().drops());
        }
    }
}
