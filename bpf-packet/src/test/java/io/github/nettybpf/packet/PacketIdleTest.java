package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An event loop that has nothing to read does not spin, however many frames the interface receives. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class PacketIdleTest {
    /**
     * As many frames are sent while an event loop is watched. A loop that spins goes round for each of them, and more.
     */
    private static final int WATCHED_FRAMES = 500;

    /** An event loop goes round for what the test asks of it, and for timers. */
    private static final int MOST_RUNS = WATCHED_FRAMES / 20;

    private final AtomicInteger sent = new AtomicInteger();

    private Namespace namespace;

    @BeforeEach
    void enter() {
        namespace = new Namespace();
        Namespace.pair("a0", "b0");
    }

    @AfterEach
    void leave() {
        if (namespace != null) {
            namespace.close();
        }
    }

    /** Sends some thousand frames a second, or tries to, until the event loop ends. */
    private void flood(Tap from) {
        from.channel.eventLoop().execute(new Runnable() {
            @Override
            public void run() {
                from.channel.writeAndFlush(Tap.frame(60, 3), from.channel.voidPromise());
                sent.incrementAndGet();
                if (!from.channel.eventLoop().isShuttingDown()) {
                    from.channel.eventLoop().schedule(this, 200, TimeUnit.MICROSECONDS);
                }
            }
        });
    }

    private void assertIdle(Tap tap) {
        int sentBefore = sent.get();
        int before = tap.runs.get();
        PacketLifecycleTest.await("frames", () -> sent.get() - sentBefore >= WATCHED_FRAMES);
        int runs = tap.runs.get() - before;
        assertTrue(runs <= MOST_RUNS, () -> "spins: goes round " + runs + " times in " + WATCHED_FRAMES + " frames");
    }

    private static void drain(Tap tap) {
        PacketFrame frame = tap.received.poll();
        while (frame != null) {
            frame.release();
            frame = tap.received.poll();
        }
    }

    @ParameterizedTest
    @EnumSource
    void whileTheInterfaceIsDownAndUntilItIsGone(ReceiveMode mode) throws Exception {
        try (Tap a = Tap.ofOurs().bind("a0");
                Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .bind("b0")) {
            flood(a);
            b.next().release();
            for (int i = 0; i < 2; i++) {
                Namespace.run("ip link set b0 down");
                assertEquals(PacketInterfaceEvent.DOWN, b.event());
                assertIdle(b);
                ChannelFuture failed = b.channel.writeAndFlush(Tap.frame(60, 1)).await();
                assertInstanceOf(IOException.class, failed.cause());
                drain(b);
                Namespace.run("ip link set b0 up");
                assertEquals(PacketInterfaceEvent.UP, b.event());
                b.next().release();
                drain(b);
            }
            assertTrue(b.thrown.isEmpty(), b.thrown::toString);
            Namespace.run("ip link delete b0");
            assertEquals(PacketInterfaceEvent.DOWN, b.event());
            assertEquals(PacketInterfaceEvent.DELETED, b.event());
            assertEquals("inactive", b.event());
            drain(b);
            assertIdle(b);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whileNobodyReads(ReceiveMode mode) throws Exception {
        try (Tap a = Tap.ofOurs().bind("a0");
                Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .with(ChannelOption.AUTO_READ, false)
                        .bind("b0")) {
            flood(a);
            assertIdle(b);
            b.channel.read();
            assertEquals(ByteBufUtil.hexDump(Tap.frame(60, 3)), b.nextHex());
            assertIdle(b);
            assertNull(b.received.poll());
            b.channel.config().setAutoRead(true);
            b.next().release();
        }
    }

    @ParameterizedTest
    @EnumSource(names = "RING_SLICES")
    void whileTheRingIsFullOfHeldFrames(ReceiveMode mode) throws Exception {
        try (Tap a = Tap.ofOurs().bind("a0");
                Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .with(PacketChannelOption.BLOCK_SIZE, 4096)
                        .with(PacketChannelOption.BLOCK_COUNT, 4)
                        .bind("b0")) {
            flood(a);
            PacketLifecycleTest.await("drops", () -> b.channel.statistics().drops() > 0);
            assertIdle(b);
            int held = b.received.size();
            drain(b);
            for (int i = 0; i < 2 * held; i++) {
                b.next().release();
            }
        }
    }
}
