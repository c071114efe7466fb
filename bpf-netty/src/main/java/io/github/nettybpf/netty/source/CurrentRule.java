package io.github.nettybpf.netty.source;

import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.address.SourceStats;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a handler judges by, and what became of it. For any thread. */
public final class CurrentRule {
    private final SourceCounters counters;
    private volatile FilterRule rule;
    private volatile Instant sourcesChanged = Instant.now();

    /** The rule at first, and what counts the packets that it drops because of their sources. */
    public CurrentRule(FilterRule rule, SourceCounters counters) {
        this.rule = rule;
        this.counters = counters;
    }

    /** {@return the rule} */
    public FilterRule get() {
        return rule;
    }

    /** Takes another one. */
    @SuppressWarnings("ReferenceEquality") // comparing a million prefixes takes long
    public void set(FilterRule changed) {
        if (changed.sources() != rule.sources()) {
            sourcesChanged = Instant.now();
            counters.countChange();
        }
        rule = changed;
    }

    /** {@return what the sources of packets are counted by} */
    public SourceCounters counters() {
        return counters;
    }

    /**
     * {@return the figures}
     *
     * @param watch of the channel, or null if there is none
     */
    public SourceStats stats(@Nullable SourceWatch watch) {
        SourceRule sources = rule.sources();
        AddressSet allowed = sources.allowed();
        return new SourceStats(
                sources.denied().prefixCount(),
                allowed == null ? 0 : allowed.prefixCount(),
                counters.denied(),
                counters.notAllowed(),
                watch == null ? 0 : watch.prefixesInKernel(),
                sourcesChanged,
                watch == null ? List.of() : watch.hottest());
    }
}
