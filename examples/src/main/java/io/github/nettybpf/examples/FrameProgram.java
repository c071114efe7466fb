package io.github.nettybpf.examples;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.netty.Vlan;
import io.github.nettybpf.packet.PacketAddress;
import io.github.nettybpf.packet.PacketChannel;
import io.github.nettybpf.packet.PacketChannelOption;
import io.github.nettybpf.packet.PacketStatistics;
import io.github.nettybpf.packet.ReceiveMode;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jline.utils.Signals;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/**
 * A program for the frames of an interface: opens a packet channel on it, and runs until it is interrupted, or until the
 * interface is deleted. It reports what it knows at its end, and on SIGUSR1.
 */
abstract class FrameProgram implements Callable<Integer> {
    private static final long PATIENCE_MILLIS = 1000;

    @Option(
            names = {"-i", "--interface"},
            required = true,
            paramLabel = "NAME",
            description = "The interface, such as eth0.")
    private String interfaceName = "";

    /** Something prevents the program from running; the message is for its user. */
    static final class Refusal extends Exception {
        private static final long serialVersionUID = 1;

        Refusal(String message) {
            super(message);
        }
    }

    /** Runs a program with the arguments of its command line, and ends the JVM with its exit code. */
    static void main(FrameProgram program, String... args) {
        CommandLine command = new CommandLine(program)
                .registerConverter(Ip4.class, text -> converted(() -> Ip4.parse(text)))
                .registerConverter(Vlan.class, text -> converted(() -> Vlan.parse(text)))
                .registerConverter(
                        DhcpSettings.Network.class, text -> converted(() -> DhcpSettings.Network.parse(text)))
                .registerConverter(DhcpSettings.Range.class, text -> converted(() -> DhcpSettings.Range.parse(text)))
                .setExpandAtFiles(false)
                .setParameterExceptionHandler(FrameProgram::refuseUsage)
                .setExecutionExceptionHandler((e, failed, parsed) -> {
                    failed.getErr().println(e instanceof Refusal ? e.getMessage() : "internal error: " + e);
                    return CommandLine.ExitCode.SOFTWARE;
                });
        System.exit(command.execute(args));
    }

    /** {@return what a function makes of an option's value} The message of its exception is that of the usage error. */
    private static <T> T converted(Callable<T> function) throws Exception {
        try {
            return function.call();
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    private static int refuseUsage(ParameterException e, String[] args) {
        PrintWriter err = e.getCommandLine().getErr();
        err.println(e.getMessage());
        err.println("Try '" + e.getCommandLine().getCommandName() + " --help'.");
        return CommandLine.ExitCode.USAGE;
    }

    final String interfaceName() {
        return interfaceName;
    }

    /**
     * Opens a packet channel whose frames the kernel filters from the first one on.
     *
     * @return exit code 1, when the channel is closed
     */
    final int run(Program program, FrameHandler handler, Output out) throws InterruptedException, Refusal {
        BpfFilterHandler filter = BpfFilterHandler.builder(program)
                .placement(Placement.ETHERNET)
                .offload(Offload.REQUIRED)
                .build();
        ChannelFuture bound = new Bootstrap()
                .group(new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()))
                .channel(PacketChannel.class)
                // ARP and DHCP are rare, and are answered at once.
                .option(PacketChannelOption.RECEIVE_MODE, ReceiveMode.READ)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline().addLast(filter, new Start(filter, handler, out), handler);
                    }
                })
                .bind(address())
                .await();
        if (!bound.isSuccess()) {
            throw new Refusal(String.valueOf(bound.cause().getMessage()));
        }
        bound.channel().closeFuture().sync();
        System.err.println(interfaceName + ": the channel is closed, because the interface is gone");
        return CommandLine.ExitCode.SOFTWARE;
    }

    /** Tells where frames are filtered before the first one is read, and reports on a signal and at the end. */
    private final class Start extends ChannelInboundHandlerAdapter {
        private final BpfFilterHandler filter;
        private final FrameHandler handler;
        private final Output out;

        Start(BpfFilterHandler filter, FrameHandler handler, Output out) {
            this.filter = filter;
            this.handler = handler;
            this.out = out;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            PacketChannel channel = (PacketChannel) ctx.channel();
            Signals.register("USR1", () -> report(channel, handler, out));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                report(channel, handler, out);
                try {
                    out.end();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
            Location location = filter.stats().location();
            out.accept(Event.of("start", interfaceName + ", filtered in " + location)
                    .with("interface", interfaceName)
                    .with("filtered", location));
            ctx.fireChannelActive();
        }
    }

    private PacketAddress address() throws Refusal {
        try {
            return PacketAddress.of(interfaceName);
        } catch (IllegalArgumentException e) {
            throw new Refusal(String.valueOf(e.getMessage()));
        }
    }

    /** Reports from another thread than the event loop, which alone uses the handler's state. */
    private static void report(PacketChannel channel, FrameHandler handler, Output out) {
        try {
            List<Event> events = new ArrayList<>(
                    channel.eventLoop().submit(handler::report).get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS));
            PacketStatistics statistics = channel.statistics();
            events.add(Event.of(
                            "counters",
                            "counters: " + statistics.packets() + " frames passed the filter, " + statistics.drops()
                                    + " of them dropped by the kernel; " + out.lost() + " lines of output lost")
                    .with("frames", statistics.packets())
                    .with("dropped", statistics.drops())
                    .with("lost_lines", out.lost()));
            out.writeAll(events);
        } catch (TimeoutException | ExecutionException e) {
            System.err.println("no report: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
