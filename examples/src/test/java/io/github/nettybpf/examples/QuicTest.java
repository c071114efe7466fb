package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.examples.FilteredServer.Where;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.quic.InsecureQuicTokenHandler;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.handler.codec.quic.QuicTokenHandler;
import io.netty.handler.codec.quic.SslEarlyDataReadyEvent;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The QUIC recipe with clients and a server of Netty's codec (quiche): each handshake succeeds, however long the
 * certificate, with Retry, with lost datagrams and with early data. A recipe that asks 1,200 bytes of every long header
 * lets handshakes fail.
 */
class QuicTest {
    private static final String PROTOCOL = "echo";
    private static final String PASSWORD = "changeit";
    private static final int PATIENCE_SECONDS = 30;
    private static final int LONG_HEADER = 0x80;
    private static final int PACKET_TYPE = 0x30;
    private static final int INITIAL = 0x00;
    private static final int ZERO_RTT = 0x10;
    private static final int HANDSHAKE = 0x20;

    /** What the recipe was before: RFC 9000, 14.1 asks that size only of datagrams that contain an Initial packet. */
    private static final Program EVERY_LONG_HEADER = Program.parse("""
                  ldb [8]
                  jset #0x80, long, keep
            long: ld [9]
                  jne #1, drop
                  ld len
                  jlt #1208, drop
            keep: ret #-1
            drop: ret #0
            """);

    @TempDir
    static Path folder;

    private static QuicSslContext small;
    private static QuicSslContext large;
    private static MultiThreadIoEventLoopGroup clients;

    @BeforeAll
    static void prepare() throws Exception {
        Assumptions.assumeTrue(Quic.isAvailable(), () -> "no QUIC here: " + Quic.unavailabilityCause());
        // 250 names of 32 bytes: the certificate does not fit into three datagrams, so the server has to wait for the
        // client's address to be validated.
        String names = IntStream.range(0, 250)
                .mapToObj("dns:name-%04d.long-list.example.org"::formatted)
                .collect(Collectors.joining(","));
        Process smallKey = keytool("small", "san=dns:localhost");
        Process largeKey = keytool("large", "san=" + names);
        small = server("small", smallKey, 0);
        large = server("large", largeKey, 8_500);
        clients = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    }

