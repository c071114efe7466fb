package io.github.nettybpf.netty.reuseport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Program;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;

/** Groups of real channels. A datagram's first two bytes are the slot that it belongs to. */
abstract class GroupFixture {
    static final Steering BY_FIRST_WORD = Steering.of(Program.parse("ldh [0]\nret a"));
    static final int LOOPS = 4;

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
    final Map<Channel, int[]> received = new ConcurrentHashMap<>();

    final AtomicInteger sum = new AtomicInteger();
    MultiThreadIoEventLoopGroup loops;

    @AfterEach
    void shutDown() {
        if (loops != null) {
            loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    /** Counts datagrams by the slot that they are for. */
    final class Counter extends ChannelInboundHandlerAdapter {
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

    final Bootstrap bootstrap(Transport transport, ChannelHandler handler) {
        loops = transport.loops();
        return new Bootstrap().group(loops).channelFactory(transport::channel).handler(handler);
    }

    static ReusePortGroup bind(ReusePortGroup.Builder builder) {
        return builder.bind(loopback(0)).syncUninterruptibly().getNow();
    }

    static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    static void await(Supplier<String> what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, what);
            LockSupport.parkNanos(20_000);
        }
    }

    /** Sends one datagram for each slot, in turns, and waits until all have come. */
    final void send(DatagramSocket sender, ReusePortGroup group, int slots, int rounds) throws IOException {
        int before = sum.get();
        for (int i = 0; i < slots * rounds; i++) {
            byte[] datagram = {0, (byte) (i % slots)};
            sender.send(new java.net.DatagramPacket(datagram, 2, group.localAddress()));
        }
        int all = before + slots * rounds;
        await(() -> "received " + sum.get() + " of " + all, () -> sum.get() == all);
    }

    final int[] receivedBy(Channel channel) {
        return received.getOrDefault(channel, new int[16]);
    }

    final void assertOnlyOwn(ReusePortGroup group, int each) {
        for (int slot = 0; slot < group.channels().size(); slot++) {
            int[] expected = new int[16];
            expected[slot] = each;
            int[] found = receivedBy(group.channels().get(slot));
            assertEquals(Arrays.toString(expected), Arrays.toString(found), "slot " + slot);
        }
    }

    static long misrouted(ReusePortGroup group) {
        return group.stats().members().stream()
                .mapToLong(GroupStats.Member::misrouted)
                .sum();
    }
}
