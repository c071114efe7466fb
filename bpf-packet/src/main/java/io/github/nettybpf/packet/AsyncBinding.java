package io.github.nettybpf.packet;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Channel.Unsafe} of a packet channel. It binds on another thread, because a bind takes about 20 ms, longer
 * with a large ring, and would block the event loop. All other calls go to the channel's own unsafe.
 */
final class AsyncBinding implements Channel.Unsafe {
    private final PacketChannel channel;
    private final Channel.Unsafe unsafe;
    private final AtomicReference<@Nullable PendingBind> pending = new AtomicReference<>();

    private volatile @Nullable ChannelFuture underWay;

    AsyncBinding(PacketChannel channel, Channel.Unsafe unsafe) {
        this.channel = channel;
        this.unsafe = unsafe;
    }

    @Override
    public void bind(SocketAddress localAddress, ChannelPromise promise) {
        if (!promise.setUncancellable()) {
            return;
        }
        PacketBinding binding = channel.binding();
        if (!channel.isOpen() || binding.isStarted() || !(localAddress instanceof PacketAddress address)) {
            // It fails without a system call, so there is nothing to move to another thread.
            unsafe.bind(localAddress, promise);
            return;
        }
        underWay = promise;
        binding.start(address, channel.config().binding(), channel.intake()::readLater)
                .whenComplete((bound, failure) -> finish(address, promise));
    }

    /** {@return the bind that was started last, or null if it is done or there was none} */
    @Nullable
    ChannelFuture bindUnderWay() {
        ChannelFuture bind = underWay;
        return bind == null || bind.isDone() ? null : bind;
    }

    /**
     * Completes the bind on the channel's event loop. If the channel has left that event loop meanwhile, {@link
     * #resume} completes it on the next one: while a task runs on its event loop, a registered channel cannot leave it.
     */
    private void finish(PacketAddress address, ChannelPromise promise) {
        EventLoop loop = channel.eventLoop();
        try {
            loop.execute(() -> {
                if (!channel.isRegistered() || !channel.eventLoop().equals(loop)) {
                    pending.set(new PendingBind(address, promise));
                    if (channel.isRegistered() || !channel.isOpen()) {
                        resume();
                    }
                    return;
                }
                channel.binding().finishBy(() -> unsafe.bind(address, promise));
                // After the task by which Netty fires channelActive.
                loop.execute(this::activated);
            });
        } catch (RejectedExecutionException e) {
            promise.tryFailure(e);
        }
    }

    /** A bind whose socket is bound, and whose channel has no event loop on which to complete it. */
    private record PendingBind(PacketAddress address, ChannelPromise promise) {}

    /** Completes a pending bind: the channel has an event loop again, or is closed. */
    void resume() {
        PendingBind bind = pending.getAndSet(null);
        if (bind == null) {
            return;
        } else if (channel.isOpen()) {
            finish(bind.address(), bind.promise());
        } else {
            bind.promise().tryFailure(new ClosedChannelException());
        }
    }

    private void activated() {
        if (!channel.isActive()) {
            return;
        }
        EventLoop loop = channel.eventLoop();
        if (loop.inEventLoop()) {
            channel.handle().active();
        } else {
            loop.execute(this::activated);
        }
    }

    @Override
    @SuppressWarnings("deprecation") // The interface has this type.
    public RecvByteBufAllocator.Handle recvBufAllocHandle() {
        return unsafe.recvBufAllocHandle();
    }

    @Override
    public @Nullable SocketAddress localAddress() {
        return unsafe.localAddress();
    }

    @Override
    public @Nullable SocketAddress remoteAddress() {
        return unsafe.remoteAddress();
    }

    @Override
    public void register(EventLoop eventLoop, ChannelPromise promise) {
        unsafe.register(eventLoop, promise);
    }

    @Override
    public void connect(SocketAddress remoteAddress, @Nullable SocketAddress localAddress, ChannelPromise promise) {
        unsafe.connect(remoteAddress, localAddress, promise);
    }

    @Override
    public void disconnect(ChannelPromise promise) {
        unsafe.disconnect(promise);
    }

    @Override
    public void close(ChannelPromise promise) {
        unsafe.close(promise);
    }

    @Override
    public void closeForcibly() {
        unsafe.closeForcibly();
    }

    @Override
    public void deregister(ChannelPromise promise) {
        unsafe.deregister(promise);
    }

    @Override
    public void beginRead() {
        unsafe.beginRead();
    }

    @Override
    public void write(Object msg, ChannelPromise promise) {
        unsafe.write(msg, promise);
    }

    @Override
    public void flush() {
        unsafe.flush();
    }

    @Override
    public ChannelPromise voidPromise() {
        return unsafe.voidPromise();
    }

    @Override
    public @Nullable ChannelOutboundBuffer outboundBuffer() {
        return unsafe.outboundBuffer();
    }
}
