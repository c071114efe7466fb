package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.netty.DatagramConfiguration.Bound;
import io.github.nettybpf.netty.DatagramConfiguration.Reading;
import io.github.nettybpf.netty.DatagramConfiguration.Rule;
import io.github.nettybpf.netty.FilterStats.Location;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.uring.IoUring;
import io.netty.util.NetUtil;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A handler on all kinds of UDP channels, however they are bound and read: what comes through it is what the
 * interpreter keeps of the datagrams as the kernel sees them, or else the channel is refused.
 */
class DatagramMatrixTest {
    private static final int LONGEST = 89;
    private static final int[] LENGTHS = {0, 1, 2, 3, 5, 8, 13, 21, 34, 55, LONGEST};

    @SuppressWarnings("ArrayRecordComponent") // no two are compared
    private record Sent(DatagramSocket socket, InetSocketAddress to, byte[] payload) {
        InetSocketAddress from() {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        }
    }

    private final Map<Transport, MultiThreadIoEventLoopGroup> groups = new EnumMap<>(Transport.class);
    private final List<DatagramSocket> ip4 = new ArrayList<>();
    private final List<DatagramSocket> ip6 = new ArrayList<>();
    private final Leaks leaks = new Leaks();
    private final Random random = new Random(Long.getLong("bpf.seed", 1));
    private List<Rule> rules;
    private long datagrams;
    private int refused;

    private static InetAddress ip(String address) throws UnknownHostException {
        return InetAddress.getByAddress(NetUtil.createByteArrayFromIpAddressString(address));
    }

    @BeforeEach
    void open() throws IOException {
        assertEquals(ResourceLeakDetector.Level.PARANOID, ResourceLeakDetector.getLevel());
        ip4.add(new DatagramSocket(0, ip("127.0.0.1")));
        ip4.add(new DatagramSocket(0, ip("127.0.0.2")));
        try {
            ip6.add(new DatagramSocket(0, ip("::1")));
            ip6.add(new DatagramSocket(0, ip("::1")));
        } catch (IOException e) {
            System.out.println("skipped: IPv6: " + e.getMessage());
        }
        for (Transport transport : List.of(Transport.NIO_UDP, Transport.EPOLL_UDP, Transport.IO_URING_UDP)) {
            Throwable missing = transport == Transport.NIO_UDP
                    ? null
                    : transport == Transport.EPOLL_UDP ? Epoll.unavailabilityCause() : IoUring.unavailabilityCause();
            if (missing == null) {
                groups.put(transport, transport.group());
            } else {
                System.out.println("skipped: " + transport + ": " + missing);
            }
        }
        int port = ip4.get(0).getLocalPort();
        int port6 = ip6.isEmpty() ? 53 : ip6.get(0).getLocalPort();
        rules = List.of(
                Rule.expression("src port " + port + " or src port " + port6),
                Rule.expression("src host 127.0.0.1"),
                Rule.expression("src host ::1 or src host 127.0.0.2"),
                Rule.expression("dst host ::1 or dst host 127.0.0.2"),
                Rule.expression("ip6 or less 20"),
                Rule.expression("not src net ::/120 or udp[8] & 1 = 0"),
                Rule.assembly(Placement.UDP_SOCKET, "ldb [8]; jset #1, odd; ret #0; odd: ret #12"),
                Rule.assembly(Placement.UDP_SOCKET, "ld #len; sub #2; ret a"),
                Rule.assembly(Placement.UDP_SOCKET, "ldxb 4*([8]&0xf); ldb [x + 8]; ret a"),
                Rule.assembly(Placement.PAYLOAD, "ldb [0]; jset #2, no; ret #3; no: ret #0"));
    }

    @AfterEach
    void close() {
        ip4.forEach(DatagramSocket::close);
        ip6.forEach(DatagramSocket::close);
        groups.values().forEach(group -> group.shutdownGracefully(0, 0, TimeUnit.SECONDS)
                .syncUninterruptibly());
        leaks.close();
    }

    private List<DatagramConfiguration> all() {
        List<DatagramConfiguration> all = new ArrayList<>();
        for (Transport transport : groups.keySet()) {
            for (boolean isIp6 : ip6.isEmpty() ? new boolean[] {false} : new boolean[] {false, true}) {
                for (Bound bound : Bound.values()) {
                    for (Reading reading : Reading.values()) {
                        for (Rule rule : rules) {
                            for (Offload offload : Offload.values()) {
                                all.add(new DatagramConfiguration(transport, isIp6, bound, reading, rule, offload));
                            }
                        }
                    }
                }
            }
        }
        return all;
    }

    /** A prime step takes each value of each dimension. */
    @Test
    void someConfigurationsKeepWhatTheReferenceKeeps() throws Exception {
        List<DatagramConfiguration> all = all();
        for (int i = 0; i < all.size(); i += 53) {
            check(all.get(i));
        }
        assertNoLeaks();
    }

