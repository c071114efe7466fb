package io.github.nettybpf.benchmarks;

import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.netty.reuseport.ReusePortGroup;
import io.github.nettybpf.netty.reuseport.Steering;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Prints how many datagrams a UDP server on 1, 2 and 4 event loops receives in a second, and the CPU time that each
 * takes, with the kernel's hash and with a steering by source. On loopback the sender's system call does what the kernel
 * does to receive, the choice of a socket included: so the sender's CPU time has the price of the program, that of the
 * loops the price of reading.
 *
 * <p>All configurations take turns in each round; the figures are medians of the rounds, the ratios medians of the ratios
 * to the first row in the same round. One thread sends, not more than a window that receive queues can hold.
 */
final class LoopsTable {
    private static final int SOURCES = 64;
    private static final int WINDOW = 128;
    private static final int BURST = 32;
    private static final int PAYLOAD = 64;
    private static final int RECEIVE_BUFFER = 1 << 20;
    private static final long WAIT_NANOS = 10_000;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** Kept in a field, and quiet, as that of {@link JavaPeer}. */
    private static final Logger LOGGER = Logger.getLogger("io.github.nettybpf");

    private static final List<Configuration> CONFIGURATIONS = List.of(
            new Configuration(1, false),
            new Configuration(1, true),
            new Configuration(2, false),
            new Configuration(2, true),
            new Configuration(4, false),
            new Configuration(4, true));

    private LoopsTable() {}

    /** A server. */
    private record Configuration(int loops, boolean steered) {
        @Override
        public String toString() {
            String spread = steered ? "a program" : loops == 1 ? "nothing" : "the hash";
            return loops + (loops == 1 ? " loop, " : " loops, ") + spread;
        }
    }

    /** What one round has measured: datagrams a second, and nanoseconds of CPU time for each. */
    private record Figures(double rate, double loopNanos, double senderNanos) {}

    /**
     * Measures and prints.
     *
     * @param args the number of rounds, and the milliseconds for each configuration in a round; 15 and 500 if left out
     * @throws IOException if a socket fails
     */
    public static void main(String[] args) throws IOException {
        LOGGER.setLevel(Level.WARNING);
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 15;
        long millis = args.length > 1 ? Long.parseLong(args[1]) : 500;
        List<List<Figures>> figures = new ArrayList<>();
        CONFIGURATIONS.forEach(each -> figures.add(new ArrayList<>()));
        for (int round = -2; round < rounds; round++) {
            for (int i = 0; i < CONFIGURATIONS.size(); i++) {
                try (Server server = new Server(CONFIGURATIONS.get(i))) {
                    Figures measured = measure(server, TimeUnit.MILLISECONDS.toNanos(millis));
                    if (round >= 0) {
                        figures.get(i).add(measured);
                    }
                }
            }
        }
        print(figures);
    }

