package io.github.nettybpf.packet;

import io.github.nettybpf.netty.FilterBypass;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The read side of a packet channel: passes received frames to the pipeline, at most as many per read as the channel's
 * {@link MaxMessagesRecvByteBufAllocator} allows. For the event loop, except where noted.
 */
final class FrameIntake {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(PacketChannel.class);

    private final PacketChannel channel;
    private final PacketHandle handle;

    /** Null while the channel is not bound. */
    private @Nullable FrameSource frames;

    private boolean readPending;

    /**
     * Whether a read task is queued on the event loop that the channel is registered with. Each registration has a new
     * object, so a task of an earlier registration recognizes that it is stale.
     */
    private volatile AtomicBoolean scheduled = new AtomicBoolean();

    FrameIntake(PacketChannel channel, PacketHandle handle) {
        this.channel = channel;
        this.handle = handle;
    }

    void start(FrameSource source) {
        frames = source;
    }

    void stop() {
        leaveThread();
        frames = null;
    }

    private void leaveThread() {
        FrameSource source = frames;
        if (source != null) {
            source.leaveThread();
        }
    }

    /** Reads once on the new event loop: blocks that were released while there was none have woken nothing. */
    void registered() {
        if (frames != null) {
            readLater();
        }
    }

    /** Makes a read task that is still queued on the old event loop stale. */
    void deregistered() {
        scheduled = new AtomicBoolean();
        leaveThread();
    }

    void beginRead() {
        readPending = true;
        if (frames instanceof PacketRing ring && ring.isSliced()) {
            // Edge-triggered: while a block is held, a level-triggered socket stays readable although nothing can be
            // read.
            handle.setOps(handle.ops().with(EpollIoOps.EPOLLIN).with(EpollIoOps.EPOLLET));
        } else {
            handle.setOps(handle.ops().with(EpollIoOps.EPOLLIN));
        }
    }

    /** Queues one read on the event loop, for frames that no event announces; from any thread. */
    void readLater() {
        AtomicBoolean gate = scheduled;
        if (!gate.compareAndSet(false, true)) {
            return;
        }
        try {
            EventLoop loop = channel.eventLoop();
            loop.execute(() -> {
                gate.set(false);
                if (gate == scheduled && handle.isRegisteredWith(loop)) {
                    read();
                }
            });
        } catch (RejectedExecutionException e) {
            LOGGER.debug("{} reads no more: its event loop has ended", channel, e);
        }
    }

    /** AUTO_READ was switched off: stops reading, unless it was switched on again meanwhile. */
    void autoReadCleared() {
        if (!channel.config().isAutoRead()) {
            readPending = false;
            handle.setOps(handle.ops().without(EpollIoOps.EPOLLIN));
        }
    }

    private boolean isReadUnwanted() {
        return !readPending && !channel.config().isAutoRead();
    }

    private int messagesPerRead() {
        return channel.config().getRecvByteBufAllocator() instanceof MaxMessagesRecvByteBufAllocator limit
                ? limit.maxMessagesPerRead()
                : channel.metadata().defaultMaxMessagesPerRead();
    }

    void read() {
        FrameSource source = frames;
        if (source == null) {
            return;
        }
        if (isReadUnwanted()) {
            handle.setOps(handle.ops().without(EpollIoOps.EPOLLIN));
            return;
        }
        ChannelPipeline pipeline = channel.pipeline();
        FilterBypass bypass = FilterBypass.of(pipeline);
        Throwable failure = null;
        boolean drained = false;
        int left = messagesPerRead();
        try {
            do {
                PacketFrame frame = source.next();
                if (frame == null) {
                    drained = true;
                    break;
                }
                left--;
                readPending = false;
                if (bypass == null || !bypass.pass(pipeline.firstContext(), frame)) {
                    pipeline.fireChannelRead(frame);
                }
            } while (frames == source && left > 0 && channel.config().isAutoRead());
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
            drained = true;
        }
        pipeline.fireChannelReadComplete();
        if (failure instanceof IOException e) {
            handle.failed(e);
        } else if (failure != null) {
            // Reading the same frame again would fail again.
            pipeline.fireExceptionCaught(failure);
            channel.close();
        }
        if (frames != source) {
            return;
        }
        if (isReadUnwanted()) {
            handle.setOps(handle.ops().without(EpollIoOps.EPOLLIN));
        } else if (!drained && handle.ops().contains(EpollIoOps.EPOLLET)) {
            // Not by a task: the event loop would run it before it polls, and starve its other channels.
            handle.rearm();
        }
    }
}
