package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultAddressedEnvelope;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BpfFilterHandlerTest {
    private static final InetSocketAddress SENDER = new InetSocketAddress("192.0.2.1", 5353);
    private static final InetSocketAddress RECIPIENT = new InetSocketAddress("192.0.2.2", 53);

    /** A way to hold the same readable bytes. */
    private interface Holding {
        ByteBuf hold(byte[] bytes);
    }

    private static Map<String, Holding> holdings() {
        Map<String, Holding> kinds = new TreeMap<>();
        kinds.put("heap", bytes -> Unpooled.buffer().writeBytes(bytes));
        kinds.put("direct", bytes -> Unpooled.directBuffer().writeBytes(bytes));
        kinds.put(
                "pooled heap",
                bytes -> PooledByteBufAllocator.DEFAULT.heapBuffer().writeBytes(bytes));
        kinds.put(
                "pooled direct",
                bytes -> PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(bytes));
        kinds.put("read-only", bytes -> Unpooled.copiedBuffer(bytes).asReadOnly());
        kinds.put(
                "read before",
                bytes -> Unpooled.buffer().writeZero(5).writeBytes(bytes).skipBytes(5));
        kinds.put("slice", bytes -> {
            ByteBuf whole = Unpooled.buffer().writeZero(3).writeBytes(bytes).writeZero(9);
            return whole.slice(3, bytes.length);
        });
        kinds.put("composite", bytes -> {
            var composite = Unpooled.compositeBuffer();
            for (byte b : bytes) {
                composite.addComponent(true, Unpooled.buffer(1).writeByte(b));
            }
            return composite;
        });
        kinds.put("swapped order", bytes -> swapped(Unpooled.copiedBuffer(bytes)));
        return kinds;
    }

    @SuppressWarnings("deprecation")
    private static ByteBuf swapped(ByteBuf buffer) {
        return buffer.order(java.nio.ByteOrder.LITTLE_ENDIAN);
    }

    private static Stream<Arguments> holdingsAndVerdicts() {
        return holdings().keySet().stream().flatMap(kind -> Stream.of(0L, 1L, 3L, 7L, 8L, 9L, 4294967295L)
                .map(verdict -> Arguments.of(kind, verdict)));
    }

    private static EmbeddedChannel channel(String program, Placement placement) {
        return new EmbeddedChannel(BpfFilterHandler.builder(Program.parse(program))
                .placement(placement)
                .build());
    }

    @ParameterizedTest(name = "{0}, verdict {1}")
    @MethodSource("holdingsAndVerdicts")
    void aBufferIsDroppedOrCut(String kind, long verdict) {
        byte[] bytes = {1, 2, 3, 4, 5, 6, 7, 8};
        // All loads see the bytes in their order: 4 + 2 + 1 bytes, and the length.
        String program = "ld [0]\njne #0x01020304, no\nldh [5]\njne #0x0607, no\nldb [7]\njne #8, no\n"
                + "ld #len\njne #8, no\nret #" + verdict + "\nno: ret #2";
        EmbeddedChannel channel = channel(program, Placement.PAYLOAD);
        ByteBuf message = holdings().get(kind).hold(bytes);
        int start = message.readerIndex();
        assertEquals(verdict != 0, channel.writeInbound(message));
        if (verdict == 0) {
            assertEquals(0, message.refCnt());
        } else {
            ByteBuf passed = channel.readInbound();
            int kept = (int) Math.min(verdict, 8);
            assertSame(message, passed, "not copied");
            assertEquals(1, passed.refCnt());
            assertEquals(start, passed.readerIndex());
            assertEquals("0102030405060708".substring(0, 2 * kept), ByteBufUtil.hexDump(passed));
            passed.release();
        }
        FilterStats stats = channel.pipeline().get(BpfFilterHandler.class).stats();
        assertEquals(
                ExpectedStats.of(
                        verdict == 0 ? 0 : 1,
                        verdict > 0 && verdict < 8 ? 1 : 0,
                        verdict == 0 ? 1 : 0,
                        0,
                        FilterStats.Location.PIPELINE,
                        "EmbeddedChannel takes no filter (expected: an epoll or io_uring channel)"),
                stats);
        assertEquals(false, channel.finish());
    }

    @ParameterizedTest(name = "verdict {0} of a datagram with {1} bytes delivers {2}")
    @CsvSource({
        "0, 4, -1",
        "1, 4, 0",
        "8, 4, 0",
        "9, 4, 1",
        "11, 4, 3",
        "12, 4, 4",
        "13, 4, 4",
        "4294967295, 4, 4",
        "1, 0, 0",
        "0, 0, -1",
        "4294967295, 0, 0",
        "20, 60000, 12"
    })
    void aVerdictOnADatagramCountsTheHeader(long verdict, int payload, int delivered) {
        EmbeddedChannel channel = channel("ret #" + verdict, Placement.UDP_SOCKET);
        DatagramPacket packet = new DatagramPacket(Unpooled.buffer().writeZero(payload), RECIPIENT, SENDER);
        channel.writeInbound(packet);
        DatagramPacket passed = channel.readInbound();
        if (delivered < 0) {
            assertNull(passed);
            assertEquals(0, packet.refCnt());
            return;
        }
        assertSame(packet, passed);
        assertEquals(delivered, passed.content().readableBytes());
        assertEquals(SENDER, passed.sender());
        assertEquals(RECIPIENT, passed.recipient());
        assertTrue(passed.release());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "ldh [0] | 5353", "ldh [2] | 53", "ld [0] | 350814261", "ldh [4] | 12", "ldh [6] | 0", "ldb [5] | 12",
                "ldh [7] | 222", "ld [6] | 57005", "ld [5] | 201326814", "ld [8] | 3735928559", "ld #len | 12",
                        "ld proto | 2048",
                "ldb [0xfff00009] | 17",
            })
    void aProgramSeesHeadersMadeFromTheAddresses(String load, long expected) {
        EmbeddedChannel channel =
                channel(load + "\njne #" + expected + ", no\nret #-1\nno: ret #0", Placement.UDP_SOCKET);
        channel.writeInbound(new DatagramPacket(Unpooled.buffer().writeInt(0xdeadbeef), RECIPIENT, SENDER));
        DatagramPacket passed = channel.readInbound();
        assertTrue(passed != null && passed.release());
    }

    @ParameterizedTest(name = "{0} from {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "ld [0xfff0000c] | 192.0.2.1 | 192.0.2.2 | 3221225985",
                "ld [0xfff00010] | 192.0.2.1 | 192.0.2.2 | 3221225986",
                "ld [0xfff00008] | 2001:db8::1 | 2001:db8::2 | 536939960",
                "ld [0xfff00014] | 2001:db8::1 | 2001:db8::2 | 1",
                "ld [0xfff00024] | 2001:db8::1 | 2001:db8::2 | 2",
            })
    void addressesAreReadThroughTheNetworkHeader(String load, String from, String to, long expected) {
        String version = from.contains(":") ? "0x60" : "0x40";
        EmbeddedChannel channel = channel(
                "ldb [0xfff00000]\nand #0xf0\njne #" + version + ", no\n" + load + "\njne #" + expected
                        + ", no\nret #-1\nno: ret #0",
                Placement.UDP_SOCKET);
        channel.writeInbound(new DatagramPacket(
                Unpooled.buffer().writeInt(0xdeadbeef),
                new InetSocketAddress(to, 53),
                new InetSocketAddress(from, 5353)));
        DatagramPacket passed = channel.readInbound();
        assertTrue(passed != null && passed.release());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "ld mark | insn 0: ld #mark: a pipeline does not know it (expected: len, proto, xor_x, rand; or Offload.REQUIRED)",
                "ldb [0xfff00008] | insn 0: ldb [4293918728]: a pipeline does not know the TTL of an IPv4 header"
                        + " (expected: version and addresses, after a test of the version; or Offload.REQUIRED)",
                "ld [0xfff00004] | insn 0: ld [4293918724]: a pipeline does not know the identification of an IPv4 header"
                        + " (expected: version and addresses, after a test of the version; or Offload.REQUIRED)",
                "ldh [0xfff00002] | insn 0: ldh [4293918722]: a pipeline does not know the total length of an IPv4 header"
                        + " (expected: version and addresses, after a test of the version; or Offload.REQUIRED)",
                "ldb [0xfff00014] | insn 0: ldb [4293918740]: a pipeline does not know what follows the fixed part of an IPv4 header"
                        + " (expected: version and addresses, after a test of the version; or Offload.REQUIRED)",
                "ldx 4*([0xfff00000]&0xf); txa | insn 2: ret a: a pipeline does not know the header length of an IPv4 or the"
                        + " traffic class of an IPv6 header (expected: version and addresses, after a test of the version; or"
                        + " Offload.REQUIRED)",
                "ldb [0xffe00000] | insn 0: ldb [4292870144]: a pipeline does not know the link-layer header"
                        + " (expected: version and addresses, after a test of the version; or Offload.REQUIRED)",
            })
    void whatAPipelineCannotKnowIsRefused(String load, String message) {
        BpfFilterHandlerBuilder builder = BpfFilterHandler.builder(Program.parse(load.replace("; ", "\n") + "\nret a"))
                .placement(Placement.UDP_SOCKET);
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, builder::build).getMessage());
        builder.offload(Offload.REQUIRED).build();
    }

    @Test
    void withoutAPlacementWhatNoChannelKnowsIsRefused() {
        assertEquals(
                "insn 0: ld #mark: a pipeline does not know it (expected: len, nla, nlan, xor_x, rand; or"
                        + " Offload.REQUIRED)",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new BpfFilterHandler(Program.parse("ld mark\nret a")))
                        .getMessage());
    }

    @Test
    void otherMessagesPassUntouched() {
        EmbeddedChannel channel = channel("ret #0", Placement.PAYLOAD);
        Object message = new Object();
        assertTrue(channel.writeInbound(message));
        assertSame(message, channel.readInbound());
        assertEquals(0, channel.pipeline().get(BpfFilterHandler.class).stats().received());
    }

    @Test
    void holdersAndEnvelopesKeepTheirType() {
        EmbeddedChannel channel = channel("ret #2", Placement.PAYLOAD);
        DefaultByteBufHolder holder = new DefaultByteBufHolder(Unpooled.copiedBuffer(new byte[] {1, 2, 3}));
        channel.writeInbound(holder);
        assertSame(holder, channel.readInbound());
        assertEquals(2, holder.content().readableBytes());
        assertTrue(holder.release());
        AddressedEnvelope<ByteBuf, InetSocketAddress> envelope =
                new DefaultAddressedEnvelope<>(Unpooled.copiedBuffer(new byte[] {1, 2, 3}), RECIPIENT, SENDER);
        channel.writeInbound(envelope);
        assertSame(envelope, channel.readInbound());
        assertEquals(2, envelope.content().readableBytes());
        assertTrue(envelope.release());
    }

    @Test
    void aProgramThatReadsWhatIsNotKnownOfAPacketDropsItAndSaysSoOnce() {
        // The offset is known only when the packet is there: TTL.
        EmbeddedChannel channel = channel("ld [8]\ntax\nldb [x + 0]\nret #-1", Placement.UDP_SOCKET);
        for (int i = 0; i < 2; i++) {
            DatagramPacket packet = new DatagramPacket(Unpooled.buffer().writeInt(0xfff00008), RECIPIENT, SENDER);
            if (i == 0) {
                SocketFilterException e = assertThrows(SocketFilterException.class, () -> channel.writeInbound(packet));
                assertEquals(SocketFilterException.Reason.NOT_APPLICABLE, e.reason());
            } else {
                assertEquals(false, channel.writeInbound(packet));
            }
            assertEquals(0, packet.refCnt());
        }
        assertEquals(2, channel.pipeline().get(BpfFilterHandler.class).stats().dropped());
    }

    @Test
    void aDatagramOfOneMebibyteIsCutWithoutCopying() {
        EmbeddedChannel channel = channel("ld [1048572]\njne #7, no\nret #1000\nno: ret #0", Placement.PAYLOAD);
        ByteBuf message =
                Unpooled.directBuffer(1 << 20).writeZero((1 << 20) - 4).writeInt(7);
        channel.writeInbound(message);
        ByteBuf passed = channel.readInbound();
        assertSame(message, passed);
        assertEquals(1000, passed.readableBytes());
        passed.release();
    }

    @Test
    void readsFromWithinAReadAreJudgedToo() {
        EmbeddedChannel channel = channel("ldb [0]\nret a", Placement.PAYLOAD);
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object msg) {
                ByteBuf buffer = (ByteBuf) msg;
                if (buffer.getByte(0) == 3) {
                    channel.pipeline().fireChannelRead(Unpooled.copiedBuffer(new byte[] {1, 9, 9}));
                    channel.pipeline().fireChannelRead(Unpooled.copiedBuffer(new byte[] {0, 9, 9}));
                }
                ctx.fireChannelRead(msg);
            }
        });
        channel.writeInbound(Unpooled.copiedBuffer(new byte[] {3, 3, 3, 3}));
        ByteBuf inner = channel.readInbound();
        ByteBuf outer = channel.readInbound();
        assertEquals("01", ByteBufUtil.hexDump(inner));
        assertEquals("030303", ByteBufUtil.hexDump(outer));
        inner.release();
        outer.release();
        assertNull(channel.readInbound());
    }

    @Test
    void aHandlerCanBeRemovedOrItsChannelClosedFromWithinARead() {
        for (boolean close : new boolean[] {false, true}) {
            EmbeddedChannel channel = channel("ret #1", Placement.PAYLOAD);
            channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object msg) {
                    if (close) {
                        ctx.close();
                    } else {
                        ctx.pipeline().remove(BpfFilterHandler.class);
                    }
                    ctx.fireChannelRead(msg);
                }
            });
            channel.writeInbound(Unpooled.copiedBuffer(new byte[] {1, 2}));
            ByteBuf passed = channel.readInbound();
            assertEquals(1, passed.readableBytes());
            passed.release();
        }
    }

    @Test
    void replaceBeforeTheChannelIsThere() {
        BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ret #0"));
        assertEquals(FilterStats.Location.UNDECIDED, handler.stats().location());
        assertTrue(handler.replace(Program.parse("ret #1")).isSuccess());
        assertEquals(false, handler.replace(Program.parse("ld mark\nret a")).isSuccess());
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        channel.writeInbound(Unpooled.copiedBuffer(new byte[] {1, 2}));
        ByteBuf passed = channel.readInbound();
        assertEquals(1, passed.readableBytes());
        passed.release();
        assertTrue(handler.replace(Program.parse("ret #0")).isSuccess());
        assertEquals(false, channel.writeInbound(Unpooled.copiedBuffer(new byte[] {1, 2})));
    }

    @Test
    void aMessageThatThrowsIsReleased() {
        EmbeddedChannel channel = new EmbeddedChannel(BpfFilterHandler.builder(Program.parse("ldh [0]\nret a"))
                .placement(Placement.UDP_SOCKET)
                .build());
        InetSocketAddress recipient = new InetSocketAddress("192.0.2.1", 53);
        AddressedEnvelope<ByteBuf, InetSocketAddress> message =
                new DefaultAddressedEnvelope<>(Unpooled.copyLong(1), recipient) {
                    @Override
                    public InetSocketAddress sender() {
                        throw new IllegalStateException("no sender");
                    }
                };
        assertEquals(
                "no sender",
                assertThrows(IllegalStateException.class, () -> channel.writeInbound(message))
                        .getMessage());
        assertEquals(0, message.refCnt());
        channel.finish();
    }

    @Test
    void itsTextSaysWhereItRuns() {
        BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ld len\nret a"));
        assertEquals("BpfFilterHandler(2 instructions, in no pipeline)", handler.toString());
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        assertEquals(
                "BpfFilterHandler(2 instructions, PIPELINE: EmbeddedChannel takes no filter (expected: an epoll or io_uring"
                        + " channel))",
                handler.toString());
        channel.finish();
    }
}
