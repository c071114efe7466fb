package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Frames through a veth pair and through the loopback. */
@ExtendWith(InNamespace.class)
class PacketChannelTest {
    /** How much the clock may be set meanwhile. */
    private static final int CLOCK_MILLIS = 10_000;

    /** Fewer than net.core.netdev_max_backlog, the frames that wait for the kernel's softirq, and than the ring has blocks. */
    private static final int MOST_AT_ONCE = 100;

    @BeforeAll
    static void giveAddresses() {
        Namespace.run("ip link set a0 address 02:00:00:00:00:0a");
        Namespace.run("ip link set b0 address 02:00:00:00:00:0b");
    }

    @ParameterizedTest
    @EnumSource
    void aFrameHasItsMetadata(ReceiveMode mode) throws Exception {
        try (Tap a = Tap.ofOurs().bind("a0");
                Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .bind("b0")) {
            long before = System.currentTimeMillis();
            a.send(Tap.frame(100, 7));
            PacketFrame frame = b.next();
            assertEquals(ByteBufUtil.hexDump(Tap.frame(100, 7)), ByteBufUtil.hexDump(frame.content()));
            assertEquals(100, frame.wireLength());
            assertEquals(14, frame.networkOffset());
            assertFalse(frame.isTruncated());
            assertFalse(frame.hasVlan());
            long millis = frame.timestampNanos() / 1_000_000;
            long after = System.currentTimeMillis();
            assertTrue(
                    before - CLOCK_MILLIS <= millis && millis <= after + CLOCK_MILLIS,
                    () -> "" + frame.timestampNanos());
            PacketAddress address = frame.address();
            assertEquals("b0", address.interfaceName());
            assertEquals(b.channel.localAddress().interfaceIndex(), address.interfaceIndex());
            assertEquals(Tap.ETHERTYPE, address.protocol());
            assertEquals(1, address.hardwareType());
            assertEquals(PacketAddress.BROADCAST, address.packetType());
            assertArrayEquals(new byte[] {2, 2, 2, 2, 2, 2}, address.hardwareAddress());
            assertArrayEquals(
                    new byte[] {2, 0, 0, 0, 0, 0xb}, b.channel.localAddress().hardwareAddress());
            frame.release();
            assertEquals(new PacketStatistics(1, 0), b.channel.statistics());
            b.channel.close().sync();
            assertEquals(new PacketStatistics(1, 0), b.channel.statistics());
        }
    }

    /**
     * Each length up to a page and a little more, each near the end of a page or of all, and one in 64 of the others.
     */
    private static boolean isOneOfMany(int length) {
        int inPage = length % 4096;
        return length < 4200 || inPage < 16 || inPage >= 4096 - 16 || length > 65_000 || length % 64 == 7;
    }

    @ParameterizedTest
    @EnumSource
    void framesOfManySizesAreReceivedAsSent(ReceiveMode mode) throws Exception {
        framesGoRound(mode, PacketChannelTest::isOneOfMany);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("soak")
    void framesOfEverySizeAreReceivedAsSent(ReceiveMode mode) throws Exception {
        framesGoRound(mode, length -> true);
    }

    private static void framesGoRound(ReceiveMode mode, IntPredicate sent) throws Exception {
        Namespace.run("ip link set lo mtu 65536");
        try (Tap lo = Tap.ofOurs()
                .with(PacketChannelOption.RECEIVE_MODE, mode)
                .with(PacketChannelOption.BLOCK_SIZE, 1 << 17)
                .with(PacketChannelOption.BLOCK_COUNT, MOST_AT_ONCE + 10)
                .with(PacketChannelOption.OUTGOING, false)
                .bind("lo")) {
            // As many at once as certainly fit into the ring, or into a socket's default receive queue.
            int room = mode == ReceiveMode.READ ? 1 << 16 : 1 << 20;
            int[] lengths = IntStream.rangeClosed(14, 65_535).filter(sent).toArray();
            Deque<ByteBuf> wanted = new ArrayDeque<>();
            for (int next = 0; next < lengths.length; ) {
                int first = next;
                int bytes = 0;
                do {
                    ByteBuf frame = Tap.frame(lengths[next], lengths[next]);
                    wanted.add(frame);
                    lo.channel.write(frame.retainedDuplicate());
                    bytes += lengths[next] + 1000;
                    next++;
                } while (bytes < room && next < lengths.length && next - first < MOST_AT_ONCE);
                lo.channel.flush();
                for (int i = first; i < next; i++) {
                    PacketFrame frame = lo.next();
                    ByteBuf sending = wanted.remove();
                    assertEquals(sending, frame.content());
                    sending.release();
                    assertEquals(lengths[i], frame.wireLength());
                    frame.release();
                }
            }
            assertEquals(new PacketStatistics(lengths.length, 0), lo.channel.statistics());
        }
    }

    @Test
    void aChannelThatWasNeverBoundCloses() throws Exception {
        try (Tap tap = new Tap()) {
            tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
            assertFalse(tap.channel.isActive());
            tap.channel.close().sync();
            assertFalse(tap.channel.isOpen());
        }
    }
}
