package io.github.nettybpf.netty.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.netty.drops.DropReason;
import io.github.nettybpf.netty.drops.DroppedPacket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Bounds of samples, with a clock that the test moves. */
class DropSamplerTest {
    private static final int PATIENCE_SECONDS = 120;

    private final BlockingQueue<DroppedPacket> samples = new LinkedBlockingQueue<>();
    private final PacketCounters counters = new PacketCounters();
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1);
    private final DropSampler sampler = new DropSampler(1, samples::add, Placement.PAYLOAD, counters, clock::get);

    private void take(ByteBuf content) {
        sampler.take(content, false, null, null, DropReason.PROGRAM, () -> "", false);
    }

    private DroppedPacket next() throws InterruptedException {
        return samples.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void noMoreThanSoManyASecond() throws InterruptedException {
        ByteBuf content = Unpooled.wrappedBuffer(new byte[] {1});
        // One after the other, so that there is always room in the queue.
        for (int i = 0; i < DropSampler.MOST_PER_SECOND; i++) {
            take(content);
            assertEquals(1, next().length());
        }
        take(content);
        clock.addAndGet(TimeUnit.SECONDS.toNanos(1) - 1);
        take(content);
        assertEquals(
                List.of((long) DropSampler.MOST_PER_SECOND, 2L), List.of(counters.sampled(), counters.lostSamples()));
        clock.incrementAndGet();
        take(content);
        assertEquals(1, next().length());
        assertEquals(2, counters.lostSamples());
    }

    @Test
    void aLongPacketIsCut() throws InterruptedException {
        take(Unpooled.wrappedBuffer(new byte[70_000]));
        DroppedPacket sample = next();
        assertEquals(
                List.of(70_000, 65_535),
                List.of(sample.length(), sample.content().remaining()));
    }
}
