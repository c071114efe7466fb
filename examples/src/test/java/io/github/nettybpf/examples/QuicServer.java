package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.examples.FilteredServer.Where;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicTokenHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server that echoes each stream, and remembers the first byte of each packet that it receives. */
final class QuicServer implements AutoCloseable {
    static final int PATIENCE_SECONDS = 30;

    /** Types of packets with a long header, as bits of the first byte: RFC 9000, 17.2. */
    static final int INITIAL = 0x00;

    static final int ZERO_RTT = 0x10;
    static final int HANDSHAKE = 0x20;
    private static final int PACKET_TYPE = 0x30;
    private static final int LONG_HEADER = 0x80;

    private final MultiThreadIoEventLoopGroup group;
    private final Channel channel;
    private final Queue<Integer> firstBytes = new ConcurrentLinkedQueue<>();
    private final boolean retries;

    QuicServer(Where where, Program program, QuicSslContext ssl, @Nullable QuicTokenHandler tokens) {
        retries = tokens != null;
        BpfFilterHandler filter = where.handler(program);
        QuicServerCodecBuilder codec = new QuicServerCodecBuilder()
                .sslContext(ssl)
                .maxIdleTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .initialMaxData(1 << 20)
                .initialMaxStreamDataBidirectionalRemote(1 << 20)
                .initialMaxStreamsBidirectional(10)
                .tokenHandler(tokens)
                .streamHandler(new ChannelInitializer<QuicStreamChannel>() {
                    @Override
                    protected void initChannel(QuicStreamChannel stream) {
                        stream.pipeline().addLast(new Echo());
                    }
                });
        Bootstrap bootstrap = new Bootstrap()
                .channel(where.channel())
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(2048))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline().addLast(filter, new FirstBytes(firstBytes), codec.build());
                    }
                });
        group = new MultiThreadIoEventLoopGroup(1, where.io());
        channel = bootstrap
                .group(group)
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
        where.assertFilters(filter);
    }

    /** {@return where it receives} */
    InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** {@return whether it answers the first Initial with a Retry} */
    boolean retries() {
        return retries;
    }

    /** {@return how many packets with a long header of the type were received} */
    long received(int type) {
        return firstBytes.stream()
                .filter(first -> (first & LONG_HEADER) != 0 && (first & PACKET_TYPE) == type)
                .count();
    }

    @Override
    public void close() {
        channel.close().syncUninterruptibly();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /** Remembers the first byte of every packet, and passes the datagrams on. */
    private static final class FirstBytes extends ChannelInboundHandlerAdapter {
        private final Queue<Integer> firstBytes;

        FirstBytes(Queue<Integer> firstBytes) {
            this.firstBytes = firstBytes;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ByteBuf rest = ((DatagramPacket) msg).content().duplicate();
            while (rest.isReadable()) {
                int first = rest.readUnsignedByte();
                firstBytes.add(first);
                if ((first & LONG_HEADER) == 0) {
                    break; // has no length: the last of the datagram
                }
                rest.skipBytes(Integer.BYTES);
                rest.skipBytes(rest.readUnsignedByte());
                rest.skipBytes(rest.readUnsignedByte());
                if ((first & PACKET_TYPE) == INITIAL) {
                    rest.skipBytes(variable(rest)); // the token
                }
                rest.skipBytes(Math.min(variable(rest), rest.readableBytes()));
            }
            ctx.fireChannelRead(msg);
        }

        /** Reads an integer of variable length: RFC 9000, 16. */
        private static int variable(ByteBuf buffer) {
            int first = buffer.readUnsignedByte();
            long value = first & 0x3f;
            for (int more = (1 << (first >> 6)) - 1; more > 0; more--) {
                value = value << 8 | buffer.readUnsignedByte();
            }
            return Math.toIntExact(value);
        }
    }

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ctx.writeAndFlush(msg);
        }
    }
}
