package io.github.nettybpf.examples;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetAddress;

/**
 * An echo server that receives only datagrams whose payload begins with "echo". Try: {@code echo 'echo hello' | nc -u
 * -w1 127.0.0.1 7007}, and then another text. To filter by an expression instead, start it with {@code 7007 'src host
 * 127.0.0.1 and src portrange 40000-40100'}, and add {@code -p 40000} to {@code nc}.
 */
public final class UdpFilter {
    /** Offset 0 is the UDP header, 8 bytes long: the payload begins at 8. */
    static final Program BEGINS_WITH_ECHO = Program.parse("""
                  ld [8]
                  jne #0x6563686f, drop   ; "echo"
                  ret #-1                 ; keep all of it
            drop: ret #0
            """);

    private UdpFilter() {}

    /**
     * {@return the program of the filter expression in the second argument, or {@link #BEGINS_WITH_ECHO} if there is
     * none}
     */
    static Program program(String... args) {
        return args.length > 1 ? FilterExpression.compile(args[1], Placement.UDP_SOCKET) : BEGINS_WITH_ECHO;
    }

    /** Runs an echo server on 127.0.0.1, port 7007 or the given one, that filters by the given expression. */
    public static void main(String[] args) throws InterruptedException {
        int port = args.length > 0 ? Integer.parseInt(args[0]) : 7007;
        Program program;
        try {
            program = program(args);
        } catch (ExpressionException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
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
    }

    private static final class Echo extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
            ctx.writeAndFlush(new DatagramPacket(packet.content().retain(), packet.sender()));
        }
    }
}
