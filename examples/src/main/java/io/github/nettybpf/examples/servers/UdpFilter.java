package io.github.nettybpf.examples.servers;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.core.address.AddressSetException;
import io.github.nettybpf.examples.CommandLines;
import io.github.nettybpf.examples.Transports;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * An echo server that receives only datagrams whose payload begins with "echo". Try: {@code echo 'echo hello' | nc -u
 * -w1 127.0.0.1 7007}, and then another text. To filter by an expression instead, start it with {@code 7007 'src host
 * 127.0.0.1 and src portrange 40000-40100'}, and add {@code -p 40000} to {@code nc}; or with {@code --set
 * friends=FILE 7007 'src net @friends'}, where FILE lists addresses.
 */
@Command(
        name = "UdpFilter",
        mixinStandardHelpOptions = true,
        description = "An echo server that receives only the datagrams that its filter keeps.")
public final class UdpFilter implements Callable<Integer> {
    /** Offset 0 is the UDP header, 8 bytes long: the payload begins at 8. */
    static final Program BEGINS_WITH_ECHO = Program.parse("""
                  ld [8]
                  jne #0x6563686f, drop   ; "echo"
                  ret #-1                 ; keep all of it
            drop: ret #0
            """);

    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "PORT",
            defaultValue = "7007",
            description = "The UDP port of 127.0.0.1 (default 7007; 0: any).")
    private int port;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "EXPRESSION",
            description = "A filter expression (default: only datagrams that begin with \"echo\" pass).")
    private @Nullable String expression;

    @Option(
            names = "--set",
            paramLabel = "NAME=FILE",
            description = "Bind @NAME in EXPRESSION, as in 'src net @NAME', to the addresses that FILE lists.")
    private Map<String, Path> sets = Map.of();

    /** {@return the program of a filter expression, or {@link #BEGINS_WITH_ECHO} if there is none} */
    static Program program(@Nullable String expression, Map<String, Path> sets) throws IOException {
        Options options = Options.DEFAULT;
        for (Map.Entry<String, Path> set : sets.entrySet()) {
            options = options.withSet(set.getKey(), addresses(set.getValue()));
        }
        return expression == null
                ? BEGINS_WITH_ECHO
                : FilterExpression.of(expression, Placement.UDP_SOCKET, options).program();
    }

    private static AddressSet addresses(Path file) throws IOException {
        try {
            return AddressSet.parse(file);
        } catch (AddressSetException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /** Runs the server with the arguments that {@code --help} describes. */
    public static void main(String[] args) {
        System.exit(CommandLines.run(new UdpFilter(), args));
    }

    @Override
    public Integer call() throws InterruptedException {
        Program program;
        try {
            program = program(expression, sets);
        } catch (ExpressionException e) {
            throw new ParameterException(spec.commandLine(), "EXPRESSION: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new ParameterException(spec.commandLine(), "--set: cannot read " + e.getMessage(), e);
        }
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, Transports.io());
        BpfFilterHandler filter = new BpfFilterHandler(program);
        Channel channel = new Bootstrap()
                .group(group)
                .channel(Transports.datagram())
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline().addLast(filter, new Echo());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), port)
                .sync()
                .channel();
        System.out.println(channel.localAddress() + ", filtered in "
                + filter.stats().location() + ": " + filter.stats().reason());
        channel.closeFuture().sync();
        return 0;
    }

    private static final class Echo extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
            ctx.writeAndFlush(new DatagramPacket(packet.content().retain(), packet.sender()));
        }
    }
}
