package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterLocationEvent;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A packet channel that records received frames, user events and exceptions. */
final class Tap implements AutoCloseable {
    static final int ETHERTYPE = 0x88b5; // For experiments (IEEE 802).

    /** The limit of waits for what has to arrive: a test that passes does not take long. */
    static final int PATIENCE_SECONDS = 120;

    /** A short retire timeout, because most tests send a frame and wait for it. */
    private static final int SOON = 4;

    static final String OURS = "ldh [12]\njne #0x88b5, no\nret #-1\nno: ret #0";

    final MultiThreadIoEventLoopGroup group;
    final BlockingQueue<PacketFrame> received = new LinkedBlockingQueue<>();
    final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
    final BlockingQueue<Throwable> thrown = new LinkedBlockingQueue<>();
    final AtomicInteger completed = new AtomicInteger();

    /** How often the event loop has gone round. */
    final AtomicInteger runs = new AtomicInteger();

    final Bootstrap bootstrap;
    PacketChannel channel;

    /** Makes the event loop's I/O handler, and counts how often it runs: how often the event loop goes round. */
    private final class CountedRuns implements IoHandlerFactory {
        private final IoHandlerFactory epoll = EpollIoHandler.newFactory();

        @Override
        public IoHandler newHandler(ThreadAwareExecutor executor) {
            IoHandler handler = epoll.newHandler(executor);
            return new IoHandler() {
                @Override
                public int run(IoHandlerContext context) {
                    runs.incrementAndGet();
                    return handler.run(context);
                }

                @Override
                public void initialize() {
                    handler.initialize();
                }

                @Override
                public void prepareToDestroy() {
                    handler.prepareToDestroy();
                }

                @Override
                public void destroy() {
                    handler.destroy();
                }

                @Override
                public IoRegistration register(IoHandle handle) throws Exception {
                    return handler.register(handle);
                }

                @Override
                public void wakeup() {
                    handler.wakeup();
                }

                @Override
                public boolean isCompatible(Class<? extends IoHandle> type) {
                    return handler.isCompatible(type);
                }
            };
        }
    }

    Tap(@Nullable ChannelHandler... first) {
        this(PacketChannel.Type.RAW, first);
    }

    Tap(PacketChannel.Type type, @Nullable ChannelHandler... first) {
        group = new MultiThreadIoEventLoopGroup(1, new CountedRuns());
        bootstrap = new Bootstrap()
                .group(group)
                .channelFactory(() -> new PacketChannel(type))
                .option(PacketChannelOption.RETIRE_MILLIS, SOON)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline().addLast(first).addLast(new Collector());
                    }
                });
    }

    /** {@return a tap whose filter accepts only frames of {@link #ETHERTYPE}} */
    static Tap ofOurs() {
        return new Tap(new BpfFilterHandler(Program.parse(OURS)));
    }

    <T> Tap with(ChannelOption<T> option, T value) {
        bootstrap.option(option, value);
        return this;
    }

    private final class Collector extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            received.add((PacketFrame) msg);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            completed.incrementAndGet();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (!(event instanceof FilterLocationEvent)) {
                events.add(event);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            events.add("inactive");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            thrown.add(cause);
        }
    }

    Tap bind(String name) throws InterruptedException {
        return bind(PacketAddress.of(name));
    }

    Tap bind(PacketAddress address) throws InterruptedException {
        ChannelFuture bound = bootstrap.bind(address).sync();
        channel = (PacketChannel) bound.channel();
        return this;
    }

    /** {@return a broadcast frame of {@link #ETHERTYPE}, whose bytes after the header depend on the seed} */
    static ByteBuf frame(int length, int seed) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i < 6 ? 0xff : i < 12 ? 2 : i * 31 + seed);
        }
        bytes[12] = (byte) (ETHERTYPE >> 8);
        bytes[13] = (byte) ETHERTYPE;
        return Unpooled.wrappedBuffer(bytes);
    }

    void send(ByteBuf frame) throws InterruptedException {
        channel.writeAndFlush(frame).sync();
    }

    PacketFrame next() throws InterruptedException {
        PacketFrame frame = received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertNotNull(
                frame,
                () -> "no frame received; thrown: " + thrown + ", events: "
                        + events + ", " + channel.statistics() + ", reads completed: " + completed
                        + ", bytes before unwritable: " + channel.bytesBeforeUnwritable());
        return frame;
    }

    /** {@return the content of the next frame in hexadecimal} The frame is released. */
    String nextHex() throws InterruptedException {
        PacketFrame frame = next();
        try {
            return ByteBufUtil.hexDump(frame.content());
        } finally {
            frame.release();
        }
    }

    /** {@return the next event} That frames were lost does not count: under a flood, a busy machine loses some at any time. */
    Object event() throws InterruptedException {
        Object event = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        while (event instanceof PacketLossEvent) {
            event = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
        assertNotNull(event, "no event");
        return event;
    }

    @Override
    public void close() {
        if (channel != null && channel.isOpen()) {
            channel.close().syncUninterruptibly();
        }
        List<PacketFrame> left = new ArrayList<>();
        received.drainTo(left);
        left.forEach(PacketFrame::release);
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
