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
import java.util.Objects;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Emits a decision graph as instructions, from the last one to the first, so that the distance of each jump is known.
 * Positions count from the end of the program.
 */
final class Emitter {
    /** The verdict that accepts: libpcap's snapshot length for all of the packet. */
    private static final int ACCEPT = 262144;

    /** How many instructions a conditional jump can skip. */
    private static final int MAX_SKIP = 255;

    private final List<Instruction> backwards = new ArrayList<>();

    /** The position of the first instruction of each node that is emitted. */
    private final Map<DecisionNode, Integer> positions = new HashMap<>();

    /**
     * For a position, the last emitted instruction that only jumps or returns as the one there: a trampoline for far
     * jumps.
     */
    private final Map<Integer, Integer> trampolines = new HashMap<>();

    /** The comparisons that are emitted, which nodes share whatever value they have in A. */
    private final Map<Compared, Integer> comparisons = new HashMap<>();

    /**
     * Whether values are stored in scratch slots. The kernel's verifier wants each slot to be written before it is
     * read, on a forward pass that does not stop at {@code ret}: then no {@code ret} may be repeated as a trampoline.
     */
    private boolean stores;

    /** How many nodes have a range. */
    private final Map<Range, Integer> ranges = new HashMap<>();

    /** A range by where it starts, and what it leads to. */
    private record Range(long start, DecisionNode target) {
        // Written out: a record's own methods take the JVM some ten milliseconds when they are first called.
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Range range && start == range.start && target.equals(range.target);
        }

