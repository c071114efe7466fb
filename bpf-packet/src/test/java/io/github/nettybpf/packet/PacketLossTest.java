package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelOption;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is lost while the event loop does other work, and how that is told. */
@ExtendWith(InNamespace.class)
class PacketLossTest {
    /** The event loop of a tap does nothing while this is open. */
    private static final class Pause implements AutoCloseable {
        private final CountDownLatch over = new CountDownLatch(1);

        void begin(Tap tap) throws InterruptedException {
            CountDownLatch begun = new CountDownLatch(1);
            tap.channel.eventLoop().execute(() -> {
                begun.countDown();
                try {
                    over.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            begun.await();
        }

        @Override
        public void close() {
            over.countDown();
        }
    }

    /**
     * 40 frames, each of which has a ring block of its own, because they come at intervals longer than the retire
     * timeout. If they come faster on a busy machine, some share a block, and the test proves less.
     */
    @ParameterizedTest
    @EnumSource
    void thinTrafficSurvivesAPause(ReceiveMode mode) throws Exception {
        int frames = 40;
        int retireMillis = 2;
        try (Tap a = new Tap().bind("a0");
                Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .with(PacketChannelOption.RETIRE_MILLIS, retireMillis)
                        .bind("b0")) {
            try (Pause pause = new Pause()) {
                pause.begin(b);
                CountDownLatch sent = new CountDownLatch(frames);
                for (int i = 0; i < frames; i++) {
                    int seed = i;
                    a.channel
                            .eventLoop()
                            .schedule(
                                    () -> a.channel
                                            .writeAndFlush(Tap.frame(60, seed))
                                            .addListener(done -> sent.countDown()),
                                    (long) i * 4 * retireMillis,
                                    TimeUnit.MILLISECONDS);
                }
                assertTrue(sent.await(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
            }
            for (int i = 0; i < frames; i++) {
                assertEquals(ByteBufUtil.hexDump(Tap.frame(60, i)), b.nextHex());
            }
            assertEquals(0, b.channel.statistics().drops());
        }
    }

    /** Fewer frames than a ring has blocks: on a busy machine each block has retired before the next frame comes. */
    @ParameterizedTest
    @EnumSource
    void longFramesSurviveAPause(ReceiveMode mode) throws Exception {
        int frames = 60;
        Namespace.run("ip link set a0 mtu 65535");
        Namespace.run("ip link set b0 mtu 65535");
        try (Tap a = new Tap().bind("a0");
                Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .bind("b0")) {
            try (Pause pause = new Pause()) {
                pause.begin(b);
                for (int i = 0; i < frames; i++) {
                    a.send(Tap.frame(65_226, i));
                }
            }
            for (int i = 0; i < frames; i++) {
                PacketFrame frame = b.next();
                assertEquals(Tap.frame(65_226, i), frame.content());
                frame.release();
            }
            assertEquals(0, b.channel.statistics().drops());
        }
    }

    @Test
    void aReceiveBufferThatWasGivenIsKept() throws Exception {
        try (Tap b = Tap.ofOurs()
                .with(PacketChannelOption.RECEIVE_MODE, ReceiveMode.READ)
                .with(ChannelOption.SO_RCVBUF, 10_000)
                .bind("b0")) {
            assertEquals(20_000, b.channel.config().getOption(ChannelOption.SO_RCVBUF));
        }
    }

    @ParameterizedTest
    @EnumSource
    @Timeout(value = Tap.PATIENCE_SECONDS, unit = TimeUnit.SECONDS)
    void lostFramesAreTold(ReceiveMode mode) throws Exception {
        int frames = 300;
        try (Tap a = new Tap().bind("a0");
                Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .with(PacketChannelOption.BLOCK_SIZE, 4096)
                        .with(PacketChannelOption.BLOCK_COUNT, 2)
                        .with(ChannelOption.SO_RCVBUF, 10_000)
                        .bind("b0")) {
            long received = 0;
            long told = 0;
            for (int round = 1; round <= 2; round++) {
                try (Pause pause = new Pause()) {
                    pause.begin(b);
                    for (int i = 0; i < frames; i++) {
                        a.send(Tap.frame(200, i));
                    }
                }
                long before = told;
                while (received + told < (long) round * frames) {
                    PacketFrame frame = b.received.poll(1, TimeUnit.MILLISECONDS);
                    if (frame != null) {
                        frame.release();
                        received++;
                    }
                    if (b.events.poll() instanceof PacketLossEvent event) {
                        told += event.lost();
                        assertEquals(told, event.total());
                    }
                }
                assertTrue(told > before, "none was lost");
                assertEquals(told, b.channel.statistics().drops());
            }
            assertTrue(b.events.isEmpty(), b.events::toString);
        }
    }
}
