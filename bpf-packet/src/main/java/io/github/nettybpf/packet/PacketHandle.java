package io.github.nettybpf.packet;

import io.github.nettybpf.packet.kernel.Kernel;
import io.github.nettybpf.packet.kernel.KernelException;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The {@link io.netty.channel.IoHandle} of a packet channel: registers it for epoll events and dispatches them. For the
 * event loop.
 */
final class PacketHandle implements EpollIoHandle {
    /**
     * How often the socket is asked what no event tells: how many frames were lost, and its interface's address. The
     * kernel's counters have 32 bits. Even at 100 Gbit/s there are fewer than 2^28 frames in a second.
     */
    private static final long QUERY_SECONDS = 1;

    private final PacketChannel channel;
    private final PacketSocket socket;
    private final InterfaceWatch watch;

    /** Closes the channel: an event loop that is shut down without a quiet period may terminate without closing it. */
    private final Runnable atShutdown = this::close;

    private @Nullable IoRegistration registration;
    private @Nullable Future<?> queries;

    /** Whether channelActive was fired. */
    private boolean active;

    /** How many lost frames the last {@link PacketLossEvent} has told of. */
    private long lossTold;

    private EpollIoOps ops = EpollIoOps.EPOLLERR;

    PacketHandle(PacketChannel channel, PacketSocket socket) {
        this.channel = channel;
        this.socket = socket;
        this.watch = new InterfaceWatch(channel, socket);
    }

    void registered(IoRegistration made) {
        registration = made;
        ops = EpollIoOps.EPOLLERR;
        queries = channel.eventLoop().scheduleAtFixedRate(this::query, QUERY_SECONDS, QUERY_SECONDS, TimeUnit.SECONDS);
        if (channel.eventLoop() instanceof SingleThreadEventExecutor executor) {
            executor.addShutdownHook(atShutdown);
        }
        watch.registered();
    }

    /** Called after channelActive was fired. */
    void active() {
        active = true;
        watch.start();
    }

    private void query() {
        long lost = socket.statistics().drops();
        if (!active) {
            return;
        }
        if (lost > lossTold) {
            PacketLossEvent event = new PacketLossEvent(lost - lossTold, lost);
            lossTold = lost;
            channel.pipeline().fireUserEventTriggered(event);
        }
        watch.checkAddress();
    }

    /** {@return whether there was a registration} It is canceled: no events are delivered from now on. */
    boolean deregister() {
        IoRegistration current = registration;
        if (current == null) {
            return false;
        }
        registration = null;
        if (channel.eventLoop() instanceof SingleThreadEventExecutor executor) {
            executor.removeShutdownHook(atShutdown);
        }
        current.cancel();
        watch.deregistered();
        Future<?> scheduled = queries;
        if (scheduled != null) {
            scheduled.cancel(false);
        }
        return true;
    }

    /** {@return whether the channel is registered with the event loop} Called on that event loop. */
    boolean isRegisteredWith(EventLoop loop) {
        return registration != null && channel.eventLoop().equals(loop);
    }

    EpollIoOps ops() {
        return ops;
    }

    void setOps(EpollIoOps wanted) {
        IoRegistration current = registration;
        if (current != null && wanted.value() != ops.value()) {
            ops = wanted;
            current.submit(wanted);
        }
    }

    /**
     * Arms epoll again: with EPOLLET (edge-triggered), frames that were not all read cause another event only after
     * this.
     */
    void rearm() {
        IoRegistration current = registration;
        if (current != null) {
            current.submit(ops);
        }
    }

    @Override
    public FileDescriptor fd() {
        return socket.fd();
    }

    @Override
    public void handle(IoRegistration from, IoEvent event) {
        EpollIoOps ready = ((EpollIoEvent) event).ops();
        // First, because it has the cause for which the others would fail.
        if (ready.contains(EpollIoOps.EPOLLERR)) {
            error();
        }
        if (ready.contains(EpollIoOps.EPOLLOUT)) {
            channel.flushNow();
        }
        if (ready.contains(EpollIoOps.EPOLLIN)) {
            channel.intake().read();
        }
    }

    @Override
    public void close() {
        channel.unsafe().close(channel.unsafe().voidPromise());
    }

    /** Reads the pending error, which clears it: otherwise the level-triggered event would be repeated. */
    private void error() {
        int errno;
        try {
            errno = socket.fd().getSoError();
        } catch (IOException e) {
            channel.pipeline().fireExceptionCaught(e);
            close();
            return;
        }
        if (errno != 0) {
            failed(new KernelException("SO_ERROR", -Math.abs(errno)));
        }
    }

    /** Reports an error: as an interface event if the interface is down or deleted, otherwise as an exception. */
    void failed(IOException e) {
        int errno = e instanceof KernelException failure ? failure.errno() : 0;
        if (errno == Kernel.ENETDOWN || errno == Kernel.ENODEV) {
            watch.wentDown();
        } else {
            channel.pipeline().fireExceptionCaught(e);
        }
    }
}
