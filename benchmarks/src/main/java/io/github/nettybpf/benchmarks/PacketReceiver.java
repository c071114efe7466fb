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
 * Counts the frames of ethertype 0x88b5 that a {@link PacketChannel} receives. Writes {@code ready}, and then answers
 * requests: {@code open FILTER}, where the filter is {@code all}, {@code hundredth}, {@code none} or {@code
 * unfiltered}, with {@code open}; {@code count} with the process's CPU time in ns since then, the number of frames
 * received, and the number lost because the ring was full; and {@code close} with {@code closed} and the sum of the
 * frames' last bytes.
 */
final class PacketReceiver {
    private static final Program ALL = Program.parse("ldh [12]\njne #0x88b5, no\nret #262144\nno: ret #0");
    private static final Program ONE_IN_A_HUNDRED =
            Program.parse("ldh [12]\njne #0x88b5, no\nld [14]\nmod #100\njne #0, no\nret #262144\nno: ret #0");

    /** Drops all frames, so that the event loop is never woken: measures the CPU time of the idle JVM. */
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
     * @param args the interface, a {@link ReceiveMode} in lower case, the size and the number of the ring blocks, and,
     *     unless it is the default, their retire timeout in milliseconds
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
        if (args.length > 4) {
            bootstrap.option(PacketChannelOption.RETIRE_MILLIS, Integer.valueOf(args[4]));
        }
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
     * {@return the CPU time of the process, with all threads of the JVM and threads that have ended} The JVM's own
     * figure has a resolution of 10 ms.
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

    /** Reads the last byte of each frame, as an application would. */
    private static final class Counter extends ChannelInboundHandlerAdapter {
        private long frames;
        private long sum;

        /**
         * {@return the number of frames} It is read on the event loop, so that the counter needs no atomic operations.
         */
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
