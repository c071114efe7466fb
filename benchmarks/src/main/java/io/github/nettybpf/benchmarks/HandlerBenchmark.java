package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Fires a datagram through a pipeline: without a handler for it (Netty skips a handler that does not implement
 * channelRead), with one that passes everything on, with a check by hand, with the filter, and with one that counts its decisions. The packet is retained
 * before and released after it, so the rows differ only by the handler.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class HandlerBenchmark {
    private static final Program QUERIES =
            Program.parse("ldh [2]\njne #53, no\nldb [10]\njset #0xf8, no\nldh [12]\njne #1, no\nret #-1\nno: ret #0");

    /** As long as libpcap's {@code port 22}. */
    private static final Program SERVICES = Program.parse("""
                    ldh [2]
                    jeq #67, dhcp
                    jeq #123, ntp
                    jeq #5353, dns
                    jeq #53, dns, no
            dhcp:   ldh [0]
                    jne #68, no
                    ldb [8]
                    jne #1, no
                    ld [244]
                    jeq #0x63825363, keep, no
            ntp:    ld len
                    jlt #56, no
                    ldb [8]
                    and #7
                    jeq #3, keep, no
            dns:    ldb [10]
                    jset #0xf8, no
                    ldh [12]
                    jne #1, no
                    ldh [14]
                    jne #0, no
            keep:   ret #-1
            no:     ret #0
            """);

    /** The first handler in the pipeline. */
    @Param({"none", "pass", "hand", "filter", "counted"})
    public String handler;

    /** Reads the IP header, which the handler makes of the addresses. */
    private static final Program SOURCE = Program.parse("""
                    ldb [0xfff00000]
                    and #0xf0
                    jne #0x40, no
                    ld [0xfff0000c]
                    and #0xffffff00
                    jne #0xc0000200, no
                    ret #-1
            no:     ret #0
            """);

    /**
     * The program: it accepts DNS queries with one question, requests to four services, or packets from one network.
     * The number is its length in instructions. One packet is too short for the program.
     */
    @Param({"queries-8", "queries-8-short", "services-24", "source-8"})
    public String program;

    /** The memory of the packet's buffer. */
    @Param({"heap", "direct"})
    public String memory;

    private EmbeddedChannel channel;
    private DatagramPacket packet;

    /** Makes the pipeline, and a DNS query or its first two bytes. */
    @Setup
    public void setUp() {
        Program filter =
                switch (program) {
                    case "queries-8", "queries-8-short" -> QUERIES;
                    case "services-24" -> SERVICES;
                    default -> SOURCE;
                };
        Predicate<DatagramPacket> byHand =
                switch (program) {
                    case "queries-8", "queries-8-short" -> HandlerBenchmark::isQuery;
                    case "services-24" -> HandlerBenchmark::isRequest;
                    default -> HandlerBenchmark::isFromNetwork;
                };
        ChannelHandler first =
                switch (handler) {
                    case "filter", "counted" ->
                        BpfFilterHandler.builder(filter)
                                .placement(Placement.UDP_SOCKET)
                                .countReturns(handler.equals("counted"))
                                .build();
                    case "hand" -> new ByHand(byHand);
                    case "none" -> new ChannelInboundHandlerAdapter();
                    default -> new PassOn();
                };
        channel = new EmbeddedChannel(first, new Release());
        ByteBuf content = memory.equals("heap")
                ? PooledByteBufAllocator.DEFAULT.heapBuffer(64)
                : PooledByteBufAllocator.DEFAULT.directBuffer(64);
        content.writeShort(0x1234);
        if (!program.endsWith("short")) {
            content.writeShort(0x0100).writeShort(1).writeZero(30);
        }
        packet = new DatagramPacket(
                content, new InetSocketAddress("192.0.2.2", 53), new InetSocketAddress("192.0.2.1", 5353));
    }

    /** One packet through the pipeline. */
    @Benchmark
    public void read() {
        packet.retain();
        channel.pipeline().fireChannelRead(packet);
    }

    private static boolean isQuery(DatagramPacket datagram) {
        ByteBuf content = datagram.content();
        int start = content.readerIndex();
        return datagram.recipient().getPort() == 53
                && content.readableBytes() >= 6
                && (content.getByte(start + 2) & 0xf8) == 0
                && content.getShort(start + 4) == 1;
    }

    private static boolean isFromNetwork(DatagramPacket datagram) {
        byte[] address = datagram.sender().getAddress().getAddress();
        return address.length == 4 && address[0] == (byte) 192 && address[1] == 0 && address[2] == 2;
    }

    private static boolean isRequest(DatagramPacket datagram) {
        ByteBuf content = datagram.content();
        int start = content.readerIndex();
        int length = content.readableBytes();
        return switch (datagram.recipient().getPort()) {
            case 67 ->
                datagram.sender().getPort() == 68
                        && length >= 240
                        && content.getByte(start) == 1
                        && content.getInt(start + 236) == 0x63825363;
            case 123 -> length >= 48 && (content.getByte(start) & 7) == 3;
            case 53, 5353 ->
                length >= 8
                        && (content.getByte(start + 2) & 0xf8) == 0
                        && content.getShort(start + 4) == 1
                        && content.getShort(start + 6) == 0;
            default -> false;
        };
    }

    /** Passes every message on. */
    private static final class PassOn extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ctx.fireChannelRead(msg);
        }
    }

    /** Makes a program's decision by hand. */
    private static final class ByHand extends ChannelInboundHandlerAdapter {
        private final Predicate<DatagramPacket> wanted;

        ByHand(Predicate<DatagramPacket> wanted) {
            this.wanted = wanted;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            DatagramPacket datagram = (DatagramPacket) msg;
            if (wanted.test(datagram)) {
                ctx.fireChannelRead(msg);
            } else {
                datagram.release();
            }
        }
    }

    private static final class Release extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ReferenceCountUtil.release(msg);
        }
    }
}
