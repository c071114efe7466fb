package io.github.nettybpf.packet;

import io.github.nettybpf.packet.kernel.Kernel;
import io.github.nettybpf.packet.kernel.SendPatience;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollIoOps;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * The write side of a packet channel: sends the frames of the {@link ChannelOutboundBuffer}. On EAGAIN it waits for
 * EPOLLOUT, on ENOBUFS it tries again after a millisecond, as long as {@link SendPatience} lets it. For the event loop.
 */
final class FrameOutput {
    private static final long NO_BUFFERS_MILLIS = 1;

    private final PacketChannel channel;
    private final PacketHandle handle;
    private final FrameSender sender;

    private final SendPatience patience = new SendPatience();

    private boolean flushScheduled;

    FrameOutput(PacketChannel channel, PacketHandle handle, FrameSender sender) {
        this.channel = channel;
        this.handle = handle;
        this.sender = sender;
    }

    /** Tasks that are still queued on the old event loop do nothing. */
    void deregistered() {
        flushScheduled = false;
    }

    /** {@return whether the next attempt is scheduled already, so that a flush is to do nothing} */
    boolean isWaiting() {
        return flushScheduled || handle.ops().contains(EpollIoOps.EPOLLOUT);
    }

    void write(ChannelOutboundBuffer in, int atMost) {
        for (int budget = atMost; budget > 0; budget--) {
            Object msg = in.current();
            if (msg == null) {
                break;
            }
            int error;
            try {
                error = sender.send(msg);
            } catch (IOException e) {
                patience.failed();
                in.remove(e);
                continue;
            }
            if (error == 0) {
                patience.sent();
                in.remove();
            } else if (error == -Kernel.EAGAIN) {
                break;
            } else if (error == -Kernel.ENOBUFS && patience.mayRetry(System.nanoTime(), sender.hasQueuedFrames())) {
                handle.setOps(handle.ops().without(EpollIoOps.EPOLLOUT));
                flushLater();
                return;
            } else {
                if (error != -Kernel.ENOBUFS) {
                    patience.failed();
                }
                in.remove(sender.failure(msg, channel.boundAddress(), error));
            }
        }
        EpollIoOps ops = handle.ops();
        handle.setOps(in.isEmpty() ? ops.without(EpollIoOps.EPOLLOUT) : ops.with(EpollIoOps.EPOLLOUT));
    }

    /** Tries again after a millisecond: no event tells that the queue of the interface (qdisc) has room. */
    void flushLater() {
        if (!flushScheduled) {
            flushScheduled = true;
            EventLoop loop = channel.eventLoop();
            loop.schedule(
                    () -> {
                        if (handle.isRegisteredWith(loop)) {
                            flushScheduled = false;
                            channel.flushNow();
                        }
                    },
                    NO_BUFFERS_MILLIS,
                    TimeUnit.MILLISECONDS);
        }
    }
}
