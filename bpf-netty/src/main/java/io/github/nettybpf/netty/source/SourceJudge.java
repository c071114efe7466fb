package io.github.nettybpf.netty.source;

import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Judges the packets of one channel by their sources, and counts those that are not wanted. Belongs to an event loop. */
public final class SourceJudge {
    private final SourceRule rule;
    private final SourceCounters counters;
    private final Source source = new Source();
    private @Nullable SourceSamples samples;
    private boolean isDenied;

    /** A judge that adds to the counters. */
    public SourceJudge(SourceRule rule, SourceCounters counters) {
        this.rule = rule;
        this.counters = counters;
    }

    /** {@return what it judges by} */
    public SourceRule rule() {
        return rule;
    }

    /** Collects the sources that are denied from now on in these samples, or nowhere, and returns those of before. */
    public @Nullable SourceSamples collectIn(@Nullable SourceSamples next) {
        SourceSamples before = samples;
        samples = next;
        return before;
    }

    /** {@return whether a datagram is wanted} */
    public boolean wants(@Nullable InetSocketAddress sender) {
        source.read(sender);
        return isWanted();
    }

    /**
     * {@return whether a packet is wanted}
     *
     * @param placement {@link Placement#ETHERNET} or {@link Placement#IP}
     */
    public boolean wants(Packet packet, Placement placement) {
        source.read(packet, placement);
        return isWanted();
    }

    /** {@return whether the last packet that was not wanted is denied, rather than not allowed} */
    public boolean isDenied() {
        return isDenied;
    }

    private boolean isWanted() {
        if (source.isWantedBy(rule)) {
            return true;
        }
        isDenied = source.isIn(rule.denied());
        counters.countUnwanted(isDenied);
        if (isDenied && samples != null) {
            samples.add(source);
        }
        return false;
    }
}
