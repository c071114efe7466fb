package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.ReturnConstant;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is to be written of a program: of chains and decisions only the beginning. There are two plans of a program: the
 * fast one, and a plain one without decisions, for packets that are too short for a decision of the fast one.
 */
final class Plan {
    final Flow flow;

    /** The instructions where the plan is come to from outside. */
    final SortedSet<Integer> starts;

    private final @Nullable Plan plain;

    private final boolean[] emitted;

    /** That many bytes are known to be there. */
    private final long[] have;

    private final @Nullable Decision[] decisions;
    private int used;

    private Plan(Flow flow, SortedSet<Integer> starts, boolean decides) {
        this.flow = flow;
        this.starts = starts;
        emitted = new boolean[flow.size()];
        have = new long[flow.size()];
        decisions = new Decision[flow.size()];
        Arrays.fill(have, Long.MAX_VALUE);
        for (int start : starts) {
            emitted[start] = true;
            have[start] = 0;
        }
        SortedSet<Integer> left = new TreeSet<>();
        for (int pc = starts.isEmpty() ? have.length : starts.first(); pc < have.length; pc++) {
            if (emitted[pc] && !flow.drops(pc)) {
                decisions[pc] = decides ? DecisionFinder.find(flow, pc) : null;
                lookAhead(pc, left);
            }
        }
        plain = decides ? new Plan(flow, left, false) : null;
    }

    static Plan of(Flow flow) {
        return new Plan(flow, new TreeSet<>(List.of(flow.start())), true);
    }

    private void lookAhead(int pc, SortedSet<Integer> left) {
        used |= flow.touches(pc);
        Decision decision = decisions[pc];
        if (decision != null && decision.cutShort()) {
            left.add(pc);
        }
        long known = known(pc);
        for (int successor : successors(pc)) {
            emitted[successor] = true;
            have[successor] = Math.min(have[successor], known);
        }
    }

    /** {@return the plan for packets that are too short for this one}, which for the plain one is itself */
    Plan plain() {
        return plain == null ? this : plain;
    }

    /** {@return whether code has to be written for the instruction} */
    boolean isEmitted(int pc) {
        return emitted[pc] && !isReturn(pc);
    }

    /** {@return whether the instruction ends the program with a constant}, which is written wherever it is come to */
    boolean isReturn(int pc) {
        return flow.drops(pc) || flow.instruction(pc) instanceof ReturnConstant;
    }

    /** {@return the verdict} of what is such an end */
    int verdict(int pc) {
        return flow.instruction(pc) instanceof ReturnConstant ret && !flow.drops(pc) ? ret.val() : 0;
    }

    /** {@return the decision that begins at the instruction}, or null */
    @Nullable
    Decision decision(int pc) {
        return decisions[pc];
    }

    /** {@return the registers that are used anywhere} */
    int used() {
        return used;
    }

    /**
     * {@return how many bytes to check for in front of the instruction}, or 0 if that needs no check; with fewer, the
     * verdict is 0.
     */
    int guard(int pc) {
        Decision decision = decisions[pc];
        long reach = Flow.reach(flow.instruction(pc));
        if (decision != null && !decision.cutShort()) {
            reach = decision.reach();
        }
        return reach > have[pc] ? (int) flow.need(pc) : 0;
    }

    /** {@return how many bytes are there when the instruction is executed} */
    long known(int pc) {
        return Math.max(guard(pc), have[pc]);
    }

    /** {@return where execution can go on behind the instruction, or what begins with it} */
    Collection<Integer> successors(int pc) {
        Decision decision = decisions[pc];
        if (decision != null) {
            return List.of(decision.yes(), decision.no());
        }
        Chain chain = flow.chainFrom(pc);
        if (chain != null) {
            Set<Integer> all = new LinkedHashSet<>(chain.targets);
            all.add(chain.otherwise);
            return all;
        }
        return flow.edges(pc);
    }
}
