package io.github.nettybpf.packet;

import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.Errors.NativeIoException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Writes what waits in a channel, and waits where the kernel has no room. For the event loop. */
final class FrameOutput {
    private static final long NO_BUFFERS_MILLIS = 1;
    private static final long LONGEST_WAIT_MILLIS = 1000;

    private final PacketChannel channel;
    private final PacketHandle handle;
    private final FrameSender sender;

    private boolean flushScheduled;

    /** What the interface had no room for, and since when. */
    private @Nullable Object waitingFor;

    private long waitingSince;

    FrameOutput(PacketChannel channel, PacketHandle handle, FrameSender sender) {
        this.channel = channel;
        this.handle = handle;
        this.sender = sender;
    }

    /** Tasks that still wait on the event loop find that it is not the channel's any more. */
    void deregistered() {
        flushScheduled = false;
    }

    /** {@return whether the next attempt is made when there may be room, and not before} */
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
            } else if (error == -Kernel.ENOBUFS && mayWait(msg)) {
                handle.want(handle.ops().without(EpollIoOps.EPOLLOUT));
                flushLater();
                return;
            } else {
                in.remove(new NativeIoException("send", error));
            }
        }
        EpollIoOps ops = handle.ops();
        handle.want(in.isEmpty() ? ops.without(EpollIoOps.EPOLLOUT) : ops.with(EpollIoOps.EPOLLOUT));
    }

    /** {@return whether to try once more}: one that the interface never takes must not hold up all behind it. */
    private boolean mayWait(Object msg) {
        long now = System.nanoTime();
        if (waitingFor != msg) { // the same one, not an equal one
            waitingFor = msg;
            waitingSince = now;
        }
        boolean may = now - waitingSince < TimeUnit.MILLISECONDS.toNanos(LONGEST_WAIT_MILLIS);
        if (!may) {
            waitingFor = null;
        }
        return may;
    }

    /** The queue of the interface is full. Nothing tells when it is not any more. */
    void flushLater() {
        if (!flushScheduled) {
            flushScheduled = true;
            EventLoop loop = channel.eventLoop();
            loop.schedule(
                    () -> {
                        if (handle.isOn(loop)) {
                            flushScheduled = false;
                            channel.flushNow();
                        }
                    },
                    NO_BUFFERS_MILLIS,
                    TimeUnit.MILLISECONDS);
        }
    }
}
