package consumer;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Uses the published artifacts as an application does, and prints one line that release/check compares. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
        System.out.println(compiled() + "; " + embedded() + "; " + socket());
    }

    /** A name of a service, which is in a resource, and a program that becomes a hidden class. */
    private static String compiled() {
        Filter filter = Filter.compile(FilterExpression.compile("dst port domain", Placement.UDP_SOCKET));
        byte[] header = {0, 1, 0, 53, 0, 8, 0, 0};
        int dns = filter.run(Packet.of(header));
        header[3] = 54;
        return "compiled: " + (dns != 0) + " " + (filter.run(Packet.of(header)) != 0);
    }

    private static String embedded() {
        Program program = Program.parse("ldb [0]\njne #0x41, drop\nret #2\ndrop: ret #0");
        EmbeddedChannel channel = new EmbeddedChannel(new BpfFilterHandler(program));
        channel.writeInbound(text("Bcd"), text("Abc"));
        ByteBuf kept = channel.readInbound();
        String result = kept.toString(StandardCharsets.US_ASCII) + " " + channel.readInbound();
        kept.release();
        channel.finish();
        return "embedded: " + result;
    }

    /** Two senders on the loopback interface, of which the receiver wants one. */
    private static String socket() throws Exception {
        boolean isEpoll = Epoll.isAvailable();
        EventLoopGroup group =
                new MultiThreadIoEventLoopGroup(1, isEpoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        Class<? extends DatagramChannel> type = isEpoll ? EpollDatagramChannel.class : NioDatagramChannel.class;
        try {
            Channel wanted = bound(group, type, new ChannelInboundHandlerAdapter());
            Channel other = bound(group, type, new ChannelInboundHandlerAdapter());
            BpfFilterHandler filter = new BpfFilterHandler(
                    FilterExpression.compile("src port " + address(wanted).getPort(), Placement.UDP_SOCKET));
            BlockingQueue<String> received = new LinkedBlockingQueue<>();
            Channel receiver = bound(group, type, new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(filter, new SimpleChannelInboundHandler<DatagramPacket>() {
                        @Override
                        protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
                            received.add(packet.content().toString(StandardCharsets.US_ASCII));
                        }
                    });
                }
            });
            other.writeAndFlush(new DatagramPacket(text("other"), address(receiver))).sync();
            wanted.writeAndFlush(new DatagramPacket(text("wanted"), address(receiver))).sync();
            return filter.stats().location() + ": " + received.poll(10, TimeUnit.SECONDS);
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    private static Channel bound(
            EventLoopGroup group, Class<? extends Channel> type, ChannelHandler handler)
            throws InterruptedException {
        return new Bootstrap()
                .group(group)
                .channel(type)
                .handler(handler)
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();
    }

    private static InetSocketAddress address(Channel channel) {
        return (InetSocketAddress) channel.localAddress();
    }

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }
}