    @Test
    @Tag("soak")
    void allConfigurationsKeepWhatTheReferenceKeeps() throws Exception {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        List<DatagramConfiguration> all = all();
        Collections.shuffle(all, random);
        int done = 0;
        while (System.nanoTime() < end) {
            check(all.get(done % all.size()));
            done++;
        }
        assertNoLeaks();
        System.out.println(done + " of " + all.size() + " configurations, " + refused
                + " of them refused as they must be, " + datagrams + " datagrams, no difference, no leak");
    }

    private void assertNoLeaks() {
        System.gc();
        UnpooledByteBufAllocator.DEFAULT.directBuffer().release();
        assertEquals(0, leaks.count());
    }

    private void check(DatagramConfiguration configuration) throws Exception {
        UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
        try {
            BpfFilterHandler handler = BpfFilterHandler.builder(
                            configuration.rule().program())
                    .placement(configuration.rule().placement())
                    .offload(configuration.offload())
                    .build();
            try (Receiver receiver = new Receiver(configuration, handler, allocator)) {
                if (configuration.refusal() != null) {
                    refused++;
                    receiver.assertRefused(configuration.refusal());
                } else {
                    receiver.assertKeepsWhatTheReferenceKeeps();
                }
            }
            Transport.await(
                    () -> allocator.metric() + " is not released",
                    () -> allocator.metric().usedDirectMemory() == 0
                            && allocator.metric().usedHeapMemory() == 0);
        } catch (AssertionError | Exception e) {
            throw new AssertionError(configuration.toString(), e);
        }
    }

    /** A channel as the configuration has it, and what came through its handler. */
    private final class Receiver implements AutoCloseable {
        private final DatagramConfiguration configuration;
        private final BpfFilterHandler handler;
        private final List<String> received = Collections.synchronizedList(new ArrayList<>());
        private final BlockingQueue<Throwable> thrown = new LinkedBlockingQueue<>();
        private final ChannelFuture bound;
        private final Channel channel;

