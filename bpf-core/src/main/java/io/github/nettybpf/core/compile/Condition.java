package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.compile.Decision.Test;

/** What a decision depends on, as an expression. Two that are the same object are evaluated once. */
sealed interface Condition {
    /** Always, or never. */
    enum Constant implements Condition {
        TRUE,
        FALSE
    }

    /** That a test holds. */
    final class Holds implements Condition {
        final Test test;

        Holds(Test test) {
            this.test = test;
        }
    }

    /** That another does not hold. */
    final class Not implements Condition {
        final Condition condition;

        private Not(Condition condition) {
            this.condition = condition;
        }
    }

    /** That both of two hold, or one of them. */
    final class Two implements Condition {
        final boolean both;
        final Condition one;
        final Condition other;

        private Two(boolean both, Condition one, Condition other) {
            this.both = both;
            this.one = one;
            this.other = other;
        }

        boolean is(boolean both, Condition other) {
            return this.both == both && this.other.equals(other);
        }
    }

    /** {@return that {@code yes} holds where {@code test} does, and {@code no} where not} */
    static Condition choice(Condition test, Condition yes, Condition no) {
        if (yes.equals(no)) {
            return yes;
        } else if (no instanceof Two two && two.is(true, yes)) {
            return and(or(test, two.one), yes);
        } else if (no instanceof Two two && two.is(false, yes)) {
            return or(and(not(test), two.one), yes);
        } else if (yes instanceof Two two && two.is(true, no)) {
            return and(or(not(test), two.one), no);
        } else if (yes instanceof Two two && two.is(false, no)) {
            return or(and(test, two.one), no);
        } else if (yes == Constant.TRUE) {
            return or(test, no);
        } else if (yes == Constant.FALSE) {
            return and(not(test), no);
        } else if (no == Constant.TRUE) {
            return or(not(test), yes);
        } else if (no == Constant.FALSE) {
            return and(test, yes);
        }
        return or(and(test, yes), and(not(test), no));
    }

    private static Condition not(Condition condition) {
        if (condition instanceof Constant) {
            return condition == Constant.TRUE ? Constant.FALSE : Constant.TRUE;
        }
        return condition instanceof Not not ? not.condition : new Not(condition);
    }

    private static Condition and(Condition one, Condition other) {
        if (one == Constant.FALSE || other == Constant.FALSE) {
            return Constant.FALSE;
        } else if (one == Constant.TRUE) {
            return other;
        }
        return other == Constant.TRUE ? one : new Two(true, one, other);
    }

    private static Condition or(Condition one, Condition other) {
        if (one == Constant.TRUE || other == Constant.TRUE) {
            return Constant.TRUE;
        } else if (one == Constant.FALSE) {
            return other;
        }
        return other == Constant.FALSE ? one : new Two(false, one, other);
    }
}