        @Override
        public int hashCode() {
            return 31 * Long.hashCode(start) + target.hashCode();
        }
    }

    private Emitter() {}

    /** {@return the instructions, of which there may be more than a program can have} */
    static List<Instruction> emit(DecisionNode root, boolean optimize) {
        Emitter emitter = new Emitter();
        emitter.run(root, optimize);
        Collections.reverse(emitter.backwards);
        return emitter.backwards;
    }

    private void run(DecisionNode root, boolean optimize) {
        List<DecisionNode> order = DecisionGraph.topologicalOrder(root);
        boolean rejects = root == DecisionNode.REJECT;
        boolean accepts = root == DecisionNode.ACCEPT;
        for (DecisionNode node : order) {
            for (DecisionNode target : node.targets) {
                rejects |= target == DecisionNode.REJECT;
                accepts |= target == DecisionNode.ACCEPT;
            }
            for (int i = 0; i < node.targets.length; i++) {
                ranges.merge(new Range(node.starts[i], node.targets[i]), 1, Integer::sum);
            }
        }
        if (rejects) {
            positions.put(DecisionNode.REJECT, add(new ReturnConstant(0)));
        }
        if (accepts) {
            positions.put(DecisionNode.ACCEPT, add(new ReturnConstant(ACCEPT)));
        }
        stores = order.stream().anyMatch(node -> node.slot != null);
        int unset = unset(order);
        List<InstructionSelection.Block> blocks = new InstructionSelection(optimize).select(order);
        for (int i = order.size() - 1; i >= 0; i--) {
            block(order.get(i), blocks.get(i));
            if (backwards.size() > 4 * Program.MAX_SIZE) {
                return;
            }
        }
        if (unset != 0) {
            for (int slot = 0; slot < 16; slot++) {
                if ((unset & 1 << slot) != 0) {
                    add(new StoreScratch(Register.A, slot));
                }
            }
            add(new LoadConstant(Register.A, 0));
        }
    }

    /** {@return the scratch slots, as bits, that some path reads before it stores something there} */
    private static int unset(List<DecisionNode> order) {
        Map<DecisionNode, Integer> stored = new HashMap<>();
        int unset = 0;
        for (DecisionNode node : order) {
            int before = stored.getOrDefault(node, 0);
            unset |= node.value().slotsRead & ~before;
            int after = node.slot == null ? before : before | node.slot.slotsRead;
            for (DecisionNode target : node.targets) {
                stored.merge(target, after, (a, b) -> a & b);
            }
        }
        return unset;
    }

    /** {@return the position of the instruction} */
    private int add(Instruction instruction) {
        backwards.add(instruction);
        return backwards.size() - 1;
    }

    private void block(DecisionNode node, InstructionSelection.Block block) {
        InstructionSelection.Branch branch = block.branch();
        if (branch instanceof InstructionSelection.Always) {
            fallInto(position(node.targets[0]));
        } else if (branch instanceof InstructionSelection.CompareX compare) {
            int yes = position(node.targets[node.rangeOf(1)]);
            int no = position(node.targets[0]);
            jump(yes, no, (t, f) -> new JumpIfX(compare.cond(), t, f));
        } else if (branch instanceof InstructionSelection.BitTest test) {
            int yes = position(node.targets[1]);
            int no = position(node.targets[0]);
            jump(yes, no, (t, f) -> new JumpIf(JumpCondition.JSET, test.mask(), t, f));
        } else if (branch instanceof InstructionSelection.RangeTest test) {
            fallInto(new SwitchLowering(this::compare, test.unit()).emit(node, this::position, this::uses));
        } else {
            throw new IllegalArgumentException(branch.toString());
        }
        List<Instruction> computation = block.computation();
        for (int i = computation.size() - 1; i >= 0; i--) {
            add(computation.get(i));
        }
        positions.put(node, backwards.size() - 1);
    }

    /** {@return the position of a node that is emitted, as all successors of the next one are} */
    private int position(DecisionNode node) {
        return Objects.requireNonNull(positions.get(node));
    }

    private int uses(long start, DecisionNode target) {
        return ranges.getOrDefault(new Range(start, target), 0);
    }

    /** Makes what is emitted next, which will precede, continue at the target. */
    private void fallInto(int target) {
        if (target != backwards.size() - 1) {
            add(new Jump(backwards.size() - 1 - target));
        }
    }

    /** A comparison and the positions that it branches to. */
    private record Compared(JumpCondition cond, long number, int yes, int no) {
        // Written out: a record's own methods take the JVM some ten milliseconds when they are first called.
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Compared compared
                    && cond == compared.cond
                    && number == compared.number
                    && yes == compared.yes
                    && no == compared.no;
        }

        @Override
        public int hashCode() {
            return Objects.hash(cond, number, yes, no);
        }
    }

    private int compare(JumpCondition cond, long number, int yes, int no) {
        Compared compared = new Compared(cond, number, yes, no);
        Integer before = comparisons.get(compared);
        if (before != null && backwards.size() - before <= MAX_SKIP) {
            return before;
        }
        int at = jump(yes, no, (t, f) -> new JumpIf(cond, (int) number, t, f));
        comparisons.put(compared, at);
        return at;
    }

    /** {@return the position of a conditional jump, which is emitted after trampolines to targets that are too far} */
    private int jump(int yes, int no, BiFunction<Integer, Integer, Instruction> instruction) {
        int nearYes = near(yes, 1);
        int nearNo = near(no, 0);
        int at = backwards.size();
        return add(instruction.apply(at - 1 - nearYes, at - 1 - nearNo));
    }

    /**
     * {@return a position from which control goes to the target, near enough for the next conditional jump}
     *
     * @param more how many instructions may be emitted before that jump is
     */
    private int near(int target, int more) {
        int at = backwards.size() + more;
        if (at - 1 - target <= MAX_SKIP) {
            return target;
        }
        Integer trampoline = trampolines.get(target);
        if (trampoline != null && at - 1 - trampoline <= MAX_SKIP) {
            return trampoline;
        }
        boolean verdict = !stores && backwards.get(target) instanceof ReturnConstant;
        int made = add(verdict ? backwards.get(target) : new Jump(backwards.size() - 1 - target));
        trampolines.put(target, made);
        return made;
    }
}
