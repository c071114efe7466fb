package io.github.nettybpf.netty.packet;

import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.util.UncheckedBooleanSupplier;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Hands the frames that come to the pipeline, as many as it asks for. For the event loop, if not said otherwise. */
final class FrameIntake {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(PacketChannel.class);

    private final PacketChannel channel;
    private final PacketHandle handle;

    /** Null while the channel is not bound. */
    private @Nullable FrameSource frames;

    private boolean readPending;
    private boolean readScheduled;

    FrameIntake(PacketChannel channel, PacketHandle handle) {
        this.channel = channel;
        this.handle = handle;
    }

    void start(FrameSource source) {
        frames = source;
    }

    void stop() {
        frames = null;
    }

    /** Tasks that still wait on the event loop find that it is not the channel's any more. */
    void deregistered() {
        readScheduled = false;
    }

    void beginRead() {
        readPending = true;
        if (frames instanceof PacketRing ring && ring.isSliced()) {
            // One event a block: what is left of an earlier one brings none.
            handle.want(handle.ops().with(EpollIoOps.EPOLLIN).with(EpollIoOps.EPOLLET));
            if (ring.isInBlock() && !readScheduled) {
                readScheduled = true;
                readLater();
            }
        } else {
            handle.want(handle.ops().with(EpollIoOps.EPOLLIN));
        }
    }

    /** From any thread. */
    void readLater() {
        try {
            EventLoop loop = channel.eventLoop();
            loop.execute(() -> {
                if (handle.isOn(loop)) {
                    readScheduled = false;
                    read();
                }
            });
        } catch (RejectedExecutionException e) {
            LOGGER.debug("{} reads no more: its event loop has ended", channel, e);
        }
    }

    /** Nothing is read but what was asked for. */
    void autoReadCleared() {
        if (!channel.config().isAutoRead()) {
            readPending = false;
            handle.want(handle.ops().without(EpollIoOps.EPOLLIN));
        }
    }

    private boolean isReadUnwanted() {
        return !readPending && !channel.config().isAutoRead();
    }

    void read() {
        FrameSource source = frames;
        if (source == null) {
            return;
        }
        if (isReadUnwanted()) {
            handle.want(handle.ops().without(EpollIoOps.EPOLLIN));
            return;
        }
        RecvByteBufAllocator.ExtendedHandle budget =
                (RecvByteBufAllocator.ExtendedHandle) channel.unsafe().recvBufAllocHandle();
        budget.reset(channel.config());
        ChannelPipeline pipeline = channel.pipeline();
        IOException failure = null;
        boolean drained = false;
        try {
            do {
                PacketFrame frame = source.next();
                if (frame == null) {
                    drained = true;
                    break;
                }
                budget.incMessagesRead(1);
                budget.lastBytesRead(Math.max(1, frame.content().readableBytes()));
                readPending = false;
                pipeline.fireChannelRead(frame);
            } while (frames == source && budget.continueReading(UncheckedBooleanSupplier.TRUE_SUPPLIER));
        } catch (IOException e) {
            failure = e;
            drained = true;
        }
        budget.readComplete();
        pipeline.fireChannelReadComplete();
        if (failure != null) {
            handle.failed(failure);
        }
        if (frames != source) {
            return;
        }
        if (isReadUnwanted()) {
            handle.want(handle.ops().without(EpollIoOps.EPOLLIN));
        } else if (!drained && handle.ops().contains(EpollIoOps.EPOLLET) && !readScheduled) {
            readScheduled = true;
            readLater();
        }
    }
}
