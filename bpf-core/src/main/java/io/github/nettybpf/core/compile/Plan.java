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
 * What code is emitted for a program: for each instruction whether it is emitted, what is known before it, and whether
 * an if-conversion starts there. A program has two plans: the fast one, and the plain one without if-conversions, for
 * packets that are too short for an if-conversion of the fast one.
 */
final class Plan {
    final ControlFlow flow;

    /** The instructions where control enters the plan. */
    final Set<Integer> entryPoints;

    private final @Nullable Plan plain;

    /** Loads at greater offsets are not optimised: with X added, an offset could become negative. */
    static final int MAX_OFFSET = 1 << 20;

    private static final int MAX_BITS_OF_X = 24;

    /** How many bytes the packet is known to have before the instruction. */
    private final long[] lengthBefore;

    /** The known bits before the instruction; null if it is not reached. */
    private final @Nullable KnownBits[] before;

    private final @Nullable IfConversion[] conversions;
    private int used;

    private Plan(ControlFlow flow, SortedMap<Integer, KnownBits> entryPoints, boolean converts) {
        this.flow = flow;
        this.entryPoints = entryPoints.keySet();
        lengthBefore = new long[flow.size()];
        conversions = new IfConversion[flow.size()];
        before = new KnownBits[flow.size()];
        entryPoints.forEach((pc, known) -> reach(pc, 0, known));
        SortedMap<Integer, KnownBits> fallbacks = new TreeMap<>();
        for (int pc = 0; pc < lengthBefore.length; pc++) {
            KnownBits known = before[pc];
            if (known != null && !flow.drops(pc)) {
                conversions[pc] = converts ? IfConversionFinder.find(flow, pc, known) : null;
                lookAhead(pc, known, fallbacks);
            }
        }
        plain = converts ? new Plan(flow, fallbacks, false) : null;
    }

    static Plan of(ControlFlow flow) {
        return new Plan(flow, new TreeMap<>(Map.of(flow.start(), KnownBits.ZERO)), true);
    }

    private void lookAhead(int pc, KnownBits known, SortedMap<Integer, KnownBits> fallbacks) {
        used |= flow.touched(pc);
        IfConversion conversion = conversions[pc];
        if (conversion != null && conversion.hasFallback()) {
            fallbacks.put(pc, known);
        }
        // An if-conversion leaves A and X alone, or they are not live after it.
        KnownBits after = conversion == null ? known.after(flow.instruction(pc)) : known;
        for (int successor : successors(pc)) {
            reach(successor, knownLength(pc), after);
        }
    }

    /** Joins what is known on an edge with what is known on the other edges that lead to the instruction. */
    private void reach(int pc, long length, KnownBits known) {
        KnownBits otherwise = before[pc];
        lengthBefore[pc] = otherwise == null ? length : Math.min(lengthBefore[pc], length);
        before[pc] = otherwise == null ? known : known.join(otherwise);
    }

    /** {@return whether the load's offset, X included, is known not to be negative} */
    boolean isNonNegative(int pc, LoadIndirect load) {
        KnownBits known = before[pc];
        return known != null && isNonNegative(load, known.x());
    }

    /** {@return whether the load's offset is not negative if X has at most so many bits} */
    static boolean isNonNegative(LoadIndirect load, int bitsOfX) {
        return load.off() >= 0 && load.off() <= MAX_OFFSET && bitsOfX <= MAX_BITS_OF_X;
    }

    /** {@return how many low bits of A may be set before the instruction} */
    int bitsOfA(int pc) {
        KnownBits known = before[pc];
        return known == null ? Integer.SIZE : known.a();
    }

    /** {@return the plan for packets that are too short for this one, which is this one if it has no if-conversions} */
    Plan plain() {
        return plain == null ? this : plain;
    }

    /** {@return whether code is emitted at the instruction} */
    boolean isEmitted(int pc) {
        return before[pc] != null && !isReturn(pc);
    }

    /** {@return whether the program ends here with a constant verdict, which is emitted wherever control leads here} */
    boolean isReturn(int pc) {
        return flow.drops(pc) || flow.instruction(pc) instanceof ReturnConstant;
    }

    /** {@return the constant verdict with which the program ends here} */
    int verdict(int pc) {
        return flow.instruction(pc) instanceof ReturnConstant ret && !flow.drops(pc) ? ret.val() : 0;
    }

    /** {@return the if-conversion that starts at the instruction, or null if none does} */
    @Nullable
    IfConversion conversion(int pc) {
        return conversions[pc];
    }

    /** {@return the registers that are used anywhere} */
    int used() {
        return used;
    }

    /**
     * {@return the length to check for before the instruction, or 0 if no check is needed} A shorter packet gets
     * verdict 0.
     */
    int guard(int pc) {
        IfConversion conversion = conversions[pc];
        long reach = ControlFlow.reach(flow.instruction(pc));
        if (conversion != null && !conversion.hasFallback()) {
            reach = conversion.reach();
        }
        return reach > lengthBefore[pc] ? (int) flow.minimumLength(pc) : 0;
    }

    /** {@return how many bytes the packet is known to have when the instruction is executed} */
    long knownLength(int pc) {
        return Math.max(guard(pc), lengthBefore[pc]);
    }

    /**
     * {@return where control can lead after the instruction, or after the if-conversion or switch that starts with it}
     */
    Collection<Integer> successors(int pc) {
        IfConversion conversion = conversions[pc];
        if (conversion != null) {
            return List.of(conversion.trueTarget(), conversion.falseTarget());
        }
        RecoveredSwitch recovered = flow.switchAt(pc);
        return recovered != null ? recovered.targets() : flow.successors(pc);
    }
}
