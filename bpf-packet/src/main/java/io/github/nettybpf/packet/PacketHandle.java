package io.github.nettybpf.packet;

import io.netty.channel.EventLoop;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What the event loop talks to: which events the channel wants now, and where those go that come. For the event loop. */
final class PacketHandle implements EpollIoHandle {
    /** The kernel counts in 32 bits: a second's worth is less than 2^28 even at 100 Gbit/s. */
    private static final long COUNT_SECONDS = 10;

    private final PacketChannel channel;
    private final PacketSocket socket;
    private final InterfaceWatch watch;

    /** Closes the channel: an event loop that is shut down without a quiet period may end without doing so. */
    private final Runnable atShutdown = this::close;

    private @Nullable IoRegistration registration;
    private @Nullable Future<?> counting;
    private EpollIoOps ops = EpollIoOps.EPOLLERR;

    PacketHandle(PacketChannel channel, PacketSocket socket) {
        this.channel = channel;
        this.socket = socket;
        this.watch = new InterfaceWatch(channel, socket);
    }

    void registered(IoRegistration made) {
        registration = made;
        ops = EpollIoOps.EPOLLERR;
        counting =
                channel.eventLoop().scheduleAtFixedRate(socket::count, COUNT_SECONDS, COUNT_SECONDS, TimeUnit.SECONDS);
        if (channel.eventLoop() instanceof SingleThreadEventExecutor executor) {
            executor.addShutdownHook(atShutdown);
        }
        watch.registered();
    }

    /** The pipeline knows that the channel is active. */
    void active() {
        watch.start();
    }

    /** {@return whether there was a registration to cancel}: from now on no event comes. */
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
        Future<?> counts = counting;
        if (counts != null) {
            counts.cancel(false);
        }
        return true;
    }

    /** {@return whether this is still the channel's event loop}; asked on it. */
    boolean isOn(EventLoop loop) {
        return registration != null && channel.eventLoop().equals(loop);
    }

    EpollIoOps ops() {
        return ops;
    }

    void want(EpollIoOps wanted) {
        IoRegistration current = registration;
        if (current != null && wanted.value() != ops.value()) {
            ops = wanted;
            current.submit(wanted);
        }
    }

    /** With EPOLLET there is one event for what comes: this brings another one if there is something to read still. */
    void remind() {
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
        // First, as it names what the others would only fail of.
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

    /** Reads what is pending, so that the event does not come again and again. */
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
            failed(new NativeIoException("SO_ERROR", -Math.abs(errno)));
        }
    }

    /** Says it where it belongs: an interface that is down is no exception. */
    void failed(IOException e) {
        int errno = e instanceof NativeIoException said ? -said.expectedErr() : 0;
        if (errno == Kernel.ENETDOWN || errno == Kernel.ENODEV) {
            watch.wentDown();
        } else {
            channel.pipeline().fireExceptionCaught(e);
        }
    }
}
