package io.github.nettybpf.netty.source;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressPrefix;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.address.HotSource;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Every second, looks from which denied prefixes packets come, and lets the kernel drop those of the hottest. The event
 * loop collects the sources and attaches programs; what lies between, which takes milliseconds, another thread does.
 */
public final class HotSources {
    private static final int LISTED = 20;
    private static final int ROUND_MILLIS = 1000;
    private static final double NANOS = 1e9;

    /** A program of fewer instructions for prefixes than this spares too little. */
    private static final int LEAST_BUDGET = 16;

    /** The kernel's part: makes and attaches programs. */
    public interface Kernel {
        /** {@return how many instructions there may be for prefixes, at most} From any thread. */
        int budget();

        /** {@return a program that drops most packets of a set, or empty if the kernel would not take it} From any thread. */
        Optional<Program> program(AddressSet hot);

        /** {@return whether the socket has the program from now on} On the event loop. */
        boolean attach(Program program);
    }

    /** What one round has found. */
    private record Found(@Nullable Program program, Map<AddressPrefix, Double> rates) {}

    private final Supplier<EventExecutor> loop;
    private final SourceJudge judge;
    private final @Nullable Kernel kernel;
    private final HotPrefixes hot;
    private SourceSamples spare = new SourceSamples();
    private @Nullable Future<?> next;
    private boolean isStopped;
    private long roundBegan;
    private int budget;
    private @Nullable Map<AddressPrefix, Double> toEnforce;
    private volatile Map<AddressPrefix, Double> enforced;
    private volatile List<HotSource> hottest = List.of();

    /**
     * Prepares the rounds.
     *
     * @param loop tells the channel's event loop, which may become another one
     * @param kernel null if the pipeline alone drops
     * @param enforced the prefixes that the kernel drops already, and how many packets a second of each
     */
    public HotSources(
            Supplier<EventExecutor> loop,
            SourceJudge judge,
            @Nullable Kernel kernel,
            Map<AddressPrefix, Double> enforced) {
        this.loop = loop;
        this.judge = judge;
        this.kernel = kernel;
        this.hot = new HotPrefixes(judge.rule().denied());
        this.budget = kernel == null ? 0 : kernel.budget();
        this.enforced = enforced;
        this.toEnforce = enforced;
    }

    /** {@return those prefixes, with their rates, that a set has as a whole} */
    public static Map<AddressPrefix, Double> within(AddressSet set, Map<AddressPrefix, Double> rates) {
        return rates.entrySet().stream()
                .filter(entry -> set.prefixOf(entry.getKey().address())
                        .filter(prefix -> prefix.length() <= entry.getKey().length())
                        .isPresent())
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** {@return the set of some prefixes} */
    public static AddressSet setOf(Iterable<AddressPrefix> prefixes) {
        AddressSet.Builder set = AddressSet.builder();
        prefixes.forEach(prefix -> set.add(prefix.address(), prefix.length()));
        return set.build();
    }

    /** {@return the prefixes that the kernel drops, and how many packets a second of each, about} From any thread. */
    public Map<AddressPrefix, Double> enforced() {
        return enforced;
    }

    /** {@return the prefixes from which most packets come, in descending order, 20 at most} From any thread. */
    public List<HotSource> hottest() {
        return hottest;
    }

    /** Begins. On the event loop. */
    public void start() {
        judge.collectIn(new SourceSamples());
        schedule();
    }

    /** Ends; what was attached stays. On the event loop. */
    public void stop() {
        isStopped = true;
        judge.collectIn(null);
        if (next != null) {
            next.cancel(false);
        }
    }

    private void schedule() {
        roundBegan = System.nanoTime();
        try {
            next = loop.get().schedule(this::collect, ROUND_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException ended) {
            // The event loop is shut down, and its channels with it.
            stop();
        }
    }

    private void collect() {
        EventExecutor present = loop.get();
        if (!present.inEventLoop()) {
            inLoop(present, this::collect);
            return;
        }
        SourceSamples samples = judge.collectIn(spare);
        if (isStopped || samples == null) {
            judge.collectIn(null);
            return;
        }
        double seconds = (System.nanoTime() - roundBegan) / NANOS;
        roundBegan = System.nanoTime();
        GlobalEventExecutor.INSTANCE.execute(() -> {
            Found found = find(samples, seconds);
            samples.clear();
            inLoop(loop.get(), () -> apply(found, samples));
        });
    }

    private void inLoop(EventExecutor executor, Runnable action) {
        try {
            executor.execute(action);
        } catch (RejectedExecutionException ended) {
            hottest = List.of(); // as above
        }
    }

    private Found find(SourceSamples samples, double seconds) {
        if (toEnforce != null) {
            hot.enforce(toEnforce);
            toEnforce = null;
        }
        hot.add(samples, seconds);
        Program program = null;
        Map<AddressPrefix, Double> rates = Map.of();
        boolean goesOn = true;
        while (kernel != null && goesOn && budget >= LEAST_BUDGET) {
            rates = hot.choose(budget);
            Optional<Program> made = rates.isEmpty() ? Optional.empty() : kernel.program(setOf(rates.keySet()));
            program = made.orElse(null);
            goesOn = made.isEmpty() && !rates.isEmpty();
            budget = goesOn ? budget * 9 / 10 : budget;
        }
        hottest = hot.hottest(LISTED);
        return new Found(program, rates);
    }

    private void apply(Found found, SourceSamples cleared) {
        if (isStopped) {
            return;
        }
        if (found.program != null && kernel != null && kernel.attach(found.program)) {
            enforced = found.rates;
            toEnforce = found.rates;
        }
        spare = cleared;
        schedule();
    }
}
