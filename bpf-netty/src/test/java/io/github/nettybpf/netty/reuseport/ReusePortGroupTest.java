package io.github.nettybpf.netty.reuseport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats;
import io.github.nettybpf.netty.Offload;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a group is for: each slot has a channel, and gets what belongs to it. */
class ReusePortGroupTest extends GroupFixture {
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
}
