package io.github.nettybpf.expression.lower;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A value that the program computes from a packet, as a node of a graph of operations. Immutable; equal values of one
 * {@code ValueTable} are the same object, as in value numbering. A value is not defined for a packet that lacks the
 * bytes to load.
 */
public final class Value {
    /** How a value is computed. */
    public enum Kind {
        /** The number {@code k}. */
        CONSTANT,
        /** {@code size} bytes at {@code k}, or at {@code left + k}. */
        LOAD,
        /** {@code 4 * (P[k] & 15)}. */
        HEADER_LENGTH,
        /** An extension: what the kernel knows about the packet. */
        EXTENSION,
        /** {@code M[k]}: 0 until the program has stored something there, not 0 after. */
        SCRATCH,
        /** {@code left op right}. */
        BINARY,
        /** {@code -left}. */
        NEGATION,
        /** 1 if {@code left > right}, otherwise 0. */
        GREATER,
        /** 1 if {@code left >= right}, otherwise 0. */
        GREATER_OR_EQUAL,
        /** 1 if {@code left == right}, otherwise 0. */
        EQUAL
    }

    /** What makes values equal; operands count by their ids, -1 if there is none. */
    record Key(Kind kind, @Nullable AluOp op, @Nullable Extension extension, int size, int k, int left, int right) {
        // Written out: a record's own methods take the JVM some ten milliseconds when they are first called.
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key
                    && kind == key.kind
                    && op == key.op
                    && extension == key.extension
                    && size == key.size
                    && k == key.k
                    && left == key.left
                    && right == key.right;
        }

        @Override
        public int hashCode() {
            return Objects.hash(kind, op, extension, size, k, left, right);
        }
    }

    /** What tells the values of a program apart: values that were made first have the lower numbers. */
    public final int id;

    /** How the value is computed. */
    public final Kind kind;

    /** The operation of a {@link Kind#BINARY} value, otherwise null. */
    public final @Nullable AluOp op;

    /** The extension of an {@link Kind#EXTENSION} value, otherwise null. */
    public final @Nullable Extension extension;

    /** How many bytes a {@link Kind#LOAD} loads, otherwise 0. */
    public final int size;

    /** The number, offset or scratch slot that {@link Kind} names so, otherwise 0. */
    public final int k;

    /** The left operand, or the index of a load, or null. */
    public final @Nullable Value left;

    /** The right operand, or null. */
    public final @Nullable Value right;

    /** The greatest number that it can be. */
    public final long max;

    /** How many scratch slots it takes to compute: its Sethi-Ullman number, less the registers. */
    final int temporaries;

    /** How many operations depend on one another in it. */
    final int depth;

    /** The scratch slots that it loads, as bits. */
    public final int slotsRead;

    Value(int id, Key key, @Nullable Value left, @Nullable Value right, long max, int temporaries) {
        this.id = id;
        this.kind = key.kind();
        this.op = key.op();
        this.extension = key.extension();
        this.size = key.size();
        this.k = key.k();
        this.left = left;
        this.right = right;
        this.max = max;
        this.temporaries = temporaries;
        this.slotsRead = (kind == Kind.SCRATCH ? 1 << k : 0)
                | (left == null ? 0 : left.slotsRead)
                | (right == null ? 0 : right.slotsRead);
        this.depth = 1 + Math.max(left == null ? 0 : left.depth, right == null ? 0 : right.depth);
    }

    /** {@return whether this is a number} */
    public boolean isConstant() {
        return kind == Kind.CONSTANT;
    }

    /** {@return whether the value is defined for every packet} */
    public boolean isAlwaysDefined() {
        return isConstant() || kind == Kind.SCRATCH || (kind == Kind.EXTENSION && extension == Extension.LEN);
    }

    /** {@return whether the value can be loaded into X without A} */
    public boolean loadsIntoX() {
        return kind == Kind.CONSTANT
                || kind == Kind.HEADER_LENGTH
                || kind == Kind.SCRATCH
                || (kind == Kind.EXTENSION && extension == Extension.LEN);
    }

    /** {@return whether the value can be computed into A without X} */
    public boolean preservesX() {
        boolean plain = kind == Kind.CONSTANT
                || kind == Kind.EXTENSION
                || kind == Kind.SCRATCH
                || (kind == Kind.LOAD && left == null);
        return plain || (kind == Kind.BINARY && isPlainWithConstant());
    }

    private boolean isPlainWithConstant() {
        return right != null
                && right.isConstant()
                && left != null
                && (left.kind == Kind.EXTENSION || (left.kind == Kind.LOAD && left.left == null));
    }

    /** {@return the mask, if this is some value and a mask, otherwise null} */
    public @Nullable Value mask() {
        return op == AluOp.AND && right != null && right.isConstant() ? right : null;
    }

    /**
     * {@return whether the other value is defined for every packet for which this one is}
     *
     * @param other the other value
     */
    public boolean implies(Value other) {
        if (this == other || other.isAlwaysDefined()) {
            return true;
        }
        if (other.kind == Kind.LOAD && other.left == null && other.k >= 0) {
            return reaches(other.k + other.size);
        }
        if (other.kind == Kind.LOAD && kind == Kind.LOAD && other.left == left && left != null) {
            boolean small = left.kind == Kind.HEADER_LENGTH || left.kind == Kind.SCRATCH;
            return small ? other.k >= 0 && k + size >= other.k + other.size : k == other.k && size >= other.size;
        }
        if (other.mask() != null && other.left != null) {
            return implies(other.left);
        }
        return left != null && kind != Kind.LOAD && left.implies(other);
    }

    /** {@return whether every packet for which this is defined has at least so many bytes} */
    private boolean reaches(int bytes) {
        return switch (kind) {
            case LOAD -> left == null ? k >= 0 && k + size >= bytes : left.reaches(bytes);
            case HEADER_LENGTH -> k >= 0 && k + 1 >= bytes;
            default -> (left != null && left.reaches(bytes)) || (right != null && right.reaches(bytes));
        };
    }
}
