package io.github.nettybpf.expression.lower;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import org.jspecify.annotations.Nullable;

/**
 * What a program computes from a packet. Equal values of one {@link ValueTable} are the same object.
 */
public final class Value {
    public enum Kind {
        /** The number {@code k}. */
        CONSTANT,
        /** {@code size} bytes at {@code k}, or at {@code left + k}. */
        LOAD,
        /** {@code 4 * (P[k] & 15)}. */
        HEADER_LENGTH,
        /** What the kernel knows beside the bytes. */
        EXTENSION,
        /** What the program kept in scratch slot {@code k}: not 0 once it was kept, 0 before. */
        KEPT,
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

    /** What identifies a value, apart from its operands' own parts. */
    record Key(Kind kind, @Nullable AluOp op, @Nullable Extension extension, int size, int k, int left, int right) {}

    final int id;
    public final Kind kind;
    public final @Nullable AluOp op;
    public final @Nullable Extension extension;
    public final int size;
    public final int k;
    public final @Nullable Value left;
    public final @Nullable Value right;

    /** The greatest number that it can be. */
    public final long most;

    /** How many scratch slots it takes to compute. */
    final int slots;

    /** How many steps it takes at least to compute. */
    final int depth;

    /** The slots of which it needs what is kept there, as bits. */
    public final int reads;

    Value(int id, Key key, @Nullable Value left, @Nullable Value right, long most, int slots) {
        this.id = id;
        this.kind = key.kind();
        this.op = key.op();
        this.extension = key.extension();
        this.size = key.size();
        this.k = key.k();
        this.left = left;
        this.right = right;
        this.most = most;
        this.slots = slots;
        this.reads =
                (kind == Kind.KEPT ? 1 << k : 0) | (left == null ? 0 : left.reads) | (right == null ? 0 : right.reads);
        this.depth = 1 + Math.max(left == null ? 0 : left.depth, right == null ? 0 : right.depth);
    }

    public boolean isConstant() {
        return kind == Kind.CONSTANT;
    }

    /** {@return whether the value can be computed for every packet} */
    public boolean isAlwaysThere() {
        return isConstant() || kind == Kind.KEPT || (kind == Kind.EXTENSION && extension == Extension.LEN);
    }

    /** {@return whether X can take the value while A keeps what it has} */
    public boolean fitsX() {
        return kind == Kind.CONSTANT
                || kind == Kind.HEADER_LENGTH
                || kind == Kind.KEPT
                || (kind == Kind.EXTENSION && extension == Extension.LEN);
    }

    /** {@return whether the value is computed without X} */
    public boolean leavesX() {
        boolean plain = kind == Kind.CONSTANT
                || kind == Kind.EXTENSION
                || kind == Kind.KEPT
                || (kind == Kind.LOAD && left == null);
        return plain || (kind == Kind.BINARY && isPlainWithConstant());
    }

    private boolean isPlainWithConstant() {
        return right != null
                && right.isConstant()
                && left != null
                && (left.kind == Kind.EXTENSION || (left.kind == Kind.LOAD && left.left == null));
    }

    /** {@return the mask, if this is some value and a mask}, otherwise null. */
    public @Nullable Value mask() {
        return op == AluOp.AND && right != null && right.isConstant() ? right : null;
    }

    /** {@return whether the other value can be computed wherever this one can} */
    public boolean implies(Value other) {
        if (this == other || other.isAlwaysThere()) {
            return true;
        }
        if (other.kind == Kind.LOAD && other.left == null && other.k >= 0) {
            return reaches(other.k + other.size);
        }
        if (other.kind == Kind.LOAD && kind == Kind.LOAD && other.left == left && left != null) {
            boolean small = left.kind == Kind.HEADER_LENGTH || left.kind == Kind.KEPT;
            return small ? other.k >= 0 && k + size >= other.k + other.size : k == other.k && size >= other.size;
        }
        if (other.mask() != null && other.left != null) {
            return implies(other.left);
        }
        return left != null && kind != Kind.LOAD && left.implies(other);
    }

    /** {@return whether the packet has this many bytes if this can be computed} */
    private boolean reaches(int bytes) {
        return switch (kind) {
            case LOAD -> left == null ? k >= 0 && k + size >= bytes : left.reaches(bytes);
            case HEADER_LENGTH -> k >= 0 && k + 1 >= bytes;
            default -> (left != null && left.reaches(bytes)) || (right != null && right.reaches(bytes));
        };
    }
}
