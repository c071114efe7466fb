package io.github.nettybpf.netty.observe;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.netty.drops.DropListener;
import io.github.nettybpf.netty.drops.DropReason;
import io.github.nettybpf.netty.drops.DroppedPacket;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes samples of the packets that one channel's handler drops. A sample is a copy, so that neither a slow listener nor
 * one that keeps its samples holds back the memory of packets. Belongs to an event loop.
 */
public final class DropSampler {
    private static final int MOST_BYTES = 0xffff;

    /** A bound on what an event loop copies. */
    static final int MOST_PER_SECOND = 10_000;

    private final int oneIn;
    private final Placement placement;
    private final PacketCounters counters;
    private final SampleQueue queue;
    private final LongSupplier nanoTime;
    private long secondBegan;
    private int inThisSecond;

    /** A sampler that takes one packet in so many, at least 1. */
    public DropSampler(int oneIn, DropListener listener, Placement placement, PacketCounters counters) {
        this(oneIn, listener, placement, counters, System::nanoTime);
    }

    DropSampler(int oneIn, DropListener listener, Placement placement, PacketCounters counters, LongSupplier nanoTime) {
        this.oneIn = oneIn;
        this.placement = placement;
        this.counters = counters;
        this.queue = SampleQueue.of(listener);
        this.nanoTime = nanoTime;
        this.secondBegan = nanoTime.getAsLong();
    }

    /**
     * {@return whether to take a sample of this packet}
     *
     * @param isSample whether the packet is one of so many already
     */
    public boolean chooses(boolean isSample) {
        return isSample || oneIn == 1 || ThreadLocalRandom.current().nextInt(oneIn) == 0;
    }

    /**
     * Takes a sample, or counts it as lost.
     *
     * @param isDatagram whether the packet is a datagram with addresses of its own
     * @param rule tells what decided, on the listener's thread
     * @param isPassedOn whether the packet is passed on nevertheless
     */
    public void take(
            ByteBuf content,
            boolean isDatagram,
            @Nullable InetSocketAddress sender,
            @Nullable InetSocketAddress recipient,
            DropReason reason,
            Supplier<String> rule,
            boolean isPassedOn) {
        int length = content.readableBytes();
        int copied = Math.min(length, MOST_BYTES);
        if (isTooMany() || !queue.hasRoom(copied)) {
            counters.loseSample();
            return;
        }
        byte[] bytes = new byte[copied];
        content.getBytes(content.readerIndex(), bytes);
        Instant time = Instant.now();
        boolean isOffered = queue.offer(
                copied,
                () -> new DroppedPacket(
                        time,
                        bytes,
                        length,
                        isDatagram,
                        sender,
                        recipient,
                        placement,
                        reason,
                        rule.get(),
                        oneIn,
                        isPassedOn));
        if (isOffered) {
            counters.sample();
        } else {
            counters.loseSample();
        }
    }

    private boolean isTooMany() {
        long now = nanoTime.getAsLong();
        if (now - secondBegan >= TimeUnit.SECONDS.toNanos(1)) {
            secondBegan = now;
            inThisSecond = 0;
        }
        return ++inThisSecond > MOST_PER_SECOND;
    }
}
