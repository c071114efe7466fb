package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Reads from a frame source of the test, on a channel that is registered and not bound. */
@ExtendWith(InNamespace.class)
class FrameIntakeTest {
    private static class Frames implements FrameSource {
        private int left;

        Frames(int count) {
            left = count;
        }

        @Override
        public @Nullable PacketFrame next() {
            return left-- > 0 ? new PacketFrame(Unpooled.EMPTY_BUFFER, PacketAddress.any()) : null;
        }

        @Override
        public void close(Runnable then) {
            then.run();
        }
    }

    private static Tap registered(Tap tap) throws InterruptedException {
        tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
        return tap;
    }

    private static void onLoop(Tap tap, Runnable task) throws InterruptedException {
        tap.channel.eventLoop().submit(task).sync();
    }

    @Test
    void aReadBringsAsManyFramesAsItMay() throws Exception {
        List<String> order = new ArrayList<>();
        ChannelInboundHandlerAdapter log = new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object msg) {
                order.add("frame");
                ctx.fireChannelRead(msg);
            }

            @Override
            public void channelReadComplete(ChannelHandlerContext ctx) {
                order.add("complete");
            }
        };
        Tap limited = new Tap(log)
                .with(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(64).maxMessagesPerRead(3));
        try (Tap tap = registered(limited)) {
            onLoop(tap, () -> {
                tap.channel.intake().start(new Frames(5));
                tap.channel.intake().read();
                tap.channel.intake().read();
            });
            assertEquals(List.of("frame", "frame", "frame", "complete", "frame", "frame", "complete"), order);
        }
    }

    @Test
    void aSourceThatThrowsClosesTheChannel() throws Exception {
        IllegalStateException broken = new IllegalStateException("broken");
        try (Tap tap = registered(new Tap())) {
            onLoop(tap, () -> {
                tap.channel.intake().start(new Frames(0) {
                    @Override
                    public PacketFrame next() {
                        throw broken;
                    }
                });
                tap.channel.intake().read();
            });
            assertSame(broken, tap.thrown.poll(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
            tap.channel.closeFuture().sync();
            assertFalse(tap.channel.isOpen());
        }
    }
}
