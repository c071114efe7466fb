package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import java.lang.ref.WeakReference;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The meters of what is dropped, or would be: by reason, by rule and by outcome, and that of the compiler. */
class DropMetersTest {
    private static final Tags DNS = Tags.of("server", "dns");

    private static final Program COUNTED = Program.parse("ldb [0]\njeq #1, drop\njeq #2, drop\nret #-1\ndrop: ret #0");

    private static final String ONES = "insn 1: jeq #1: yes: insn 4: ret #0";
    private static final String TWOS = "insn 2: jeq #2: yes: insn 4: ret #0";
    private static final String EMPTY = "insn 0: ldb [0]: outside the packet";

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    /** The handler of whose end a test is. */
    private WeakReference<BpfFilterHandler> gone = new WeakReference<>(null);

    /** Sends packets of three bytes: 0 is dropped, 1 and 2 are truncated. */
    private static void send(EmbeddedChannel channel, int... firsts) {
        for (int first : firsts) {
            if (channel.writeInbound(Unpooled.copiedBuffer(new byte[] {(byte) first, 0, 0}))) {
                channel.<ByteBuf>readInbound().release();
            }
        }
    }

    /** {@return the values of the meters of a name, by one tag} */
    private Map<String, Double> valuesBy(String name, String tag) {
        return registry.get(name).meters().stream()
                .collect(Collectors.toMap(
                        meter -> meter.getId().getTag(tag),
                        meter -> meter.measure().iterator().next().getValue()));
    }

    @Test
    void reasonsOfDropsAddUpToTheDrops() {
        BpfFilterHandler handler = BpfFilterHandler.builder(
                        Program.parse("ldb [0xfff0000c]\njeq #0, none\nldb [8]\nret a\nnone: ret #0"))
                .placement(Placement.UDP_SOCKET)
                .offload(Offload.NEVER)
                .build();
        new BpfFilterMetrics(handler, DNS).bindTo(registry);
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        InetSocketAddress from = new InetSocketAddress("10.0.0.1", 1);
        DatagramPacket known = new DatagramPacket(Unpooled.wrappedBuffer(new byte[] {0}), from, from);
        channel.writeInbound(known);
        DatagramPacket unknown = new DatagramPacket(Unpooled.wrappedBuffer(new byte[] {9}), from);
        assertThrows(SocketFilterException.class, () -> {
            channel.writeInbound(unknown);
            channel.checkException();
        });
        assertEquals(
                Map.of(
                        "program", 1.0,
                        "not_known", 1.0,
                        "source_denied", 0.0,
                        "source_not_allowed", 0.0,
                        "discarded", 0.0),
                valuesBy("bpf.filter.drops", "reason"));
        assertEquals(2, valuesBy("bpf.filter.packets", "outcome").get("dropped"));
        channel.close();
    }

