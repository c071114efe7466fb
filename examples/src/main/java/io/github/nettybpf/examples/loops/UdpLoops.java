package io.github.nettybpf.examples.loops;

import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.examples.CommandLines;
import io.github.nettybpf.netty.reuseport.ReusePortGroup;
import io.github.nettybpf.netty.reuseport.Steering;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * An echo server on several event loops and one port, which prints who gets what. Try, in several terminals: {@code nc -u
 * 127.0.0.1 7007}.
 */
@Command(
        name = "UdpLoops",
        mixinStandardHelpOptions = true,
        description = "An echo server on several event loops and one port, which prints who gets what.")
public final class UdpLoops implements Callable<Integer> {
    private static final int MOST_SOURCES = 10_000;

    @Option(
            names = {"-p", "--port"},
            defaultValue = "7007",
            paramLabel = "PORT",
            description = "The UDP port of 127.0.0.1 (default 7007; 0: any).")
    private int port;

    @Option(names = "--loops", defaultValue = "4", paramLabel = "N", description = "Event loops (default 4).")
    private int loops;

    @Option(
            names = "--steer",
            arity = "1..2",
            paramLabel = "STEERING",
            description = "cpu: by the CPU that receives a datagram; source: by source address and port (the default);"
                    + " address: by source address; or program FILE: the verdict of a program is the loop. It counts from the"
                    + " payload, and is in any notation of the bpf command.")
    private List<String> steer = List.of("source");

    @Spec
    private CommandSpec spec;

    /** Runs the program with the options that {@code --help} describes. */
    public static void main(String[] args) {
        System.exit(CommandLines.run(new UdpLoops(), args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        ReusePortGroup group = start(System.out);
        group.channels().get(0).closeFuture().sync();
        return 0;
    }

    /** Opens the server. */
    ReusePortGroup start(PrintStream out) throws IOException {
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        Bootstrap bootstrap = new Bootstrap()
                .group(new MultiThreadIoEventLoopGroup(loops, io))
                .channel(epoll ? EpollDatagramChannel.class : NioDatagramChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new Echo(
                                        channel.attr(ReusePortGroup.SLOT).get(), out));
                    }
                });
        ReusePortGroup group = ReusePortGroup.builder(bootstrap, loops)
                .steering(steering())
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .syncUninterruptibly()
                .getNow();
        out.println(group.localAddress() + ", " + group.slotFunction()
                + (group.whyNotSteered().isEmpty() ? "" : ": " + group.whyNotSteered()));
        return group;
    }

    private Steering steering() throws IOException {
        String kind = steer.get(0);
        if (kind.equals("program") && steer.size() == 2) {
            return byProgram(steer.get(1));
        }
        return switch (steer.size() == 1 ? kind : "") {
            case "cpu" -> Steering.byCpu();
            case "source" -> Steering.bySource();
            case "address" -> Steering.bySourceAddress();
            default -> throw usage(String.join(" ", steer) + " (expected: cpu, source, address or program FILE)");
        };
    }

    private Steering byProgram(String file) throws IOException {
        try {
            return Steering.of(ProgramFormat.readAny(ProgramFormat.textOf(Files.readAllBytes(Path.of(file)))));
        } catch (IllegalArgumentException e) {
            throw usage(file + ": " + e.getMessage());
        }
    }

    private ParameterException usage(String problem) {
        return new ParameterException(spec.commandLine(), "--steer: " + problem);
    }

    /** Answers, and prints each source that it has not printed before. For the event loop of one channel. */
    private static final class Echo extends SimpleChannelInboundHandler<DatagramPacket> {
        private final int slot;
        private final PrintStream out;
        private final Set<InetSocketAddress> sources = new HashSet<>();

        Echo(int slot, PrintStream out) {
            this.slot = slot;
            this.out = out;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
            if (sources.size() < MOST_SOURCES && sources.add(packet.sender())) {
                out.println("loop " + slot + " (" + Thread.currentThread().getName() + ") gets " + packet.sender());
            }
            ctx.writeAndFlush(new DatagramPacket(packet.content().retain(), packet.sender()));
        }
    }
}
