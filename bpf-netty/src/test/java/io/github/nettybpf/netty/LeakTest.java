package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RandomPrograms;
import io.github.nettybpf.core.address.AddressSet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocatorMetric;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ResourceLeakDetector;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every packet is released once, by the handler or by what follows it; and judging one allocates nothing. */
class LeakTest {
    private static final InetSocketAddress SENDER = new InetSocketAddress("192.0.2.1", 5353);
    private static final InetSocketAddress RECIPIENT = new InetSocketAddress("192.0.2.2", 53);

    /** Counts leaks, which are logged too. */
    private static final Leaks LEAKS = new Leaks();

    @AfterAll
    static void listenNoMore() {
        LEAKS.close();
    }

    @Test
    void noPacketIsLeaked() {
        packets(20_000);
    }

    @Test
    @Tag("soak")
    void noPacketIsLeakedForLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long packets = 0;
        while (System.nanoTime() < end) {
            packets(200_000);
            packets += 200_000;
        }
        System.out.println(packets + " packets, no leak");
    }

    private static long seed = 9;

    private static void packets(int count) {
        assertEquals(ResourceLeakDetector.Level.PARANOID, ResourceLeakDetector.getLevel());
        RandomPrograms random = RandomPrograms.deterministic(seed++);
        PooledByteBufAllocator pooled = new PooledByteBufAllocator(true);
        int accepted = 0;
        EmbeddedChannel channel = null;
        BpfFilterHandler handler = null;
        for (int i = 0; i < count; i++) {
            if (i % 100 == 0) {
                Placement placement = i % 200 == 0 ? Placement.PAYLOAD : Placement.UDP_SOCKET;
                handler = handler(random, placement);
                channel = new EmbeddedChannel(handler, new ReleaseAll());
            }
            ByteBuf content = content(pooled, random.packet(), i);
            Object message = i % 3 == 0 ? content : new DatagramPacket(content, RECIPIENT, SENDER);
            channel.writeInbound(message);
            assertEquals(0, ReferenceCountUtil.refCnt(message));
            if (i % 100 == 99) {
                accepted += (int) handler.stats().accepted();
                channel.finish();
            }
        }
        assertTrue(accepted > count / 20, "accepted only " + accepted);
        PooledByteBufAllocatorMetric metric = pooled.metric();
        long active = metric.directArenas().stream()
                        .mapToLong(a -> a.numActiveAllocations())
                        .sum()
                + metric.heapArenas().stream()
                        .mapToLong(a -> a.numActiveAllocations())
                        .sum();
        assertTrue(active < 100, () -> active + " buffers are still taken from the pool");
        System.gc();
        pooled.directBuffer().release();
        assertEquals(0, LEAKS.count());
    }

    private static BpfFilterHandler handler(RandomPrograms random, Placement placement) {
        while (true) {
            try {
                return BpfFilterHandler.builder(random.program())
                        .placement(placement)
                        .build();
            } catch (IllegalArgumentException notForPipelines) {
                // Another one.
            }
        }
    }

    private static ByteBuf content(ByteBufAllocator pooled, byte[] bytes, int kind) {
        return switch (kind % 5) {
            case 0 -> pooled.heapBuffer().writeBytes(bytes);
            case 1 -> pooled.directBuffer().writeBytes(bytes);
            case 2 ->
                pooled.compositeBuffer()
                        .addComponent(true, pooled.directBuffer().writeBytes(bytes, 0, bytes.length / 2))
                        .addComponent(
                                true,
                                pooled.heapBuffer()
                                        .writeBytes(bytes, bytes.length / 2, bytes.length - bytes.length / 2));
            case 3 -> pooled.directBuffer().writeZero(7).writeBytes(bytes).skipBytes(7);
            default -> Unpooled.buffer().writeBytes(bytes).asReadOnly();
        };
    }

    /** What follows in a pipeline. */
    private static final class ReleaseAll extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ReferenceCountUtil.release(msg);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            assertTrue(cause instanceof SocketFilterException, () -> "thrown: " + cause);
        }
    }

    /** Passes packets on without end: the retained packet is judged again and again. */
    @ParameterizedTest
    @Tag("optimized")
    @CsvSource({"false, false, false", "true, false, false", "true, true, false", "true, false, true"})
    void judgingAllocatesNothing(boolean direct, boolean bySource, boolean observed) {
        Program program = Program.parse(
                "ldb [0xfff00000]\nand #0xf0\njne #0x40, no\nldh [2]\njne #53, no\nldb [8]\nst M[3]\nld len\nldx M[3]\n"
                        + "add x\nret a\nno: ret #0");
        EmbeddedChannel channel = new EmbeddedChannel(
                BpfFilterHandler.builder(program)
                        .placement(Placement.UDP_SOCKET)
                        .denySources(bySource ? AddressSet.of("192.0.2.0/24", "2001:db8::/32") : AddressSet.EMPTY)
                        .countReturns(observed)
                        .dryRun(observed)
                        .build(),
                new ReleaseAll());
        // Not watched by the leak detector, which allocates.
        ByteBufAllocator unwatched = new UnpooledByteBufAllocator(direct, true);
        ByteBuf content = unwatched.buffer().writeZero(100);
        DatagramPacket packet = new DatagramPacket(content, RECIPIENT, SENDER);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int rounds = 100_000;
        long least = Long.MAX_VALUE;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Transport.PATIENCE_SECONDS);
        // Until the JVM's compiler has come to it, in the background.
        while (least >= rounds && System.nanoTime() < end) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < rounds; i++) {
                packet.retain();
                channel.pipeline().fireChannelRead(packet);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        // What is left is the address's own copy of its four bytes, while the compiler has not removed it.
        assertTrue(least < rounds, "allocated " + least + " bytes for " + rounds + " packets");
        packet.release();
    }
}
