package io.github.nettybpf.netty.reuseport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.netty.Offload;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** What is no group, where there can be none, and who else is on the port. */
class GroupRefusalTest extends GroupFixture {
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
