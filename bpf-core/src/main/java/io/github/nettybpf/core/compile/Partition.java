package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.PacketLoad;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Outlining: cuts a program into methods, because HotSpot never compiles a method of more than 8,000 bytes
 * (HugeMethodLimit), and stops inlining where a method and what is inlined into it exceed as much (DesiredMethodLimit).
 * Jumps only go forward, so a method can call another one as its last action, and control never comes back.
 */
final class Partition {
    /** The most that HotSpot compiles. */
    static final int MAX_METHOD = 7999;

    /** The estimated size in bytes, with what is inlined, up to which a method grows at first. */
    static final int MAX_ESTIMATE = 5000;

    /** Bytes of bytecode that are inlined for a read of the packet. */
    private static final int INLINED = 30;

    private final Plan plan;
    private final int maxEstimate;
    private final int[] methodOf;
    private final List<OutlinedMethod> methods = new ArrayList<>();

    /**
     * A method that stands for consecutive instructions.
     *
     * @param plan the plan that they belong to
     * @param number its number in the partition, from 0
     * @param from the first instruction
     * @param to the instruction after the last
     * @param entryPoints the instructions that other methods continue at, in order; at least one
     * @param isFirst whether a run starts here, with A and X 0 and the packet's length not yet read
     * @param parameters the registers whose values are passed in
     */
    record OutlinedMethod(
            Plan plan, int number, int from, int to, List<Integer> entryPoints, boolean isFirst, int parameters) {}

    /**
     * Cuts the plan into methods.
     *
     * @param startsRuns whether a run starts in the first method
     * @param maxEstimate the estimated size in bytes that a method has at most, unless it is one instruction
     */
    Partition(Plan plan, boolean startsRuns, int maxEstimate) {
        this.plan = plan;
        this.maxEstimate = maxEstimate;
        this.methodOf = new int[plan.flow.size()];
        List<Integer> starts = cut();
        List<Integer> ends = new ArrayList<>(starts.subList(Math.min(1, starts.size()), starts.size()));
        ends.add(plan.flow.size());
        for (int i = 0; i < starts.size(); i++) {
            Arrays.fill(methodOf, starts.get(i), ends.get(i), i);
        }
        List<SortedSet<Integer>> entryPoints = entryPoints(starts.size());
        for (int i = 0; i < starts.size(); i++) {
            boolean isFirst = startsRuns && i == 0;
            int parameters = 0;
            for (int entry : entryPoints.get(i)) {
                parameters |= isFirst ? 0 : plan.flow.live(entry);
            }
            methods.add(new OutlinedMethod(
                    plan, i, starts.get(i), ends.get(i), List.copyOf(entryPoints.get(i)), isFirst, parameters));
        }
    }

    Plan plan() {
        return plan;
    }

    List<OutlinedMethod> methods() {
        return methods;
    }

    /** {@return the method that an instruction is in} */
    OutlinedMethod methodOf(int pc) {
        return methods.get(methodOf[pc]);
    }

    private List<Integer> cut() {
        List<Integer> starts = new ArrayList<>();
        int size = 0;
        for (int pc = 0; pc < methodOf.length; pc++) {
            if (plan.isEmitted(pc) || plan.entryPoints.contains(pc)) {
                int more = estimatedSize(pc);
                if (starts.isEmpty() || size + more > maxEstimate) {
                    starts.add(pc);
                    size = 0;
                }
                size += more;
            }
        }
        return starts;
    }

    private List<SortedSet<Integer>> entryPoints(int count) {
        List<SortedSet<Integer>> entryPoints = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entryPoints.add(new TreeSet<>());
        }
        plan.entryPoints.forEach(start -> entryPoints.get(methodOf[start]).add(start));
        for (int pc = 0; pc < methodOf.length; pc++) {
            if (plan.isEmitted(pc)) {
                for (int successor : plan.successors(pc)) {
                    if (methodOf[successor] != methodOf[pc] && !plan.isReturn(successor)) {
                        entryPoints.get(methodOf[successor]).add(successor);
                    }
                }
            }
        }
        return entryPoints;
    }

    /**
     * {@return the estimated size in bytes of the code for an instruction, with the calls of other methods after it}
     */
    private int estimatedSize(int pc) {
        if (plan.isReturn(pc)) {
            return 8;
        }
        int exits = 0;
        Collection<Integer> successors = plan.successors(pc);
        for (int successor : successors) {
            exits += plan.isReturn(successor) ? 8 : 14 + 2 * Integer.bitCount(plan.used());
        }
        IfConversion conversion = plan.conversion(pc);
        RecoveredSwitch recovered = plan.flow.switchAt(pc);
        if (conversion != null) {
            int fallback = conversion.hasFallback() ? 14 + 2 * Integer.bitCount(plan.used()) : 0;
            return exits
                    + fallback
                    + 20
                    + (32 + INLINED) * conversion.values().size()
                    + conversion.tests().stream()
                            .mapToInt(IfConversion.Test::estimatedSize)
                            .sum();
        } else if (recovered != null) {
            boolean allReturn = successors.stream().allMatch(plan::isReturn);
            return recovered.estimatedSize() + (allReturn ? 0 : exits + 8 * successors.size());
        }
        return sizeOfOperation(pc) + exits;
    }

    private int sizeOfOperation(int pc) {
        Instruction instruction = plan.flow.instruction(pc);
        if (instruction instanceof LoadIndirect load) {
            return (plan.isNonNegative(pc, load) ? 40 : 75) + INLINED;
        } else if (instruction instanceof PacketLoad) {
            return 40 + INLINED;
        } else if (instruction instanceof LoadExtension) {
            return 45;
        } else if (instruction instanceof AluConstant) {
            return 20;
        }
        return 16; // the longest of all others, a division by X
    }
}
