package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.AluConstant;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.LoadAbsolute;
import io.github.nettybpf.core.LoadExtension;
import io.github.nettybpf.core.LoadIndirect;
import io.github.nettybpf.core.LoadMemShift;
import io.github.nettybpf.core.ReturnConstant;
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

    /** Bytes of bytecode that a piece may be estimated to have, with what is inlined into it. */
    private static final int LARGEST_PIECE = 5000;

    /** Bytes of bytecode inlined for reading a byte, or more of them. */
    private static final int INLINED = 30;

    private final Flow flow;
    private final int[] pieceOf;
    private final List<Piece> pieces = new ArrayList<>();

    /**
     * Instructions that follow one another.
     *
     * @param number counted from 0
     * @param from the first instruction
     * @param to behind the last
     * @param entries the instructions that are come to from earlier pieces, in order; at least one
     * @param parameters the registers whose values are handed in
     */
    record Piece(int number, int from, int to, List<Integer> entries, int parameters) {}

    Partition(Flow flow) {
        this.flow = flow;
        this.pieceOf = new int[flow.size()];
        List<Integer> starts = cut();
        for (int i = 0; i < starts.size(); i++) {
            int to = i + 1 < starts.size() ? starts.get(i + 1) : flow.size();
            Arrays.fill(pieceOf, starts.get(i), to, i);
        }
        List<SortedSet<Integer>> entries = entries(starts.size());
        for (int i = 0; i < starts.size(); i++) {
            int to = i + 1 < starts.size() ? starts.get(i + 1) : flow.size();
            int parameters = 0;
            for (int entry : entries.get(i)) {
                parameters |= i == 0 ? 0 : flow.live(entry);
            }
            pieces.add(new Piece(i, starts.get(i), to, List.copyOf(entries.get(i)), parameters));
        }
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
        starts.add(flow.start());
        int weight = 0;
        for (int pc = flow.start(); pc < flow.size(); pc++) {
            if (flow.isEmitted(pc) && !isReturn(pc)) {
                int more = weight(pc);
                if (weight > 0 && weight + more > LARGEST_PIECE) {
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
        entries.get(0).add(flow.start());
        for (int pc = 0; pc < flow.size(); pc++) {
            if (flow.isEmitted(pc) && !flow.drops(pc)) {
                for (int successor : flow.successors(pc)) {
                    if (pieceOf[successor] != pieceOf[pc] && !isReturn(successor)) {
                        entries.get(pieceOf[successor]).add(successor);
                    }
                }
            }
        }
        return entries;
    }

    /** {@return whether the instruction ends the program with a constant}, which is written wherever it is come to */
    boolean isReturn(int pc) {
        return flow.drops(pc) || flow.instruction(pc) instanceof ReturnConstant;
    }

    /** {@return at most how long the code for an instruction gets}, with what it takes to leave the piece behind it */
    private int weight(int pc) {
        int ways = 0;
        Collection<Integer> successors = flow.successors(pc);
        for (int successor : successors) {
            ways += isReturn(successor) ? 8 : 12 + 2 * Integer.bitCount(flow.live(successor));
        }
        Chain chain = flow.chain(pc);
        if (chain != null) {
            return 100 + (allReturn(chain) ? 0 : ways + 8 * successors.size());
        }
        return operation(flow.instruction(pc)) + ways;
    }

    /** {@return whether all keys of the chain lead to the end of the program with a constant verdict} */
    boolean allReturn(Chain chain) {
        return chain.targets().stream().allMatch(this::isReturn);
    }

    private static int operation(Instruction instruction) {
        if (instruction instanceof LoadAbsolute || instruction instanceof LoadMemShift) {
            return 32 + INLINED;
        } else if (instruction instanceof LoadIndirect) {
            return 75 + INLINED;
        } else if (instruction instanceof LoadExtension) {
            return 45;
        }
        return instruction instanceof AluConstant ? 20 : 16;
    }
}
