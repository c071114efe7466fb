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

/** A channel's unsafe whose bind is made elsewhere: it takes some 20 ms, and longer with a large ring. */
final class AsyncBinding implements Channel.Unsafe {
    private final PacketChannel channel;
    private final Channel.Unsafe unsafe;
    private final AtomicReference<@Nullable Unfinished> unfinished = new AtomicReference<>();

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
            // Nothing to wait for: it fails.
            unsafe.bind(localAddress, promise);
            return;
        }
        underWay = promise;
        binding.start(address, channel.config().binding(), channel.intake()::readLater)
                .whenComplete((bound, failure) -> finish(address, promise));
    }

    /** {@return the bind that was started last and is not done yet, or null} */
    @Nullable
    ChannelFuture bindUnderWay() {
        ChannelFuture bind = underWay;
        return bind == null || bind.isDone() ? null : bind;
    }

    /**
     * On the event loop that the channel has by now. If it has none, on its next one: a channel that is registered stays on
     * its event loop as long as that does something else.
     */
    private void finish(PacketAddress address, ChannelPromise promise) {
        EventLoop loop = channel.eventLoop();
        try {
            loop.execute(() -> {
                if (!channel.isRegistered() || !channel.eventLoop().equals(loop)) {
                    unfinished.set(new Unfinished(address, promise));
                    if (channel.isRegistered() || !channel.isOpen()) {
                        goOn();
                    }
                    return;
                }
                channel.binding().finishBy(() -> unsafe.bind(address, promise));
                // Behind the task that says to the pipeline that the channel is active.
                loop.execute(this::activated);
            });
        } catch (RejectedExecutionException e) {
            promise.tryFailure(e);
        }
    }

    /** A bind that waits for an event loop. */
    private record Unfinished(PacketAddress address, ChannelPromise promise) {}

    /** The channel has an event loop again, or is closed. */
    void goOn() {
        Unfinished bind = unfinished.getAndSet(null);
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
    @SuppressWarnings("deprecation") // Netty's own type for it.
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
