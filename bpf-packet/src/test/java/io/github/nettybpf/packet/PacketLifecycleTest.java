package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.AlreadyBoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Opening, binding and closing channels, and interfaces that go down or are deleted. */
@ExtendWith(InNamespace.class)
class PacketLifecycleTest {
    static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Tap.PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, what);
            LockSupport.parkNanos(100_000);
        }
    }

    static long descriptors() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(fd -> {
                        try {
                            return Files.readSymbolicLink(fd).toString().startsWith("socket:");
                        } catch (IOException closedMeanwhile) {
                            return false;
                        }
                    })
                    .count();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static long mappings() {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.filter(line -> line.contains("socket:")).count();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void cycles(int count) throws Exception {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try {
            long descriptors = descriptors();
            assertEquals(0, mappings());
            for (int i = 0; i < count; i++) {
                ReceiveMode mode = List.of(ReceiveMode.values()).get(i % 3);
                Channel channel = new Bootstrap()
                        .group(group)
                        .channel(PacketChannel.class)
                        .option(PacketChannelOption.RECEIVE_MODE, mode)
                        .handler(new ChannelInboundHandlerAdapter())
                        .bind(PacketAddress.of("b0"))
                        .sync()
                        .channel();
                assertEquals(mode == ReceiveMode.READ ? 0 : 1, mappings());
                channel.close().sync();
            }
            assertEquals(descriptors, descriptors());
            assertEquals(0, mappings());
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void nothingIsLeftOfChannelsThatWereClosed() throws Exception {
        cycles(60);
    }

    @Test
    @Tag("soak")
    void nothingIsLeftOfTenThousandChannels() throws Exception {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        int opened = 0;
        while (opened < 10_000 && System.nanoTime() < end) {
            cycles(500);
            opened += 500;
        }
        System.out.println(opened + " packet channels opened and closed, nothing left");
    }

    @ParameterizedTest
    @EnumSource
    void anEventLoopThatEndsClosesItsChannels(ReceiveMode mode) throws Exception {
        long descriptors = descriptors();
        Tap tap = new Tap().with(PacketChannelOption.RECEIVE_MODE, mode).bind("b0");
        tap.group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        assertTrue(tap.channel.closeFuture().await(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
        await("the event loop's descriptors", () -> descriptors() == descriptors);
        assertEquals(0, mappings());
    }

    @Test
    void closingWhileTheBindIsUnderWayLeavesNothing() throws Exception {
        long descriptors = descriptors();
        try (Tap tap = new Tap()) {
            ChannelFuture bound = tap.bootstrap.bind(PacketAddress.of("b0"));
            bound.channel().close().sync();
            bound.await();
            assertFalse(bound.channel().isActive());
            await("descriptors", () -> descriptors() == descriptors);
            assertEquals(0, mappings());
        }
    }

    @Test
    void aSecondBindIsRefusedAndAFailedOneCanBeMadeGood() throws Exception {
        try (Tap tap = new Tap()) {
            tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
            ChannelFuture unknown =
                    tap.channel.bind(PacketAddress.of("nowhere0")).await();
            assertEquals(
                    "interface 'nowhere0': not there (expected: one of this network namespace)",
                    unknown.cause().getMessage());
            ChannelFuture wrong = tap.channel.bind(new InetSocketAddress(1)).await();
            assertInstanceOf(IllegalArgumentException.class, wrong.cause());
            tap.channel.bind(PacketAddress.of("b0")).sync();
            assertTrue(tap.channel.isActive());
            assertInstanceOf(
                    AlreadyBoundException.class,
                    tap.channel.bind(PacketAddress.of("b0")).await().cause());
            assertTrue(tap.channel.isActive());
            assertThrows(
                    UnsupportedOperationException.class,
                    () -> tap.channel.connect(PacketAddress.of("b0")).sync());
        }
    }

    @ParameterizedTest
    @EnumSource
    void anInterfaceThatGoesDownComesBack(ReceiveMode mode) throws Exception {
        try (Tap a = Tap.ofOurs().bind("a0");
                Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .bind("b0")) {
            Namespace.run("ip link set b0 down");
            assertEquals(PacketInterfaceEvent.DOWN, b.event());
            int reads = b.completed.get();
            ChannelFuture failed = b.channel.writeAndFlush(Tap.frame(60, 1)).await();
            assertInstanceOf(IOException.class, failed.cause());
            assertTrue(b.channel.isActive());
            Namespace.run("ip link set b0 up");
            assertEquals(PacketInterfaceEvent.UP, b.event());
            assertTrue(b.completed.get() - reads < 10, "spins: " + (b.completed.get() - reads));
            // The other end's carrier comes back a moment later.
            await("a frame", () -> {
                a.channel.writeAndFlush(Tap.frame(60, 2));
                return !b.received.isEmpty();
            });
            assertEquals(List.of(), List.copyOf(b.thrown));
        }
    }

    @ParameterizedTest
    @EnumSource
    void anInterfaceThatIsDeletedClosesTheChannel(ReceiveMode mode) throws Exception {
        Namespace.pair("c0", "d0");
        try (Tap c = Tap.ofOurs().bind("c0");
                Tap d = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .bind("d0")) {
            AtomicBoolean sending = new AtomicBoolean(true);
            c.channel.eventLoop().execute(new Runnable() {
                @Override
                public void run() {
                    if (sending.get() && c.channel.isActive()) {
                        c.channel.writeAndFlush(Tap.frame(60, 3), c.channel.voidPromise());
                        c.channel.eventLoop().execute(this);
                    }
                }
            });
            d.next().release();
            Namespace.run("ip link delete d0");
            sending.set(false);
            assertEquals(PacketInterfaceEvent.DOWN, d.event());
            assertEquals(PacketInterfaceEvent.DELETED, d.event());
            assertEquals("inactive", d.event());
            assertTrue(d.channel.closeFuture().await(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
            assertTrue(c.channel.closeFuture().await(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
        }
    }

    @ParameterizedTest
    @EnumSource
    void withoutAutoReadEachReadBringsOneFrame(ReceiveMode mode) throws Exception {
        try (Tap a = Tap.ofOurs().bind("a0");
                Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .with(ChannelOption.AUTO_READ, false)
                        .bind("b0")) {
            for (int i = 0; i < 5; i++) {
                a.send(Tap.frame(60, i));
            }
            await("frames in the socket", () -> b.channel.statistics().packets() == 5);
            b.channel.eventLoop().submit(() -> {}).sync();
            assertEquals(0, b.received.size());
            for (int i = 0; i < 5; i++) {
                b.channel.read();
                assertEquals(ByteBufUtil.hexDump(Tap.frame(60, i)), b.nextHex());
                b.channel.eventLoop().submit(() -> {}).sync();
                assertNull(b.received.poll());
            }
            b.channel.read();
            a.send(Tap.frame(60, 9));
            assertEquals(ByteBufUtil.hexDump(Tap.frame(60, 9)), b.nextHex());
        }
    }

    /** A channel that moves to another event loop under a flood is never read by both. */
    @ParameterizedTest
    @EnumSource
    void anotherEventLoopTakesOver(ReceiveMode mode) throws Exception {
        MultiThreadIoEventLoopGroup other = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (Tap a = Tap.ofOurs().bind("a0");
                Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        // Room for all, even if each block is handed over with one frame.
                        .with(PacketChannelOption.BLOCK_SIZE, 4096)
                        .with(PacketChannelOption.BLOCK_COUNT, 1100)
                        .bind("b0")) {
            long sent = 0;
            for (int move = 0; move < 20; move++) {
                for (int i = 0; i < 50; i++) {
                    a.channel.write(Tap.frame(60, move), a.channel.voidPromise());
                    sent++;
                }
                a.channel.flush();
                b.channel.deregister().sync();
                (move % 2 == 0 ? other : b.group).register(b.channel).sync();
                a.send(Tap.frame(60, move));
                sent++;
            }
            for (long i = 0; i < sent; i++) {
                PacketFrame frame = b.next();
                assertEquals(60, frame.content().readableBytes());
                frame.release();
            }
            // None came twice: the next one is the one that is sent next.
            a.send(Tap.frame(60, 99));
            assertEquals(ByteBufUtil.hexDump(Tap.frame(60, 99)), b.nextHex());
            assertNull(b.received.poll());
        } finally {
            other.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsReadAnyMoreWithoutAutoRead(ReceiveMode mode) throws Exception {
        try (Tap a = Tap.ofOurs().bind("a0");
                Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .bind("b0");
                Tap reading = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .bind("b0")) {
            b.channel
                    .eventLoop()
                    .submit(() -> b.channel.config().setAutoRead(false))
                    .sync();
            a.send(Tap.frame(60, 1));
            // In the time in which a channel that reads gets the frame, and gets another one.
            reading.next().release();
            a.send(Tap.frame(60, 2));
            reading.next().release();
            b.channel.eventLoop().submit(() -> {}).sync();
            assertNull(b.received.poll());
            b.channel.read();
            assertEquals(ByteBufUtil.hexDump(Tap.frame(60, 1)), b.nextHex());
        }
    }

    /** Frames that the program drops are never received, even if many are sent while a channel is being bound. */
    private static void cyclesUnderFlood(int count) throws Exception {
        AtomicLong unwanted = new AtomicLong();
        AtomicBoolean sending = new AtomicBoolean(true);
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (Tap a = Tap.ofOurs().bind("a0")) {
            ByteBuf flood = Tap.frame(60, 1).setShort(12, 0x88b6);
            a.channel.eventLoop().execute(new Runnable() {
                @Override
                public void run() {
                    for (int i = 0; i < 64 && sending.get(); i++) {
                        a.channel.write(flood.retainedDuplicate(), a.channel.voidPromise());
                    }
                    a.channel.flush();
                    if (sending.get()) {
                        a.channel.eventLoop().execute(this);
                    }
                }
            });
            for (int i = 0; i < count; i++) {
                ReceiveMode mode = List.of(ReceiveMode.values()).get(i % 3);
                Channel channel = new Bootstrap()
                        .group(group)
                        .channel(PacketChannel.class)
                        .option(PacketChannelOption.RECEIVE_MODE, mode)
                        .handler(new ChannelInitializer<Channel>() {
                            @Override
                            protected void initChannel(Channel ch) {
                                ch.pipeline()
                                        .addLast(new BpfFilterHandler(Program.parse(Tap.OURS)), new Counter(unwanted));
                            }
                        })
                        .bind(PacketAddress.of("b0"))
                        .sync()
                        .channel();
                assertEquals(new PacketStatistics(0, 0), ((PacketChannel) channel).statistics());
                channel.close().sync();
            }
            sending.set(false);
            assertEquals(0, unwanted.get());
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    private static final class Counter extends ChannelInboundHandlerAdapter {
        private final AtomicLong frames;

        Counter(AtomicLong frames) {
            this.frames = frames;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            frames.incrementAndGet();
            ((PacketFrame) msg).release();
        }
    }

    @Test
    void notOneUnfilteredFrameComesUnderFlood() throws Exception {
        cyclesUnderFlood(100);
    }

    @Test
    @Tag("soak")
    void notOneUnfilteredFrameComesUnderFloodForLong() throws Exception {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        int bound = 0;
        while (bound < 1_000 && System.nanoTime() < end) {
            cyclesUnderFlood(100);
            bound += 100;
        }
        System.out.println(bound + " packet channels bound under flood, no unfiltered frame");
    }
}
