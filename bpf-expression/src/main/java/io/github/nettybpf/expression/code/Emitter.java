package io.github.nettybpf.expression.code;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.Register;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Writes a decision graph as instructions, from the last one to the first, so that it is known how far each jump goes.
 * Places count from the end of the program.
 */
final class Emitter {
    /** All of the packet, as libpcap says it. */
    static final int ALL = 262144;

    private static final int FARTHEST = 255;

    /** How many equal comparisons stand one after the other before a list is divided. */
    private static final int CHAIN = 16;

    private final List<Instruction> backwards = new ArrayList<>();
    private final Map<DecisionNode, Integer> places = new HashMap<>();

    /** The place nearest to the beginning from which control goes on to a node. */
    private final Map<Integer, Integer> relays = new HashMap<>();

    /** Comparisons that were written, which serve whatever value is in A. */
    private final Map<Compared, Integer> comparisons = new HashMap<>();

    /**
     * Whether something is kept in scratch slots. The kernel wants each slot to be written before it is read, and lets what
     * was written flow through {@code ret} to the next instruction: then no verdict may be repeated in the middle.
     */
    private boolean keeps;

    private Emitter() {}

    /** {@return the instructions}; there may be more than a program can have. */
    static List<Instruction> emit(DecisionNode root, boolean optimize) {
        Emitter emitter = new Emitter();
        emitter.run(root, optimize);
        Collections.reverse(emitter.backwards);
        return emitter.backwards;
    }

    private void run(DecisionNode root, boolean optimize) {
        List<DecisionNode> order = DecisionGraph.inOrder(root);
        boolean rejects = root == DecisionNode.REJECT;
        boolean accepts = root == DecisionNode.ACCEPT;
        for (DecisionNode node : order) {
            for (DecisionNode target : node.targets) {
                rejects |= target == DecisionNode.REJECT;
                accepts |= target == DecisionNode.ACCEPT;
            }
        }
        if (rejects) {
            places.put(DecisionNode.REJECT, add(new ReturnConstant(0)));
        }
        if (accepts) {
            places.put(DecisionNode.ACCEPT, add(new ReturnConstant(ALL)));
        }
        keeps = order.stream().anyMatch(node -> node.slot != null);
        int unkept = unkept(order);
        Map<DecisionNode, InstructionSelection.Block> blocks = new InstructionSelection(optimize).plan(order);
        for (int i = order.size() - 1; i >= 0; i--) {
            DecisionNode node = order.get(i);
            block(node, blocks.get(node));
            if (backwards.size() > 4 * Program.MAX_SIZE) {
                return;
            }
        }
        if (unkept != 0) {
            for (int slot = 0; slot < 16; slot++) {
                if ((unkept & 1 << slot) != 0) {
                    add(new StoreScratch(Register.A, slot));
                }
            }
            add(new LoadConstant(Register.A, 0));
        }
    }

    /** {@return the slots, as bits, that are read on some way on which nothing was kept there before} */
    private static int unkept(List<DecisionNode> order) {
        Map<DecisionNode, Integer> kept = new HashMap<>();
        int unkept = 0;
        for (DecisionNode node : order) {
            int before = kept.getOrDefault(node, 0);
            unkept |= node.value.reads & ~before;
            int after = node.slot == null ? before : before | node.slot.reads;
            for (DecisionNode target : node.targets) {
                kept.merge(target, after, (a, b) -> a & b);
            }
        }
        return unkept;
    }

    /** {@return the place of the instruction} */
    private int add(Instruction instruction) {
        backwards.add(instruction);
        return backwards.size() - 1;
    }

    private void block(DecisionNode node, InstructionSelection.Block block) {
        if (node.isProbe()) {
            int target = places.get(node.targets[0]);
            if (target != backwards.size() - 1) {
                add(new Jump(backwards.size() - 1 - target));
            }
        } else if (block.comparesX()) {
            JumpCondition test = block.test();
            DecisionNode yes = node.targets[node.rangeOf(1)];
            jump(places.get(yes), places.get(node.targets[0]), (t, f) -> new JumpIfX(test, t, f));
        } else if (block.mask() != 0) {
            jump(
                    places.get(node.targets[1]),
                    places.get(node.targets[0]),
                    (t, f) -> new JumpIf(JumpCondition.JSET, block.mask(), t, f));
        } else {
            int first = new SwitchLowering(this::compare, block.unit()).write(node, places);
            if (first != backwards.size() - 1) {
                add(new Jump(backwards.size() - 1 - first));
            }
        }
        List<Instruction> loads = block.loads();
        for (int i = loads.size() - 1; i >= 0; i--) {
            add(loads.get(i));
        }
        places.put(node, backwards.size() - 1);
    }

    /** A comparison and where it leads. */
    private record Compared(JumpCondition test, long number, int yes, int no) {}

    private int compare(JumpCondition test, long number, int yes, int no) {
        Compared compared = new Compared(test, number, yes, no);
        Integer before = comparisons.get(compared);
        if (before != null && backwards.size() - before <= FARTHEST) {
            return before;
        }
        int at = jump(yes, no, (t, f) -> new JumpIf(test, (int) number, t, f));
        comparisons.put(compared, at);
        return at;
    }

    /** Writes a jump to two places, with relays behind it where they are too far. {@return its place} */
    private int jump(int yes, int no, BiFunction<Integer, Integer, Instruction> instruction) {
        int nearYes = near(yes, 1);
        int nearNo = near(no, 0);
        int at = backwards.size();
        return add(instruction.apply(at - 1 - nearYes, at - 1 - nearNo));
    }

    /** {@return a place from which control goes on to the target, and that a jump can reach from behind {@code more} others} */
    private int near(int target, int more) {
        int at = backwards.size() + more;
        if (at - 1 - target <= FARTHEST) {
            return target;
        }
        Integer relay = relays.get(target);
        if (relay != null && at - 1 - relay <= FARTHEST) {
            return relay;
        }
        boolean verdict = !keeps && backwards.get(target) instanceof ReturnConstant;
        int made = add(verdict ? backwards.get(target) : new Jump(backwards.size() - 1 - target));
        relays.put(target, made);
        return made;
    }

    /** How comparisons are written. */
    interface Comparison {
        int write(JumpCondition test, long number, int yes, int no);
    }

    /** How many comparisons a list of lone numbers is cut into. */
    static int chain() {
        return CHAIN;
    }
}
