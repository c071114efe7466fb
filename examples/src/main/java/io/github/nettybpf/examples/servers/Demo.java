package io.github.nettybpf.examples.servers;

import com.sun.management.OperatingSystemMXBean;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.examples.CommandLines;
import io.github.nettybpf.examples.Transports;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.Offload;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.DatagramPacket;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;

/**
 * Measures a UDP server on loopback under a flood: another process sends as many packets as it can, of which one in a
 * hundred is wanted. In three runs: with a check by hand in the server, with the filter in the pipeline, and with the filter
 * in the kernel.
 */
@Command(
        name = "Demo",
        mixinStandardHelpOptions = true,
        description =
                "Floods a UDP server on loopback with packets, one in a hundred of them wanted, and compares a check by hand,"
                        + " the filter in the pipeline and the filter in the kernel. Takes less than 30 s, and needs no privilege.")
public final class Demo implements Callable<Integer> {
    static final int MAGIC = 0x62706631;

    /** "bpf1" at the start of the payload, which follows the UDP header of 8 bytes. */
    private static final Program WANTED = Program.parse("""
                  ld [8]
                  jne #0x62706631, drop
                  ret #-1
            drop: ret #0
            """);

    /** Of so many packets of the flood one is wanted. */
    private static final int WANTED_IN = 100;

    /** All of them wanted, so that the JVM has compiled what handles a wanted packet before the flood begins. */
    private static final int WARM_UP_PER_SECOND = 30_000;

    private static final int WARM_UP_SECONDS = 2;
    private static final int AS_MANY_AS_CAN_BE_SENT = 0;
    private static final int SECONDS = 4;
    private static final int QUIET_MILLIS = 200;
    private static final int RECEIVE_BUFFER = 4 << 20;

    private enum Run {
        BY_HAND("no filter, a check by hand"),
        PIPELINE("filter in the pipeline"),
        KERNEL("filter in the kernel");

        final String title;

        Run(String title) {
            this.title = title;
        }
    }

    private record Result(Run run, DemoTraffic.Sent sent, long seconds, long wanted, long junk, double cpuNanos) {
        String row() {
            return String.format(
                    Locale.ROOT,
                    "| %-26s | %,9d | %17.2f %% | %,24d | %23.0f |",
                    run.title,
                    sent.packets() / seconds,
                    100.0 * wanted / sent.wanted(),
                    junk,
                    cpuNanos / sent.packets());
        }
    }

    /** Runs the demo, which ends in less than 30 s; {@code --help} describes it. */
    public static void main(String[] args) {
        System.exit(CommandLines.run(new Demo(), args));
    }

    @Override
    public Integer call() throws Exception {
        System.out.printf(
                Locale.ROOT,
                "A UDP server on loopback, flooded by one sender for %d s a run; 1 %% of the packets are wanted.%n",
                SECONDS);
        List<Result> results = new ArrayList<>();
        for (Run run : Run.values()) {
            if (run == Run.KERNEL && !Transports.kernelCanFilter()) {
                System.out.println(
                        "the run with the filter in the kernel is skipped: the epoll transport is not available");
                continue;
            }
            results.add(measure(run));
        }
        System.out.println();
        System.out.println("| run                        | offered/s | wanted, delivered | junk that reached the JVM |"
                + " JVM CPU, ns per offered |");
        System.out.println("|---|---:|---:|---:|---:|");
        results.forEach(result -> System.out.println(result.row()));
        if (results.size() == 3) {
            System.out.printf(
                    Locale.ROOT,
                    "%nThe filter in the kernel costs the JVM %.0f %% of what the filter in the pipeline costs, and that costs"
                            + " %.2f times the check by hand.%n",
                    100 * results.get(2).cpuNanos / results.get(1).cpuNanos,
                    results.get(1).cpuNanos / results.get(0).cpuNanos);
        }
        return 0;
    }

    private static Result measure(Run run) throws Exception {
        Server server = new Server();
        BpfFilterHandler filter = BpfFilterHandler.builder(WANTED)
                .offload(run == Run.KERNEL ? Offload.REQUIRED : Offload.NEVER)
                .build();
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, Transports.io());
        try {
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(Transports.datagram())
                    .option(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(256))
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel ch) {
                            if (run != Run.BY_HAND) {
                                ch.pipeline().addLast(filter);
                            }
                            ch.pipeline().addLast(server);
                        }
                    })
                    .bind(InetAddress.getLoopbackAddress(), 0)
                    .sync()
                    .channel();
            int port = ((InetSocketAddress) channel.localAddress()).getPort();
            offer(port, 1, WARM_UP_PER_SECOND, WARM_UP_SECONDS, run.title + ", warming up", server);
            long wanted = server.wanted.get();
            long junk = server.junk.get() + filter.stats().dropped();
            long cpu = processCpu();
            DemoTraffic.Sent sent = offer(port, WANTED_IN, AS_MANY_AS_CAN_BE_SENT, SECONDS, run.title, server);
            double used = processCpu() - cpu;
            long junkInJvm = server.junk.get() + filter.stats().dropped() - junk;
            return new Result(run, sent, SECONDS, server.wanted.get() - wanted, junkInJvm, used);
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    private static long processCpu() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    /** Lets the other process send, and shows its progress. */
    private static DemoTraffic.Sent offer(
            int port, int wantedIn, int perSecond, int seconds, String title, Server server)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DemoTraffic.class.getName(),
                        Integer.toString(port),
                        Integer.toString(wantedIn),
                        Integer.toString(perSecond),
                        Integer.toString(seconds))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        // Since JDK 22, System.console() can return a console that is no terminal.
        @SuppressWarnings("SystemConsoleNull")
        boolean terminal =
                System.getenv("TERM") != null && !System.getenv("TERM").equals("dumb") && System.console() != null;
        long before = server.wanted.get() + server.junk.get();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            DemoTraffic.Sent sent = new DemoTraffic.Sent(0, 0);
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                sent = DemoTraffic.Sent.parse(line);
                System.out.printf(
                        Locale.ROOT,
                        terminal
                                ? "\r%-42s offered %,9d   seen by the server %,9d "
                                : "%-42s offered %,9d   seen %,9d%n",
                        title,
                        sent.packets(),
                        server.wanted.get() + server.junk.get() - before);
            }
            if (terminal) {
                System.out.println();
            }
            if (process.waitFor() != 0) {
                throw new IOException("the sender failed with exit code " + process.exitValue());
            }
            awaitQuiet(server);
            return sent;
        } finally {
            process.destroy();
        }
    }

    /** Waits until nothing comes any more: what is still queued belongs to this run. */
    private static void awaitQuiet(Server server) throws InterruptedException {
        long before = -1;
        for (long now = server.wanted.get() + server.junk.get();
                now != before;
                now = server.wanted.get() + server.junk.get()) {
            before = now;
            TimeUnit.MILLISECONDS.sleep(QUIET_MILLIS);
        }
    }

    /** The application: checks every packet as if there were no filter, and counts the wanted ones. */
    private static final class Server extends ChannelInboundHandlerAdapter {
        final AtomicLong wanted = new AtomicLong();
        final AtomicLong junk = new AtomicLong();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            DatagramPacket packet = (DatagramPacket) msg;
            boolean isWanted = packet.content().readableBytes() >= 4
                    && packet.content().getInt(packet.content().readerIndex()) == MAGIC;
            AtomicLong count = isWanted ? wanted : junk;
            count.lazySet(count.get() + 1);
            packet.release();
        }
    }
}