    @Test
    void aDryRunIsMetered() {
        BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse("ldb [0]\nret a"))
                .dryRun(true)
                .build();
        new BpfFilterMetrics(handler, DNS).bindTo(registry);
        send(new EmbeddedChannel(handler), 0, 0, 2, 9);
        assertEquals(Map.of("dropped", 2.0, "truncated", 1.0), valuesBy("bpf.filter.dry_run.packets", "outcome"));
        assertEquals(0, valuesBy("bpf.filter.packets", "outcome").get("dropped"));
        assertEquals(4, valuesBy("bpf.filter.packets", "outcome").get("accepted"));
    }

    @Test
    void samplesAreMetered() {
        BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse("ldb [0]\nret a"))
                .sampleDrops(1, packet -> {})
                .build();
        new BpfFilterMetrics(handler, DNS).bindTo(registry);
        send(new EmbeddedChannel(handler), 0, 0, 1);
        assertEquals(Map.of("taken", 2.0, "lost", 0.0), valuesBy("bpf.filter.samples", "outcome"));
    }

    /** Drops what begins with 1 or 2. */
    private static BpfFilterHandler counting() {
        return BpfFilterHandler.builder(COUNTED).countReturns(true).build();
    }

    private Map<String, Double> rules() {
        return valuesBy("bpf.filter.rule.drops", "rule");
    }

    /** The rules of programs that were replaced between two looks are named at the second one, of the last 16. */
    @Test
    void programsThatNobodyLookedAtAreNamedLater() {
        BpfFilterHandler handler = counting();
        new BpfFilterMetrics(handler, DNS).bindTo(registry);
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        Program other = Program.parse("ldb [0]\njeq #9, drop\nret #-1\ndrop: ret #0");
        for (int round = 1; round <= 18; round++) {
            send(channel, 1);
            handler.replace(other).syncUninterruptibly();
            send(channel, 9);
            handler.replace(COUNTED).syncUninterruptibly();
        }
        // 36 programs were replaced, of which the last 16 are 8 of each.
        assertEquals(Map.of(ONES, 8.0, TWOS, 0.0, EMPTY, 0.0, "other", 28.0), rules());
    }

    @Test
    void dropsByRuleGoOnWhenTheProgramIsReplaced() {
        BpfFilterHandler handler = counting();
        new BpfFilterMetrics(handler, DNS).bindTo(registry);
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        send(channel, 1, 1, 1, 2, 3);
        channel.writeInbound(Unpooled.EMPTY_BUFFER);
        assertEquals(Map.of(ONES, 3.0, TWOS, 1.0, EMPTY, 1.0, "other", 0.0), rules());
        Program next = Program.parse("ldb [0]\njeq #1, drop\njeq #3, drop\nret #-1\ndrop: ret #0");
        handler.replace(next).syncUninterruptibly();
        assertEquals(Map.of(ONES, 3.0, TWOS, 1.0, EMPTY, 1.0, "other", 0.0), rules(), "replaced");
        send(channel, 1, 2, 3, 3);
        assertEquals(Map.of(ONES, 4.0, TWOS, 1.0, EMPTY, 1.0, "other", 2.0), rules());
        handler.shadow(Program.parse("ret #-1")).syncUninterruptibly();
        send(channel, 1);
        assertEquals(5.0, rules().get(ONES), "the same counts go on");
        handler.replace(Program.parse("ret #-1")).syncUninterruptibly();
        assertEquals(Map.of(ONES, 5.0, TWOS, 1.0, EMPTY, 1.0, "other", 2.0), rules(), "one that drops nothing");
        new BpfFilterMetrics(handler, Tags.of("server", "ntp")).bindTo(new SimpleMeterRegistry());
        assertEquals(Map.of(ONES, 5.0, TWOS, 1.0, EMPTY, 1.0, "other", 2.0), rules(), "bound again");
    }

    @Test
    void whatWasDroppedBeforeTheFirstBindIsCounted() {
        BpfFilterHandler handler = counting();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        send(channel, 1, 2, 2);
        new BpfFilterMetrics(handler, DNS).bindTo(registry);
        assertEquals(Map.of(ONES, 1.0, TWOS, 2.0, EMPTY, 0.0, "other", 0.0), rules());
        BpfFilterHandler replaced = counting();
        EmbeddedChannel second = new EmbeddedChannel(replaced);
        send(second, 2);
        replaced.replace(Program.parse("ldb [0]\njeq #7, drop\nret #-1\ndrop: ret #0"))
                .syncUninterruptibly();
        send(second, 7, 7);
        new BpfFilterMetrics(replaced, Tags.of("server", "ntp")).bindTo(registry);
        Map<String, Double> second2 = new TreeMap<>();
        registry.get("bpf.filter.rule.drops")
                .tag("server", "ntp")
                .meters()
                .forEach(meter -> second2.put(
                        meter.getId().getTag("rule"),
                        meter.measure().iterator().next().getValue()));
        assertEquals(
                Map.of("insn 1: jeq #7: yes: insn 3: ret #0", 2.0, EMPTY, 0.0, "other", 1.0),
                second2,
                "what an earlier program has dropped is other");
    }

    @Test
    void dropsByRuleStayWhenTheHandlerIsGone() {
        dropByRuleAndGo();
        Transport.await(() -> "the handler is still there", () -> {
            System.gc();
            return gone.get() == null;
        });
        assertEquals(Map.of(ONES, 2.0, TWOS, 0.0, EMPTY, 0.0, "other", 0.0), rules());
        BpfFilterHandler next = counting();
        new BpfFilterMetrics(next, DNS).bindTo(registry);
        send(new EmbeddedChannel(next), 1, 2);
        assertEquals(Map.of(ONES, 3.0, TWOS, 1.0, EMPTY, 0.0, "other", 0.0), rules());
    }

    private void dropByRuleAndGo() {
        BpfFilterHandler handler = counting();
        new BpfFilterMetrics(handler, DNS).bindTo(registry);
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        send(channel, 1, 1);
        channel.close();
        gone = new WeakReference<>(handler);
    }

    @Test
    void atMostAHundredRulesAreMetered() {
        StringBuilder text = new StringBuilder("ldb [0]\n");
        for (int value = 1; value <= 150; value++) {
            text.append("jeq #").append(value).append(", drop\n");
        }
        BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse(text + "ret #-1\ndrop: ret #0"))
                .countReturns(true)
                .build();
        BpfFilterMetrics metrics = new BpfFilterMetrics(handler, DNS);
        metrics.bindTo(registry);
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        for (int value = 0; value <= 150; value++) {
            send(channel, value);
        }
        Map<String, Double> expected = new TreeMap<>(Map.of(EMPTY, 0.0, "other", 51.0));
        for (int value = 1; value <= 99; value++) {
            expected.put("insn " + value + ": jeq #" + value + ": yes: insn 152: ret #0", 1.0);
        }
        assertEquals(expected, new TreeMap<>(rules()));
        metrics.close();
        assertTrue(registry.getMeters().isEmpty());
    }

    @Test
    void compilationsOfTheJvmAreTimed() {
        new BpfFilterMetrics(counting(), DNS).bindTo(registry);
        new BpfFilterMetrics(counting(), Tags.of("server", "ntp")).bindTo(registry);
        FunctionTimer timer = registry.get("bpf.filter.compilations").functionTimer();
        assertEquals(List.of(), timer.getId().getTags());
        // Filters of other tests may be compiled meanwhile.
        Filter.CompilerStats before = Filter.compilerStats();
        Filter.compile(Program.parse("ret #7"));
        double count = timer.count();
        double nanos = timer.totalTime(TimeUnit.NANOSECONDS);
        Filter.CompilerStats after = Filter.compilerStats();
        assertTrue(count >= before.compiled() + before.failed() + 1, () -> count + " after " + before);
        assertTrue(count <= after.compiled() + after.failed(), () -> count + " before " + after);
        assertTrue(nanos > before.nanos() && nanos <= after.nanos(), () -> before + ", " + nanos + ", " + after);
    }
}
