package io.github.nettybpf.netty.observe;

import io.github.nettybpf.core.Decision;
import io.github.nettybpf.core.DecisionFilter;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.PacketKinds;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.drops.RuleHits;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs a program and counts how it decides: {@link #run} and then {@link #count}, or not, if what the program has read was not
 * known. For one event loop; {@link #hits} for any thread.
 */
public final class DecisionCounter implements Filter {
    private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);

    private final DecisionFilter filter;
    private final int oneIn;

    /** By decision: of the packets that all reach the pipeline, and of those that the kernel lets one of many pass. */
    private final long[] counts;

    private final long[] samples;

    /** Whether what is dropped here is a sample of what the kernel drops. */
    private boolean isSampled;

    private @Nullable DecisionFilter interpreter;
    private int last;
    private boolean lastDropped;

    /**
     * Nothing is counted yet.
     *
     * @param oneIn of how many packets the kernel lets one pass as a sample, when it does; 0 if it never does
     */
    public DecisionCounter(Program program, PacketKinds kinds, int oneIn) {
        this.filter = DecisionFilter.of(program, kinds);
        this.oneIn = oneIn;
        this.counts = new long[filter.decisions().size()];
        this.samples = new long[counts.length];
    }

    private DecisionCounter(DecisionCounter before) {
        filter = before.filter;
        oneIn = before.oneIn;
        counts = before.counts;
        samples = before.samples;
    }

    /** {@return another counter that adds to the same counts} The kernel passes all packets, until it is told otherwise. */
    public DecisionCounter goOn() {
        return new DecisionCounter(this);
    }

    /** {@return the program} */
    public Program program() {
        return filter.program();
    }

    /** Takes note that the kernel drops all but samples from now on. */
    public void setSampled() {
        isSampled = true;
    }

    /** {@return whether what is dropped here is a sample of what the kernel drops} */
    public boolean isSampled() {
        return isSampled;
    }

    @Override
    public int run(Packet packet) {
        return run(filter, packet);
    }

    /** {@return the same, but reading no byte that the verdict does not depend on} */
    public Filter interpreted() {
        if (interpreter == null) {
            interpreter = DecisionFilter.interpret(program());
        }
        DecisionFilter interpreted = interpreter;
        return packet -> run(interpreted, packet);
    }

    private int run(DecisionFilter engine, Packet packet) {
        int decision = engine.decide(packet);
        int verdict = engine.verdict(decision, packet);
        last = decision;
        lastDropped = verdict == 0;
        return verdict;
    }

    /** Counts how the last packet was decided. */
    public void count() {
        long[] counted = isSampled && lastDropped ? samples : counts;
        COUNTS.setOpaque(counted, last, counted[last] + 1);
    }

    /** {@return what tells how the last packet was decided, for people} Not for an event loop: it may take long. */
    public Supplier<String> lastRule() {
        Decision decision = filter.decisions().get(last);
        return () -> decision.explain(program());
    }

    /** {@return whether the other adds to the same counts} */
    boolean isSameAs(@Nullable DecisionCounter other) {
        return other != null && counts == other.counts;
    }

    /** {@return the ways in which the program ends, whose indexes are those of {@link #estimate}} */
    List<Decision> decisions() {
        return filter.decisions();
    }

    /** {@return how many packets were decided in a way, those included that the kernel has dropped, about} From any thread. */
    long estimate(int decision) {
        return (long) COUNTS.getOpaque(counts, decision) + oneIn * (long) COUNTS.getOpaque(samples, decision);
    }

    /** {@return the hits of all decisions that were made, most first} From any thread. */
    public List<RuleHits> hits() {
        List<RuleHits> hits = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            long exact = (long) COUNTS.getOpaque(counts, i);
            long sampled = (long) COUNTS.getOpaque(samples, i);
            if (exact + sampled > 0) {
                Decision decision = filter.decisions().get(i);
                hits.add(new RuleHits(
                        program(),
                        decision,
                        filter.constantVerdict(i),
                        exact + sampled,
                        exact + oneIn * sampled,
                        standardError(sampled)));
            }
        }
        hits.sort((one, other) -> Long.compare(other.estimate(), one.estimate()));
        return List.copyOf(hits);
    }

    /** Of n packets each is sampled with probability p, so the samples are binomial: sqrt(n p (1 - p)), scaled by 1 / p. */
    private long standardError(long sampled) {
        return Math.round(Math.sqrt((double) sampled * oneIn * (oneIn - 1)));
    }
}
