package io.github.nettybpf.netty.reuseport;

import io.github.nettybpf.netty.SocketFilters;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Binds the figures of a group to Micrometer, which the application must bring:
 *
 * <ul>
 *   <li>the counters {@code bpf.group.received} and {@code bpf.group.misrouted} with the tag {@code slot}: see {@link
 *       GroupStats.Member};
 *   <li>the counter {@code bpf.group.drops} with the tag {@code slot}: what the sockets of the slot have dropped, as far as
 *       it was read before they were replaced;
 *   <li>the gauges {@code bpf.group.slots} and {@code bpf.group.foreign}, the number of sockets of others on the port.
 * </ul>
 *
 * <p>A counter never decreases while channels are replaced. Slots that a group has got by {@link ReusePortGroup#resize}
 * have no counters until it is bound again. The meters do not keep the group alive. For any thread.
 */
public final class ReusePortGroupMetrics implements MeterBinder, AutoCloseable {
    private final ReusePortGroup group;
    private final Tags tags;
    private final Map<MeterRegistry, Bound> bound = new HashMap<>();

    /** The meters in one registry. */
    private static final class Bound {
        final List<Meter> meters = new ArrayList<>();
        int slots;
    }

    /**
     * A binder for one group.
     *
     * @param group the group
     * @param tags tags for each meter, to tell groups apart
     */
    public ReusePortGroupMetrics(ReusePortGroup group, Iterable<Tag> tags) {
        this.group = group;
        this.tags = Tags.of(tags);
    }

    /** Registers the meters, or those of slots that there were not before. */
    @Override
    public synchronized void bindTo(MeterRegistry registry) {
        Bound in = bound.computeIfAbsent(registry, this::bindGauges);
        for (int slots = group.channels().size(); in.slots < slots; in.slots++) {
            bindSlot(registry, in);
        }
    }

    private Bound bindGauges(MeterRegistry registry) {
        Bound in = new Bound();
        in.meters.add(
                Gauge.builder("bpf.group.slots", group, each -> each.channels().size())
                        .description("channels that share the port")
                        .tags(tags)
                        .register(registry));
        in.meters.add(Gauge.builder("bpf.group.foreign", group, each -> each.stats()
                        .foreignSockets()
                        .size())
                .description("sockets of others on the port")
                .tags(tags)
                .register(registry));
        return in;
    }

    private void bindSlot(MeterRegistry registry, Bound in) {
        int slot = in.slots;
        Drops drops = new Drops(slot);
        counter(registry, in, "received", "datagrams or connections", each -> each.counts(slot).received);
        counter(registry, in, "misrouted", "of them, those of other slots", each -> each.counts(slot).misrouted);
        counter(registry, in, "drops", "datagrams that sockets have dropped", drops::total);
    }

    private void counter(
            MeterRegistry registry, Bound in, String name, String description, ToDoubleFunction<ReusePortGroup> value) {
        in.meters.add(FunctionCounter.builder("bpf.group." + name, group, value)
                .description(description)
                .tags(tags.and("slot", String.valueOf(in.slots)))
                .register(registry));
    }

    /** Removes the meters from all registries. */
    @Override
    public synchronized void close() {
        bound.forEach((registry, in) -> in.meters.forEach(registry::remove));
        bound.clear();
    }

    /** Sums the drops of a slot's sockets, each of which counts from 0, modulo 2<sup>32</sup>. */
    private static final class Drops {
        private final int slot;
        private @Nullable ChannelId socket;
        private long last;
        private long total;

        Drops(int slot) {
            this.slot = slot;
        }

        synchronized long total(ReusePortGroup group) {
            List<Channel> channels = group.channels();
            if (slot < channels.size()) {
                add(channels.get(slot));
            }
            return total;
        }

        private void add(Channel channel) {
            long drops;
            try {
                drops = SocketFilters.drops(channel);
            } catch (ChannelException e) {
                return; // closed, or a transport that does not tell
            }
            boolean isSame = channel.id().equals(socket);
            total += isSame ? (drops - last) & 0xffff_ffffL : drops;
            socket = channel.id();
            last = drops;
        }
    }
}
