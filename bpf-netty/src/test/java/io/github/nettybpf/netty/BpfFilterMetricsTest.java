package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Program;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class BpfFilterMetricsTest {
    @Test
    void countersFollowTheHandler() {
        BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ldb [0]\nret a"));
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        new BpfFilterMetrics(handler, Tags.of("server", "dns")).bindTo(registry);
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        for (byte first : new byte[] {0, 1, 2, 9}) {
            if (channel.writeInbound(Unpooled.copiedBuffer(new byte[] {first, 0, 0}))) {
                channel.<ByteBuf>readInbound().release();
            }
        }
        Map<String, Double> counts = new TreeMap<>();
        registry.forEachMeter(meter -> counts.put(
                meter.getId().getName() + meter.getId().getTags(),
                meter.measure().iterator().next().getValue()));
        assertEquals(
                Map.of(
                        "bpf.filter.packets[tag(outcome=accepted), tag(server=dns)]", 3.0,
                        "bpf.filter.packets[tag(outcome=dropped), tag(server=dns)]", 1.0,
                        "bpf.filter.packets[tag(outcome=kernel_dropped), tag(server=dns)]", 0.0,
                        "bpf.filter.packets.truncated[tag(server=dns)]", 2.0),
                counts);
    }
}
