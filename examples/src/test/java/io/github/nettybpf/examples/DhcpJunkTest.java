package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.packet.PacketAddress;
import io.github.nettybpf.packet.PacketFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Junk causes no exception, no terminal escape sequences in the output, and no leaks. */
class DhcpJunkTest {
    private static final int SEED = 20261121;
    private static final int FRAMES = 20_000;

    /** Leases expire meanwhile: a pool that stays empty would offer nothing any more. */
    private static final int MILLIS_BETWEEN_FRAMES = 10;

    private static final Pattern PRINTABLE = Pattern.compile("[ -~]+");

    /** {@return the text of an event, without the time of day with which it begins if it is about a frame} */
    static String withoutTime(Event event) {
        return event.text().replaceFirst("^\\d\\d:\\d\\d:\\d\\d\\.\\d{6} ", "");
    }

    @Test
    void isALineAndNoMore() {
        feed(SEED);
    }

    @Test
    @Tag("soak")
    void soak() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000;
        long seed = System.nanoTime();
        System.out.println("junk frames, first seed " + seed);
        for (; System.nanoTime() < end; seed++) {
            feed(seed);
        }
    }

    private static void feed(long seed) {
        JunkFrames junk = new JunkFrames(seed);
        List<String> out = new ArrayList<>();
        AtomicLong clock = new AtomicLong();
        Consumer<Event> both = event -> {
            out.add(withoutTime(event));
            assertTrue(PRINTABLE.matcher(event.json()).matches(), event::json);
        };
        List<EmbeddedChannel> channels = List.of(
                new EmbeddedChannel(new ArpListener.Watch(both, false, Vendors.NONE)),
                new EmbeddedChannel(new DhcpListener.Watch(both, false)),
                new EmbeddedChannel(DhcpServerTest.server(out, clock::get, it -> DhcpServerTest.SERVER)));
        UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
        channels.forEach(channel -> channel.config().setAllocator(allocator));
        Map<String, Integer> kinds = new HashMap<>();
        for (int i = 0; i < FRAMES; i++) {
            ByteBuf frame = junk.next();
            clock.addAndGet(MILLIS_BETWEEN_FRAMES);
            for (EmbeddedChannel channel : channels) {
                channel.writeInbound(new PacketFrame(frame.retainedDuplicate(), PacketAddress.of("eth0")));
                for (ByteBuf sent = channel.readOutbound(); sent != null; sent = channel.readOutbound()) {
                    sent.release();
                    assertEquals(0, sent.refCnt(), () -> "seed " + seed + ": " + ByteBufUtil.hexDump(frame));
                }
            }
            assertEquals(1, frame.refCnt(), () -> "seed " + seed);
            assertEquals(
                    0, allocator.metric().usedHeapMemory(), () -> "seed " + seed + ": " + ByteBufUtil.hexDump(frame));
            for (String line : out) {
                boolean fine = line.length() < 3000 && PRINTABLE.matcher(line).matches() && !line.contains("Exception");
                assertTrue(fine, () -> "seed " + seed + ": " + ByteBufUtil.hexDump(frame) + ": " + line);
                kinds.merge(line.startsWith("malformed") ? "malformed" : line.split("[,:]", 2)[0], 1, Integer::sum);
                line.lines()
                        .filter(it -> it.contains(": OFFER "))
                        .forEach(it -> kinds.merge("offered", 1, Integer::sum));
            }
            out.clear();
            frame.release();
        }
        channels.forEach(EmbeddedChannel::finish);
        for (String kind : List.of("malformed", "DISCOVER", "REQUEST", "BOOTREQUEST", "request", "reply", "offered")) {
            assertTrue(kinds.getOrDefault(kind, 0) > 100, () -> "seed " + seed + ": " + kind + " in " + kinds);
        }
    }
}
