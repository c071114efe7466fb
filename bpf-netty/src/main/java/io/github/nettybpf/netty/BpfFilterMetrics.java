package io.github.nettybpf.netty;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Binds the figures of a handler to Micrometer, which the application must bring: the counters
 * {@code bpf.filter.packets} with the tag {@code outcome}: {@code accepted}, {@code dropped}, {@code kernel_dropped}
 * (filter and overflow, mixed), and {@code bpf.filter.packets.truncated}. They hold the handler by a weak reference.
 */
public final class BpfFilterMetrics implements MeterBinder {
    private final BpfFilterHandler handler;
    private final List<Tag> tags;

    /**
     * A binder for one handler.
     *
     * @param handler the handler
     * @param tags tags for each counter, to tell handlers apart
     */
    public BpfFilterMetrics(BpfFilterHandler handler, Iterable<Tag> tags) {
        this.handler = handler;
        this.tags = Tags.of(tags).stream().toList();
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        outcome(registry, "accepted", h -> h.stats().accepted());
        outcome(registry, "dropped", h -> h.stats().dropped());
        outcome(registry, "kernel_dropped", h -> h.stats().droppedInKernel());
        FunctionCounter.builder(
                        "bpf.filter.packets.truncated", handler, h -> h.stats().truncated())
                .description("packets passed on shorter than received")
                .baseUnit("packets")
                .tags(tags)
                .register(registry);
    }

    private void outcome(MeterRegistry registry, String outcome, ToDoubleFunction<BpfFilterHandler> count) {
        FunctionCounter.builder("bpf.filter.packets", handler, count)
                .description("packets by outcome")
                .baseUnit("packets")
                .tags(tags)
                .tag("outcome", outcome)
                .register(registry);
    }
}
