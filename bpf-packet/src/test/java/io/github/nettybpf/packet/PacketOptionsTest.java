package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The effect of each option, and writing frames. */
@ExtendWith(InNamespace.class)
class PacketOptionsTest {
    @ParameterizedTest
    @EnumSource
    void aTagIsBesideTheBytesOrPutBackIntoThem(ReceiveMode mode) throws Exception {
        String plain = ByteBufUtil.hexDump(Tap.frame(100, 1));
        String tagged = ByteBufUtil.hexDump(PacketFilterTest.tagged(Tap.frame(100, 1), 0x2005));
        try (Tap a = new Tap().bind("a0");
                Tap beside = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .bind("b0");
                Tap inside = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .with(PacketChannelOption.PUT_VLAN_BACK, true)
                        .bind("b0")) {
            a.send(PacketFilterTest.tagged(Tap.frame(100, 1), 0x2005));
            a.send(Tap.frame(100, 1));
            for (Tap tap : new Tap[] {beside, inside}) {
                boolean back = tap.equals(inside);
                PacketFrame frame = tap.next();
                assertEquals(back ? tagged : plain, ByteBufUtil.hexDump(frame.content()));
                assertTrue(frame.hasVlan());
                assertEquals(0x2005, frame.vlanTci());
                assertEquals(0x8100, frame.vlanTpid());
                assertEquals(back, frame.hasVlanInContent());
                assertEquals(back ? 104 : 100, frame.wireLength());
                assertEquals(back ? 18 : 14, frame.networkOffset());
                assertFalse(frame.isTruncated());
                frame.release();
                PacketFrame untagged = tap.next();
                assertFalse(untagged.hasVlan());
                assertEquals(0, untagged.vlanTci() | untagged.vlanTpid());
                assertEquals(plain, ByteBufUtil.hexDump(untagged.content()));
                untagged.release();
            }
        }
    }

