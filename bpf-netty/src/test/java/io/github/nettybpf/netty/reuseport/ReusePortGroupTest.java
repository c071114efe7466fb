package io.github.nettybpf.netty.reuseport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats;
import io.github.nettybpf.netty.Offload;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Groups of real channels. A datagram's first two bytes are the slot that it belongs to. */
class ReusePortGroupTest {
    private static final Steering BY_FIRST_WORD = Steering.of(Program.parse("ldh [0]\nret a"));
    private static final int LOOPS = 4;

    /** The transports that steer. */
    enum Transport {
        EPOLL,
        /** The kernel lists IPv4 sockets in another order than IPv6 sockets, which hear IPv4 too. */
        EPOLL_IPV4,
        IO_URING;

        MultiThreadIoEventLoopGroup loops() {
            assumeTrue(Epoll.isAvailable(), () -> "no epoll: " + Epoll.unavailabilityCause());
            if (this == IO_URING) {
                assumeTrue(IoUring.isAvailable(), () -> "no io_uring: " + IoUring.unavailabilityCause());
            }
            IoHandlerFactory io = this == IO_URING ? IoUringIoHandler.newFactory() : EpollIoHandler.newFactory();
            return new MultiThreadIoEventLoopGroup(LOOPS, io);
        }

        Channel channel() {
            return switch (this) {
                case EPOLL -> new EpollDatagramChannel();
                case EPOLL_IPV4 -> new EpollDatagramChannel(SocketProtocolFamily.INET);
                case IO_URING -> new IoUringDatagramChannel();
            };
        }
    }

    /** How often each channel has received which slot. */
    private final Map<Channel, int[]> received = new ConcurrentHashMap<>();

    private final AtomicInteger sum = new AtomicInteger();
    private MultiThreadIoEventLoopGroup loops;

