package io.github.nettybpf.netty;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.address.SourceStats;
import io.github.nettybpf.netty.drops.DropReason;
import io.github.nettybpf.netty.drops.RuleHits;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
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
import java.util.concurrent.TimeUnit;
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
 *   <li>the counters {@code bpf.filter.drops} with the tag {@code reason}, of the packets that the pipeline dropped:
 *       {@code program}, {@code not_known}, {@code source_denied} and {@code source_not_allowed}, which are those of
 *       {@link DropReason}, and {@code discarded}, what is dropped unseen while a hand-over with loss is under way or the
 *       channel is being closed. Their sum is the outcome {@code dropped};
 *   <li>the counters {@code bpf.filter.rule.drops} with the tag {@code rule}, if the handler {@linkplain
 *       BpfFilterHandlerBuilder#countReturns counts returns}: how many packets a rule has dropped, or in a dry run would
 *       have, as {@link RuleHits#estimate} estimates it. The rules are those by which the program drops that the handler
 *       has when it is bound for the first time, 100 at most; {@code other} has the sum of all others, those of later
 *       programs included. What is dropped by verdict A belongs to no rule;
 *   <li>the counters {@code bpf.filter.dry_run.packets} with the tag {@code outcome}: {@code dropped} and {@code
 *       truncated}, what in a dry run would have become of packets that were passed on;
 *   <li>the counters {@code bpf.filter.samples} with the tag {@code outcome}: {@code taken} and {@code lost}, of the
 *       samples of drops;
 *   <li>the counter {@code bpf.filter.sources.changes}: how often the sets of sources were changed;
 *   <li>the gauges {@code bpf.filter.sources.prefixes} with the tag {@code set}: {@code denied}, {@code allowed} and
 *       {@code kernel}, of how many prefixes the sets are, and how many of them the kernel has;
 *   <li>the gauges {@code bpf.filter.location} with the tag {@code location}, the name of a {@link
 *       FilterStats.Location} in lower case: how many of the handlers are there;
 *   <li>the timer {@code bpf.filter.compilations} without the tags, of the whole JVM: how many programs were compiled, or
 *       failed to, and how long that took ({@link Filter#compilerStats}). There is one in a registry, as long as a handler
 *       is bound to it.
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
    /** Why a packet is dropped: the other reasons are of a shadow program, which drops nothing. */
    private static final List<DropReason> DROPS =
            List.of(DropReason.PROGRAM, DropReason.NOT_KNOWN, DropReason.SOURCE_DENIED, DropReason.SOURCE_NOT_ALLOWED);

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
            addDrops(registry, shares);
            addSources(registry, shares);
            for (Location location : Location.values()) {
                shares.add(location(registry, location));
            }
            shares.add(compilations(registry));
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

    private void addDrops(MeterRegistry registry, List<Share> shares) {
        for (DropReason reason : DROPS) {
            shares.add(drops(registry, reason.name().toLowerCase(Locale.ROOT), figures -> figures.dropped(reason)));
        }
        shares.add(drops(registry, "discarded", HandlerFigures::discarded));
        List<String> rules = handler.rules();
        for (int i = 0; i < rules.size(); i++) {
            shares.add(ruleDrops(registry, rules.get(i), i));
        }
        shares.add(dryRun(registry, "dropped", HandlerFigures::wouldDrop));
        shares.add(dryRun(registry, "truncated", HandlerFigures::wouldTruncate));
        shares.add(samples(registry, "taken", HandlerFigures::sampled));
        shares.add(samples(registry, "lost", HandlerFigures::lostSamples));
    }

    private Share drops(MeterRegistry registry, String reason, ToLongFunction<HandlerFigures> figure) {
        return counter(
                registry,
                new Name("bpf.filter.drops", tags.and("reason", reason)),
                "packets dropped in the pipeline, by reason",
                "packets",
                "dropped: " + reason,
                figure);
    }

    private Share ruleDrops(MeterRegistry registry, String rule, int index) {
        return counter(
                registry,
                new Name("bpf.filter.rule.drops", tags.and("rule", rule)),
                "packets dropped by the program, by rule",
                "packets",
                "rule: " + rule,
                figures -> figures.droppedByRule(index));
    }

    private Share dryRun(MeterRegistry registry, String outcome, ToLongFunction<HandlerFigures> figure) {
        return counter(
                registry,
                new Name("bpf.filter.dry_run.packets", tags.and("outcome", outcome)),
                "packets passed on in a dry run, by what would have become of them",
                "packets",
                "dry run: " + outcome,
                figure);
    }

    private Share samples(MeterRegistry registry, String outcome, ToLongFunction<HandlerFigures> figure) {
        return counter(
                registry,
                new Name("bpf.filter.samples", tags.and("outcome", outcome)),
                "samples of dropped packets",
                "samples",
                "samples: " + outcome,
                figure);
    }

    /** The sum only tells how long a handler is bound: what is compiled is nobody's. */
    private Share compilations(MeterRegistry registry) {
        return open(
                registry,
                new Name("bpf.filter.compilations", Tags.empty()),
                sum -> FunctionTimer.builder(
                                "bpf.filter.compilations",
                                BpfFilterMetrics.class, // held weakly, and never collected before this class
                                any -> compilations(Filter.compilerStats()),
                                any -> Filter.compilerStats().nanos(),
                                TimeUnit.NANOSECONDS)
                        .description("compilations of programs in this JVM")
                        .register(registry),
                new HandlerSum(false),
                "compilations",
                figures -> 0);
    }

    private static long compilations(Filter.CompilerStats stats) {
        return stats.compiled() + stats.failed();
    }

    private void addSources(MeterRegistry registry, List<Share> shares) {
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
