package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.handler.codec.quic.SslEarlyDataReadyEvent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A client that sends a text on a stream once it is connected or, with early data, before. */
final class QuicClient implements AutoCloseable {
    private final Channel udp;
    private final Future<QuicChannel> connected;
    private final CompletableFuture<String> echoed = new CompletableFuture<>();
    private final CompletableFuture<Void> early = new CompletableFuture<>();
    private final String text;

    QuicClient(
            MultiThreadIoEventLoopGroup group,
            QuicServer server,
            QuicSslContext ssl,
            String text,
            ChannelHandler... before) {
        this.text = text;
        InetSocketAddress address = server.address();
        ChannelHandler codec = new QuicClientCodecBuilder()
                .sslEngineProvider(quic -> ssl.newEngine(quic.alloc(), "localhost", address.getPort()))
                .maxIdleTimeout(QuicServer.PATIENCE_SECONDS, TimeUnit.SECONDS)
                .initialMaxData(1 << 20)
                .initialMaxStreamDataBidirectionalLocal(1 << 20)
                .build();
        udp = new Bootstrap()
                .group(group)
                .channel(NioDatagramChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline().addLast(before).addLast(codec);
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
        connected = QuicChannel.newBootstrap(udp)
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                        if (event instanceof SslEarlyDataReadyEvent) {
                            early.complete(null);
                            ctx.executor().execute(() -> send((QuicChannel) ctx.channel()));
                        }
                        ctx.fireUserEventTriggered(event);
                    }
                })
                .remoteAddress(address)
                .connect();
        connected.addListener(done -> {
            if (!done.isSuccess()) {
                echoed.completeExceptionally(done.cause());
            } else if (!early.isDone()) {
                send(connected.getNow());
            }
        });
    }

    private void send(QuicChannel quic) {
        StringBuilder received = new StringBuilder();
        quic.createStream(QuicStreamType.BIDIRECTIONAL, new SimpleChannelInboundHandler<ByteBuf>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
                        received.append(message.toString(StandardCharsets.US_ASCII));
                        if (received.length() == text.length()) {
                            echoed.complete(received.toString());
                        }
                    }
                })
                .addListener((Future<QuicStreamChannel> stream) ->
                        stream.getNow().writeAndFlush(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII)));
    }

    /** {@return whether the text was sent before the handshake was complete} */
    boolean isEarly() {
        return early.isDone();
    }

    /** Asserts that there is no echo before the time, of {@link System#nanoTime}. */
    void assertNotEchoedUntil(long end) {
        assertThrows(TimeoutException.class, () -> echoed.get(end - System.nanoTime(), TimeUnit.NANOSECONDS));
    }

    void assertEchoed() throws Exception {
        assertEquals(text, echoed.get(QuicServer.PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    @Override
    public void close() {
        if (connected.isSuccess()) {
            connected.getNow().close().syncUninterruptibly();
        }
        udp.close().syncUninterruptibly();
    }

    /** Loses one of the datagrams that the client sends, counted from 1; or none, for 0. */
    static final class Loss extends ChannelOutboundHandlerAdapter {
        private final int number;
        private int written;

        Loss(int number) {
            this.number = number;
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
            if (++written == number) {
                ReferenceCountUtil.release(msg);
                promise.setSuccess();
                return;
            }
            ctx.write(msg, promise);
        }
    }
}
