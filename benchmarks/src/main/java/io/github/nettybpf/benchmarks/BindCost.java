package io.github.nettybpf.benchmarks;

import com.sun.management.ThreadMXBean;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats.Location;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Prints what a filter in the kernel adds to the life of a UDP channel: created, bound and closed, on epoll. All of it
 * runs on the event loop, whose CPU time and allocated bytes are counted. Channels with and without a filter take
 * turns, and the figures are medians.
 */
final class BindCost {
    private static final int WARM_UP = 5_000;
    private static final int COUNT = 5_000;
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    private static final Program PROGRAM = Workload.DHCP.program();
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Kept in a field, and quiet, as that of {@link JavaPeer}. */
    private static final Logger LOGGER = Logger.getLogger("io.github.nettybpf");

    private final long[] nanos = new long[COUNT];
    private final long[] bytes = new long[COUNT];

    private BindCost() {}

    /**
     * Measures and prints.
     *
     * @param args none
     * @throws InterruptedException if the thread is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        LOGGER.setLevel(Level.WARNING);
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        EventLoop loop = group.next();
        BindCost without = new BindCost();
        BindCost with = new BindCost();
        for (int i = -WARM_UP; i < COUNT; i++) {
            int round = Math.max(0, i);
            loop.submit(() -> without.measure(round, loop, new ChannelInboundHandlerAdapter()))
                    .sync();
            loop.submit(() -> with.measure(round, loop, filter())).sync();
        }
        group.shutdownGracefully().sync();
        System.out.println("| UDP channel on epoll, created, bound and closed | CPU us | allocated bytes |");
        System.out.println("|---|---:|---:|");
        row("without a filter", median(without.nanos), median(without.bytes));
        row("with a filter in the kernel", median(with.nanos), median(with.bytes));
        row("difference", median(with.nanos) - median(without.nanos), median(with.bytes) - median(without.bytes));
    }

    private static BpfFilterHandler filter() {
        return BpfFilterHandler.builder(PROGRAM).placement(Placement.UDP_SOCKET).build();
    }

    private void measure(int round, EventLoop loop, ChannelHandler handler) {
        long startBytes = THREADS.getCurrentThreadAllocatedBytes();
        long startNanos = THREADS.getCurrentThreadCpuTime();
        Channel channel = new EpollDatagramChannel();
        channel.pipeline().addLast(handler);
        loop.register(channel);
        channel.bind(ANY_PORT);
        if (handler instanceof BpfFilterHandler filter && filter.stats().location() != Location.KERNEL) {
            throw new IllegalStateException(filter.stats() + " (expected: KERNEL)");
        }
        channel.close();
        nanos[round] = THREADS.getCurrentThreadCpuTime() - startNanos;
        bytes[round] = THREADS.getCurrentThreadAllocatedBytes() - startBytes;
    }

    private static void row(String name, long nanos, long bytes) {
        System.out.printf(Locale.ROOT, "| %s | %.1f | %,d |%n", name, nanos / 1000.0, bytes);
    }

    private static long median(long[] values) {
        long[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