    @AfterEach
    void shutDown() {
        if (loops != null) {
            loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    /** Counts datagrams by the slot that they are for. */
    private final class Counter extends ChannelInboundHandlerAdapter {
        @Override
        public boolean isSharable() {
            return true;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            DatagramPacket packet = (DatagramPacket) msg;
            received.computeIfAbsent(ctx.channel(), channel -> new int[16])[
                    packet.content().getUnsignedShort(0)]++;
            packet.release();
            sum.incrementAndGet();
        }
    }

    private Bootstrap bootstrap(Transport transport, ChannelHandler handler) {
        loops = transport.loops();
        return new Bootstrap().group(loops).channelFactory(transport::channel).handler(handler);
    }

    private static ReusePortGroup bind(ReusePortGroup.Builder builder) {
        return builder.bind(loopback(0)).syncUninterruptibly().getNow();
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static void await(Supplier<String> what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, what);
            LockSupport.parkNanos(20_000);
        }
    }

    /** Sends one datagram for each slot, in turns, and waits until all have come. */
    private void send(DatagramSocket sender, ReusePortGroup group, int slots, int rounds) throws IOException {
        int before = sum.get();
        for (int i = 0; i < slots * rounds; i++) {
            byte[] datagram = {0, (byte) (i % slots)};
            sender.send(new java.net.DatagramPacket(datagram, 2, group.localAddress()));
        }
        int all = before + slots * rounds;
        await(() -> "received " + sum.get() + " of " + all, () -> sum.get() == all);
    }

    private int[] receivedBy(Channel channel) {
        return received.getOrDefault(channel, new int[16]);
    }

    private void assertOnlyOwn(ReusePortGroup group, int each) {
        for (int slot = 0; slot < group.channels().size(); slot++) {
            int[] expected = new int[16];
            expected[slot] = each;
            int[] found = receivedBy(group.channels().get(slot));
            assertEquals(Arrays.toString(expected), Arrays.toString(found), "slot " + slot);
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void eachSlotHasAChannelOnALoopOfItsOwn(Transport transport) throws IOException {
        ReusePortGroup group = bind(ReusePortGroup.builder(bootstrap(transport, new Counter()), LOOPS)
                .steering(BY_FIRST_WORD)
                .offload(Offload.REQUIRED)
                .checkRouting(true));
        assertEquals("", group.whyNotSteered());
        Set<Object> used = new HashSet<>();
        for (int slot = 0; slot < LOOPS; slot++) {
            Channel channel = group.channels().get(slot);
            used.add(channel.eventLoop());
            assertEquals(slot, channel.attr(ReusePortGroup.SLOT).get());
        }
        assertEquals(LOOPS, used.size());
        try (DatagramSocket sender = new DatagramSocket()) {
            send(sender, group, LOOPS, 50);
        }
        assertOnlyOwn(group, 50);
        assertEquals(
                List.of(50L, 50L, 50L, 50L),
                group.stats().members().stream()
                        .map(GroupStats.Member::received)
                        .toList());
        assertEquals(
                0L,
                group.stats().members().stream()
                        .mapToLong(GroupStats.Member::misrouted)
                        .sum());
        assertEquals(List.of(), group.stats().foreignSockets());
        group.close().syncUninterruptibly();
        group.channels().forEach(channel -> assertFalse(channel.isOpen()));
        try (DatagramSocket free = new DatagramSocket(group.localAddress())) {
            assertTrue(free.isBound(), "nothing holds the port");
        }
    }

    /** Datagrams are sent all the while: each comes to the old or the new channel of its slot. */
    @ParameterizedTest
    @EnumSource(Transport.class)
    void replacingLosesAndMisroutesNothing(Transport transport) throws IOException {
        ReusePortGroup group = bind(ReusePortGroup.builder(bootstrap(transport, new Counter()), LOOPS)
                .steering(BY_FIRST_WORD)
                .offload(Offload.REQUIRED)
                .checkRouting(true));
        try (DatagramSocket sender = new DatagramSocket()) {
            for (int round = 0; round < 2; round++) {
                for (int slot = 0; slot < LOOPS; slot++) {
                    Channel old = group.channels().get(slot);
                    Future<Channel> replacing = group.replace(slot);
                    while (!replacing.isDone()) {
                        send(sender, group, LOOPS, 5);
                    }
                    Channel fresh = replacing.syncUninterruptibly().getNow();
                    assertEquals(fresh, group.channels().get(slot));
                    assertNotEquals(old, fresh);
                    assertFalse(old.isOpen());
                    received.remove(old);
                    send(sender, group, LOOPS, 5);
                }
            }
        }
        for (int slot = 0; slot < LOOPS; slot++) {
            int[] found = receivedBy(group.channels().get(slot)).clone();
            assertTrue(found[slot] > 0, "slot " + slot);
            found[slot] = 0;
            assertEquals(Arrays.toString(new int[16]), Arrays.toString(found), "slot " + slot);
        }
        assertEquals(
                0L,
                group.stats().members().stream()
                        .mapToLong(GroupStats.Member::misrouted)
                        .sum());
        group.close().syncUninterruptibly();
    }

    /** Not so many are on their way that a receive queue could overflow: it holds some 270 by default. */
    @ParameterizedTest
    @EnumSource(Transport.class)
    @Tag("soak")
    void replacingUnderFlowLosesAndMisroutesNothing(Transport transport) throws Exception {
        ReusePortGroup group = bind(ReusePortGroup.builder(bootstrap(transport, new Counter()), LOOPS)
                .steering(BY_FIRST_WORD)
                .offload(Offload.REQUIRED)
                .checkRouting(true));
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger sent = new AtomicInteger();
        CompletableFuture<Void> flow = CompletableFuture.runAsync(() -> {
            try (DatagramSocket sender = new DatagramSocket()) {
                while (!stop.get()) {
                    if (sent.get() - sum.get() < 100) {
                        byte[] datagram = {0, (byte) (sent.getAndIncrement() % LOOPS)};
                        sender.send(new java.net.DatagramPacket(datagram, 2, group.localAddress()));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        long begin = System.nanoTime();
        long end = begin + TimeUnit.SECONDS.toNanos(Long.getLong("soak.seconds", 60));
        int replaced = 0;
        while (replaced < 50 * LOOPS && System.nanoTime() < end) {
            group.replace(replaced++ % LOOPS).sync();
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
        stop.set(true);
        flow.get();
        await(() -> "received " + sum.get() + " of " + sent.get(), () -> sum.get() == sent.get());
        assertEquals(0, misrouted(group));
        System.out.println(transport + ": " + replaced + " channels replaced in " + millis + " ms, " + sent.get()
                + " datagrams, none lost, none misrouted");
        group.close().sync();
    }

    private static long misrouted(ReusePortGroup group) {
        return group.stats().members().stream()
                .mapToLong(GroupStats.Member::misrouted)
                .sum();
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void theNumberOfSlotsChanges(Transport transport) throws IOException {
        ReusePortGroup group = bind(ReusePortGroup.builder(bootstrap(transport, new Counter()), 2)
                .steering(BY_FIRST_WORD)
                .offload(Offload.REQUIRED));
        try (DatagramSocket sender = new DatagramSocket()) {
            for (int slots : new int[] {4, 1, 3, 2, 4, 2, 3}) {
                group.resize(slots).syncUninterruptibly();
                group.replace(0).syncUninterruptibly();
                received.clear();
                send(sender, group, slots, 10);
                assertEquals(slots, group.channels().size());
                assertOnlyOwn(group, 10);
            }
        }
        group.close().syncUninterruptibly();
    }

    @Test
    void anotherSteeringTakesOver() throws IOException {
        ReusePortGroup group = bind(ReusePortGroup.builder(bootstrap(Transport.EPOLL, new Counter()), 2)
                .steering(Steering.of(Program.parse("ret #0")))
                .offload(Offload.REQUIRED));
        try (DatagramSocket sender = new DatagramSocket()) {
            send(sender, group, 2, 5);
            assertEquals(5, receivedBy(group.channels().get(0))[1]);
            group.steer(Steering.of(Program.parse("ret #1"))).syncUninterruptibly();
            send(sender, group, 2, 5);
            assertEquals(5, receivedBy(group.channels().get(1))[1]);
            assertEquals(5, receivedBy(group.channels().get(0))[1]);
        }
        group.close().syncUninterruptibly();
    }

    @Test
    void whatBelongsToAClosedChannelGoesToTheNext() throws IOException {
        ReusePortGroup group = bind(ReusePortGroup.builder(bootstrap(Transport.EPOLL, new Counter()), LOOPS)
                .steering(BY_FIRST_WORD)
                .offload(Offload.REQUIRED));
        group.channels().get(1).close().syncUninterruptibly();
        try (DatagramSocket sender = new DatagramSocket()) {
            send(sender, group, LOOPS, 10);
            List<Channel> channels = group.channels();
            assertEquals(10, receivedBy(channels.get(0))[0]);
            assertEquals(10, receivedBy(channels.get(2))[1]);
            assertEquals(10, receivedBy(channels.get(2))[2]);
            assertEquals(10, receivedBy(channels.get(3))[3]);
            group.replace(1).syncUninterruptibly();
            received.clear();
            send(sender, group, LOOPS, 10);
        }
        assertOnlyOwn(group, 10);
        group.close().syncUninterruptibly();
    }

    @Test
    void eachChannelHasItsFilter() throws IOException {
        Program even = Program.parse("ldb [2]\njset #1, no, yes\nyes: ret #-1\nno: ret #0");
        ChannelInitializer<Channel> filtered = new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline()
                        .addLast(BpfFilterHandler.builder(even)
                                .placement(io.github.nettybpf.core.Placement.PAYLOAD)
                                .offload(Offload.REQUIRED)
                                .build())
                        .addLast(new Counter());
            }
        };
        ReusePortGroup group = bind(ReusePortGroup.builder(bootstrap(Transport.EPOLL, filtered), LOOPS)
                .steering(BY_FIRST_WORD)
                .offload(Offload.REQUIRED));
        try (DatagramSocket sender = new DatagramSocket()) {
            for (int i = 0; i < LOOPS * 20; i++) {
                byte[] datagram = {0, (byte) (i % LOOPS), (byte) (i / LOOPS)};
                sender.send(new java.net.DatagramPacket(datagram, 3, group.localAddress()));
            }
        }
        await(() -> "received " + sum.get(), () -> sum.get() == LOOPS * 10);
        assertOnlyOwn(group, 10);
        for (Channel channel : group.channels()) {
            FilterStats stats = channel.pipeline().get(BpfFilterHandler.class).stats();
            assertEquals(FilterStats.Location.KERNEL, stats.location());
            assertEquals(10, stats.droppedInKernel());
        }
        group.close().syncUninterruptibly();
    }

    @Test
    void connectionsGoToTheListenerOfTheirSlot() throws IOException {
        loops = Transport.EPOLL.loops();
        Map<Channel, Channel> accepted = new ConcurrentHashMap<>();
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accepted.put(channel, channel.parent());
                    }
                });
        ReusePortGroup group = bind(ReusePortGroup.builder(bootstrap, 3)
                .steering(Steering.bySource())
                .offload(Offload.REQUIRED)
                .checkRouting(true));
        int connections = 30;
        java.net.Socket[] clients = new java.net.Socket[connections];
        for (int i = 0; i < connections; i++) {
            if (i == connections / 2) {
                group.replace(1).syncUninterruptibly();
            }
            clients[i] = new java.net.Socket(
                    InetAddress.getLoopbackAddress(), group.localAddress().getPort());
        }
        await(() -> "accepted " + accepted.size(), () -> accepted.size() == connections);
        accepted.forEach((connection, listener) -> assertEquals(
                connection.eventLoop(), listener.eventLoop(), "a connection stays on the loop of its listener"));
        assertEquals(
                0L,
                group.stats().members().stream()
                        .mapToLong(GroupStats.Member::misrouted)
                        .sum());
        assertEquals(
                connections,
                group.stats().members().stream()
                        .mapToLong(GroupStats.Member::received)
                        .sum());
        for (java.net.Socket client : clients) {
            client.close();
        }
        group.close().syncUninterruptibly();
    }

    @Test
    void whereTheKernelCannotSteerThereIsOneChannel() {
        loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
        Bootstrap nio =
                new Bootstrap().group(loops).channel(NioDatagramChannel.class).handler(new Counter());
        ReusePortGroup group = bind(ReusePortGroup.builder(nio, 2));
        assertEquals("NioDatagramChannel (expected: an epoll or io_uring channel)", group.whyNotSteered());
        assertEquals(1, group.channels().size());
        assertEquals(1, group.slotFunction().slots());
        Throwable alone = group.replace(0).awaitUninterruptibly().cause();
        assertInstanceOf(IllegalStateException.class, alone);
        group.close().syncUninterruptibly();

        Throwable refused = ReusePortGroup.builder(nio, 2)
                .offload(Offload.REQUIRED)
                .bind(loopback(0))
                .awaitUninterruptibly()
                .cause();
        assertEquals(
                "slot 0 of 2, " + loopback(0) + ": the kernel cannot steer: NioDatagramChannel (expected: an epoll or"
                        + " io_uring channel)",
                refused.getMessage());
    }

    @Test
    void aBindThatFailsNamesTheSlotAndLeavesNothingOpen() throws IOException {
        Set<Channel> registered = ConcurrentHashMap.newKeySet();
        Bootstrap bootstrap = bootstrap(Transport.EPOLL, new ChannelInboundHandlerAdapter() {
            @Override
            public boolean isSharable() {
                return true;
            }

            @Override
            public void channelRegistered(ChannelHandlerContext ctx) {
                registered.add(ctx.channel());
            }
        });
        try (DatagramSocket taken = new DatagramSocket(loopback(0))) {
            InetSocketAddress address = loopback(taken.getLocalPort());
            Throwable failure = ReusePortGroup.builder(bootstrap, LOOPS)
                    .bind(address)
                    .awaitUninterruptibly()
                    .cause();
            assertInstanceOf(ChannelException.class, failure);
            assertTrue(
                    failure.getMessage().startsWith("slot 0 of 4, " + address + ": ")
                            && failure.getMessage().endsWith("Address already in use"),
                    failure::getMessage);
            await(() -> "open: " + registered, () -> registered.stream().noneMatch(Channel::isOpen));
        }
    }

    /** The kernel lets nobody bring a program to a group that exists, and anybody of the same user join one later. */
    @Test
    void aSocketOfSomebodyElseIsRefusedOrFound() throws IOException {
        Bootstrap bootstrap = bootstrap(Transport.EPOLL, new Counter());
        Socket other = Socket.newSocketDgram();
        try {
            other.setReusePort(true);
            other.bind(loopback(0));
            InetSocketAddress taken = loopback(other.localAddress().getPort());
            Throwable refused = ReusePortGroup.builder(bootstrap, 2)
                    .bind(taken)
                    .awaitUninterruptibly()
                    .cause();
            assertTrue(refused.getMessage().endsWith("Address already in use"), refused::getMessage);
        } finally {
            other.close();
        }
        ReusePortGroup group = bind(
                ReusePortGroup.builder(bootstrap, 2).steering(BY_FIRST_WORD).offload(Offload.REQUIRED));
        assertEquals(List.of(), group.stats().foreignSockets());
        Socket joiner = Socket.newSocketDgram();
        try {
            joiner.setReusePort(true);
            joiner.bind(group.localAddress());
            assertEquals(1, group.stats().foreignSockets().size());
        } finally {
            joiner.close();
        }
        assertEquals(List.of(), group.stats().foreignSockets());
        group.close().syncUninterruptibly();
    }

    @Test
    void whatIsNoGroupIsRefused() {
        Bootstrap bootstrap = bootstrap(Transport.EPOLL, new Counter());
        assertEquals(
                "5 slots: the bootstrap's group has 4 event loops (expected: one for each slot)",
                assertThrows(IllegalArgumentException.class, () -> ReusePortGroup.builder(bootstrap, 5))
                        .getMessage());
        assertEquals(
                "slots 0 (expected: 1..1024)",
                assertThrows(IllegalArgumentException.class, () -> ReusePortGroup.builder(bootstrap, 0))
                        .getMessage());
        ReusePortGroup group = bind(ReusePortGroup.builder(bootstrap, 2));
        assertEquals(
                "slot 2 (expected: 0..1)",
                assertThrows(IllegalArgumentException.class, () -> group.replace(2))
                        .getMessage());
        group.close().syncUninterruptibly();
        assertEquals(
                "the group is closed",
                group.resize(1).awaitUninterruptibly().cause().getMessage());
    }
}
