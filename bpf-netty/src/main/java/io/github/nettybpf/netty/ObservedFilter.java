package io.github.nettybpf.netty;

import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.drops.DropReason;
import io.github.nettybpf.netty.drops.RuleHits;
import io.github.nettybpf.netty.drops.ShadowStats;
import io.github.nettybpf.netty.observe.DecisionCounter;
import io.github.nettybpf.netty.observe.DropSampler;
import io.github.nettybpf.netty.observe.ShadowCounter;
import io.github.nettybpf.netty.source.FilterRule;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Judges as another filter does, and tells of it: samples of drops, and how a shadow program would have judged. */
final class ObservedFilter extends PipelineFilter {
    /**
     * A program that only judges beside the one in force.
     *
     * @param filter judges by it
     * @param decisions tells how it decides
     * @param counter counts where the two differ
     */
    record Shadow(PipelineFilter filter, DecisionCounter decisions, ShadowCounter counter) {}

    private final PipelineFilter judge;
    private final Channel channel;
    private final DecisionCounter decisions;
    private final @Nullable DropSampler sampler;
    private final @Nullable Shadow shadow;

    /** Whether a packet whose source is not wanted is a sample of what the kernel drops. */
    private boolean samplesSources;

    /**
     * Observes a filter.
     *
     * @param judge the filter, which runs the decisions
     */
    ObservedFilter(
            PipelineFilter judge,
            Channel channel,
            DecisionCounter decisions,
            @Nullable DropSampler sampler,
            @Nullable Shadow shadow) {
        super(judge.rule(), decisions, judge.sources);
        this.judge = judge;
        this.channel = channel;
        this.decisions = decisions;
        this.sampler = sampler;
        this.shadow = shadow;
    }

    @Override
    int keep(Object message, ByteBuf content) {
        int kept = judge.keep(message, content);
        if (kept >= 0 || kept == DROP) {
            decisions.count();
        }
        if (kept < 0 && sampler != null) {
            boolean isSample = kept == UNWANTED_SOURCE ? samplesSources : decisions.isSampled();
            if (sampler.chooses(isSample)) {
                sample(sampler, message, content, reason(kept), rule(kept, message), !rule().enforced());
            }
        }
        if (shadow != null && kept != UNWANTED_SOURCE) {
            compare(shadow, message, content, kept);
        }
        return kept;
    }

    private void compare(Shadow other, Object message, ByteBuf content, int kept) {
        boolean isSample = kept < 0 && decisions.isSampled();
        DropReason difference = other.counter.compare(kept, other.filter.keep(message, content), isSample);
        if (difference != null && sampler != null && sampler.chooses(isSample)) {
            sample(sampler, message, content, difference, other.decisions.lastRule(), kept >= 0 || !rule().enforced());
        }
    }

    private void sample(
            DropSampler taker,
            Object message,
            ByteBuf content,
            DropReason reason,
            Supplier<String> rule,
            boolean isPassedOn) {
        boolean isDatagram = message instanceof AddressedEnvelope;
        taker.take(
                content, isDatagram, sender(message, channel), recipient(message, channel), reason, rule, isPassedOn);
    }

    private Supplier<String> rule(int kept, Object message) {
        return kept == UNWANTED_SOURCE ? deniedPrefix(message) : decisions.lastRule();
    }

    /** {@return what tells the denied prefix that the sender is in; the empty string if it is in none or not known} */
    private Supplier<String> deniedPrefix(Object message) {
        InetSocketAddress sender = sender(message, channel);
        AddressSet denied = rule().sources().denied();
        return () -> sender == null || sender.getAddress() == null
                ? ""
                : denied.prefixOf(sender.getAddress()).map(Object::toString).orElse("");
    }

    @Override
    void releaseReferences() {
        judge.releaseReferences();
        if (shadow != null) {
            shadow.filter.releaseReferences();
        }
    }

    /** {@return what compares the programs of the rule, or null if this one compares others} */
    @Nullable
    Shadow shadowOf(FilterRule other) {
        return rule().program().equals(other.program()) && Objects.equals(rule().shadow(), other.shadow())
                ? shadow
                : null;
    }

    @Override
    void setSampled(boolean withSources) {
        decisions.setSampled();
        samplesSources = withSources;
    }

    @Override
    List<RuleHits> hits() {
        return decisions.hits();
    }

    @Override
    Optional<ShadowStats> shadow() {
        return Optional.ofNullable(shadow).map(other -> other.counter.stats());
    }

    @Override
    @Nullable
    DecisionCounter decisions() {
        return decisions;
    }
}
