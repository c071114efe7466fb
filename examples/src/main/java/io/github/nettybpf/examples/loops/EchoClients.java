package io.github.nettybpf.examples.loops;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** QUIC clients with a socket and a connection each. */
final class EchoClients implements AutoCloseable {
    /** How many shake hands at a time: more would overflow receive queues. */
    private static final int AT_A_TIME = 10;

    private static final int IDLE_SECONDS = 30;

    private final MultiThreadIoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final QuicSslContext ssl;
    private final InetSocketAddress server;
    private final List<QuicChannel> connections = new ArrayList<>();

    EchoClients(QuicSslContext ssl, InetSocketAddress server) {
        this.ssl = ssl;
        this.server = server;
    }

    /** Opens connections; each handshake has to succeed. */
    void connect(int count) {
        for (int opened = 0; opened < count; opened += AT_A_TIME) {
            List<Future<QuicChannel>> handshakes = new ArrayList<>();
            for (int i = opened; i < Math.min(count, opened + AT_A_TIME); i++) {
                handshakes.add(handshake());
            }
            handshakes.forEach(
                    each -> connections.add(each.syncUninterruptibly().getNow()));
        }
    }

    private Future<QuicChannel> handshake() {
        ChannelHandler codec = new QuicClientCodecBuilder()
                .sslEngineProvider(quic -> ssl.newEngine(quic.alloc(), SelfSigned.HOST, server.getPort()))
                .maxIdleTimeout(IDLE_SECONDS, TimeUnit.SECONDS)
                .activeConnectionIdLimit(QuicLoops.PATHS)
                .initialMaxData(1 << 20)
                .initialMaxStreamDataBidirectionalLocal(1 << 16)
                .build();
        Channel udp = new Bootstrap()
                .group(loop)
                .channel(EpollDatagramChannel.class)
                .handler(codec)
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
        return QuicChannel.newBootstrap(udp)
                .handler(new ChannelInboundHandlerAdapter())
                .remoteAddress(server)
                .connect();
    }

    /**
     * {@return on how many connections a text comes back in time}
     *
     * @param text what is sent on a new stream of each
     * @param patience how long to wait for all
     */
    long echoes(String text, Duration patience) {
        List<CompletableFuture<Boolean>> echoes =
                connections.stream().map(each -> echo(each, text)).toList();
        CompletableFuture.allOf(echoes.toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, patience.toMillis(), TimeUnit.MILLISECONDS)
                .join();
        return echoes.stream().filter(each -> each.getNow(false)).count();
    }

    private static CompletableFuture<Boolean> echo(QuicChannel connection, String text) {
        CompletableFuture<Boolean> echoed = new CompletableFuture<>();
        StringBuilder received = new StringBuilder();
        connection
                .createStream(QuicStreamType.BIDIRECTIONAL, new SimpleChannelInboundHandler<ByteBuf>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
                        received.append(message.toString(StandardCharsets.US_ASCII));
                        if (received.length() == text.length()) {
                            echoed.complete(received.toString().equals(text));
                        }
                    }

                    @Override
                    public void channelInactive(ChannelHandlerContext ctx) {
                        echoed.complete(false);
                    }
                })
                .addListener((Future<QuicStreamChannel> stream) -> {
                    if (stream.isSuccess()) {
                        stream.getNow().writeAndFlush(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
                    } else {
                        echoed.complete(false);
                    }
                });
        return echoed;
    }

    @Override
    public void close() {
        connections.forEach(each -> each.close().syncUninterruptibly());
        connections.forEach(each -> each.parent().close().syncUninterruptibly());
        loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
