package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Frames through a veth pair and through the loopback. */
@ExtendWith(InNamespace.class)
class PacketChannelTest {
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
            assertTrue(
                    Math.abs(frame.timestampNanos() / 1_000_000 - before) < 10_000, () -> "" + frame.timestampNanos());
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

    @ParameterizedTest
    @EnumSource
    void framesOfEverySizeAreReceivedAsSent(ReceiveMode mode) throws Exception {
        Namespace.run("ip link set lo mtu 65536");
        try (Tap lo = Tap.ofOurs()
                .with(PacketChannelOption.RECEIVE_MODE, mode)
                .with(PacketChannelOption.OUTGOING, false)
                .bind("lo")) {
            // As many at once as certainly fit into the ring, or into a socket's default receive queue.
            int room = mode == ReceiveMode.READ ? 1 << 16 : 1 << 20;
            for (int length = 14; length <= 65_535; ) {
                int first = length;
                int bytes = 0;
                do {
                    lo.channel.write(Tap.frame(length, length));
                    bytes += length + 1000;
                    length++;
                } while (bytes < room && length <= 65_535);
                lo.channel.flush();
                for (int expected = first; expected < length; expected++) {
                    PacketFrame frame = lo.next();
                    ByteBuf wanted = Tap.frame(expected, expected);
                    assertEquals(wanted, frame.content());
                    assertEquals(expected, frame.wireLength());
                    frame.release();
                }
            }
            assertEquals(new PacketStatistics(65_535 - 13, 0), lo.channel.statistics());
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
