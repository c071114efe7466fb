package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterStats.Location;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.concurrent.Future;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One program after the other, every 5,000 packets of a flow. Kind 0 is wanted by no program, 1 and 2 by those of that
 * number, 3 by all.
 */
class ReplacementFlowTest {
    private static final int ALL = 3;
    private static final long PACKETS_PER_SECOND = 50_000;
    private static final long PACKETS_BETWEEN = 5_000;

    /** One in so many replacements comes when the kernel has taken over again. */
    private static final int FROM_KERNEL = 50;

    private static final int HEAP_GROWTH = 8 << 20;

    /** A program, the kind that it keeps besides {@link #ALL}, and how much of it. */
    private record Rule(Program program, int kind, int length) {
        static Rule of(int kind, int verdict) {
            int length = Math.min(NumberedFlow.LENGTH, Math.max(0, verdict - 8));
            return new Rule(
                    Program.parse("ldb [16]\njset #" + kind + ", yes\nret #0\nyes: ret #" + verdict), kind, length);
        }
    }

    private static final List<Rule> RULES =
            List.of(Rule.of(1, 0xffff), Rule.of(2, 0xffff), Rule.of(1, 17), Rule.of(2, 20), Rule.of(1, 18));

    private static final ResourceLeakDetector.Level LEVEL = ResourceLeakDetector.getLevel();

    /** A record for every touch of every buffer is more than keeps up with the flow. */
    @BeforeAll
    static void watchNoBuffers() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    }

    @AfterAll
    static void watchBuffersAgain() {
        ResourceLeakDetector.setLevel(LEVEL);
    }

    @ParameterizedTest
    @Tag("soak")
    @CsvSource({"EPOLL_UDP", "IO_URING_UDP"})
    void eachReplacementIsInForceOnceItsFutureSucceeds(Transport transport) throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/net/snmp")), "no /proc/net/snmp to count overflow with");
        long seconds = Long.getLong("soak.seconds", 60);
        MultiThreadIoEventLoopGroup group = transport.group();
        Collector collector = new Collector();
        BpfFilterHandler handler = new BpfFilterHandler(RULES.get(0).program);
        collector.expect(RULES.get(0));
        long overflowBefore = NumberedFlow.overflow();
        try {
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(transport.channel)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(64))
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel initialized) {
                            initialized.pipeline().addLast(handler, collector);
                        }
                    })
                    .bind(transport.anyAddress())
                    .sync()
                    .channel();
            NumberedFlow.forceReceiveBuffer(channel);
            NumberedFlow flow = new NumberedFlow(
                    (InetSocketAddress) channel.localAddress(),
                    PACKETS_PER_SECOND,
                    // A bit for each is kept.
                    (seconds + 60) * PACKETS_PER_SECOND,
                    number -> (number * 0x9e3779b97f4a7c15L) >>> 62);
            Thread thread = new Thread(flow, "flow");
            thread.start();
            long[] heap = new long[2];
            int replacements =
                    replaceUntil(System.nanoTime() + seconds * 1_000_000_000L, flow, handler, channel, collector, heap);
            flow.stop();
            thread.join();
            long[] counts = new long[2];
            Transport.await(
                    () -> "lost " + counts[0] + " wanted packets, and only " + counts[1] + " by overflow", () -> {
                        counts[0] = wantedByAll(flow) - collector.receivedOfAll(channel);
                        counts[1] = NumberedFlow.overflow() - overflowBefore;
                        return counts[0] <= counts[1];
                    });
            channel.close().sync();
            System.out.println(transport + ": " + replacements + " replacements, " + flow.sent() + " packets, "
                    + collector.count + " came, lost " + counts[0] + ", overflow " + counts[1] + ", heap "
                    + (heap[0] >> 10) + " to " + (heap[1] >> 10) + " KiB; " + handler.stats());
            assertEquals(null, collector.offence);
            assertTrue(heap[1] - heap[0] < HEAP_GROWTH, () -> "the heap grew from " + heap[0] + " to " + heap[1]);
        } finally {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }

    private static int replaceUntil(
            long end, NumberedFlow flow, BpfFilterHandler handler, Channel channel, Collector collector, long[] heap)
            throws Exception {
        int done = 0;
        while (System.nanoTime() < end) {
            if (done % FROM_KERNEL == FROM_KERNEL - 1) {
                awaitKernel(handler, channel, collector);
            }
            Rule next = RULES.get((done + 1) % RULES.size());
            Future<Void> replaced = channel.eventLoop()
                    .submit(() -> {
                        // On the event loop it is in force when the call returns.
                        Future<Void> future = handler.replace(next.program);
                        assertTrue(future.isSuccess(), () -> "the future: " + future);
                        collector.expect(next);
                        return future;
                    })
                    .sync()
                    .getNow();
            assertTrue(replaced.isSuccess());
            done++;
            if (done == 2 * FROM_KERNEL) {
                heap[0] = usedHeap();
            }
            flow.awaitPackets(PACKETS_BETWEEN);
        }
        heap[1] = usedHeap();
        heap[0] = heap[0] == 0 ? heap[1] : heap[0];
        return done;
    }

    /** Lets the kernel take over, by a program that keeps packets whole. */
    private static void awaitKernel(BpfFilterHandler handler, Channel channel, Collector collector) throws Exception {
        channel.eventLoop()
                .submit(() -> {
                    assertTrue(handler.replace(RULES.get(0).program).isSuccess());
                    collector.expect(RULES.get(0));
                })
                .sync();
        Transport.await(
                () -> "all in the kernel: " + handler.stats(),
                () -> handler.stats().location() == Location.KERNEL);
    }

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long wantedByAll(NumberedFlow flow) {
        long wanted = 0;
        for (long number = 0; number < flow.sent(); number++) {
            wanted += flow.kind(number) == ALL ? 1 : 0;
        }
        return wanted;
    }

    /** Belongs to the event loop. */
    private static final class Collector extends ChannelInboundHandlerAdapter {
        private final BitSet received = new BitSet();
        private long ofAll;
        private Rule expected = RULES.get(0);
        private long count;
        private String offence;

        /** From now on only what this one keeps may come. */
        void expect(Rule rule) {
            expected = rule;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ByteBuf content = ((DatagramPacket) msg).content();
            int number = (int) NumberedFlow.number(content);
            int kind = NumberedFlow.kind(content);
            int readable = content.readableBytes();
            content.release();
            count++;
            ofAll += kind == ALL ? 1 : 0;
            if (received.get(number)) {
                offend("packet " + number + " came twice");
            }
            received.set(number);
            if ((kind & expected.kind) == 0) {
                offend("packet " + number + " of kind " + kind + " came, while " + expected + " is in force");
            } else if (readable != expected.length) {
                offend("packet " + number + " has " + readable + " bytes, while " + expected + " is in force");
            }
        }

        private void offend(String what) {
            if (offence == null) {
                offence = what;
            }
        }

        /** {@return how many packets have come so far that all programs want} */
        long receivedOfAll(Channel channel) {
            return channel.eventLoop().submit(() -> ofAll).syncUninterruptibly().getNow();
        }
    }
}