    @AfterAll
    static void end() {
        if (clients != null) {
            clients.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private static Process keytool(String name, String extension) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        extension,
                        "-keystore",
                        store(name).toString(),
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name + ".out").toFile())
                .start();
    }

    private static File store(String name) {
        return folder.resolve(name + ".p12").toFile();
    }

    private static QuicSslContext server(String name, Process keytool, int atLeast) throws Exception {
        assertEquals(0, keytool.waitFor(), () -> folder.resolve(name + ".out").toString());
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store(name).toPath())) {
            store.load(in, PASSWORD.toCharArray());
        }
        X509Certificate certificate = (X509Certificate) store.getCertificate(name);
        int length = certificate.getEncoded().length;
        assertTrue(length >= atLeast, () -> length + " bytes");
        PrivateKey key = (PrivateKey) store.getKey(name, PASSWORD.toCharArray());
        return QuicSslContextBuilder.forServer(key, null, certificate)
                .applicationProtocols(PROTOCOL)
                .earlyData(true)
                .build();
    }

    private static QuicSslContext client(boolean earlyData) {
        return QuicSslContextBuilder.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .applicationProtocols(PROTOCOL)
                .earlyData(earlyData)
                .build();
    }

    /** A server that echoes each stream, and remembers the first byte of each packet that it receives. */
    private static final class Server implements AutoCloseable {
        private final MultiThreadIoEventLoopGroup group;
        private final Channel channel;
        private final Queue<Integer> firstBytes = new ConcurrentLinkedQueue<>();
        private final boolean retries;

        Server(Where where, Program program, QuicSslContext ssl, @Nullable QuicTokenHandler tokens) {
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

    /** Loses one of the datagrams that the client sends, counted from 1; or none, for 0. */
    private static final class Loss extends ChannelOutboundHandlerAdapter {
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

    /** A client that sends a text on a stream once it is connected or, with early data, before. */
    private static final class Client implements AutoCloseable {
        private final Channel udp;
        private final Future<QuicChannel> connected;
        private final CompletableFuture<String> echoed = new CompletableFuture<>();
        private final CompletableFuture<Void> early = new CompletableFuture<>();
        private final String text;

        Client(Server server, QuicSslContext ssl, String text, ChannelHandler... inFront) {
            this.text = text;
            InetSocketAddress address = (InetSocketAddress) server.channel.localAddress();
            ChannelHandler codec = new QuicClientCodecBuilder()
                    .sslEngineProvider(quic -> ssl.newEngine(quic.alloc(), "localhost", address.getPort()))
                    .maxIdleTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .initialMaxData(1 << 20)
                    .initialMaxStreamDataBidirectionalLocal(1 << 20)
                    .build();
            udp = new Bootstrap()
                    .group(clients)
                    .channel(NioDatagramChannel.class)
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel ch) {
                            ch.pipeline().addLast(inFront).addLast(codec);
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

        void assertEchoed() throws Exception {
            assertEquals(text, echoed.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        }

        @Override
        public void close() {
            if (connected.isSuccess()) {
                connected.getNow().close().syncUninterruptibly();
            }
            udp.close().syncUninterruptibly();
        }
    }

    private static Program recipe() throws IOException {
        return Cookbook.recipe("QUIC");
    }

    /**
     * Handshakes with short and long certificates, with and without Retry; some clients lose no datagram, some the
     * first, which is an Initial, and some the second, which is the next Initial after a Retry, and otherwise has the
     * first Handshake packet. All at once, because a client waits for up to a second until it sends again.
     */
    private static void handshakes(Where where, int times) throws Exception {
        List<Server> servers = new ArrayList<>();
        List<Client> all = new ArrayList<>();
        try {
            for (QuicSslContext ssl : List.of(small, large)) {
                servers.add(new Server(where, recipe(), ssl, null));
                servers.add(new Server(where, recipe(), ssl, InsecureQuicTokenHandler.INSTANCE));
            }
            for (Server server : servers) {
                for (int i = 0; i < times; i++) {
                    for (int lost = 0; lost < 3; lost++) {
                        all.add(new Client(server, client(false), "connection " + all.size(), new Loss(lost)));
                    }
                }
            }
            for (Client client : all) {
                client.assertEchoed();
            }
            for (Server server : servers) {
                assertTrue(server.received(HANDSHAKE) >= 3L * times);
                assertTrue(server.received(INITIAL) >= 3L * times * (server.retries ? 2 : 1));
            }
        } finally {
            all.forEach(Client::close);
            servers.forEach(Server::close);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyHandshakeSucceeds(Where where) throws Exception {
        handshakes(where, 3);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("soak")
    void everyOfManyHandshakesSucceeds(Where where) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("soak.seconds", 60)) / 2;
        do {
            handshakes(where, 40);
            for (int i = 0; i < 40; i++) {
                earlyDataArrives(where);
            }
        } while (System.nanoTime() < end);
    }

    @ParameterizedTest
    @EnumSource
    void earlyDataArrives(Where where) throws Exception {
        QuicSslContext ssl = client(true);
        try (Server server = new Server(where, recipe(), small, null)) {
            try (Client first = new Client(server, ssl, "full handshake")) {
                first.assertEchoed();
            }
            assertEquals(0, server.received(ZERO_RTT));
            // The ticket may arrive after the echo, so the first attempt may be a full handshake too.
            boolean early = false;
            for (int attempt = 0; !early && attempt < 10; attempt++) {
                // More than fits into two datagrams: the last one, of 0-RTT packets only, is short.
                try (Client resumed = new Client(server, ssl, "early ".repeat(500))) {
                    resumed.assertEchoed();
                    early = resumed.early.isDone();
                }
            }
            assertTrue(early);
            assertTrue(server.received(ZERO_RTT) >= 3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void handshakesFailIfEveryLongHeaderHasToBeLong(Where where) throws Exception {
        List<Client> all = new ArrayList<>();
        try (Server toSmall = new Server(where, EVERY_LONG_HEADER, small, null);
                Server toLarge = new Server(where, EVERY_LONG_HEADER, large, null)) {
            for (int i = 0; i < 4; i++) {
                all.add(new Client(toSmall, client(false), "hello", new Loss(2)));
                all.add(new Client(toLarge, client(false), "hello"));
            }
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
            for (Client client : all) {
                assertThrows(
                        TimeoutException.class, () -> client.echoed.get(end - System.nanoTime(), TimeUnit.NANOSECONDS));
            }
        } finally {
            all.forEach(Client::close);
        }
    }
}
