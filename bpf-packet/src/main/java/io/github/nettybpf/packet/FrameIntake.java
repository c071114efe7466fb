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

/** Hands the frames that come to the pipeline, as many as it asks for. For the event loop, if not said otherwise. */
final class FrameIntake {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(PacketChannel.class);

    private final PacketChannel channel;
    private final PacketHandle handle;

    /** Null while the channel is not bound. */
    private @Nullable FrameSource frames;

    private boolean readPending;

    /** Whether a read waits on the event loop that the channel is registered with; another one for each registration. */
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

    /** What came back while there was no event loop to say it to is looked for. */
    void registered() {
        if (frames != null) {
            readLater();
        }
    }

    /** A task that still waits on the event loop finds that it is not the channel's any more. */
    void deregistered() {
        scheduled = new AtomicBoolean();
        leaveThread();
    }

    void beginRead() {
        readPending = true;
        if (frames instanceof PacketRing ring && ring.isSliced()) {
            // As long as a block is held, the socket is readable although there may be nothing to read.
            handle.want(handle.ops().with(EpollIoOps.EPOLLIN).with(EpollIoOps.EPOLLET));
        } else {
            handle.want(handle.ops().with(EpollIoOps.EPOLLIN));
        }
    }

    /** Reads once what has come without an event; from any thread. */
    void readLater() {
        AtomicBoolean gate = scheduled;
        if (!gate.compareAndSet(false, true)) {
            return;
        }
        try {
            EventLoop loop = channel.eventLoop();
            loop.execute(() -> {
                gate.set(false);
                if (gate == scheduled && handle.isOn(loop)) {
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
            handle.want(handle.ops().without(EpollIoOps.EPOLLIN));
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
            // The same frame would fail for ever.
            pipeline.fireExceptionCaught(failure);
            channel.close();
        }
        if (frames != source) {
            return;
        }
        if (isReadUnwanted()) {
            handle.want(handle.ops().without(EpollIoOps.EPOLLIN));
        } else if (!drained && handle.ops().contains(EpollIoOps.EPOLLET)) {
            // Not by a task: the event loop would run those first, and nobody else's frames would be read.
            handle.remind();
        }
    }
}
