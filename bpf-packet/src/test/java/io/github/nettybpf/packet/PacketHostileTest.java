package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.nio.channels.NotYetConnectedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Random calls on a channel from several threads, under traffic: afterwards no descriptor, mapping or unfiltered frame
 * is left.
 */
@ExtendWith(InNamespace.class)
class PacketHostileTest {
    private static final int ACTIONS = 40;
    private static final int THREADS = 3;

    /** Keeps some frames, releases others, and sometimes closes the channel while it is reading. */
    private static final class Holder extends ChannelInboundHandlerAdapter {
        private final Random random;
        private final Queue<PacketFrame> held;
        private final Queue<String> unexpected;

        Holder(long seed, Queue<PacketFrame> held, Queue<String> unexpected) {
            this.random = new Random(seed);
            this.held = held;
            this.unexpected = unexpected;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            PacketFrame frame = (PacketFrame) msg;
            if (frame.content().getUnsignedShort(12) != Tap.ETHERTYPE) {
                unexpected.add("a frame that the filter does not want");
            }
            if (random.nextInt(10) == 0) {
                held.add(frame);
            } else {
                frame.release();
            }
            if (random.nextInt(2000) == 0) {
                ctx.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // Writes by voidPromise fail here.
            boolean expected = cause instanceof IOException || cause instanceof NotYetConnectedException;
            if (!expected && !isOvertaken(cause)) {
                unexpected.add("exceptionCaught: " + cause + " at " + List.of(cause.getStackTrace()));
            }
        }

        /** {@return whether Netty failed a call that was queued on an event loop which the channel has left since} */
        private static boolean isOvertaken(Throwable cause) {
            StackTraceElement[] stack = cause.getStackTrace();
            return cause instanceof AssertionError
                    && stack.length > 0
                    && stack[0].getMethodName().equals("assertEventLoop");
        }
    }

    private static void act(
            Random random, Channel channel, BpfFilterHandler handler, EventLoopGroup group, Queue<PacketFrame> held)
            throws InterruptedException {
        switch (random.nextInt(14)) {
            case 0 -> channel.config().setAutoRead(random.nextBoolean());
            case 1 -> channel.read();
            case 2 -> channel.config().setOption(PacketChannelOption.PROMISCUOUS, random.nextBoolean());
            case 3 -> channel.config().setOption(PacketChannelOption.OUTGOING, random.nextBoolean());
            case 4 ->
                channel.config()
                        .setOption(
                                PacketChannelOption.RECEIVE_MODE,
                                List.of(ReceiveMode.values()).get(random.nextInt(3)));
            case 5, 6 -> channel.writeAndFlush(Tap.frame(60, 1), channel.voidPromise());
            case 7 -> {
                channel.write(Tap.frame(100, 1));
                channel.flush();
            }
            case 8 -> ((PacketChannel) channel).statistics();
            case 9 -> {
                // Netty allows one registration at a time.
                synchronized (channel) {
                    channel.deregister().await();
                    group.register(channel).await();
                }
            }
            case 10 -> channel.bind(PacketAddress.of("b0"));
            case 11 -> handler.replace(Program.parse(Tap.OURS));
            case 12 -> {
                PacketFrame frame = held.poll();
                if (frame != null) {
                    frame.release();
                }
            }
            default -> {
                if (random.nextInt(8) == 0) {
                    channel.close();
                } else {
                    channel.config().getOptions();
                }
            }
        }
    }

    private static void round(long seed, EventLoopGroup group, Queue<String> unexpected) throws Exception {
        Random random = new Random(seed);
        Queue<PacketFrame> held = new ConcurrentLinkedQueue<>();
        BpfFilterHandler handler = new BpfFilterHandler(Program.parse(Tap.OURS));
        Bootstrap bootstrap = new Bootstrap()
                .group(group)
                .channel(PacketChannel.class)
                .option(
                        PacketChannelOption.RECEIVE_MODE,
                        List.of(ReceiveMode.values()).get(random.nextInt(3)))
                .option(PacketChannelOption.RETIRE_MILLIS, 1)
                .option(PacketChannelOption.BLOCK_SIZE, 1 << 14)
                .option(ChannelOption.AUTO_READ, random.nextBoolean())
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline().addLast(handler, new Holder(seed, held, unexpected));
                    }
                });
        if (random.nextBoolean()) {
            bootstrap.option(PacketChannelOption.FANOUT, PacketFanout.roundRobin(30));
        }
        Channel channel = bootstrap.register().sync().channel();
        ChannelFuture bound = channel.bind(PacketAddress.of("b0"));
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            long own = seed * THREADS + i;
            Thread thread = new Thread(() -> {
                Random mine = new Random(own);
                for (int action = 0; action < ACTIONS; action++) {
                    try {
                        act(mine, channel, handler, group, held);
                        // For other interleavings; nothing is expected to be over by then.
                        LockSupport.parkNanos(mine.nextInt(500_000));
                    } catch (ChannelException refused) {
                        // The channel is being bound, is bound, or is closed.
                    } catch (RuntimeException | InterruptedException e) {
                        unexpected.add("thrown: " + e);
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertTrue(bound.await(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS), "a bind never ends");
        assertTrue(channel.close().await(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS), "a close never ends");
        held.forEach(frame -> {
            if (frame.content().getUnsignedShort(12) != Tap.ETHERTYPE) {
                unexpected.add("a held frame that is another one");
            }
            frame.release();
        });
    }

    private static int rounds(long first, int most, long end) throws Exception {
        Queue<String> unexpected = new ConcurrentLinkedQueue<>();
        AtomicBoolean sending = new AtomicBoolean(true);
        long descriptors = PacketLifecycleTest.descriptors();
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
        int done = 0;
        try (Tap a = Tap.ofOurs()
                .with(PacketChannelOption.RECEIVE_MODE, ReceiveMode.READ)
                .bind("a0")) {
            a.channel.eventLoop().execute(new Runnable() {
                @Override
                public void run() {
                    a.channel.write(Tap.frame(60, 1).setShort(12, 0x88b6), a.channel.voidPromise());
                    for (int i = 0; i < 8; i++) {
                        a.channel.write(Tap.frame(200, i), a.channel.voidPromise());
                    }
                    a.channel.flush();
                    PacketFrame frame = a.received.poll();
                    while (frame != null) {
                        frame.release();
                        frame = a.received.poll();
                    }
                    if (sending.get()) {
                        a.channel.eventLoop().schedule(this, 100, TimeUnit.MICROSECONDS);
                    }
                }
            });
            while (done < most && System.nanoTime() < end) {
                round(first + done, group, unexpected);
                done++;
                assertEquals(List.of(), List.copyOf(unexpected), "seed " + (first + done - 1));
            }
            sending.set(false);
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
        PacketLifecycleTest.await("descriptors", () -> PacketLifecycleTest.descriptors() == descriptors);
        assertEquals(0, PacketLifecycleTest.mappings());
        return done;
    }

    @Test
    void nothingIsLeftAndNothingHangs() throws Exception {
        rounds(1, 30, Long.MAX_VALUE);
    }

    @Test
    @Tag("soak")
    void nothingIsLeftForLong() throws Exception {
        int done =
                rounds(1000, Integer.MAX_VALUE, System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L);
        System.out.println(done + " packet channels under hostile use, nothing left");
    }
}
