package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Dry runs and samples under flows that last. */
@Tag("soak")
class DropSoakTest {
    private static final int WANTED = 1;
    private static final int MOST_GROWTH =
            24 << 20; // what waits for a listener, at most 16 MiB, and as much as chance brings

    /** Buffers are not watched: a record for every touch of each is more than keeps up with the flow. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL_UDP", "IO_URING_UDP"})
    void theFilterIsEnforcedAndNotUnderFlow(Transport transport) throws Exception {
        ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        try {
            DryRunFlow.run(transport, 5 * Integer.getInteger("soak.seconds", 60), 100_000);
        } finally {
            ResourceLeakDetector.setLevel(level);
        }
    }

    /** The listener takes one sample and does not return; every buffer is watched. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL_UDP", "IO_URING_UDP", "NIO_UDP"})
    void aListenerThatBlocksHoldsBackNoMemory(Transport transport) throws Exception {
        ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        CountDownLatch end = new CountDownLatch(1);
        AtomicLong received = new AtomicLong();
        BpfFilterHandler handler = BpfFilterHandler.builder(
                        Program.parse("ldb [16]\njne #" + WANTED + ", drop\nret #-1\ndrop: ret #0"))
                .sampleDrops(2, packet -> end.await())
                .build();
        MultiThreadIoEventLoopGroup group = transport.group();
        try (Leaks leaks = new Leaks()) {
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(transport.channel)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel ch) {
                            ch.pipeline().addLast(handler, new ChannelInboundHandlerAdapter() {
                                @Override
                                public void channelRead(ChannelHandlerContext ctx, Object msg) {
                                    received.lazySet(received.get() + 1);
                                    ((DatagramPacket) msg).release();
                                }
                            });
                        }
                    })
                    .bind(transport.anyAddress())
                    .sync()
                    .channel();
            NumberedFlow.forceReceiveBuffer(channel);
            long overflowBefore = NumberedFlow.overflow();
            NumberedFlow flow = new NumberedFlow(
                    (InetSocketAddress) channel.localAddress(),
                    10_000,
                    Long.MAX_VALUE,
                    number -> number % 10 == 0 ? WANTED : 0);
            Thread thread = new Thread(flow, "flow");
            thread.start();
            flow.awaitPackets(20_000);
            long heap = usedHeap();
            long memory = directMemory();
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("soak.seconds", 60));
            while (System.nanoTime() < until) {
                flow.awaitPackets(10_000);
            }
            long heapAfter = usedHeap();
            long memoryAfter = directMemory();
            flow.stop();
            thread.join();
            long sent = (flow.sent() + 9) / 10;
            Transport.await(
                    () -> received + " of " + sent + ", " + handler.stats(),
                    () -> received.get() + NumberedFlow.overflow() - overflowBefore >= sent);
            FilterStats stats = handler.stats();
            channel.close().sync();
            end.countDown();
            System.out.println(transport + ": " + flow.sent() + " datagrams, " + received + " wanted ones came of "
                    + sent
                    + ", heap " + (heap >> 10) + " to " + (heapAfter >> 10) + " KiB, direct memory " + (memory >> 10)
                    + " to " + (memoryAfter >> 10) + " KiB, " + stats.sampled() + " samples, " + stats.lostSamples()
                    + " lost");
            assertEquals(0, leaks.count());
            assertEquals(1025, stats.sampled());
            assertTrue(stats.lostSamples() > 0);
            assertTrue(heapAfter - heap < MOST_GROWTH, () -> "the heap grew from " + heap + " to " + heapAfter);
            assertTrue(
                    memoryAfter - memory < MOST_GROWTH,
                    () -> "direct memory grew from " + memory + " to " + memoryAfter);
        } finally {
            end.countDown();
            ResourceLeakDetector.setLevel(level);
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long directMemory() {
        return PlatformDependent.usedDirectMemory();
    }
}
