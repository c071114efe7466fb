package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.compile.IfConversion.Test;

/**
 * What an if-conversion evaluates, as an expression over its tests. Equality is identity: an object that occurs twice
 * is evaluated once.
 */
sealed interface BooleanExpression {
    /** A constant. */
    enum Constant implements BooleanExpression {
        TRUE,
        FALSE
    }

    /** True if a test holds. */
    final class Holds implements BooleanExpression {
        final Test test;

        Holds(Test test) {
            this.test = test;
        }
    }

    /** A negation. */
    final class Not implements BooleanExpression {
        final BooleanExpression operand;

        private Not(BooleanExpression operand) {
            this.operand = operand;
        }
    }

    /** A conjunction or a disjunction. */
    final class Binary implements BooleanExpression {
        final boolean isAnd;
        final BooleanExpression left;
        final BooleanExpression right;

        private Binary(boolean isAnd, BooleanExpression left, BooleanExpression right) {
            this.isAnd = isAnd;
            this.left = left;
            this.right = right;
        }

        boolean is(boolean isAnd, BooleanExpression right) {
            return this.isAnd == isAnd && this.right.equals(right);
        }
    }

    /** {@return {@code test ? onTrue : onFalse}, simplified where the two share a part or are constant} */
    static BooleanExpression select(BooleanExpression test, BooleanExpression onTrue, BooleanExpression onFalse) {
        if (onTrue.equals(onFalse)) {
            return onTrue;
        } else if (onFalse instanceof Binary binary && binary.is(true, onTrue)) {
            return and(or(test, binary.left), onTrue);
        } else if (onFalse instanceof Binary binary && binary.is(false, onTrue)) {
            return or(and(not(test), binary.left), onTrue);
        } else if (onTrue instanceof Binary binary && binary.is(true, onFalse)) {
            return and(or(not(test), binary.left), onFalse);
        } else if (onTrue instanceof Binary binary && binary.is(false, onFalse)) {
            return or(and(test, binary.left), onFalse);
        } else if (onTrue == Constant.TRUE) {
            return or(test, onFalse);
        } else if (onTrue == Constant.FALSE) {
            return and(not(test), onFalse);
        } else if (onFalse == Constant.TRUE) {
            return or(not(test), onTrue);
        } else if (onFalse == Constant.FALSE) {
            return and(test, onTrue);
        }
        return or(and(test, onTrue), and(not(test), onFalse));
    }

    private static BooleanExpression not(BooleanExpression operand) {
        if (operand instanceof Constant) {
            return operand == Constant.TRUE ? Constant.FALSE : Constant.TRUE;
        }
        return operand instanceof Not not ? not.operand : new Not(operand);
    }

    private static BooleanExpression and(BooleanExpression left, BooleanExpression right) {
        if (left == Constant.FALSE || right == Constant.FALSE) {
            return Constant.FALSE;
        } else if (left == Constant.TRUE) {
            return right;
        }
        return right == Constant.TRUE ? left : new Binary(true, left, right);
    }

    private static BooleanExpression or(BooleanExpression left, BooleanExpression right) {
        if (left == Constant.TRUE || right == Constant.TRUE) {
            return Constant.TRUE;
        } else if (left == Constant.FALSE) {
            return right;
        }
        return right == Constant.FALSE ? left : new Binary(false, left, right);
    }
}
