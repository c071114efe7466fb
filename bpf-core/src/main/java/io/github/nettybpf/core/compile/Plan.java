package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is to be written of a program: of choices and decisions only the beginning. There are two plans of a program: the
 * fast one, and a plain one without decisions, for packets that are too short for a decision of the fast one.
 */
final class Plan {
    final Flow flow;

    /** The instructions where the plan is come to from outside. */
    final Set<Integer> starts;

    private final @Nullable Plan plain;

    /** Offsets beyond this are not worth a thought: with X they could become negative. */
    static final int LARGEST_OFFSET = 1 << 20;

    private static final int LARGEST_X_WIDTH = 24;

    /** That many bytes are known to be there. */
    private final long[] have;

    private final @Nullable Widths[] widths;
    private final @Nullable Decision[] decisions;
    private int used;

    private Plan(Flow flow, SortedMap<Integer, Widths> starts, boolean decides) {
        this.flow = flow;
        this.starts = starts.keySet();
        have = new long[flow.size()];
        decisions = new Decision[flow.size()];
        widths = new Widths[flow.size()];
        starts.forEach((start, width) -> comeTo(start, 0, width));
        SortedMap<Integer, Widths> left = new TreeMap<>();
        for (int pc = 0; pc < have.length; pc++) {
            Widths before = widths[pc];
            if (before != null && !flow.drops(pc)) {
                decisions[pc] = decides ? DecisionFinder.find(flow, pc, before) : null;
                lookAhead(pc, before, left);
            }
        }
        plain = decides ? new Plan(flow, left, false) : null;
    }

    static Plan of(Flow flow) {
        return new Plan(flow, new TreeMap<>(Map.of(flow.start(), Widths.ZERO)), true);
    }

    private void lookAhead(int pc, Widths before, SortedMap<Integer, Widths> left) {
        used |= flow.touches(pc);
        Decision decision = decisions[pc];
        if (decision != null && decision.cutShort()) {
            left.put(pc, before);
        }
        // A decision leaves A and X alone, or they do not matter behind it.
        Widths behind = decision == null ? before.behind(flow.instruction(pc)) : before;
        for (int successor : successors(pc)) {
            comeTo(successor, known(pc), behind);
        }
    }

    private void comeTo(int pc, long known, Widths width) {
        Widths otherwise = widths[pc];
        have[pc] = otherwise == null ? known : Math.min(have[pc], known);
        widths[pc] = otherwise == null ? width : width.or(otherwise);
    }

    /** {@return whether the load's offset is certainly not negative} */
    boolean isPlainOffset(int pc, LoadIndirect load) {
        Widths before = widths[pc];
        return before != null && isPlainOffset(load, before.x());
    }

    static boolean isPlainOffset(LoadIndirect load, int widthOfX) {
        return load.off() >= 0 && load.off() <= LARGEST_OFFSET && widthOfX <= LARGEST_X_WIDTH;
    }

    /** {@return how many bits A has at most before the instruction} */
    int widthOfA(int pc) {
        Widths before = widths[pc];
        return before == null ? Integer.SIZE : before.a();
    }

    /** {@return the plan for packets that are too short for this one}, which for the plain one is itself */
    Plan plain() {
        return plain == null ? this : plain;
    }

    /** {@return whether code has to be written for the instruction} */
    boolean isEmitted(int pc) {
        return widths[pc] != null && !isReturn(pc);
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
        Choice choice = flow.choiceFrom(pc);
        if (choice != null) {
            return choice.ways();
        }
        return flow.edges(pc);
    }
}