    private static void print(List<List<Figures>> figures) {
        System.out.println("| server, spread by | datagrams/s | ratio | loops, CPU ns | sender, CPU ns | sum, ratio |");
        System.out.println("|---|---:|---:|---:|---:|---:|");
        List<Figures> first = figures.get(0);
        for (int i = 0; i < figures.size(); i++) {
            List<Figures> row = figures.get(i);
            double[] rates = new double[row.size()];
            double[] sums = new double[row.size()];
            for (int round = 0; round < row.size(); round++) {
                rates[round] = row.get(round).rate / first.get(round).rate;
                sums[round] = sum(row.get(round)) / sum(first.get(round));
            }
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %,.0f | %.2f | %,.0f | %,.0f | %.2f |%n",
                    CONFIGURATIONS.get(i),
                    median(row.stream().mapToDouble(Figures::rate).toArray()),
                    median(rates),
                    median(row.stream().mapToDouble(Figures::loopNanos).toArray()),
                    median(row.stream().mapToDouble(Figures::senderNanos).toArray()),
                    median(sums));
        }
    }

    private static double sum(Figures figures) {
        return figures.loopNanos + figures.senderNanos;
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    private static Figures measure(Server server, long nanos) throws IOException {
        List<DatagramChannel> sources = new ArrayList<>();
        try {
            for (int i = 0; i < SOURCES; i++) {
                DatagramChannel source = DatagramChannel.open();
                sources.add(source);
                source.connect(server.address());
            }
            long loopStart = server.cpuNanos();
            long senderStart = THREADS.getCurrentThreadCpuTime();
            long start = System.nanoTime();
            long sent = send(server, sources, start + nanos);
            double seconds = (System.nanoTime() - start) / 1e9;
            return new Figures(
                    sent / seconds,
                    (double) (server.cpuNanos() - loopStart) / sent,
                    (double) (THREADS.getCurrentThreadCpuTime() - senderStart) / sent);
        } finally {
            for (DatagramChannel source : sources) {
                source.close();
            }
        }
    }

    /** {@return how many datagrams have been sent until the time, all of which have been received} */
    private static long send(Server server, List<DatagramChannel> sources, long end) throws IOException {
        ByteBuffer payload = ByteBuffer.allocateDirect(PAYLOAD);
        long sent = 0;
        while (System.nanoTime() < end) {
            for (int i = 0; i < BURST; i++) {
                sources.get((int) (sent++ % SOURCES)).write(payload.clear());
            }
            await(server, sent - WINDOW);
        }
        await(server, sent);
        return sent;
    }

    private static void await(Server server, long received) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (server.received() < received) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("received " + server.received() + " (expected: " + received + ")");
            }
            LockSupport.parkNanos(WAIT_NANOS);
        }
    }

    /** Counts what its channels receive. */
    private static final class Server implements AutoCloseable {
        private final MultiThreadIoEventLoopGroup loops;
        private final InetSocketAddress address;
        private final Runnable closing;
        private final List<AtomicLong> counters = new CopyOnWriteArrayList<>();

        Server(Configuration configuration) {
            loops = new MultiThreadIoEventLoopGroup(configuration.loops, EpollIoHandler.newFactory());
            Bootstrap bootstrap = new Bootstrap()
                    .group(loops)
                    .channel(EpollDatagramChannel.class)
                    .option(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            AtomicLong received = new AtomicLong();
                            counters.add(received);
                            channel.pipeline().addLast(new Counter(received));
                        }
                    });
            InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            if (configuration.steered) {
                ReusePortGroup group = ReusePortGroup.builder(bootstrap, configuration.loops)
                        .steering(Steering.bySource())
                        .offload(Offload.REQUIRED)
                        .bind(any)
                        .syncUninterruptibly()
                        .getNow();
                address = group.localAddress();
                closing = () -> group.close().syncUninterruptibly();
            } else {
                List<Channel> channels = bindUnsteered(bootstrap, any, configuration.loops > 1);
                address = (InetSocketAddress) channels.get(0).localAddress();
                closing = () -> channels.forEach(channel -> channel.close().syncUninterruptibly());
            }
        }

        private List<Channel> bindUnsteered(Bootstrap bootstrap, InetSocketAddress first, boolean share) {
            List<Channel> bound = new ArrayList<>();
            InetSocketAddress address = first;
            for (EventExecutor loop : loops) {
                Channel channel = bootstrap
                        .clone((EventLoop) loop)
                        .option(UnixChannelOption.SO_REUSEPORT, share)
                        .bind(address)
                        .syncUninterruptibly()
                        .channel();
                bound.add(channel);
                address = (InetSocketAddress) channel.localAddress();
            }
            return bound;
        }

        InetSocketAddress address() {
            return address;
        }

        long received() {
            long sum = 0;
            for (AtomicLong each : counters) {
                sum += each.get();
            }
            return sum;
        }

        /** {@return the CPU time of all event loops} */
        long cpuNanos() {
            long sum = 0;
            for (EventExecutor loop : loops) {
                sum += loop.submit(THREADS::getCurrentThreadCpuTime)
                        .syncUninterruptibly()
                        .getNow();
            }
            return sum;
        }

        @Override
        public void close() {
            closing.run();
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private static final class Counter extends ChannelInboundHandlerAdapter {
        private final AtomicLong received;

        Counter(AtomicLong received) {
            this.received = received;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ReferenceCountUtil.release(msg);
            received.lazySet(received.get() + 1); // written by this event loop alone
        }
    }
}
