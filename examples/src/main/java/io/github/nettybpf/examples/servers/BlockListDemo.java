package io.github.nettybpf.examples.servers;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.examples.CommandLines;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.netty.address.HotSource;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.DatagramPacket;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A server with a block list that is too large for the kernel, under junk from listed addresses that follows Zipf's law:
 * shows how much of the junk the kernel drops, second by second, and how it follows when other addresses become the
 * hottest. All traffic is on loopback, from addresses in 127.0.0.0/8, and needs no privilege.
 */
@Command(
        name = "BlockListDemo",
        mixinStandardHelpOptions = true,
        description = "Junk from a block list of any size, and how much of it the kernel drops.")
public final class BlockListDemo implements Callable<Integer> {
    @Option(
            names = "--denied",
            defaultValue = "100000",
            paramLabel = "N",
            description = "Addresses in the block list (default 100000).")
    private int denied;

    @Option(
            names = "--zipf",
            defaultValue = "1.1",
            paramLabel = "S",
            description = "Exponent: the k-th hottest address sends k^-S as much as the hottest (default 1.1).")
    private double exponent;

    @Option(names = "--seconds", defaultValue = "30", paramLabel = "N", description = "How long (default 30 s).")
    private int seconds;

    @Option(
            names = "--move",
            defaultValue = "15",
            paramLabel = "N",
            description = "After so many seconds, other addresses are the hottest (default 15).")
    private int move;

    @Option(names = "--pipeline", description = "Leave the kernel out.")
    private boolean pipelineOnly;

    /** Runs the program with the options that {@code --help} describes. */
    public static void main(String[] args) {
        System.exit(CommandLines.run(new BlockListDemo(), args));
    }

    @Override
    public Integer call() throws InterruptedException {
        run(System.out);
        return 0;
    }

    private void run(PrintStream out) throws InterruptedException {
        BlockListTraffic traffic = new BlockListTraffic(denied, exponent);
        AddressSet list = traffic.list();
        BpfFilterHandler filter = BpfFilterHandler.builder(Program.parse("ret #-1"))
                .offload(pipelineOnly ? Offload.NEVER : Offload.AUTO)
                .denySources(list)
                .build();
        AtomicLong wanted = new AtomicLong();
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        Channel server = new Bootstrap()
                .group(group)
                .channel(EpollDatagramChannel.class)
                .option(ChannelOption.SO_RCVBUF, 1 << 21)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(filter, new SimpleChannelInboundHandler<DatagramPacket>() {
                            @Override
                            protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
                                wanted.incrementAndGet();
                            }
                        });
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
        traffic.warmUp((InetSocketAddress) server.localAddress());
        Thread sender = new Thread(() -> traffic.send((InetSocketAddress) server.localAddress()), "traffic");
        sender.setDaemon(true);
        sender.start();
        out.printf("%s denied; junk by Zipf's law, s = %s%n", list, exponent);
        out.println(" s    junk/s   to the JVM   in kernel   wanted lost   prefixes in the kernel");
        long junkBefore = 0;
        long reachedBefore = 0;
        for (int second = 1; second <= seconds; second++) {
            if (second - 1 == move) {
                traffic.moveHottest();
                out.println("    other addresses are the hottest");
            }
            TimeUnit.SECONDS.sleep(1);
            FilterStats stats = filter.stats();
            long junk = traffic.junk();
            long reached = stats.dropped();
            long sent = junk - junkBefore;
            long lost = traffic.wanted() - wanted.get();
            double kept = sent == 0 ? 0 : 100.0 * (sent - (reached - reachedBefore)) / sent;
            out.printf(
                    "%2d %,9d %,12d %10.1f%% %,13d %,24d%n",
                    second,
                    sent,
                    reached - reachedBefore,
                    kept,
                    Math.max(0, lost),
                    filter.sources().prefixesInKernel());
            junkBefore = junk;
            reachedBefore = reached;
        }
        traffic.stop();
        sender.join();
        out.println("the hottest, as the handler sees them:");
        for (HotSource hot : filter.sources()
                .hottest()
                .subList(0, Math.min(5, filter.sources().hottest().size()))) {
            out.printf(
                    "  %-20s %,8.0f packets/s %s%n",
                    hot.prefix(), hot.packetsPerSecond(), hot.inKernel() ? "in the kernel" : "in the pipeline");
        }
        server.close().sync();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        out.printf("wanted: %,d sent, %,d received%n", traffic.wanted(), wanted.get());
    }
}
