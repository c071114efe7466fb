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
 * Cuts a program into pieces, each of which becomes a method: HotSpot never compiles a method of more than 8,000 bytes
 * (HugeMethodLimit), and stops inlining where a method and what is inlined into it pass as much (DesiredMethodLimit).
 */
final class Partition {
    /** What HotSpot compiles, less one. */
    static final int LARGEST_METHOD = 7999;

    /** Bytes of bytecode that a piece may at first be estimated to have, with what is inlined into it. */
    static final int LARGEST_PIECE = 5000;

    /** Bytes of bytecode inlined for reading a byte, or more of them. */
    private static final int INLINED = 30;

    private final Plan plan;
    private final int largest;
    private final int[] pieceOf;
    private final List<Piece> pieces = new ArrayList<>();

    /**
     * Instructions that follow one another.
     *
     * @param plan the plan that they belong to
     * @param number counted from 0
     * @param from the first instruction
     * @param to behind the last
     * @param entries the instructions that are come to from outside, in order; at least one
     * @param isFirst whether a run begins here, with A and X 0 and the length still to be found
     * @param parameters the registers whose values are handed in
     */
    record Piece(Plan plan, int number, int from, int to, List<Integer> entries, boolean isFirst, int parameters) {}

    /**
     * Cuts.
     *
     * @param beginsRuns whether a run begins in the first piece
     * @param largest how long a piece may be estimated to get
     */
    Partition(Plan plan, boolean beginsRuns, int largest) {
        this.plan = plan;
        this.largest = largest;
        this.pieceOf = new int[plan.flow.size()];
        List<Integer> starts = cut();
        List<Integer> ends = new ArrayList<>(starts.subList(Math.min(1, starts.size()), starts.size()));
        ends.add(plan.flow.size());
        for (int i = 0; i < starts.size(); i++) {
            Arrays.fill(pieceOf, starts.get(i), ends.get(i), i);
        }
        List<SortedSet<Integer>> entries = entries(starts.size());
        for (int i = 0; i < starts.size(); i++) {
            boolean isFirst = beginsRuns && i == 0;
            int parameters = 0;
            for (int entry : entries.get(i)) {
                parameters |= isFirst ? 0 : plan.flow.live(entry);
            }
            pieces.add(
                    new Piece(plan, i, starts.get(i), ends.get(i), List.copyOf(entries.get(i)), isFirst, parameters));
        }
    }

    Plan plan() {
        return plan;
    }

    List<Piece> pieces() {
        return pieces;
    }

    /** {@return the piece that an instruction is in} */
    Piece piece(int pc) {
        return pieces.get(pieceOf[pc]);
    }

    private List<Integer> cut() {
        List<Integer> starts = new ArrayList<>();
        int weight = 0;
        for (int pc = 0; pc < pieceOf.length; pc++) {
            if (plan.isEmitted(pc) || plan.starts.contains(pc)) {
                int more = weight(pc);
                if (starts.isEmpty() || weight + more > largest) {
                    starts.add(pc);
                    weight = 0;
                }
                weight += more;
            }
        }
        return starts;
    }

    private List<SortedSet<Integer>> entries(int count) {
        List<SortedSet<Integer>> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(new TreeSet<>());
        }
        plan.starts.forEach(start -> entries.get(pieceOf[start]).add(start));
        for (int pc = 0; pc < pieceOf.length; pc++) {
            if (plan.isEmitted(pc)) {
                for (int successor : plan.successors(pc)) {
                    if (pieceOf[successor] != pieceOf[pc] && !plan.isReturn(successor)) {
                        entries.get(pieceOf[successor]).add(successor);
                    }
                }
            }
        }
        return entries;
    }

    /** {@return about how long the code for an instruction gets}, with what it takes to leave the piece behind it */
    private int weight(int pc) {
        if (plan.isReturn(pc)) {
            return 8;
        }
        int ways = 0;
        Collection<Integer> successors = plan.successors(pc);
        for (int successor : successors) {
            ways += plan.isReturn(successor) ? 8 : 14 + 2 * Integer.bitCount(plan.used());
        }
        Decision decision = plan.decision(pc);
        Choice choice = plan.flow.choiceFrom(pc);
        if (decision != null) {
            int plain = decision.cutShort() ? 14 + 2 * Integer.bitCount(plan.used()) : 0;
            return ways
                    + plain
                    + 20
                    + (32 + INLINED) * decision.values().size()
                    + decision.tests().stream().mapToInt(Decision.Test::weight).sum();
        } else if (choice != null) {
            boolean allReturn = successors.stream().allMatch(plan::isReturn);
            return choice.weight() + (allReturn ? 0 : ways + 8 * successors.size());
        }
        return operation(pc) + ways;
    }

    private int operation(int pc) {
        Instruction instruction = plan.flow.instruction(pc);
        if (instruction instanceof LoadIndirect load) {
            return (plan.isPlainOffset(pc, load) ? 40 : 75) + INLINED;
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
