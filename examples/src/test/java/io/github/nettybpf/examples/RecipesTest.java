package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.Offload;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsServerAddresses;
import io.vertx.core.Vertx;
import io.vertx.core.datagram.DatagramSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.netty.Connection;
import reactor.netty.udp.UdpServer;

/** What docs/recipes.md shows, against the real thing. */
class RecipesTest {
    private static final int PATIENCE_SECONDS = 60;
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    /** Keeps payloads that begin with "wanted". */
    private final Program program = Program.parse("""
                  ld [8]
                  jne #0x77616e74, drop   ; "want"
                  ldh [12]
                  jne #0x6564, drop       ; "ed"
                  ret #-1
            drop: ret #0
            """).at(Placement.UDP_SOCKET);

    private static EventLoopGroup group;

    @BeforeAll
    static void start() {
        Assumptions.assumeTrue(Epoll.isAvailable(), "no epoll here, so the kernel cannot filter");
        group = new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
    }

    @AfterAll
    static void end() {
        if (group != null) {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    /** What a server received, as text. */
    private static final class Received {
        private final BlockingQueue<String> texts = new LinkedBlockingQueue<>();

        void add(String text) {
            texts.add(text);
        }

        void assertNext(String... expected) throws InterruptedException {
            List<String> next = new ArrayList<>();
            for (int i = 0; i < expected.length; i++) {
                next.add(texts.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
            }
            assertEquals(List.of(expected), next);
        }

        ChannelHandler handler() {
            return new SimpleChannelInboundHandler<DatagramPacket>() {
                @Override
                protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
                    add(packet.content().toString(StandardCharsets.US_ASCII));
                }
            };
        }
    }

    private static void send(InetSocketAddress server, String... texts) throws IOException {
        try (java.net.DatagramSocket socket = new java.net.DatagramSocket(0, LOOPBACK)) {
            send(socket, server, texts);
        }
    }

    private static void send(java.net.DatagramSocket socket, SocketAddress to, String... texts) throws IOException {
        for (String text : texts) {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            socket.send(new java.net.DatagramPacket(bytes, bytes.length, to));
        }
    }

    private static void assertDropsInKernel(BpfFilterHandler filter, int dropped) {
        assertEquals(
                Location.KERNEL, filter.stats().location(), () -> filter.stats().reason());
        assertEquals(dropped, filter.stats().droppedInKernel());
    }

    private static InetSocketAddress address(Channel channel) {
        return (InetSocketAddress) channel.localAddress();
    }

    @Test
    void reactorNetty() throws Exception {
        Received received = new Received();
        BpfFilterHandler filter = new BpfFilterHandler(program);
        Connection server = UdpServer.create()
                .host("127.0.0.1")
                .port(0)
                .doOnChannelInit(
                        (observer, channel, address) -> channel.pipeline().addFirst(filter))
                .handle((in, out) ->
                        in.receive().asString().doOnNext(received::add).then())
                .bindNow();
        send(address(server.channel()), "junk", "wanted 1", "junk", "wanted 2");
        received.assertNext("wanted 1", "wanted 2");
        assertDropsInKernel(filter, 2);
        server.disposeNow(Duration.ofSeconds(PATIENCE_SECONDS));
    }

    @Test
    void vertx() throws Exception {
        Received received = new Received();
        Queue<BpfFilterHandler> filters = new ConcurrentLinkedQueue<>();
        Vertx vertx = Vertx.builder()
                .withTransport(new FilteredTransport(() -> {
                    BpfFilterHandler filter = new BpfFilterHandler(program);
                    filters.add(filter);
                    return filter;
                }))
                .build();
        DatagramSocket socket = vertx.createDatagramSocket()
                .handler(packet -> received.add(packet.data().toString()));
        socket.listen(0, "127.0.0.1").await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        send(new InetSocketAddress(LOOPBACK, socket.localAddress().port()), "junk", "wanted 1", "junk", "wanted 2");
        received.assertNext("wanted 1", "wanted 2");
        assertEquals(1, filters.size());
        FilterStats stats = filters.element().stats();
        assertEquals(2, stats.droppedInKernel());
        assertEquals(Location.KERNEL, stats.location(), stats::reason);
        vertx.close().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void dnsNameResolver() throws Exception {
        try (java.net.DatagramSocket nameServer = new java.net.DatagramSocket(0, LOOPBACK)) {
            InetSocketAddress server = (InetSocketAddress) nameServer.getLocalSocketAddress();
            Program answers = FilterExpression.compile(
                    "src host " + server.getAddress().getHostAddress() + " and src port " + server.getPort(),
                    Placement.UDP_SOCKET);
            List<BpfFilterHandler> filters = Collections.synchronizedList(new ArrayList<>());
            DnsNameResolver resolver = new DnsNameResolverBuilder(group.next())
                    .datagramChannelFactory(() -> {
                        EpollDatagramChannel channel = new EpollDatagramChannel();
                        BpfFilterHandler filter = new BpfFilterHandler(answers);
                        channel.pipeline().addFirst(filter);
                        filters.add(filter);
                        return channel;
                    })
                    .resolvedAddressTypes(ResolvedAddressTypes.IPV4_ONLY)
                    .nameServerProvider(host -> DnsServerAddresses.singleton(server).stream())
                    .build();
            io.netty.util.concurrent.Future<InetAddress> resolved = resolver.resolve("a.test.");

            byte[] bytes = new byte[512];
            java.net.DatagramPacket packet = new java.net.DatagramPacket(bytes, bytes.length);
            nameServer.receive(packet);
            SocketAddress client = packet.getSocketAddress();
            byte[] answer = CookbookToolsTest.address(Arrays.copyOf(bytes, packet.getLength()));
            byte[] forged = CookbookToolsTest.with(answer, answer.length - 1, 66);
            try (java.net.DatagramSocket forger = new java.net.DatagramSocket(0, LOOPBACK)) {
                forger.send(new java.net.DatagramPacket(forged, forged.length, client));
            }
            nameServer.send(new java.net.DatagramPacket(answer, answer.length, client));
            assertEquals(
                    "192.0.2.7",
                    resolved.get(PATIENCE_SECONDS, TimeUnit.SECONDS).getHostAddress());
            assertEquals(1, filters.size());
            assertDropsInKernel(filters.get(0), 1);
            resolver.close();
        }
    }

    @Test
    void embeddedChannel() {
        InetSocketAddress server = new InetSocketAddress("192.0.2.1", 53);
        InetSocketAddress client = new InetSocketAddress("192.0.2.7", 40_000);
        BpfFilterHandler filter = new BpfFilterHandler(program);
        EmbeddedChannel channel = new EmbeddedChannel(filter);
        for (String text : List.of("junk", "wanted")) {
            channel.writeInbound(
                    new DatagramPacket(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII), server, client));
        }
        DatagramPacket passed = channel.readInbound();
        assertEquals("wanted", passed.content().toString(StandardCharsets.US_ASCII));
        assertEquals(1, filter.stats().dropped());
        passed.release();
        assertTrue(channel.inboundMessages().isEmpty());
    }

    @Test
    void reusePort() throws Exception {
        List<BpfFilterHandler> filters = Collections.synchronizedList(new ArrayList<>());
        Received received = new Received();
        Bootstrap bootstrap = new Bootstrap()
                .group(group)
                .channel(EpollDatagramChannel.class)
                .option(EpollChannelOption.SO_REUSEPORT, true)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        BpfFilterHandler filter = new BpfFilterHandler(program); // one for each channel
                        filters.add(filter);
                        channel.pipeline().addLast(filter, received.handler());
                    }
                });
        List<Channel> channels = new ArrayList<>();
        InetSocketAddress address = new InetSocketAddress(LOOPBACK, 0);
        for (int i = 0; i < 4; i++) {
            Channel channel = bootstrap.bind(address).sync().channel();
            address = (InetSocketAddress) channel.localAddress();
            channels.add(channel);
        }
        int clients = 64;
        for (int i = 0; i < clients; i++) {
            send(address, "junk", "wanted", "junk");
        }
        received.assertNext(Collections.nCopies(clients, "wanted").toArray(String[]::new));
        long dropped = 0;
        for (BpfFilterHandler filter : filters) {
            assertEquals(Location.KERNEL, filter.stats().location());
            assertNotEquals(0, filter.stats().accepted());
            dropped += filter.stats().droppedInKernel();
        }
        assertEquals(2L * clients, dropped);
        assertEquals(4, filters.size());
        for (Channel channel : channels) {
            channel.close().sync();
        }
    }

    @Test
    void multicast() throws Exception {
        Received received = new Received();
        NetworkInterface networkInterface = NetworkInterface.getByInetAddress(LOOPBACK);
        InetSocketAddress multicast = new InetSocketAddress("239.255.77.1", 0);
        Program toGroup = FilterExpression.compile("dst host 239.255.77.1", Placement.UDP_SOCKET);
        BpfFilterHandler filter =
                BpfFilterHandler.builder(toGroup).offload(Offload.REQUIRED).build();
        DatagramChannel channel = (DatagramChannel) new Bootstrap()
                .group(group)
                .channelFactory(() -> new EpollDatagramChannel(SocketProtocolFamily.INET))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline().addLast(filter, received.handler());
                    }
                })
                .bind(0)
                .sync()
                .channel();
        channel.joinGroup(multicast, networkInterface).sync();
        int port = address(channel).getPort();
        try (MulticastSocket sender = new MulticastSocket(new InetSocketAddress(LOOPBACK, 0))) {
            sender.setNetworkInterface(networkInterface);
            send(sender, new InetSocketAddress(LOOPBACK, port), "to one");
            send(sender, new InetSocketAddress(multicast.getAddress(), port), "to the group");
        }
        received.assertNext("to the group");
        assertDropsInKernel(filter, 1);
        channel.close().sync();
    }

    @Test
    void connected() throws Exception {
        Received received = new Received();
        try (java.net.DatagramSocket server = new java.net.DatagramSocket(0, LOOPBACK)) {
            BpfFilterHandler filter = new BpfFilterHandler(program);
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(EpollDatagramChannel.class)
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel ch) {
                            ch.pipeline().addLast(filter, received.handler());
                        }
                    })
                    .connect(server.getLocalSocketAddress())
                    .sync()
                    .channel();
            send(server, address(channel), "junk", "wanted 1", "junk", "wanted 2");
            received.assertNext("wanted 1", "wanted 2");
            assertDropsInKernel(filter, 2);
            channel.close().sync();
        }
    }

    @Test
    void recvmmsg() throws Exception {
        for (Offload offload : List.of(Offload.REQUIRED, Offload.NEVER)) {
            Received received = new Received();
            BpfFilterHandler filter =
                    BpfFilterHandler.builder(program).offload(offload).build();
            Bootstrap bootstrap = new Bootstrap()
                    .group(group)
                    .channel(EpollDatagramChannel.class)
                    .option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, 2048)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(16 * 2048))
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel ch) {
                            ch.pipeline().addLast(filter, received.handler());
                        }
                    });
            Channel channel = bootstrap
                    .option(ChannelOption.AUTO_READ, false)
                    .bind(LOOPBACK, 0)
                    .sync()
                    .channel();
            List<String> wanted = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                wanted.add("wanted " + i);
                send(address(channel), "junk", "wanted " + i);
            }
            // All of them are queued, so that each system call returns 16.
            channel.config().setAutoRead(true);
            received.assertNext(wanted.toArray(String[]::new));
            if (offload == Offload.REQUIRED) {
                assertDropsInKernel(filter, 32);
            } else {
                assertEquals(Location.PIPELINE, filter.stats().location());
                assertEquals(32, filter.stats().dropped());
            }
            channel.close().sync();
        }
    }

    /** {@return the text without white space, so that lines may be broken elsewhere} */
    private static String withoutSpace(String text) {
        return text.replaceAll("\\s+", "");
    }

    @Test
    void theDocumentShowsThisCode() throws IOException {
        StringBuilder code = new StringBuilder();
        for (String name : List.of("RecipesTest", "FilteredTransport")) {
            code.append(withoutSpace(Files.readString(
                    Path.of("src/test/java/io/github/nettybpf/examples").resolve(name + ".java"))));
        }
        String recipes = Files.readString(Path.of("..", "docs", "recipes.md"));
        List<String> snippets = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL)
                .matcher(recipes)
                .results()
                .map((MatchResult snippet) -> snippet.group(1))
                .toList();
        assertEquals(10, snippets.size());
        for (String snippet : snippets) {
            assertTrue(code.indexOf(withoutSpace(snippet)) >= 0, () -> "no test has this code:\n" + snippet);
        }
    }
}