    @Test
    void aTagOfAnotherKindComesBackAsItWas() throws Exception {
        ByteBuf sent = PacketFilterTest.tagged(Tap.frame(100, 1), 0).setShort(12, 0x88a8);
        try (Tap a = new Tap().bind("a0");
                Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.PUT_VLAN_BACK, true)
                        .bind("b0")) {
            a.send(sent.copy());
            assertEquals(ByteBufUtil.hexDump(sent), b.nextHex());
        }
    }

    @Test
    void promiscuousShowsFramesToOthers() throws Exception {
        try (Tap b = Tap.ofOurs().with(PacketChannelOption.PROMISCUOUS, true).bind("b0")) {
            assertEquals("1", promiscuity("b0"));
            b.channel.config().setOption(PacketChannelOption.PROMISCUOUS, false);
            assertEquals("0", promiscuity("b0"));
            b.channel.config().setOption(PacketChannelOption.PROMISCUOUS, true);
            assertEquals("1", promiscuity("b0"));
        }
        assertEquals("0", promiscuity("b0"));
    }

    private static String promiscuity(String name) {
        String said = Namespace.run("ip -d link show " + name);
        return said.replaceAll("(?s).*promiscuity ([0-9]+).*", "$1");
    }

    @Test
    void promiscuousOnAnyInterfaceIsRefused() throws Exception {
        try (Tap tap = new Tap(PacketChannel.Type.DGRAM).with(PacketChannelOption.PROMISCUOUS, true)) {
            ChannelFuture bound = tap.bootstrap.bind(PacketAddress.any()).await();
            assertEquals(
                    "PROMISCUOUS on any interface (expected: a channel that is bound to one)",
                    bound.cause().getMessage());
        }
    }

    @Test
    void whatTheHostSendsIsShownUnlessUnwanted() throws Exception {
        try (Tap a = Tap.ofOurs().bind("a0");
                Tap shown = Tap.ofOurs().bind("a0");
                Tap not = Tap.ofOurs().with(PacketChannelOption.OUTGOING, false).bind("a0")) {
            a.send(Tap.frame(60, 1));
            PacketFrame frame = shown.next();
            assertEquals(PacketAddress.OUTGOING, frame.address().packetType());
            frame.release();
            assertEquals(0, not.channel.statistics().packets());
            not.channel.config().setOption(PacketChannelOption.OUTGOING, true);
            a.send(Tap.frame(60, 2));
            assertEquals(ByteBufUtil.hexDump(Tap.frame(60, 2)), not.nextHex());
        }
    }

    @Test
    void anyInterfaceSaysWhichOne() throws Exception {
        try (Tap any = new Tap(PacketChannel.Type.DGRAM)
                        .with(PacketChannelOption.OUTGOING, false)
                        .bind(PacketAddress.any());
                Tap b = new Tap().bind("b0")) {
            PacketAddress to = PacketAddress.of("a0")
                    .withProtocol(Tap.ETHERTYPE)
                    .withHardwareAddress(b.channel.localAddress().hardwareAddress());
            any.channel.writeAndFlush(new PacketFrame(Tap.frame(60, 5), to)).sync();
            PacketFrame frame = any.next();
            assertEquals(
                    b.channel.localAddress().interfaceIndex(), frame.address().interfaceIndex());
            assertEquals(null, frame.address().interfaceName());
            frame.release();
            assertEquals(
                    "frame to any interface: no interface (expected: the name of one)",
                    any.channel
                            .writeAndFlush(new PacketFrame(Tap.frame(60, 5), PacketAddress.any()))
                            .await()
                            .cause()
                            .getMessage());
            assertTrue(any.channel.isActive());
        }
    }

    @Test
    void oneProtocolOnly() throws Exception {
        try (Tap a = new Tap().bind("a0");
                Tap b = new Tap().bind(PacketAddress.of("b0").withProtocol(Tap.ETHERTYPE))) {
            a.send(Tap.frame(60, 1).setShort(12, 0x88b6));
            a.send(Tap.frame(60, 2));
            assertEquals(ByteBufUtil.hexDump(Tap.frame(60, 2)), b.nextHex());
            assertEquals(Tap.ETHERTYPE, b.channel.localAddress().protocol());
        }
    }

    @Test
    void packetsWithoutALinkLayerHeader() throws Exception {
        try (Tap a = new Tap(PacketChannel.Type.DGRAM)
                        .bind(PacketAddress.of("a0").withProtocol(Tap.ETHERTYPE));
                Tap b = new Tap(PacketChannel.Type.DGRAM)
                        .bind(PacketAddress.of("b0").withProtocol(Tap.ETHERTYPE))) {
            PacketAddress to = a.channel
                    .localAddress()
                    .withHardwareAddress(b.channel.localAddress().hardwareAddress());
            byte[] payload = new byte[50];
            payload[0] = 42;
            a.channel
                    .writeAndFlush(new PacketFrame(Unpooled.wrappedBuffer(payload), to))
                    .sync();
            PacketFrame frame = b.next();
            assertEquals(Unpooled.wrappedBuffer(payload), frame.content());
            assertEquals(0, frame.networkOffset());
            assertEquals(PacketAddress.HOST, frame.address().packetType());
            assertEquals(
                    ByteBufUtil.hexDump(a.channel.localAddress().hardwareAddress()),
                    ByteBufUtil.hexDump(frame.address().hardwareAddress()));
            // As it came, back to where it came from.
            b.channel.writeAndFlush(frame).sync();
            PacketFrame back = a.next();
            assertEquals(42, back.content().getByte(0));
            back.release();
            assertInstanceOf(
                    UnsupportedOperationException.class,
                    a.channel
                            .writeAndFlush(Unpooled.wrappedBuffer(payload))
                            .await()
                            .cause());
        }
    }

    @Test
    void packetsWithoutWhatTheirHeaderNeedsAreRefusedAlone() throws Exception {
        byte[] six = {2, 2, 2, 2, 2, 2};
        PacketAddress good = PacketAddress.of("a0").withProtocol(Tap.ETHERTYPE).withHardwareAddress(six);
        try (Tap a = new Tap(PacketChannel.Type.DGRAM).bind("a0");
                Tap b = Tap.ofOurs().bind("b0")) {
            assertEquals(
                    "frame to a0, 02:02:02:02:02:02: no protocol (expected: one, by withProtocol)",
                    refusal(a, PacketAddress.of("a0").withHardwareAddress(six)));
            assertEquals(
                    "frame to a0, ethertype 0x88b5: hardware address of 0 bytes (expected: 6, by withHardwareAddress)",
                    refusal(a, PacketAddress.of("a0").withProtocol(Tap.ETHERTYPE)));
            assertEquals(
                    "frame to a0, ethertype 0x88b5, 02:02: hardware address of 2 bytes (expected: 6, by withHardwareAddress)",
                    refusal(
                            a,
                            PacketAddress.of("a0").withProtocol(Tap.ETHERTYPE).withHardwareAddress((byte) 2, (byte)
                                    2)));
            assertEquals(
                    "frame to any interface, ethertype 0x88b5, 02:02:02:02:02:02: no interface (expected: the name of one)",
                    refusal(a, PacketAddress.any().withProtocol(Tap.ETHERTYPE).withHardwareAddress(six)));
            a.channel
                    .writeAndFlush(new PacketFrame(Unpooled.wrappedBuffer(new byte[50]), good))
                    .sync();
            assertEquals("020202020202", b.nextHex().substring(0, 12));
            assertTrue(b.received.isEmpty());
        }
    }

    private static String refusal(Tap tap, PacketAddress to) throws Exception {
        return String.valueOf(tap.channel
                .writeAndFlush(new PacketFrame(Unpooled.wrappedBuffer(new byte[50]), to))
                .await()
                .cause()
                .getMessage());
    }

    @Test
    void aFrameThatTheKernelRefusesFailsAlone() throws Exception {
        try (Tap a = new Tap().bind("a0");
                Tap b = Tap.ofOurs().bind("b0")) {
            ChannelFuture tooLong = a.channel.write(Tap.frame(20_000, 1));
            ChannelFuture tooShort =
                    a.channel.write(Tap.frame(14, 1).slice(0, 5).retain());
            ChannelFuture composite = a.channel.writeAndFlush(Unpooled.wrappedBuffer(
                    Tap.frame(60, 1).slice(0, 20), Tap.frame(60, 1).slice(20, 40)));
            assertInstanceOf(IOException.class, tooLong.await().cause());
            assertInstanceOf(IOException.class, tooShort.await().cause());
            composite.sync();
            assertEquals(ByteBufUtil.hexDump(Tap.frame(60, 1)), b.nextHex());
        }
    }

    @Test
    void framesWaitWhereTheInterfaceHasNoRoom() throws Exception {
        Namespace.pair("e0", "f0");
        // One frame of 1,000 bytes takes a tenth of a second; the queue holds two or three.
        Namespace.run("ip link set e0 txqueuelen 10");
        Namespace.assumeRun("tc qdisc add dev e0 root tbf rate 2mbit burst 2kb limit 3kb");
        try (Tap e = new Tap()
                        .with(
                                ChannelOption.WRITE_BUFFER_WATER_MARK,
                                new io.netty.channel.WriteBufferWaterMark(5_000, 10_000))
                        .bind("e0");
                Tap f = Tap.ofOurs().bind("f0")) {
            // All at once: the queue is full long before it has sent as many.
            boolean writable = e.channel
                    .eventLoop()
                    .submit(() -> {
                        for (int i = 0; i < 50; i++) {
                            e.channel.writeAndFlush(Tap.frame(1_000, i));
                        }
                        return e.channel.isWritable();
                    })
                    .sync()
                    .getNow();
            assertFalse(writable);
            PacketLifecycleTest.await("writable", e.channel::isWritable);
            for (int i = 0; i < 50; i++) {
                assertEquals(ByteBufUtil.hexDump(Tap.frame(1_000, i)), f.nextHex());
            }
        }
    }

    @Test
    void ringOptionsAreForBeforeTheBind() throws Exception {
        try (Tap b = new Tap().bind("b0")) {
            ChannelException e = assertThrows(
                    ChannelException.class, () -> b.channel.config().setOption(PacketChannelOption.BLOCK_COUNT, 2));
            assertEquals("BLOCK_COUNT: the channel is bound (expected: set before that)", e.getMessage());
            IllegalArgumentException wrong = assertThrows(
                    IllegalArgumentException.class,
                    () -> b.channel.config().setOption(PacketChannelOption.BLOCK_SIZE, 5000));
            assertEquals("BLOCK_SIZE 5000 (expected: a multiple of 4096)", wrong.getMessage());
            assertEquals(64, b.channel.config().getOption(PacketChannelOption.BLOCK_COUNT));
            assertTrue(b.channel.config().getOptions().containsKey(PacketChannelOption.RECEIVE_MODE));
        }
    }

    @Test
    void aChannelHasTheDocumentedDefaults() {
        PacketChannel channel = new PacketChannel();
        try {
            PacketChannelConfig fresh = channel.config();
            assertEquals(ReceiveMode.RING, fresh.getOption(PacketChannelOption.RECEIVE_MODE));
            assertEquals(262_144, fresh.getOption(PacketChannelOption.BLOCK_SIZE));
            assertEquals(64, fresh.getOption(PacketChannelOption.BLOCK_COUNT));
            assertEquals(8, fresh.getOption(PacketChannelOption.RETIRE_MILLIS));
            assertEquals(false, fresh.getOption(PacketChannelOption.PROMISCUOUS));
            assertEquals(true, fresh.getOption(PacketChannelOption.OUTGOING));
            assertEquals(false, fresh.getOption(PacketChannelOption.PUT_VLAN_BACK));
            assertNull(fresh.getOption(PacketChannelOption.FANOUT));
            MaxMessagesRecvByteBufAllocator reads = fresh.getRecvByteBufAllocator();
            assertEquals(2048, reads.maxMessagesPerRead());
        } finally {
            channel.unsafe().closeForcibly();
        }
    }

    @ParameterizedTest
    @MethodSource("optionsWithoutNull")
    void noOtherOptionTakesNull(ChannelOption<?> option) throws Exception {
        try (Tap tap = new Tap()) {
            tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
            NullPointerException refused = assertThrows(
                    NullPointerException.class, () -> tap.channel.config().setOption(option, null));
            assertEquals("value", refused.getMessage());
        }
    }

    static List<ChannelOption<?>> optionsWithoutNull() {
        return List.of(
                PacketChannelOption.PROMISCUOUS,
                PacketChannelOption.BLOCK_SIZE,
                ChannelOption.SO_RCVBUF,
                ChannelOption.SO_SNDBUF,
                ChannelOption.AUTO_READ);
    }

    @Test
    void aRingThatIsTooLargeIsRefused() throws Exception {
        try (Tap tap = new Tap()
                .with(PacketChannelOption.BLOCK_SIZE, 1 << 30)
                .with(PacketChannelOption.BLOCK_COUNT, 1 << 16)) {
            ChannelFuture bound = tap.bootstrap.bind(PacketAddress.of("b0")).await();
            assertEquals(
                    "PACKET_RX_RING of 65536 blocks of 1073741824 bytes (expected: BLOCK_SIZE a multiple of the page size;"
                            + " BLOCK_COUNT times BLOCK_SIZE below 8 TiB, and no more than the kernel has memory for):"
                            + " setsockopt() failed: Invalid argument",
                    bound.cause().getMessage());
        }
        try (Tap tap = new Tap()) {
            tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
            assertEquals(
                    "BLOCK_COUNT 65537 (expected: 1..65536)",
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> tap.channel.config().setOption(PacketChannelOption.BLOCK_COUNT, 65_537))
                            .getMessage());
            assertEquals(
                    "RETIRE_MILLIS 65536 (expected: 1..65535)",
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> tap.channel.config().setOption(PacketChannelOption.RETIRE_MILLIS, 65_536))
                            .getMessage());
        }
    }

    @Test
    void aNameNeedNotBeAscii() throws Exception {
        // The JVM would encode the name by its locale.
        String link = "ip link add $(printf 'eth\\303\\266') type veth peer name r1 && ip link set r1 up && ip link set"
                + " $(printf 'eth\\303\\266') up";
        Namespace.run(List.of("sh", "-c", link));
        try (Tap one = new Tap().bind("eth\u00f6");
                Tap other = Tap.ofOurs().bind("r1")) {
            one.send(Tap.frame(60, 1));
            assertEquals(ByteBufUtil.hexDump(Tap.frame(60, 1)), other.nextHex());
            assertEquals("eth\u00f6", one.channel.localAddress().interfaceName());
        }
    }

    @Test
    void addressesSayWhatIsWrongWithThem() {
        for (String name :
                List.of("", "a b", "a/b", "eth0:1", "sixteen-letters!", "eth\u00f6-und-\u00fc-lan", "a\u007f", "\n")) {
            assertEquals(
                    "interface '" + name + "' (expected: 1 to 15 bytes in UTF-8, without blanks, slashes and colons)",
                    assertThrows(IllegalArgumentException.class, () -> PacketAddress.of(name))
                            .getMessage());
        }
        assertEquals(
                "ethertype 0 (expected: 1..65535)",
                assertThrows(IllegalArgumentException.class, () -> PacketAddress.any()
                                .withProtocol(0))
                        .getMessage());
        assertEquals(
                "eth0, ethertype 0x0806, 02:00:00:00:00:01",
                PacketAddress.of("eth0")
                        .withProtocol(0x806)
                        .withHardwareAddress((byte) 2, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 1)
                        .toString());
        assertEquals("any interface", PacketAddress.any().toString());
    }
}
