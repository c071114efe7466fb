package io.github.nettybpf.expression.lower;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.lower.Value.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values of one program, each of which is made once (hash-consed). Operations on constants are folded. */
public final class ValueTable {
    private static final long WORD = 0xffffffffL;

    private final Map<Value.Key, Value> known = new HashMap<>();

    /** How many scratch slots are left for temporaries; the slots from here on hold stored values. */
    private int freeSlots = Program.SCRATCH_SLOTS;

    private final List<Value> scratch = new ArrayList<>();

    /** Creates a table without values. */
    public ValueTable() {}

    /**
     * {@return the number}
     *
     * @param k the number
     */
    public Value constant(int k) {
        return make(new Value.Key(Kind.CONSTANT, null, null, 0, k, -1, -1), null, null, Integer.toUnsignedLong(k), 0);
    }

    /**
     * {@return the bytes at {@code offset}, or at {@code index + offset} if there is an index}
     *
     * @param size how many bytes: 1, 2 or 4
     * @param index what is added to the offset, or null
     * @param offset the offset
     */
    public Value load(int size, @Nullable Value index, int offset) {
        long max = size == 4 ? WORD : (1L << (8 * size)) - 1;
        if (index == null) {
            return make(new Value.Key(Kind.LOAD, null, null, size, offset, -1, -1), null, null, max, 0);
        }
        if (index.isConstant()) {
            return load(size, null, offset + index.k);
        }
        if (index.op == AluOp.ADD && index.right != null && index.right.isConstant()) {
            return load(size, index.left, offset + index.right.k);
        }
        return make(
                new Value.Key(Kind.LOAD, null, null, size, offset, index.id, -1), index, null, max, index.temporaries);
    }

    /**
     * {@return {@code 4 * (P[offset] & 15)}}
     *
     * @param offset the offset
     */
    public Value headerLength(int offset) {
        return make(new Value.Key(Kind.HEADER_LENGTH, null, null, 0, offset, -1, -1), null, null, 60, 0);
    }

    /**
     * {@return what the kernel knows about the packet}
     *
     * @param extension what it is
     */
    public Value extension(Extension extension) {
        return make(new Value.Key(Kind.EXTENSION, null, extension, 0, 0, -1, -1), null, null, WORD, 0);
    }

    /** {@return how many scratch slots are left for temporaries} */
    int freeSlots() {
        return freeSlots;
    }

    /** {@return the value of a scratch slot that nothing else uses} The caller checks that one is left. */
    Value scratch() {
        freeSlots--;
        Value value = make(new Value.Key(Kind.SCRATCH, null, null, 0, freeSlots, -1, -1), null, null, WORD, 0);
        scratch.add(value);
        return value;
    }

    /** {@return all values that {@link #scratch} has given} */
    public List<Value> allScratch() {
        return List.copyOf(scratch);
    }

    /**
     * {@return the two's complement}
     *
     * @param operand of what
     */
    public Value negation(Value operand) {
        if (operand.isConstant()) {
            return constant(-operand.k);
        } else if (operand.kind == Kind.NEGATION && operand.left != null) {
            return operand.left;
        }
        return make(
                new Value.Key(Kind.NEGATION, null, null, 0, 0, operand.id, -1),
                operand,
                null,
                WORD,
                operand.temporaries);
    }

    /**
     * {@return 1 if the left value has the relation to the right one, otherwise 0}
     *
     * @param kind one of the three relations
     * @param left the left value
     * @param right the right value
     */
    public Value relation(Kind kind, Value left, Value right) {
        return make(new Value.Key(kind, null, null, 0, 0, left.id, right.id), left, right, 1, temporaries(left, right));
    }

    /**
     * {@return {@code left op right}} The caller has checked constant divisors and shifts.
     *
     * @param op the operation
     * @param left the left operand
     * @param right the right operand
     */
    public Value binary(AluOp op, Value left, Value right) {
        if (left.isConstant() && right.isConstant()) {
            return constant(compute(op, left.k, right.k));
        }
        boolean commutes = op == AluOp.ADD || op == AluOp.MUL || op == AluOp.AND || op == AluOp.OR || op == AluOp.XOR;
        if (commutes && (left.isConstant() || (left.loadsIntoX() && !right.loadsIntoX()))) {
            return binary(op, right, left);
        }
        if (right.isConstant() && right.k == 0 && op != AluOp.AND && op != AluOp.MUL) {
            return left;
        }
        if (op == AluOp.ADD
                && right.isConstant()
                && left.op == AluOp.ADD
                && left.left != null
                && left.right != null
                && left.right.isConstant()) {
            return binary(op, left.left, constant(left.right.k + right.k));
        }
        long max = op == AluOp.AND ? Math.min(left.max, right.max) : WORD;
        return make(
                new Value.Key(Kind.BINARY, op, null, 0, 0, left.id, right.id),
                left,
                right,
                max,
                temporaries(left, right));
    }

    private static int temporaries(Value left, Value right) {
        return right.loadsIntoX() || left.preservesX()
                ? Math.max(left.temporaries, right.temporaries)
                : Math.max(right.temporaries, 1 + left.temporaries);
    }

    private static int compute(AluOp op, int a, int b) {
        return switch (op) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> Integer.divideUnsigned(a, b);
            case OR -> a | b;
            case AND -> a & b;
            case LSH -> a << b;
            case RSH -> a >>> b;
            case MOD -> Integer.remainderUnsigned(a, b);
            case XOR -> a ^ b;
        };
    }

    private Value make(Value.Key key, @Nullable Value left, @Nullable Value right, long max, int temporaries) {
        Value value = known.get(key);
        if (value == null) {
            value = new Value(known.size(), key, left, right, max, temporaries);
            known.put(key, value);
        }
        return value;
    }
}
