package io.github.nettybpf.examples.servers;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.examples.CommandLines;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import java.net.InetAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Filters the messages of a TCP protocol: a 2-byte length, and that many bytes, the first of which is the type. The
 * handler comes after the frame decoder, so the program sees whole messages. It never runs in the kernel, which sees
 * segments.
 */
@Command(
        name = "TcpFrameFilter",
        mixinStandardHelpOptions = true,
        description =
                "A TCP server that prints the messages of types 1 and 2 that it receives: a length of 2 bytes, and that many bytes, the first of which is the type.")
public final class TcpFrameFilter implements Callable<Integer> {
    /** Keeps types 1 and 2, and of type 2 only the first 16 bytes. */
    static final Program TYPES_1_AND_2 = Program.parse("""
                  ldb [0]
                  jeq #1, keep
                  jeq #2, cut
                  ret #0
            cut:  ret #16
            keep: ret #-1
            """);

    @Parameters(
            arity = "0..1",
            paramLabel = "PORT",
            defaultValue = "7008",
            description = "The TCP port of 127.0.0.1 (default 7008; 0: any).")
    private int port;

    static void addTo(Channel channel) {
        channel.pipeline()
                .addLast(
                        new LengthFieldBasedFrameDecoder(0xffff, 0, 2, 0, 2),
                        new BpfFilterHandler(TYPES_1_AND_2),
                        new Print());
    }

    /** Runs the server with the arguments that {@code --help} describes. */
    public static void main(String[] args) {
        System.exit(CommandLines.run(new TcpFrameFilter(), args));
    }

    @Override
    public Integer call() throws InterruptedException {
        Channel channel = new ServerBootstrap()
                .group(new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory()))
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        addTo(ch);
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), port)
                .sync()
                .channel();
        System.out.println(channel.localAddress());
        channel.closeFuture().sync();
        return 0;
    }

    private static final class Print extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf frame) {
            System.out.println("type " + frame.getByte(0) + ", " + frame.readableBytes() + " bytes");
        }
    }
}
