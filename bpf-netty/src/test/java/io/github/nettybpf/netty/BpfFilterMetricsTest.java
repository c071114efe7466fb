package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import java.lang.ref.WeakReference;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class BpfFilterMetricsTest {
    private static final Tags DNS = Tags.of("server", "dns");

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    /** The handler of whose end a test is. */
    private WeakReference<BpfFilterHandler> gone = new WeakReference<>(null);

    private static BpfFilterHandler handler() {
        return new BpfFilterHandler(Program.parse("ldb [0]\nret a"));
    }

    /** Sends packets of three bytes: 0 is dropped, 1 and 2 are truncated. */
    private static void send(EmbeddedChannel channel, int... firsts) {
        for (int first : firsts) {
            if (channel.writeInbound(Unpooled.copiedBuffer(new byte[] {(byte) first, 0, 0}))) {
                channel.<ByteBuf>readInbound().release();
            }
        }
    }

    private static double packets(MeterRegistry from, String outcome) {
        return from.get("bpf.filter.packets")
                .tag("outcome", outcome)
                .functionCounter()
                .count();
    }

    private double handlers(String location) {
        return registry.get("bpf.filter.location")
                .tag("location", location)
                .gauge()
                .value();
    }

    private void awaitCollected() {
        Transport.await(() -> "the handler is still there", () -> {
            System.gc();
            return gone.get() == null;
        });
    }

    @Test
    void metersFollowTheHandler() {
        BpfFilterHandler handler = handler();
        new BpfFilterMetrics(handler, DNS).bindTo(registry);
        assertEquals(1, handlers("undecided"));
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        send(channel, 0, 1, 2, 9);
        Map<String, Double> values = values();
        Map<String, Double> expected = new TreeMap<>(Map.of(
                "bpf.filter.packets[tag(outcome=accepted), tag(server=dns)]", 3.0,
                "bpf.filter.packets[tag(outcome=dropped), tag(server=dns)]", 1.0,
                "bpf.filter.packets[tag(outcome=kernel_dropped), tag(server=dns)]", 0.0,
                "bpf.filter.packets.truncated[tag(server=dns)]", 2.0));
        for (String figure : List.of(
                "drops[tag(reason=discarded), tag(server=dns)]",
                "drops[tag(reason=not_known), tag(server=dns)]",
                "drops[tag(reason=source_denied), tag(server=dns)]",
                "drops[tag(reason=source_not_allowed), tag(server=dns)]",
                "dry_run.packets[tag(outcome=dropped), tag(server=dns)]",
                "dry_run.packets[tag(outcome=truncated), tag(server=dns)]",
                "samples[tag(outcome=lost), tag(server=dns)]",
                "samples[tag(outcome=taken), tag(server=dns)]",
                "sources.changes[tag(server=dns)]",
                "sources.prefixes[tag(server=dns), tag(set=allowed)]",
                "sources.prefixes[tag(server=dns), tag(set=denied)]",
                "sources.prefixes[tag(server=dns), tag(set=kernel)]")) {
            expected.put("bpf.filter." + figure, 0.0);
        }
        expected.put("bpf.filter.drops[tag(reason=program), tag(server=dns)]", 1.0);
        for (String location : List.of(
                "undecided",
                "pipeline",
                "pipeline_after_handler",
                "dry_run",
                "kernel",
                "kernel_and_pipeline",
                "failed",
                "removed")) {
            expected.put(
                    "bpf.filter.location[tag(location=" + location + "), tag(server=dns)]",
                    location.equals("pipeline") ? 1.0 : 0.0);
        }
        assertEquals(expected, values);
        channel.close();
        assertEquals(0, handlers("pipeline"));
        assertEquals(1, handlers("removed"));
    }

    @Test
    void setsOfSourcesAreMetered() {
        BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse("ret #-1"))
                .placement(Placement.UDP_SOCKET)
                .allowSources(AddressSet.of("10.0.0.0/8"))
                .build();
        new BpfFilterMetrics(handler, DNS).bindTo(registry);
        handler.denySources(AddressSet.of("10.0.0.1", "10.0.0.2")).syncUninterruptibly();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        for (String sender : List.of("10.0.0.1", "10.0.0.2", "10.0.0.3", "11.0.0.1")) {
            InetSocketAddress from = new InetSocketAddress(sender, 1);
            channel.writeInbound(
                    new io.netty.channel.socket.DatagramPacket(Unpooled.wrappedBuffer(new byte[1]), from, from));
        }
        assertEquals(
                Map.of(
                        "program", 0.0,
                        "not_known", 0.0,
                        "source_denied", 2.0,
                        "source_not_allowed", 1.0,
                        "discarded", 0.0),
                valuesBy("bpf.filter.drops", "reason"));
        assertEquals(1, sources("changes", "server", "dns"));
        assertEquals(2, sources("prefixes", "set", "denied"));
        assertEquals(1, sources("prefixes", "set", "allowed"));
        assertEquals(0, sources("prefixes", "set", "kernel"));
        assertTrue(channel.finishAndReleaseAll());
    }

    private double sources(String what, String tag, String value) {
        return registry.get("bpf.filter.sources." + what)
                .tag(tag, value)
                .meter()
                .measure()
                .iterator()
                .next()
                .getValue();
    }

    /** {@return the values of all meters but that of the whole JVM} */
    private Map<String, Double> values() {
        Map<String, Double> values = new TreeMap<>();
        registry.forEachMeter(meter -> values.put(
                meter.getId().getName() + meter.getId().getTags(),
                meter.measure().iterator().next().getValue()));
        values.remove("bpf.filter.compilations[]");
        return values;
    }

    /** {@return the values of the meters of a name, by one tag} */
    private Map<String, Double> valuesBy(String name, String tag) {
        return registry.get(name).meters().stream()
                .collect(Collectors.toMap(
                        meter -> meter.getId().getTag(tag),
                        meter -> meter.measure().iterator().next().getValue()));
    }

    @Test
    void handlersWithTheSameTagsAreSummed() {
        BpfFilterHandler first = handler();
        BpfFilterHandler second = handler();
        BpfFilterHandler other = handler();
        new BpfFilterMetrics(first, DNS).bindTo(registry);
        new BpfFilterMetrics(second, DNS).bindTo(registry);
        new BpfFilterMetrics(other, Tags.of("server", "ntp")).bindTo(registry);
        send(new EmbeddedChannel(first), 0, 3);
        send(new EmbeddedChannel(second), 0, 0, 3);
        send(new EmbeddedChannel(other), 0);
        assertEquals(
                3,
                registry.get("bpf.filter.packets")
                        .tags(DNS)
                        .tag("outcome", "dropped")
                        .functionCounter()
                        .count());
        assertEquals(
                2,
                registry.get("bpf.filter.location")
                        .tags(DNS)
                        .tag("location", "pipeline")
                        .gauge()
                        .value());
    }

    @Test
    void handlerThatIsBoundTwiceIsCountedOnce() {
        BpfFilterHandler handler = handler();
        BpfFilterMetrics metrics = new BpfFilterMetrics(handler, DNS);
        metrics.bindTo(registry);
        metrics.bindTo(registry);
        BpfFilterMetrics another = new BpfFilterMetrics(handler, DNS);
        another.bindTo(registry);
        send(new EmbeddedChannel(handler), 3);
        assertEquals(1, packets(registry, "accepted"));
        assertEquals(1, handlers("pipeline"));
        metrics.close();
        assertEquals(1, handlers("pipeline"));
        another.close();
        assertTrue(registry.getMeters().isEmpty());
    }

    @Test
    void counterDoesNotDecreaseWhenOneOfTwoIsClosed() {
        BpfFilterHandler closed = handler();
        BpfFilterHandler open = handler();
        BpfFilterMetrics metrics = new BpfFilterMetrics(closed, DNS);
        metrics.bindTo(registry);
        new BpfFilterMetrics(open, DNS).bindTo(registry);
        EmbeddedChannel toClosed = new EmbeddedChannel(closed);
        send(toClosed, 3, 3, 3);
        send(new EmbeddedChannel(open), 3);
        metrics.close();
        metrics.close();
        assertEquals(4, packets(registry, "accepted"));
        assertEquals(1, handlers("pipeline"));
        send(toClosed, 3);
        assertEquals(4, packets(registry, "accepted"), "a closed one is counted no more");
        metrics.bindTo(registry);
        assertEquals(5, packets(registry, "accepted"));
        assertEquals(2, handlers("pipeline"));
    }

    @Test
    void closingTheLastRemovesTheMeters() {
        BpfFilterHandler handler = handler();
        BpfFilterMetrics metrics = new BpfFilterMetrics(handler, DNS);
        SimpleMeterRegistry second = new SimpleMeterRegistry();
        metrics.bindTo(registry);
        metrics.bindTo(second);
        registry.counter("another");
        metrics.close();
        assertEquals(1, registry.getMeters().size());
        assertTrue(second.getMeters().isEmpty());
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        send(channel, 3, 3);
        metrics.bindTo(registry);
        send(channel, 3);
        assertEquals(3, packets(registry, "accepted"), "bound again");
        metrics.close();
        BpfFilterHandler next = handler();
        new BpfFilterMetrics(next, DNS).bindTo(registry);
        send(new EmbeddedChannel(next), 3, 3);
        assertEquals(2, packets(registry, "accepted"), "another handler");
    }

    @Test
    void metersThatWereTakenOutAreRegisteredAgain() {
        BpfFilterHandler handler = handler();
        BpfFilterMetrics metrics = new BpfFilterMetrics(handler, DNS);
        metrics.bindTo(registry);
        registry.clear();
        metrics.bindTo(registry);
        send(new EmbeddedChannel(handler), 3);
        assertEquals(1, packets(registry, "accepted"));
        metrics.close();
        assertTrue(registry.getMeters().isEmpty());
    }

    /** The counts are those of the end, although nobody has looked while the handler was there. */
    @Test
    void handlerIsNotKeptAliveAndItsCountsAre() {
        BpfFilterMetrics metrics = ofHandlerThatGoes();
        awaitCollected();
        assertEquals(2, packets(registry, "accepted"));
        assertEquals(1, packets(registry, "dropped"));
        assertEquals(0, handlers("removed"));
        metrics.bindTo(registry);
        assertEquals(2, packets(registry, "accepted"), "not counted again");
        registry.clear();
        metrics.bindTo(registry);
        assertEquals(2, packets(registry, "accepted"), "registered again");
        BpfFilterHandler next = handler();
        BpfFilterMetrics second = new BpfFilterMetrics(next, DNS);
        second.bindTo(registry);
        send(new EmbeddedChannel(next), 3);
        assertEquals(3, packets(registry, "accepted"));
        second.close();
        assertTrue(registry.getMeters().isEmpty(), "the one that is gone does not hold the meters");
        metrics.close();
    }

    /** In a method of its own: an interpreted frame keeps what its variables have had. */
    private BpfFilterMetrics ofHandlerThatGoes() {
        BpfFilterHandler handler = handler();
        BpfFilterMetrics metrics = new BpfFilterMetrics(handler, DNS);
        metrics.bindTo(registry);
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        send(channel, 3, 3, 0);
        channel.close();
        gone = new WeakReference<>(handler);
        return metrics;
    }

    @Test
    void manyHandlersThatAreGoneAreForgotten() {
        for (int i = 0; i < 1000; i++) {
            BpfFilterHandler handler = handler();
            new BpfFilterMetrics(handler, DNS).bindTo(registry);
            send(new EmbeddedChannel(handler), 3);
        }
        assertEquals(1000, packets(registry, "accepted"));
        assertEquals(0, packets(registry, "dropped"));
    }

    @Test
    void kernelDropsStayWhenTheHandlerIsGone() throws Exception {
        MultiThreadIoEventLoopGroup group = Transport.EPOLL_UDP.group();
        try {
            dropInKernel(group);
            awaitCollected();
            dropInKernel(group);
            awaitCollected();
            assertEquals(10, packets(registry, "kernel_dropped"));
        } finally {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }

    private void dropInKernel(MultiThreadIoEventLoopGroup group) throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ret #0"));
        new BpfFilterMetrics(handler, DNS).bindTo(registry);
        Channel channel = new Bootstrap()
                .group(group)
                .channel(Transport.EPOLL_UDP.channel)
                .handler(handler)
                .bind(Transport.EPOLL_UDP.anyAddress())
                .sync()
                .channel();
        try (DatagramSocket client = new DatagramSocket()) {
            for (int packet = 0; packet < 5; packet++) {
                client.send(new DatagramPacket(new byte[1], 1, channel.localAddress()));
            }
        }
        channel.close().sync();
        gone = new WeakReference<>(handler);
    }

    /** A filter of the registry makes one meter of several. */
    @Test
    void metersThatAreTheSameToTheRegistryAreSummed() {
        registry.config().meterFilter(MeterFilter.ignoreTags("server", "outcome"));
        BpfFilterHandler first = handler();
        BpfFilterHandler second = handler();
        BpfFilterMetrics metrics = new BpfFilterMetrics(first, DNS);
        metrics.bindTo(registry);
        new BpfFilterMetrics(second, Tags.of("server", "ntp")).bindTo(registry);
        send(new EmbeddedChannel(first), 0, 3);
        send(new EmbeddedChannel(second), 3);
        assertEquals(3, registry.get("bpf.filter.packets").functionCounter().count());
        metrics.close();
        assertEquals(3, registry.get("bpf.filter.packets").functionCounter().count());
        assertNull(registry.find("bpf.filter.packets").tagKeys("outcome").functionCounter());
    }

    @Test
    void compositeRegistryHasTheSums() {
        CompositeMeterRegistry composite = new CompositeMeterRegistry();
        composite.add(registry);
        BpfFilterHandler first = handler();
        BpfFilterHandler second = handler();
        BpfFilterMetrics metrics = new BpfFilterMetrics(first, DNS);
        metrics.bindTo(composite);
        new BpfFilterMetrics(second, DNS).bindTo(composite);
        send(new EmbeddedChannel(first), 3);
        send(new EmbeddedChannel(second), 3);
        assertEquals(2, packets(registry, "accepted"));
        metrics.close();
        assertEquals(2, packets(registry, "accepted"));
    }

    @Test
    void counterNeverDecreasesWhileHandlersComeAndGo() throws Exception {
        BpfFilterHandler there = handler();
        new BpfFilterMetrics(there, DNS).bindTo(registry);
        AtomicBoolean done = new AtomicBoolean();
        AtomicBoolean decreased = new AtomicBoolean();
        Thread reader = new Thread(() -> {
            double last = 0;
            while (!done.get()) {
                double now = packets(registry, "accepted");
                decreased.compareAndSet(false, now < last);
                last = now;
            }
        });
        reader.start();
        for (int i = 0; i < 1000; i++) {
            BpfFilterHandler handler = handler();
            BpfFilterMetrics metrics = new BpfFilterMetrics(handler, DNS);
            metrics.bindTo(registry);
            send(new EmbeddedChannel(handler), 3);
            metrics.close();
            if (i % 250 == 0) {
                System.gc();
            }
        }
        done.set(true);
        reader.join();
        assertEquals(1000, packets(registry, "accepted"));
        assertEquals(false, decreased.get());
    }
}
