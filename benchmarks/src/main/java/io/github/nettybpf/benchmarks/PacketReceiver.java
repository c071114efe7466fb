package io.github.nettybpf.benchmarks;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.packet.PacketAddress;
import io.github.nettybpf.packet.PacketChannel;
import io.github.nettybpf.packet.PacketChannelOption;
import io.github.nettybpf.packet.PacketFrame;
import io.github.nettybpf.packet.PacketStatistics;
import io.github.nettybpf.packet.ReceiveMode;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Counts the frames of EtherType 0x88b5 that come to a {@link PacketChannel}. Writes {@code ready}; answers the requests
 * {@code open FILTER} with {@code open}, where the filter is {@code all}, {@code hundredth}, {@code none} or {@code
 * unfiltered}, {@code count} with the process's CPU time in ns since then, the frames that came and those that were lost
 * for want of room, and {@code close} with {@code closed} and the sum of the last bytes.
 */
final class PacketReceiver {
    private static final Program ALL = Program.parse("ldh [12]\njne #0x88b5, no\nret #262144\nno: ret #0");
    private static final Program ONE_IN_A_HUNDRED =
            Program.parse("ldh [12]\njne #0x88b5, no\nld [14]\nmod #100\njne #0, no\nret #262144\nno: ret #0");

    /** The JVM is never woken: what it costs then, it costs by itself. */
    private static final Program NONE = Program.parse("ret #0");

    private static final Map<String, Optional<Program>> FILTERS = Map.of(
            "open all", Optional.of(ALL),
            "open hundredth", Optional.of(ONE_IN_A_HUNDRED),
            "open none", Optional.of(NONE),
            "open unfiltered", Optional.empty());

    private PacketReceiver() {}

    /**
     * Answers requests until there are no more.
     *
     * @param args the interface, a {@link ReceiveMode} in small letters, and the size and the number of the ring's blocks
     * @throws IOException if the requests cannot be read
     */
    public static void main(String[] args) throws IOException {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        Bootstrap bootstrap = new Bootstrap()
                .group(group)
                .channel(PacketChannel.class)
                .option(PacketChannelOption.RECEIVE_MODE, ReceiveMode.valueOf(args[1].toUpperCase(Locale.ROOT)))
                .option(PacketChannelOption.BLOCK_SIZE, Integer.valueOf(args[2]))
                .option(PacketChannelOption.BLOCK_COUNT, Integer.valueOf(args[3]));
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        System.out.println("ready");
        Counter counter = new Counter();
        Channel channel = null;
        long start = 0;
        for (String request = requests.readLine(); request != null; request = requests.readLine()) {
            if (FILTERS.containsKey(request)) {
                Optional<Program> filter = FILTERS.get(request);
                Counter fresh = new Counter();
                counter = fresh;
                channel = bootstrap
                        .clone()
                        .handler(new ChannelInitializer<Channel>() {
                            @Override
                            protected void initChannel(Channel created) {
                                filter.ifPresent(program -> created.pipeline()
                                        .addLast(BpfFilterHandler.builder(program)
                                                .offload(Offload.REQUIRED)
                                                .build()));
                                created.pipeline().addLast(fresh);
                            }
                        })
                        .bind(PacketAddress.of(args[0]))
                        .syncUninterruptibly()
                        .channel();
                start = cpuNanos();
                System.out.println("open");
            } else if (request.equals("count") && channel != null) {
                PacketStatistics statistics = ((PacketChannel) channel).statistics();
                System.out.println(
                        (cpuNanos() - start) + " " + counter.frames(channel.eventLoop()) + " " + statistics.drops());
            } else if (request.equals("close") && channel != null) {
                channel.close().syncUninterruptibly();
                System.out.println("closed " + counter.sum);
            } else {
                throw new IOException(request + " (expected: open FILTER, count or close)");
            }
        }
        group.shutdownGracefully();
    }

    /**
     * Of all threads, those of the JVM included, and those that have ended. The JVM's own figure for that comes in steps of
     * 10 ms.
     */
    private static long cpuNanos() throws IOException {
        long[] secondsAndNanos = new long[2];
        if (Clock.clock_gettime(Clock.PROCESS_CPU_TIME, secondsAndNanos) != 0) {
            throw new IOException("clock_gettime: error " + Native.getLastError());
        }
        return secondsAndNanos[0] * 1_000_000_000 + secondsAndNanos[1];
    }

    private static final class Clock {
        static final int PROCESS_CPU_TIME = 2;

        static {
            Native.register(Clock.class, NativeLibrary.getProcess());
        }

        static native int clock_gettime(int clock, long[] secondsAndNanos);
    }

    /** Looks at the last byte of each frame, as whoever uses one would. */
    private static final class Counter extends ChannelInboundHandlerAdapter {
        private long frames;
        private long sum;

        /** {@return how many there were}; the event loop is asked, so that counting them costs no more than it must. */
        long frames(EventLoop loop) {
            return loop.submit(() -> frames).syncUninterruptibly().getNow();
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            PacketFrame frame = (PacketFrame) msg;
            ByteBuf content = frame.content();
            sum += content.getByte(content.writerIndex() - 1);
            frames++;
            frame.release();
        }
    }
}
