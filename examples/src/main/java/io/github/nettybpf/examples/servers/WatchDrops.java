package io.github.nettybpf.examples.servers;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.examples.CommandLines;
import io.github.nettybpf.examples.Transports;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats;
import io.github.nettybpf.netty.drops.DropFile;
import io.github.nettybpf.netty.drops.RuleHits;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A server for DNS queries under junk: shows how many packets each part of its filter decides about, second by second,
 * and writes samples of what is dropped to a file that tcpdump and Wireshark read. It begins as a dry run, and enforces the
 * filter after a while. All traffic is on loopback, and needs no privilege.
 */
@Command(
        name = "WatchDrops",
        mixinStandardHelpOptions = true,
        description = "Shows which part of a filter drops what, and writes samples to a pcapng file.")
public final class WatchDrops implements Callable<Integer> {
    /** A query (QR is 0) with one question, of at most 512 bytes, and not from a privileged port. */
    static final String FILTER =
            "src portrange 1024-65535 and udp[4:2] <= 520 and udp[10] & 0x80 = 0 and udp[12:2] = 1";

    private static final String FILE = "drops.pcapng";
    private static final long MOST_BYTES = 16 << 20;

    @Option(names = "--seconds", defaultValue = "10", paramLabel = "N", description = "How long (default 10 s).")
    private int seconds;

    @Option(
            names = "--dry",
            defaultValue = "3",
            paramLabel = "N",
            description = "How long nothing is dropped at first (default 3 s).")
    private int dry;

    @Option(
            names = "--one-in",
            defaultValue = "50",
            paramLabel = "N",
            description = "Of how many dropped packets one is a sample (default 50).")
    private int oneIn;

    @Option(
            names = "--file",
            defaultValue = FILE,
            paramLabel = "FILE",
            description = "Where the samples go (default ${DEFAULT-VALUE}).")
    private Path file = Path.of(FILE);

    /** Runs the program with the options that {@code --help} describes. */
    public static void main(String[] args) {
        System.exit(CommandLines.run(new WatchDrops(), args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (DropFile drops = DropFile.open(file, MOST_BYTES, 1)) {
            run(drops, System.out);
        }
        return 0;
    }

    /** Runs it, and returns the handler's figures at the end. */
    FilterStats run(DropFile drops, PrintStream out) throws InterruptedException {
        Program program = FilterExpression.compile(FILTER, Placement.UDP_SOCKET);
        BpfFilterHandler filter = BpfFilterHandler.builder(program)
                .dryRun(dry > 0)
                .sampleDrops(oneIn, drops)
                .build();
        AtomicLong queries = new AtomicLong();
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, Transports.io());
        try {
            Channel server = new Bootstrap()
                    .group(group)
                    .channel(Transports.datagram())
                    .option(ChannelOption.SO_RCVBUF, 1 << 21)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(filter, new SimpleChannelInboundHandler<DatagramPacket>() {
                                @Override
                                protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
                                    queries.lazySet(queries.get() + 1);
                                }
                            });
                        }
                    })
                    .bind(InetAddress.getLoopbackAddress(), 0)
                    .sync()
                    .channel();
            DnsJunk traffic = new DnsJunk((InetSocketAddress) server.localAddress());
            Thread sender = new Thread(traffic, "traffic");
            sender.setDaemon(true);
            sender.start();
            watch(filter, queries, out);
            traffic.stop();
            sender.join();
            server.close().sync();
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
        out.printf(
                Locale.ROOT,
                "%,d samples in %s; read them with: tcpdump -r %s, or: ./bpf explain --rules '%s' %s%n",
                filter.stats().sampled(),
                file,
                file,
                FILTER,
                file);
        return filter.stats();
    }

    private void watch(BpfFilterHandler filter, AtomicLong queries, PrintStream out) throws InterruptedException {
        out.println("filter: " + FILTER);
        long before = 0;
        for (int second = 1; second <= seconds; second++) {
            if (second == dry + 1 && dry > 0) {
                filter.enforce(true).sync();
            }
            TimeUnit.SECONDS.sleep(1);
            FilterStats stats = filter.stats();
            out.printf(
                    Locale.ROOT,
                    "%n%2d s  %s, %,d packets reached the application this second%n",
                    second,
                    stats.location(),
                    queries.get() - before);
            before = queries.get();
            table(stats).forEach((rule, packets) -> out.printf("      %-48s %s%n", rule, packets));
        }
    }

    /** {@return for each part of the filter how many packets it has decided about, most first} */
    static Map<String, String> table(FilterStats stats) {
        Map<String, long[]> sums = new LinkedHashMap<>();
        for (RuleHits hits : stats.returns()) {
            long[] sum = sums.computeIfAbsent(hits.rule(), rule -> new long[2]);
            sum[0] += hits.estimate();
            sum[1] += hits.standardError() * hits.standardError();
        }
        Map<String, String> table = new LinkedHashMap<>();
        sums.entrySet().stream()
                .sorted((one, other) -> Long.compare(other.getValue()[0], one.getValue()[0]))
                .forEach(entry -> {
                    long[] sum = entry.getValue();
                    // Twice the standard error: so it is 19 times in 20.
                    String error = sum[1] == 0
                            ? ""
                            : String.format(Locale.ROOT, " +- %,d", Math.round(2 * Math.sqrt((double) sum[1])));
                    table.put(entry.getKey(), String.format(Locale.ROOT, "%,12d%s", sum[0], error));
                });
        return table;
    }
}
