package io.github.nettybpf.netty.reuseport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.Offload;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReusePortGroupMetricsTest extends GroupFixture {
    private static final int DROPPED = 9;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    /** The channels' filter drops datagrams whose third byte is {@link #DROPPED}. */
    private ReusePortGroup group(int slots) {
        Program filter = Program.parse("ldb [2]\njeq #" + DROPPED + ", no, yes\nyes: ret #-1\nno: ret #0");
        ChannelInitializer<Channel> filtered = new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline()
                        .addLast(BpfFilterHandler.builder(filter)
                                .placement(Placement.PAYLOAD)
                                .offload(Offload.REQUIRED)
                                .build())
                        .addLast(new Counter());
            }
        };
        return bind(ReusePortGroup.builder(bootstrap(Transport.EPOLL, filtered), slots)
                .steering(BY_FIRST_WORD)
                .checkRouting(true)
                .offload(Offload.REQUIRED));
    }

    private double counter(String name, int slot) {
        return registry.get("bpf.group." + name)
                .tags("slot", String.valueOf(slot), "server", "dns")
                .functionCounter()
                .count();
    }

    private double gauge(String name) {
        return registry.get("bpf.group." + name).tag("server", "dns").gauge().value();
    }

    /** Sends one datagram that is kept and one that is dropped, and waits for both. */
    private void send(ReusePortGroup group, int slot) throws IOException {
        int before = sum.get();
        double dropped = counter("drops", slot);
        try (DatagramSocket sender = new DatagramSocket()) {
            for (int third : new int[] {DROPPED, 0}) {
                byte[] datagram = {0, (byte) slot, (byte) third};
                sender.send(new DatagramPacket(datagram, datagram.length, group.localAddress()));
            }
        }
        await(() -> "not received", () -> sum.get() == before + 1);
        await(() -> "not dropped", () -> counter("drops", slot) == dropped + 1);
    }

    @Test
    void countersGoOnWhenChannelsAreReplaced() throws IOException {
        ReusePortGroup group = group(2);
        try (ReusePortGroupMetrics metrics = new ReusePortGroupMetrics(group, Tags.of("server", "dns"))) {
            metrics.bindTo(registry);
            for (int replaced = 0; replaced < 3; replaced++) {
                send(group, 1);
                group.replace(1).syncUninterruptibly();
            }
            assertEquals(3, counter("received", 1));
            assertEquals(3, counter("drops", 1));
            assertEquals(0, counter("misrouted", 1));
            assertEquals(0, counter("received", 0));
            assertEquals(0, counter("drops", 0));

            group.resize(3).syncUninterruptibly();
            assertEquals(3, gauge("slots"));
            metrics.bindTo(registry);
            send(group, 2);
            assertEquals(1, counter("received", 2));
            assertEquals(3, counter("received", 1));
            group.resize(1).syncUninterruptibly();
            assertEquals(1, counter("drops", 2), "stays when the slot is gone");
        }
        assertEquals(List.of(), registry.getMeters());
        group.close().syncUninterruptibly();
    }

    @Test
    void socketsOfOthersShow() throws IOException {
        ReusePortGroup group = group(2);
        new ReusePortGroupMetrics(group, Tags.of("server", "dns")).bindTo(registry);
        assertEquals(2, gauge("slots"));
        assertEquals(0, gauge("foreign"));
        Socket other = Socket.newSocketDgram();
        try {
            other.setReusePort(true);
            other.bind(group.localAddress());
            assertEquals(1, gauge("foreign"));
        } finally {
            other.close();
        }
        group.close().syncUninterruptibly();
    }
}
