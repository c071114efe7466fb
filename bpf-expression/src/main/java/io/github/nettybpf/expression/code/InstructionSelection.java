package io.github.nettybpf.expression.code;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.expression.lower.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Selects the instructions of each node. A forward data-flow pass over the nodes knows what A and X hold on all paths
 * to a node, so that it does not compute that again.
 */
final class InstructionSelection {
    /** How a node branches to its successors. */
    sealed interface Branch {}

    /** Goes to the only successor. */
    record Always() implements Branch {}

    /**
     * Compares A with X.
     *
     * @param cond the condition under which the value of the node is 1
     */
    record CompareX(JumpCondition cond) implements Branch {}

    /**
     * Tests whether A has one of the bits.
     *
     * @param mask the bits
     */
    record BitTest(int mask) implements Branch {}

    /**
     * Finds the range of A.
     *
     * @param unit how many adjacent values have become one number, because their low bits were cleared
     */
    record RangeTest(long unit) implements Branch {}

    /**
     * The code of a node.
     *
     * @param computation what computes its value
     * @param branch how it branches
     */
    record Block(List<Instruction> computation, Branch branch) {}

    /** What the registers hold. */
    private record Registers(@Nullable Value a, @Nullable Value x) {
        static final Registers UNKNOWN = new Registers(null, null);

        /** {@return what they hold whichever of two paths was taken} */
        Registers join(Registers other) {
            return new Registers(a == other.a ? a : null, x == other.x ? x : null);
        }
    }

    private final boolean optimize;

    /** What the registers hold on all paths to a node. */
    private final Map<DecisionNode, Registers> entry = new HashMap<>();

    InstructionSelection(boolean optimize) {
        this.optimize = optimize;
    }

    /**
     * {@return the code of each node, in the same order}
     *
     * @param order the nodes in topological order
     */
    List<Block> select(List<DecisionNode> order) {
        List<Block> blocks = new ArrayList<>(order.size());
        for (DecisionNode node : order) {
            Registers registers = optimize ? entry.getOrDefault(node, Registers.UNKNOWN) : Registers.UNKNOWN;
            ValueCodeGenerator generator = new ValueCodeGenerator(registers.a(), registers.x());
            blocks.add(block(node, generator));
            Registers after = new Registers(generator.a(), generator.x());
            for (DecisionNode target : node.targets) {
                entry.merge(target, after, Registers::join);
            }
        }
        return blocks;
    }

    private Block block(DecisionNode node, ValueCodeGenerator generator) {
        Value value = node.value();
        if (node.slot != null) {
            generator.store(node.slot, value);
            return new Block(generator.code(), new Always());
        }
        if (node.isDefinednessTest()) {
            generator.compute(value);
            return new Block(generator.code(), new Always());
        }
        JumpCondition relation = relation(value);
        if (relation != null) {
            generator.compute(value);
            return new Block(generator.code(), new CompareX(relation));
        }
        int mask = bits(node);
        if (mask != 0) {
            generator.compute(Objects.requireNonNull(value.left));
            return new Block(generator.code(), new BitTest(mask));
        }
        generator.compute(value);
        long unit = optimize ? unit(node) : 1;
        if (unit > 1 && SwitchLowering.cost(node, unit) + 1 < SwitchLowering.cost(node, 1)) {
            generator.add(new AluConstant(AluOp.AND, (int) -unit & (int) value.max));
            return new Block(generator.code(), new RangeTest(unit));
        }
        return new Block(generator.code(), new RangeTest(1));
    }

    /** {@return the comparison of A and X that a relation is, or null for another value} */
    private static @Nullable JumpCondition relation(Value value) {
        return switch (value.kind) {
            case EQUAL -> JumpCondition.JEQ;
            case GREATER -> JumpCondition.JGT;
            case GREATER_OR_EQUAL -> JumpCondition.JGE;
            case CONSTANT, LOAD, HEADER_LENGTH, EXTENSION, SCRATCH, BINARY, NEGATION -> null;
        };
    }

    /** {@return the mask, if a node only tests whether one of its bits is set, otherwise 0} */
    private static int bits(DecisionNode node) {
        Value mask = node.value().mask();
        if (mask == null || node.targets.length != 2) {
            return 0;
        }
        boolean zero = node.starts[1] == 1;
        boolean single = Integer.bitCount(mask.k) == 1 && node.starts[1] <= Integer.toUnsignedLong(mask.k);
        return zero || single ? mask.k : 0;
    }

    /** {@return the greatest power of two that divides the bounds of all ranges} */
    private static long unit(DecisionNode node) {
        long bounds = 0;
        for (long start : node.starts) {
            bounds |= start;
        }
        return bounds == 0 ? 1 : Long.lowestOneBit(bounds);
    }
}
