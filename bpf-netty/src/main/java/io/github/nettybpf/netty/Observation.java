package io.github.nettybpf.netty;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.PacketKinds;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.drops.DropListener;
import io.github.nettybpf.netty.observe.DecisionCounter;
import io.github.nettybpf.netty.observe.DropSampler;
import io.github.nettybpf.netty.observe.PacketCounters;
import io.github.nettybpf.netty.observe.ShadowCounter;
import io.github.nettybpf.netty.source.FilterRule;
import io.github.nettybpf.netty.source.SourceJudge;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/** Makes what judges in the pipeline of one channel, and lets it tell what was chosen to be told. For the event loop. */
final class Observation {
    private final FilterChoices choices;
    private final PacketCounters counters;
    private final Placement placement;
    private final Channel channel;
    private final @Nullable DropSampler sampler;

    Observation(FilterChoices choices, PacketCounters counters, Placement placement, Channel channel) {
        this.choices = choices;
        this.counters = counters;
        this.placement = placement;
        this.channel = channel;
        DropListener listener = choices.dropListener();
        this.sampler = listener == null ? null : new DropSampler(choices.dropsOneIn(), listener, placement, counters);
    }

    /**
     * {@return a filter for the messages of the channel}
     *
     * @param before what judges so far, or null: its counts go on if the program stays
     */
    PipelineFilter filter(FilterRule rule, @Nullable PipelineFilter before) {
        SourceJudge judge = rule.sources().wantsAll() ? null : new SourceJudge(rule.sources(), counters.sources);
        PacketKinds kinds = PipelineFilter.kinds(placement);
        Program shadow = rule.shadow();
        if (!choices.countsDecisions() && shadow == null) {
            return PipelineFilter.of(rule, placement, channel, Filter.of(rule.program(), kinds), judge);
        }
        DecisionCounter counted = before == null ? null : before.decisions();
        DecisionCounter decisions = counted != null && counted.program().equals(rule.program())
                ? counted.goOn()
                : new DecisionCounter(rule.program(), kinds, choices.dropsOneIn());
        return new ObservedFilter(
                PipelineFilter.of(rule, placement, channel, decisions, judge),
                channel,
                decisions,
                sampler,
                shadow == null ? null : shadow(rule, shadow, before, kinds));
    }

    private ObservedFilter.Shadow shadow(
            FilterRule rule, Program program, @Nullable PipelineFilter before, PacketKinds kinds) {
        ObservedFilter.Shadow same = before instanceof ObservedFilter observed ? observed.shadowOf(rule) : null;
        if (same != null) {
            return same;
        }
        DecisionCounter decisions = new DecisionCounter(program, kinds, choices.dropsOneIn());
        return new ObservedFilter.Shadow(
                PipelineFilter.of(rule.withProgram(program), placement, channel, decisions, null),
                decisions,
                new ShadowCounter(choices.dropsOneIn()));
    }
}