        Receiver(DatagramConfiguration configuration, BpfFilterHandler handler, UnpooledByteBufAllocator allocator)
                throws Exception {
            this.configuration = configuration;
            this.handler = handler;
            Bootstrap bootstrap = new Bootstrap()
                    .group(groups.get(configuration.transport()))
                    .channel(configuration.transport().channel)
                    .option(ChannelOption.ALLOCATOR, allocator)
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel initialized) {
                            if (configuration.reading() != Reading.LIVE) {
                                initialized.pipeline().addLast(handler);
                            }
                            initialized.pipeline().addLast(new Collector());
                        }
                    });
            read(bootstrap);
            String any = configuration.isIp6() ? "::" : "0.0.0.0";
            InetAddress local = configuration.bound() == Bound.WILDCARD ? InetAddress.getByName(any) : ownAddress();
            InetSocketAddress address = new InetSocketAddress(local, 0);
            bound = configuration.bound() == Bound.CONNECTED
                    ? bootstrap
                            .connect(senders().get(0).getLocalSocketAddress(), address)
                            .await()
                    : bootstrap.bind(address).await();
            channel = bound.channel();
        }

        private void read(Bootstrap bootstrap) {
            switch (configuration.reading()) {
                case PLAIN -> {}
                case BATCHED -> {
                    if (configuration.transport() == Transport.EPOLL_UDP) {
                        bootstrap.option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, 128);
                        bootstrap.option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(8 * 128));
                    } else {
                        bootstrap.option(
                                ChannelOption.RECVBUF_ALLOCATOR,
                                new FixedRecvByteBufAllocator(2048).maxMessagesPerRead(3));
                    }
                }
                case TIGHT -> bootstrap.option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(LONGEST));
                case ON_DEMAND, LIVE -> bootstrap.option(ChannelOption.AUTO_READ, false);
            }
        }

        private List<DatagramSocket> senders() {
            return configuration.isIp6() ? ip6 : ip4;
        }

        private InetAddress ownAddress() {
            return senders().get(0).getLocalAddress();
        }

        /** Belongs to the event loop. */
        private final class Collector extends ChannelInboundHandlerAdapter {
            private boolean wasRead;

            @Override
            public void channelActive(ChannelHandlerContext ctx) {
                if (configuration.reading() == Reading.ON_DEMAND) {
                    ctx.read();
                }
            }

            @Override
            public void channelRead(ChannelHandlerContext ctx, Object msg) {
                DatagramPacket packet = (DatagramPacket) msg;
                received.add(text(packet.sender(), ByteBufUtil.hexDump(packet.content())));
                packet.release();
                wasRead = true;
            }

            @Override
            public void channelReadComplete(ChannelHandlerContext ctx) {
                if (wasRead && !ctx.channel().config().isAutoRead()) {
                    wasRead = false;
                    ctx.read();
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                thrown.add(cause);
            }
        }

        void assertRefused(String reason) throws Exception {
            if (configuration.reading() == Reading.LIVE) {
                add();
            }
            Throwable cause = configuration.reading() == Reading.LIVE
                    ? thrown.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS)
                    : bound.cause();
            String message =
                    assertInstanceOf(SocketFilterException.class, cause).getMessage();
            assertTrue(message.startsWith(reason), message);
            assertTrue(channel.closeFuture().await(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS), "is not closed");
            assertEquals(Location.FAILED, handler.stats().location());
        }

        void assertKeepsWhatTheReferenceKeeps() throws Exception {
            assertTrue(bound.isSuccess(), () -> "refused: " + bound.cause());
            List<Sent> sent = datagrams();
            datagrams += sent.size();
            int beforeTheHandler = configuration.reading() == Reading.LIVE ? sent.size() / 2 : 0;
            send(sent.subList(0, beforeTheHandler));
            if (configuration.reading() == Reading.LIVE) {
                add();
            }
            assertEquals(configuration.location(), handler.stats().location(), handler.stats()::reason);
            send(sent.subList(beforeTheHandler, sent.size()));
            if (configuration.reading() == Reading.LIVE) {
                channel.config().setAutoRead(true);
            }
            long ignored = sent.stream().filter(this::isIgnored).count();
            Transport.await(
                    () -> sent.size() + " were sent, " + ignored + " ignored: " + handler.stats() + ", " + received,
                    () -> {
                        FilterStats stats = handler.stats();
                        return stats.received() + stats.droppedInKernel() + ignored == sent.size();
                    });
            channel.eventLoop().submit(() -> {}).sync();
            List<String> expected = new ArrayList<>();
            for (Sent datagram : sent) {
                int kept = kept(datagram);
                if (kept >= 0 && !isIgnored(datagram)) {
                    expected.add(text(datagram.from(), HexFormat.of().formatHex(datagram.payload, 0, kept)));
                }
            }
            Collections.sort(expected);
            Collections.sort(received);
            assertEquals(expected, received);
            assertEquals(List.of(), List.copyOf(thrown));
            assertTrue(
                    !configuration.isInKernel() || SocketFilters.read(channel).isPresent(), "no filter");
        }

        private void add() throws InterruptedException {
            channel.eventLoop()
                    .submit(() -> channel.pipeline().addFirst(handler))
                    .sync();
        }

        /** {@return datagrams of all lengths from all senders that the channel hears to all of its addresses} */
        private List<Sent> datagrams() throws IOException {
            int port = ((InetSocketAddress) channel.localAddress()).getPort();
            List<Sent> sent = new ArrayList<>();
            if (configuration.bound() == Bound.CONNECTED) {
                add(sent, senders().get(0), new InetSocketAddress(ownAddress(), port));
                return sent;
            }
            for (DatagramSocket sender : senders()) {
                add(sent, sender, new InetSocketAddress(ownAddress(), port));
            }
            if (configuration.bound() == Bound.WILDCARD) {
                for (DatagramSocket sender : ip4) {
                    add(sent, sender, new InetSocketAddress("127.0.0.2", port));
                }
            }
            Collections.shuffle(sent, random);
            return sent;
        }

        private void add(List<Sent> sent, DatagramSocket sender, InetSocketAddress to) {
            for (int length : LENGTHS) {
                if (length == 0 && ignoresEmpty()) {
                    continue;
                }
                byte[] payload = new byte[length];
                random.nextBytes(payload);
                sent.add(new Sent(sender, to, payload));
            }
        }

        private static void send(List<Sent> sent) throws IOException {
            for (Sent datagram : sent) {
                datagram.socket.send(
                        new java.net.DatagramPacket(datagram.payload, datagram.payload.length, datagram.to));
            }
        }

        /** {@return whether the channel ignores empty datagrams} A connected one of epoll does, by recv(2). */
        private boolean ignoresEmpty() {
            return configuration.transport() == Transport.EPOLL_UDP
                    && configuration.bound() == Bound.CONNECTED
                    && configuration.reading() != Reading.BATCHED;
        }

        /** {@return whether the kernel cuts off all bytes of the datagram, and the channel ignores it then} */
        private boolean isIgnored(Sent datagram) {
            return ignoresEmpty() && configuration.location() == Location.KERNEL && kept(datagram) == 0;
        }

        /** {@return how many bytes of the payload are kept, or -1 if it is dropped} */
        private int kept(Sent datagram) {
            boolean isPayload = configuration.rule().placement() == Placement.PAYLOAD;
            Packet shown = isPayload
                    ? Packet.of(datagram.payload)
                    : new KernelDatagram(datagram.from(), datagram.to, datagram.payload);
            long verdict = Integer.toUnsignedLong(
                    Filter.interpret(configuration.rule().program()).run(shown));
            long kept = isPayload ? verdict : Math.max(0, verdict - 8);
            return verdict == 0 ? -1 : (int) Math.min(kept, datagram.payload.length);
        }

        @Override
        public void close() {
            channel.close().syncUninterruptibly();
        }
    }

    private static String text(InetSocketAddress from, String payload) {
        return from.getPort() + ":" + payload;
    }
}
