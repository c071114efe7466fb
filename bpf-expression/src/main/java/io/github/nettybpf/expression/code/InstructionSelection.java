package io.github.nettybpf.expression.code;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.expression.lower.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Decides what each node of a graph computes, given what the registers hold already on all ways to it. */
final class InstructionSelection {
    /**
     * The code of a node.
     *
     * @param loads what it computes
     * @param test the comparison of A and X that follows, if it does
     * @param mask the bits that are tested, or 0
     * @param unit how many neighbouring numbers the computed value does not tell apart
     */
    record Block(List<Instruction> loads, @Nullable JumpCondition test, int mask, long unit) {
        boolean comparesX() {
            return test != null;
        }
    }

    /** What the registers hold. */
    private record Registers(@Nullable Value a, @Nullable Value x) {
        static final Registers UNKNOWN = new Registers(null, null);

        Registers common(Registers other) {
            return new Registers(a == other.a ? a : null, x == other.x ? x : null);
        }
    }

    private final boolean optimize;
    private final Map<DecisionNode, Registers> before = new HashMap<>();

    InstructionSelection(boolean optimize) {
        this.optimize = optimize;
    }

    /** {@return the code of each node}; the nodes come in order. */
    Map<DecisionNode, Block> plan(List<DecisionNode> order) {
        Map<DecisionNode, Block> blocks = new HashMap<>();
        for (DecisionNode node : order) {
            Registers registers = optimize ? before.getOrDefault(node, Registers.UNKNOWN) : Registers.UNKNOWN;
            ValueCodeGenerator computation = new ValueCodeGenerator(registers.a(), registers.x());
            blocks.put(node, block(node, computation));
            Registers after = new Registers(computation.a(), computation.x());
            for (DecisionNode target : node.targets) {
                before.merge(target, after, Registers::common);
            }
        }
        return blocks;
    }

    private Block block(DecisionNode node, ValueCodeGenerator computation) {
        Value value = Objects.requireNonNull(node.value);
        if (node.slot != null) {
            computation.keep(node.slot, value);
            return new Block(computation.code(), null, 0, 1);
        }
        JumpCondition test = node.isProbe()
                ? null
                : switch (value.kind) {
                    case EQUAL -> JumpCondition.JEQ;
                    case GREATER -> JumpCondition.JGT;
                    case GREATER_OR_EQUAL -> JumpCondition.JGE;
                    default -> null;
                };
        if (test != null) {
            computation.both(Objects.requireNonNull(value.left), Objects.requireNonNull(value.right));
            return new Block(computation.code(), test, 0, 1);
        }
        int mask = bits(node);
        if (mask != 0) {
            computation.intoA(Objects.requireNonNull(value.left));
            return new Block(computation.code(), null, mask, 1);
        }
        computation.intoA(value);
        long unit = optimize ? unit(node) : 1;
        if (unit > 1 && SwitchLowering.cost(node, unit) + 1 < SwitchLowering.cost(node, 1)) {
            computation.add(new AluConstant(AluOp.AND, (int) -unit & (int) value.most));
            return new Block(computation.code(), null, 0, unit);
        }
        return new Block(computation.code(), null, 0, 1);
    }

    /** {@return the mask, if a node asks only whether one of its bits is set}, otherwise 0. */
    private static int bits(DecisionNode node) {
        Value mask = Objects.requireNonNull(node.value).mask();
        if (mask == null || node.targets.length != 2) {
            return 0;
        }
        boolean zero = node.starts[1] == 1;
        boolean single = Integer.bitCount(mask.k) == 1 && node.starts[1] <= Integer.toUnsignedLong(mask.k);
        return zero || single ? mask.k : 0;
    }

    /** {@return the greatest power of two that divides all bounds of the ranges} */
    private static long unit(DecisionNode node) {
        long bounds = 0;
        for (long start : node.starts) {
            bounds |= start;
        }
        return bounds == 0 ? 1 : Long.lowestOneBit(bounds);
    }
}
