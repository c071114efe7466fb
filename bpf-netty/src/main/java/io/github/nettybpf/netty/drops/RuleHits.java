package io.github.nettybpf.netty.drops;

import io.github.nettybpf.core.Decision;
import io.github.nettybpf.core.Program;
import org.jspecify.annotations.Nullable;

/** How often a program has decided in one way: see {@code FilterStats.returns}. A snapshot. */
public final class RuleHits {
    private final Program program;
    private final Figures figures;

    private record Figures(Decision decision, int verdict, long hits, long estimate, long standardError) {}

    /** Takes the program, and the figures in the order of the methods. */
    public RuleHits(Program program, Decision decision, int verdict, long hits, long estimate, long standardError) {
        this.program = program;
        this.figures = new Figures(decision, verdict, hits, estimate, standardError);
    }

    /** {@return the way} */
    public Decision decision() {
        return figures.decision;
    }

    /**
     * {@return what decided, for people: the part of the expression that the program was compiled from and how it came out,
     * for example {@code dst port 53: no}, or else the instructions} For the first rule of a program of thousands of
     * instructions this takes up to some seconds, as {@link Decision#rule} does: it is nothing for an event loop.
     */
    public String rule() {
        return figures.decision.rule(program);
    }

    /** {@return the verdict, unsigned; 0 if it differs from packet to packet} */
    public int verdict() {
        return figures.verdict;
    }

    /** {@return how many packets were decided so, as far as the pipeline has seen} */
    public long hits() {
        return figures.hits;
    }

    /**
     * {@return how many packets there were, those included that the kernel has dropped} Equal to the hits if the kernel
     * drops none.
     */
    public long estimate() {
        return figures.estimate;
    }

    /**
     * {@return by how much the estimate is wrong: it is within twice this number 19 times in 20} 0 if all packets were seen.
     */
    public long standardError() {
        return figures.standardError;
    }

    /** {@return whether the other is of an equal program and decision, and has the same figures} */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RuleHits hits && program.equals(hits.program) && figures.equals(hits.figures);
    }

    @Override
    public int hashCode() {
        return figures.hashCode();
    }

    /** {@return the rule and the figures} It takes as long as {@link #rule}. */
    @Override
    public String toString() {
        return "RuleHits[rule=" + rule() + ", verdict=" + Integer.toUnsignedString(verdict()) + ", hits=" + hits()
                + ", estimate=" + estimate() + ", standardError=" + standardError() + ']';
    }
}
