package io.github.nettybpf.netty;

import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.address.SourceStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Binds the figures of a handler to Micrometer, which the application must bring:
 *
 * <ul>
 *   <li>the counters {@code bpf.filter.packets} with the tag {@code outcome}: {@code accepted}, {@code dropped} and
 *       {@code kernel_dropped} (filter and overflow, mixed: see {@link FilterStats#droppedInKernel});
 *   <li>the counter {@code bpf.filter.packets.truncated};
 *   <li>the counters {@code bpf.filter.sources.packets} with the tag {@code reason}: {@code denied} and {@code
 *       not_allowed}, of the packets that the pipeline dropped because of their sources, or would have dropped in a dry run,
 *       and {@code bpf.filter.sources.changes}: how often the sets were changed;
 *   <li>the gauges {@code bpf.filter.sources.prefixes} with the tag {@code set}: {@code denied}, {@code allowed} and
 *       {@code kernel}, of how many prefixes the sets are, and how many of them the kernel has;
 *   <li>the gauges {@code bpf.filter.location} with the tag {@code location}, the name of a {@link
 *       FilterStats.Location} in lower case: how many of the handlers are there.
 * </ul>
 *
 * <p>Handlers that are bound to one registry with the same tags share its meters, which have the sums. A counter never
 * decreases: what a handler has counted stays in the sum when it is garbage-collected, and when its binder is closed.
 * When the last binder of a meter is closed, the meter is removed from the registry. A handler that is bound again
 * counts from where it is, packets in between included. Neither the meters nor this binder keep a handler alive.
 *
 * <p>Where handlers come and go with connections, nothing has to be closed: the meters remain for those that follow. For
 * any thread.
 */
public final class BpfFilterMetrics implements MeterBinder, AutoCloseable {
    /** The values refer to no registry, and hold no handler. The lock of all binders. */
    private static final Map<MeterRegistry, Registered> REGISTERED = new WeakHashMap<>();

    /** The meters of one registry. Its filters make identifiers of ours, and may make one of several. */
    private static final class Registered {
        final Map<Name, Meter.Id> identifiers = new HashMap<>();
        final Map<Meter.Id, HandlerSum> sums = new HashMap<>();

        /** Those that were not taken out of the registry since; for any thread. */
        final Set<Meter.Id> present = ConcurrentHashMap.newKeySet();

        static Registered in(MeterRegistry registry) {
            return REGISTERED.computeIfAbsent(registry, key -> {
                Registered registered = new Registered();
                key.config().onMeterRemoved(meter -> registered.present.remove(meter.getId()));
                return registered;
            });
        }
    }

    /** What a meter is called before the registry's filters. */
    private record Name(String name, Tags tags) {}

    private final HandlerFigures handler;
    private final Tags tags;
    private final Map<MeterRegistry, List<Share>> bound = new HashMap<>();

    /** This handler's part in a meter. */
    private record Share(Name name, Meter.Id meter, String figure) {}

    /**
     * A binder for one handler.
     *
     * @param handler the handler
     * @param tags tags for each meter, to tell handlers apart
     */
    public BpfFilterMetrics(BpfFilterHandler handler, Iterable<Tag> tags) {
        this.handler = new HandlerFigures(handler);
        this.tags = Tags.of(tags);
    }

    /**
     * Registers the meters, or adds the handler to those with the same tags. A handler that is bound already is counted
     * once, and meters that were taken out of the registry are registered again.
     */
    @Override
    public void bindTo(MeterRegistry registry) {
        synchronized (REGISTERED) {
            List<Share> shares = new ArrayList<>();
            shares.add(outcome(registry, "accepted", HandlerFigures::accepted));
            shares.add(outcome(registry, "dropped", HandlerFigures::dropped));
            shares.add(outcome(registry, "kernel_dropped", HandlerFigures::droppedInKernel));
            shares.add(counter(
                    registry,
                    new Name("bpf.filter.packets.truncated", tags),
                    "packets passed on shorter than received",
                    "packets",
                    "truncated",
                    HandlerFigures::truncated));
            addSources(registry, shares);
            for (Location location : Location.values()) {
                shares.add(location(registry, location));
            }
            bound.putIfAbsent(registry, shares);
        }
    }

    /**
     * Takes the handler out of the registries to which it is bound, and removes the meters that no other handler is
     * bound to. It can be bound again.
     */
    @Override
    public void close() {
        synchronized (REGISTERED) {
            bound.forEach(this::close);
            bound.clear();
        }
    }

    private void close(MeterRegistry registry, List<Share> shares) {
        Registered registered = Registered.in(registry);
        for (Share share : shares) {
            HandlerSum sum = registered.sums.get(share.meter);
            if (sum != null && sum.close(handler, share.figure)) {
                registered.sums.remove(share.meter);
                registry.remove(share.meter);
            }
        }
        for (Share share : shares) {
            if (!registered.sums.containsKey(share.meter)) {
                registered.identifiers.remove(share.name);
            }
        }
    }

    private Share outcome(MeterRegistry registry, String outcome, ToLongFunction<HandlerFigures> figure) {
        return counter(
                registry,
                new Name("bpf.filter.packets", tags.and("outcome", outcome)),
                "packets by outcome",
                "packets",
                outcome,
                figure);
    }

    private void addSources(MeterRegistry registry, List<Share> shares) {
        shares.add(unwanted(registry, "denied", HandlerFigures::denied));
        shares.add(unwanted(registry, "not_allowed", HandlerFigures::notAllowed));
        shares.add(counter(
                registry,
                new Name("bpf.filter.sources.changes", tags),
                "changes of the sets of sources",
                "changes",
                "changes",
                HandlerFigures::sourceChanges));
        shares.add(prefixes(registry, "denied", SourceStats::deniedPrefixes));
        shares.add(prefixes(registry, "allowed", SourceStats::allowedPrefixes));
        shares.add(prefixes(registry, "kernel", SourceStats::prefixesInKernel));
    }

    private Share unwanted(MeterRegistry registry, String reason, ToLongFunction<HandlerFigures> figure) {
        return counter(
                registry,
                new Name("bpf.filter.sources.packets", tags.and("reason", reason)),
                "packets dropped because of their sources",
                "packets",
                reason,
                figure);
    }

    private Share prefixes(MeterRegistry registry, String set, ToLongFunction<SourceStats> figure) {
        return gauge(
                registry,
                new Name("bpf.filter.sources.prefixes", tags.and("set", set)),
                "prefixes of sets of sources",
                "prefixes",
                set,
                figures -> figures.ofSources(figure));
    }

    private Share counter(
            MeterRegistry registry,
            Name name,
            String description,
            String unit,
            String figure,
            ToLongFunction<HandlerFigures> value) {
        // The function holds the sum, because a counter holds its object by a weak reference.
        return open(
                registry,
                name,
                sum -> FunctionCounter.builder(name.name, sum, weak -> total(sum))
                        .description(description)
                        .baseUnit(unit)
                        .tags(name.tags)
                        .register(registry),
                new HandlerSum(true),
                figure,
                value);
    }

    private Share location(MeterRegistry registry, Location location) {
        String text = location.name().toLowerCase(Locale.ROOT);
        return gauge(
                registry,
                new Name("bpf.filter.location", tags.and("location", text)),
                "handlers by where their programs run",
                "handlers",
                text,
                figures -> figures.location() == location ? 1 : 0);
    }

    private Share gauge(
            MeterRegistry registry,
            Name name,
            String description,
            String unit,
            String figure,
            ToLongFunction<HandlerFigures> value) {
        return open(
                registry,
                name,
                sum -> Gauge.builder(name.name, () -> total(sum))
                        .description(description)
                        .baseUnit(unit)
                        .tags(name.tags)
                        .register(registry),
                new HandlerSum(false),
                figure,
                value);
    }

    /** Adds the handler to the meter's sum, and registers the meter unless other handlers have it. */
    private Share open(
            MeterRegistry registry,
            Name name,
            Function<AtomicReference<HandlerSum>, Meter> register,
            HandlerSum fresh,
            String figure,
            ToLongFunction<HandlerFigures> value) {
        Registered registered = Registered.in(registry);
        Meter.Id meter = registered.identifiers.get(name);
        AtomicReference<HandlerSum> ofMeter = new AtomicReference<>();
        // Micrometer warns of a second registration.
        if (meter == null || !registered.present.contains(meter)) {
            meter = register.apply(ofMeter).getId();
            registered.identifiers.put(name, meter);
            registered.present.add(meter);
        }
        HandlerSum sum = registered.sums.computeIfAbsent(meter, id -> fresh);
        if (!bound.containsKey(registry)) {
            sum.open(handler, figure, value);
        }
        ofMeter.set(sum);
        return new Share(name, meter, figure);
    }

    private static long total(AtomicReference<HandlerSum> sum) {
        HandlerSum present = sum.get();
        return present == null ? 0 : present.total();
    }
}
