package io.github.nettybpf.netty.reuseport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.netty.Offload;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Channels of a group are replaced, added, removed and closed while others receive. */
class GroupChangesTest extends GroupFixture {
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

    /**
     * Not so many are on their way that a receive queue could overflow, all of them in that of one slot: a short datagram
     * takes 768 bytes of it, and a quarter of it may still be taken by what was read (udp_rmem_release in net/ipv4/udp.c).
     */
    @ParameterizedTest
    @EnumSource(Transport.class)
    @Tag("soak")
    void replacingUnderFlowLosesAndMisroutesNothing(Transport transport) throws Exception {
        Bootstrap bootstrap = bootstrap(transport, new Counter()).option(ChannelOption.SO_RCVBUF, 4 << 20);
        ReusePortGroup group = bind(ReusePortGroup.builder(bootstrap, LOOPS)
                .steering(BY_FIRST_WORD)
                .offload(Offload.REQUIRED)
                .checkRouting(true));
        int window = group.channels().get(0).config().getOption(ChannelOption.SO_RCVBUF) / 2_048;
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger sent = new AtomicInteger();
        CompletableFuture<Void> flow = CompletableFuture.runAsync(() -> {
            ByteBuffer datagram = ByteBuffer.allocateDirect(2);
            try (DatagramChannel sender = DatagramChannel.open()) {
                sender.connect(group.localAddress());
                while (!stop.get()) {
                    if (sent.get() - sum.get() < window) {
                        sender.write(datagram.putShort(0, (short) (sent.getAndIncrement() % LOOPS))
                                .clear());
                    } else {
                        LockSupport.parkNanos(10_000);
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
                + " datagrams, " + sent.get() * 1000L / millis + "/s, none lost, none misrouted");
        group.close().sync();
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

    /** What is lost meanwhile is what the channel had not read. */
    @ParameterizedTest
    @EnumSource(Transport.class)
    void aChannelThatClosesUnderFlowIsReplaced(Transport transport) throws Exception {
        ReusePortGroup group = bind(ReusePortGroup.builder(bootstrap(transport, new Counter()), LOOPS)
                .steering(BY_FIRST_WORD)
                .offload(Offload.REQUIRED));
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Void> flow = CompletableFuture.runAsync(() -> {
            try (DatagramSocket sender = new DatagramSocket()) {
                for (int i = 0; !stop.get(); i++) {
                    byte[] datagram = {0, (byte) (i % LOOPS)};
                    sender.send(new java.net.DatagramPacket(datagram, 2, group.localAddress()));
                    LockSupport.parkNanos(1_000);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        for (int slot = 0; slot < LOOPS; slot++) {
            int before = sum.get();
            await(() -> "nothing comes", () -> sum.get() > before + 100);
            group.channels().get(slot).close().sync();
            group.replace(slot).sync();
        }
        stop.set(true);
        flow.get();
        group.channels().forEach(channel -> assertTrue(channel.isOpen()));
        for (Channel channel : group.channels()) {
            Drain.of(channel, TimeUnit.SECONDS.toMillis(120)).join();
            channel.eventLoop().submit(() -> {}).sync();
        }
        received.clear();
        try (DatagramSocket sender = new DatagramSocket()) {
            send(sender, group, LOOPS, 10);
        }
        assertOnlyOwn(group, 10);
        group.close().syncUninterruptibly();
    }

    @Test
    void aSlotWhoseEventLoopIsGoneIsReplacedOnAnother() throws Exception {
        ReusePortGroup group = bind(ReusePortGroup.builder(bootstrap(Transport.EPOLL, new Counter()), 2)
                .steering(BY_FIRST_WORD)
                .offload(Offload.REQUIRED));
        EventLoop gone = group.channels().get(1).eventLoop();
        // Without a quiet period Netty 4.2.18 may leave the channels open.
        gone.shutdownGracefully(20, 10_000, TimeUnit.MILLISECONDS).sync();
        try (DatagramSocket sender = new DatagramSocket()) {
            send(sender, group, 2, 5);
            assertEquals(5, receivedBy(group.channels().get(0))[1], "goes to the next slot");
            assertEquals(
                    "the event loop is shut down: " + gone,
                    assertInstanceOf(
                                    RejectedExecutionException.class,
                                    group.replace(1).await().cause())
                            .getMessage());
            group.replace(1, group.channels().get(0).eventLoop()).sync();
            received.clear();
            send(sender, group, 2, 5);
        }
        assertOnlyOwn(group, 5);
        group.close().sync();
    }
}
