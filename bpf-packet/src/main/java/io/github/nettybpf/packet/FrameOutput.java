package io.github.nettybpf.packet;

import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.Errors.NativeIoException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The write side of a packet channel: sends the frames of the {@link ChannelOutboundBuffer}. On EAGAIN it waits for
 * EPOLLOUT, on ENOBUFS it tries again after a millisecond. For the event loop.
 */
final class FrameOutput {
    private static final long NO_BUFFERS_MILLIS = 1;
    private static final long LONGEST_WAIT_MILLIS = 1000;

    private final PacketChannel channel;
    private final PacketHandle handle;
    private final FrameSender sender;

    private boolean flushScheduled;

    /** The message that failed with ENOBUFS last. */
    private @Nullable Object waitingFor;

    /** {@link System#nanoTime} of the first failure of {@link #waitingFor}. */
    private long waitingSince;

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
                in.remove(e);
                continue;
            }
            if (error == 0) {
                waitingFor = null;
                in.remove();
            } else if (error == -Kernel.EAGAIN) {
                break;
            } else if (error == -Kernel.ENOBUFS && mayRetry(msg)) {
                handle.setOps(handle.ops().without(EpollIoOps.EPOLLOUT));
                flushLater();
                return;
            } else {
                in.remove(new NativeIoException("send", error));
            }
        }
        EpollIoOps ops = handle.ops();
        handle.setOps(in.isEmpty() ? ops.without(EpollIoOps.EPOLLOUT) : ops.with(EpollIoOps.EPOLLOUT));
    }

    /**
     * {@return whether to try the message once more} After a second it fails: a frame that the interface never takes
     * must not block those after it (head-of-line blocking).
     */
    private boolean mayRetry(Object msg) {
        long now = System.nanoTime();
        if (waitingFor != msg) { // the same object, not an equal one
            waitingFor = msg;
            waitingSince = now;
        }
        boolean may = now - waitingSince < TimeUnit.MILLISECONDS.toNanos(LONGEST_WAIT_MILLIS);
        if (!may) {
            waitingFor = null;
        }
        return may;
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
