package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.drops.DropListener;
import io.github.nettybpf.netty.drops.DropReason;
import io.github.nettybpf.netty.drops.DroppedPacket;
import io.github.nettybpf.netty.drops.RuleHits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Samples of what is dropped, in the pipeline and in the kernel. */
class DropSamplesTest {
    private final BlockingQueue<DroppedPacket> samples = new LinkedBlockingQueue<>();

    /** Keeps what begins with 1, and drops the rest for one of three reasons. */
    private static Program program(Transport transport) {
        int payload = transport == Transport.EPOLL_UNIX ? 0 : 8;
        return Program.parse(
                "ldb [" + payload + "]\njeq #1, keep\njge #128, high\nldb [" + (payload + 1) + "]\n" + """
                jeq #1, keep
                ret #0
                high: ret #0
                keep: ret #-1
                """);
    }

    private static String load(Transport transport) {
        return "insn 3: ldb [" + (transport == Transport.EPOLL_UNIX ? 1 : 9) + "]: outside the packet";
    }

    private DroppedPacket next() throws InterruptedException {
        DroppedPacket sample = samples.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertTrue(sample != null, "no sample came");
        return sample;
    }

    private static String hex(DroppedPacket sample) {
        return ByteBufUtil.hexDump(Unpooled.wrappedBuffer(sample.content()));
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void everyDropIsASample(Transport transport) throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(program(transport))
                .sampleDrops(1, samples::add)
                .build();
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            assertEquals(Location.PIPELINE, handler.stats().location());
            receiver.send("0102", "0203", "80", "01");
            assertEquals(List.of("0102", "01"), List.of(receiver.next(), receiver.next()));
            DroppedPacket low = next();
            DroppedPacket high = next();
            assertEquals(List.of("0203", "80"), List.of(hex(low), hex(high)));
            assertEquals(List.of(2, 1), List.of(low.length(), high.length()));
            assertEquals("insn 4: jeq #1: no: insn 5: ret #0", low.rule());
            assertEquals("insn 2: jge #128: yes: insn 6: ret #0", high.rule());
            assertEquals(DropReason.PROGRAM, low.reason());
            assertEquals(1, low.oneIn());
            assertEquals(false, low.isPassedOn());
            assertEquals(transport == Transport.EPOLL_UNIX ? Placement.PAYLOAD : Placement.UDP_SOCKET, low.placement());
            if (transport != Transport.EPOLL_UNIX) {
                assertEquals(receiver.channel.localAddress(), low.recipient().orElseThrow());
                assertTrue(low.sender().orElseThrow().getAddress().isLoopbackAddress());
            }
            assertEquals(
                    "[insn 1: jeq #1: yes: insn 7: ret #4294967295 2 2 0,"
                            + " insn 2: jge #128: yes: insn 6: ret #0 1 1 0,"
                            + " insn 4: jeq #1: no: insn 5: ret #0 1 1 0]",
                    hits(handler));
            assertEquals(2, handler.stats().sampled());
            assertEquals(0, handler.stats().lostSamples());
        }
    }

    private static String hits(BpfFilterHandler handler) {
        return handler.stats().returns().stream()
                .map(hits -> hits.rule() + " " + hits.hits() + " " + hits.estimate() + " " + hits.standardError())
                .sorted()
                .toList()
                .toString();
    }

    /** 5,000 wanted datagrams and 45,000 others: within four standard deviations, as by chance it is once in 16,000 runs. */
    @ParameterizedTest
    @EnumSource(Transport.class)
    void samplesAreAsManyAsWanted(Transport transport) throws Exception {
        int wanted = 5_000;
        int junk = 45_000;
        int oneIn = 50;
        BpfFilterHandler handler = BpfFilterHandler.builder(program(transport))
                .sampleDrops(oneIn, samples::add)
                .build();
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            boolean isKernel = transport != Transport.NIO_UDP;
            assertEquals(
                    isKernel ? Location.KERNEL_AND_PIPELINE : Location.PIPELINE,
                    handler.stats().location());
            if (isKernel) {
                assertEquals(
                        "attached before the channel was bound; one packet in 50 passes the kernel, as a sample",
                        handler.stats().reason());
            }
            // A third of the junk for each reason; a hundred at a time, so that no receive queue overflows.
            String[] batch = new String[100];
            int[] sent = new int[4];
            for (int i = 0; i < wanted + junk; i += batch.length) {
                for (int j = 0; j < batch.length; j++) {
                    int kind = j % 10 == 9 ? 0 : 1 + (i + j) % 3;
                    sent[kind]++;
                    batch[j] = List.of("01", "0203", "ff", "02").get(kind);
                }
                receiver.send(batch);
                int expected = sent[0];
                Transport.await(
                        () -> receiver.received.size() + " of " + expected + " came, " + handler.stats(),
                        () -> receiver.received.size() == expected);
            }
            assertEquals(wanted, sent[0]);
            assertEquals(Map.of("01", (long) wanted), count(List.copyOf(receiver.received), Function.identity()));
            FilterStats stats = handler.stats();
            assertEquals(0, stats.lostSamples());
            Transport.await(() -> samples.size() + " of " + stats, () -> samples.size() == stats.sampled());
            assertWithin(junk / (double) oneIn, oneIn, samples.size());
            Map<String, Long> byRule = count(List.copyOf(samples), DroppedPacket::rule);
            Map<String, Integer> sentByRule = new TreeMap<>(Map.of(
                    "insn 4: jeq #1: no: insn 5: ret #0",
                    sent[1],
                    "insn 2: jge #128: yes: insn 6: ret #0",
                    sent[2],
                    load(transport),
                    sent[3]));
            assertEquals(sentByRule.keySet(), byRule.keySet());
            sentByRule.forEach((rule, number) -> assertWithin(number / (double) oneIn, oneIn, byRule.get(rule)));
            for (RuleHits hits : stats.returns()) {
                int of = sentByRule.getOrDefault(hits.rule(), wanted);
                assertTrue(Math.abs(hits.estimate() - of) <= 4 * hits.standardError(), () -> hits + " of " + of);
                assertEquals(isKernel && of != wanted, hits.standardError() > 0, hits.toString());
            }
        }
    }

    private static <T> Map<String, Long> count(List<T> all, Function<T, String> key) {
        return all.stream().collect(Collectors.groupingBy(key, TreeMap::new, Collectors.counting()));
    }

    private static void assertWithin(double expected, int oneIn, long found) {
        double deviation = Math.sqrt(expected * (1 - 1.0 / oneIn));
        assertTrue(
                Math.abs(found - expected) <= 4 * deviation,
                () -> found + " (expected: " + expected + " +- " + 4 * deviation + ")");
    }

    /** The queue of a bound channel may hold packets that no kernel has judged: they are no samples of its drops. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL_UDP", "IO_URING_UDP"})
    void aBoundChannelIsSampledOnceItsQueueIsEmpty(Transport transport) throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(program(transport))
                .sampleDrops(2, samples::add)
                .dryRun(true)
                .build();
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            handler.enforce(true).sync();
            assertEquals(
                    "attached to a bound channel; one packet in 2 passes the kernel, as a sample",
                    handler.stats().reason());
            Transport.await(() -> hits(handler), () -> {
                try {
                    receiver.send("02", "02", "02", "02", "01");
                    receiver.next();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                return handler.stats().returns().stream().anyMatch(hits -> hits.standardError() > 0);
            });
        }
    }

    @ParameterizedTest
    @EnumSource(names = "EPOLL_UNIX", mode = EnumSource.Mode.EXCLUDE)
    void unwantedSourcesAreToldApart(Transport transport) throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse("ret #-1"))
                .denySources(AddressSet.of("127.0.0.0/30", "::/126"))
                .sampleDrops(1, samples::add)
                .build();
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            receiver.send("0102");
            DroppedPacket denied = next();
            assertEquals(DropReason.SOURCE_DENIED, denied.reason());
            assertTrue(List.of("127.0.0.0/30", "0:0:0:0:0:0:0:0/126").contains(denied.rule()), denied.rule());
            handler.denySources(AddressSet.EMPTY).sync();
            handler.allowSources(AddressSet.of("192.0.2.1")).sync();
            receiver.send("03");
            DroppedPacket notAllowed = next();
            assertEquals(DropReason.SOURCE_NOT_ALLOWED, notAllowed.reason());
            assertEquals("", notAllowed.rule());
            assertEquals("03", hex(notAllowed));
        }
    }

    @Test
    void aShadowProgramIsComparedBySamplesOfTheKernel() throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(program(Transport.EPOLL_UDP))
                .shadow(Program.parse("ldb [8]\njeq #2, keep\nret #0\nkeep: ret #-1"))
                .sampleDrops(2, samples::add)
                .build();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> {})) {
            receiver.bind().sync();
            assertEquals(Location.KERNEL_AND_PIPELINE, handler.stats().location());
            int junk = 2_000;
            for (int i = 0; i < junk / 100; i++) {
                String[] batch = new String[101];
                Arrays.fill(batch, "0203");
                batch[100] = "01";
                receiver.send(batch);
                assertEquals("01", receiver.next());
                // More than a thousand would not wait for a thread that a busy machine does not run.
                awaitSamples(handler);
            }
            var shadow = handler.stats().shadow().orElseThrow();
            assertEquals(20, shadow.drops());
            assertEquals(20 + shadow.keeps(), shadow.compared());
            assertWithin(junk / 2.0, 2, shadow.keeps());
            assertEquals(2 * shadow.keeps(), shadow.keepsEstimate());
            Map<String, Long> byReason = count(List.copyOf(samples), each -> each.reason() + " " + each.rule());
            assertEquals(shadow.keeps(), byReason.get("PROGRAM insn 4: jeq #1: no: insn 5: ret #0"));
            assertEquals(shadow.keeps(), byReason.get("SHADOW_KEEPS insn 1: jeq #2: yes: insn 3: ret #4294967295"));
        }
    }

    private void awaitSamples(BpfFilterHandler handler) {
        Transport.await(
                () -> samples.size() + " of " + handler.stats(),
                () -> samples.size() == handler.stats().sampled());
    }

    /** In an embedded channel all is done in the calling thread, but for the listener. */
    @Test
    void aListenerThatBlocksLosesSamplesAndNoPackets() throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        AtomicInteger taken = new AtomicInteger();
        BpfFilterHandler handler = BpfFilterHandler.builder(
                        Program.parse("ldb [0]\njeq #1, keep\nret #0\nkeep: ret #-1"))
                .sampleDrops(1, packet -> {
                    blocked.await();
                    taken.incrementAndGet();
                })
                .build();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        int each = 5_000;
        for (int i = 0; i < each; i++) {
            ByteBuf dropped = Unpooled.wrappedBuffer(new byte[] {0});
            ByteBuf kept = Unpooled.wrappedBuffer(new byte[] {1});
            channel.writeInbound(dropped, kept);
            assertEquals(0, dropped.refCnt());
            assertEquals(kept, channel.readInbound());
            kept.release();
        }
        FilterStats stats = handler.stats();
        assertEquals(each, stats.accepted());
        assertEquals(each, stats.dropped());
        assertEquals(each, stats.sampled() + stats.lostSamples());
        assertEquals(1025, stats.sampled(), "1,024 wait, and one is with the listener");
        blocked.countDown();
        Transport.await(() -> taken + " of " + stats, () -> taken.get() == stats.sampled());
        channel.finish();
    }

    @Test
    void aListenerThatThrowsGetsFurtherSamples() throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse("ret #0"))
                .sampleDrops(1, packet -> {
                    samples.add(packet);
                    throw new IllegalStateException("not taken");
                })
                .build();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {1}), Unpooled.wrappedBuffer(new byte[] {2}));
        assertEquals(List.of("01", "02"), List.of(hex(next()), hex(next())));
        channel.finish();
    }

    /** More than fit in memory that is not given back. */
    @Test
    void aListenerThatThrowsErrorsGetsFurtherSamples() {
        AtomicInteger taken = new AtomicInteger();
        BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse("ret #0"))
                .sampleDrops(1, packet -> {
                    taken.incrementAndGet();
                    throw new StackOverflowError();
                })
                .build();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        for (int i = 1; i <= 400; i++) {
            channel.writeInbound(Unpooled.wrappedBuffer(new byte[0xffff]));
            int sent = i;
            Transport.await(() -> taken + " of " + handler.stats(), () -> taken.get() == sent);
        }
        channel.finish();
    }

    /** Whoever it says that it is equal to. */
    private record EqualListener(BlockingQueue<DroppedPacket> to) implements DropListener {
        @Override
        public void dropped(DroppedPacket packet) {
            to.add(packet);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof EqualListener;
        }

        @Override
        public int hashCode() {
            throw new IllegalStateException("not for a map");
        }
    }

    @Test
    void listenersThatAreEqualGetTheirOwnSamples() throws Exception {
        for (int i = 1; i <= 2; i++) {
            BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse("ret #0"))
                    .sampleDrops(1, new EqualListener(i == 1 ? new LinkedBlockingQueue<>() : samples))
                    .build();
            EmbeddedChannel channel = new EmbeddedChannel(handler);
            channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {(byte) i}));
            assertEquals(1, handler.stats().sampled());
            if (i == 2) {
                assertEquals("02", hex(next()));
            }
            channel.finish();
        }
    }

    @Test
    void aDryRunHasSamplesThatArePassedOn() throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse("ret #0"))
                .dryRun(true)
                .sampleDrops(1, samples::add)
                .build();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        ByteBuf message = Unpooled.wrappedBuffer(new byte[] {1});
        channel.writeInbound(message);
        assertEquals(message, channel.readInbound());
        assertEquals(true, next().isPassedOn());
        message.release();
        channel.finish();
    }

    @Test
    void oneInNoneIsRefused() {
        assertEquals(
                "one in 0 (expected: 1 or more)",
                assertThrows(IllegalArgumentException.class, () -> BpfFilterHandler.builder(Program.parse("ret #0"))
                                .sampleDrops(0, samples::add))
                        .getMessage());
    }

    @Test
    void returnsAreCountedOnlyIfWanted() {
        Program program = Program.parse("ldb [0]\njeq #1, keep\nret #0\nkeep: ret #-1");
        BpfFilterHandler silent = new BpfFilterHandler(program);
        BpfFilterHandler counting =
                BpfFilterHandler.builder(program).countReturns(true).build();
        EmbeddedChannel channel = new EmbeddedChannel(silent, counting);
        channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {1, 2}), Unpooled.wrappedBuffer(new byte[] {2}));
        assertEquals(List.of(), silent.stats().returns());
        assertEquals("[insn 1: jeq #1: yes: insn 3: ret #4294967295 1 1 0]", hits(counting));
        counting.replace(Program.parse("ret #0")).syncUninterruptibly();
        assertEquals("[]", hits(counting));
        channel.finishAndReleaseAll();
    }

    /** What was made up for a sender that is not known decides nothing, and so is counted for no rule. */
    @Test
    void whatReadsWhatIsNotKnownCountsForNoRule() {
        BpfFilterHandler handler = BpfFilterHandler.builder(
                        Program.parse("ldh [0]\njeq #0, drop\nret #-1\ndrop: ret #0"))
                .placement(Placement.UDP_SOCKET)
                .countReturns(true)
                .build();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        InetSocketAddress recipient = new InetSocketAddress("192.0.2.1", 53);
        DatagramPacket unknown = new DatagramPacket(Unpooled.buffer(4).writeInt(1), recipient, null);
        assertEquals(
                OffloadRules.readUnknown().getMessage(),
                assertThrows(SocketFilterException.class, () -> channel.writeInbound(unknown))
                        .getMessage());
        assertEquals(0, unknown.refCnt());
        channel.writeInbound(
                new DatagramPacket(Unpooled.buffer(4).writeInt(1), recipient, new InetSocketAddress("192.0.2.2", 9)));
        assertEquals(1, handler.stats().dropped());
        assertEquals("[insn 1: jeq #0: no: insn 2: ret #4294967295 1 1 0]", hits(handler));
        channel.finishAndReleaseAll();
    }
}
