package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Program;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ResourceLeakDetector;
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
 * Filters come, change and go under a flow in which every packet has a number: 8 bytes of it, then 1 if the packet is
 * wanted and 0 if not, then filling.
 */
class HandoverTest {
    private static final Program WHOLE = Program.parse("ldb [16]\njne #1, no\nret #-1\nno: ret #0");
    private static final Program CUT = Program.parse("ldb [16]\njne #1, no\nret #17\nno: ret #0");
    private static final Program CUT_BY_A = Program.parse("ldb [16]\njne #1, no\nld #18\nret a\nno: ret #0");
    private static final List<Program> PROGRAMS = List.of(WHOLE, CUT, CUT_BY_A);
    private static final List<Integer> LENGTHS = List.of(NumberedFlow.LENGTH, 9, 10);
    private static final int PACKETS_PER_SECOND = 100_000;

    /** More than any test needs. */
    private static final long MOST = 20_000_000;

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
    @CsvSource({"EPOLL_UDP", "IO_URING_UDP"})
    void nothingWantedIsLostAndNothingElseComesThrough(Transport transport) throws Exception {
        rounds(transport, 10);
    }

    @ParameterizedTest
    @Tag("soak")
    @CsvSource({"EPOLL_UDP", "IO_URING_UDP"})
    void aHundredRounds(Transport transport) throws Exception {
        rounds(transport, 100);
    }

    private static void rounds(Transport transport, int rounds) throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/net/snmp")), "no /proc/net/snmp to count overflow with");
        MultiThreadIoEventLoopGroup group = transport.group();
        Collector collector = new Collector();
        long overflowBefore = NumberedFlow.overflow();
        try {
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(transport.channel)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(64))
                    .handler(collector)
                    .bind(transport.anyAddress())
                    .sync()
                    .channel();
            NumberedFlow.forceReceiveBuffer(channel);
            NumberedFlow flow = new NumberedFlow(
                    (InetSocketAddress) channel.localAddress(),
                    PACKETS_PER_SECOND,
                    MOST,
                    number -> isWanted(number) ? 1 : 0);
            Thread thread = new Thread(flow, "flow");
            thread.start();
            for (int round = 0; round < rounds; round++) {
                int index = round % PROGRAMS.size();
                int next = (round + 1) % PROGRAMS.size();
                BpfFilterHandler handler = new BpfFilterHandler(PROGRAMS.get(index));
                onLoop(channel, () -> {
                    channel.pipeline().addFirst(handler);
                    collector.expect(LENGTHS.get(index));
                });
                flow.awaitPackets(500);
                onLoop(channel, () -> {
                    collector.expect(-1);
                    assertTrue(handler.replace(PROGRAMS.get(next)).isSuccess());
                    collector.expectEither(LENGTHS.get(index), LENGTHS.get(next));
                });
                flow.awaitPackets(500);
                onLoop(channel, () -> {
                    channel.pipeline().remove(handler);
                    collector.expect(-1);
                });
                flow.awaitPackets(100);
            }
            flow.stop();
            thread.join();
            long[] counts = new long[2];
            // Packets that were sent may still be on their way.
            Transport.await(
                    () -> "lost " + counts[0] + " wanted packets, and only " + counts[1] + " by overflow", () -> {
                        counts[0] = (flow.sent() + 1) / 2 - collector.received(channel);
                        counts[1] = NumberedFlow.overflow() - overflowBefore;
                        return counts[0] <= counts[1];
                    });
            channel.close().sync();
            System.out.println(transport + ": " + rounds + " rounds, " + flow.sent() + " packets, lost " + counts[0]
                    + ", overflow " + counts[1]);
            assertEquals(null, collector.offence);
            assertTrue(flow.sent() > rounds * 1000L);
        } finally {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }

    private static void onLoop(Channel channel, Runnable task) throws InterruptedException {
        channel.eventLoop().submit(task).sync();
    }

    private static boolean isWanted(long number) {
        return number % 2 == 0;
    }

    /** Belongs to the event loop. */
    private static final class Collector extends ChannelInboundHandlerAdapter {
        final BitSet wanted = new BitSet();
        private int length = -1;
        private int otherLength = -1;
        private String offence;

        /** From now on only wanted packets may come, of this length; -1: all may come. */
        void expect(int expected) {
            expectEither(expected, expected);
        }

        void expectEither(int one, int other) {
            length = one;
            otherLength = other;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ByteBuf content = ((DatagramPacket) msg).content();
            long number = NumberedFlow.number(content);
            boolean isWanted = NumberedFlow.kind(content) == 1;
            int readable = content.readableBytes();
            content.release();
            if (isWanted) {
                if (wanted.get((int) number)) {
                    offend("packet " + number + " came twice");
                }
                wanted.set((int) number);
            }
            if (length >= 0 && !isWanted) {
                offend("packet " + number + " is not wanted");
            } else if (length >= 0 && readable != length && readable != otherLength) {
                offend("packet " + number + " has " + readable + " bytes and not " + length + " or " + otherLength);
            }
        }

        private void offend(String what) {
            if (offence == null) {
                offence = what;
            }
        }

        /** {@return how many wanted packets have come so far} */
        int received(Channel channel) {
            return channel.eventLoop()
                    .submit(wanted::cardinality)
                    .syncUninterruptibly()
                    .getNow();
        }
    }
}
