package io.github.nettybpf.expression.lower;

import java.util.ArrayList;
import java.util.List;

/** What a program decides, before it is known in which steps. Terms are asked in order. */
public sealed interface BooleanFormula {
    BooleanFormula TRUE = new Constant(true);
    BooleanFormula FALSE = new Constant(false);

    record Constant(boolean value) implements BooleanFormula {}

    record Membership(Value value, RangeSet set) implements BooleanFormula {}

    record And(List<BooleanFormula> terms) implements BooleanFormula {}

    record Or(List<BooleanFormula> terms) implements BooleanFormula {}

    record Not(BooleanFormula term) implements BooleanFormula {}

    /**
     * Goes on by where a value lies: with the one of the cases that has it; where none does, it does not hold. No number is
     * in two of them.
     */
    record Switch(Value value, List<Case> cases) implements BooleanFormula {}

    /** What has to hold if a value is in the set. */
    record Case(RangeSet set, BooleanFormula then) {}

    /** Holds always, and has the program keep a value, which is not 0. */
    record Store(Value slot, Value value) implements BooleanFormula {}

    static BooleanFormula and(BooleanFormula... terms) {
        return all(List.of(terms));
    }

    static BooleanFormula or(BooleanFormula... terms) {
        return any(List.of(terms));
    }

    static BooleanFormula all(List<BooleanFormula> terms) {
        List<BooleanFormula> left = without(TRUE, terms);
        return left.isEmpty() ? TRUE : left.get(0) == FALSE ? FALSE : left.size() == 1 ? left.get(0) : new And(left);
    }

    static BooleanFormula any(List<BooleanFormula> terms) {
        List<BooleanFormula> left = without(FALSE, terms);
        return left.isEmpty() ? FALSE : left.get(0) == TRUE ? TRUE : left.size() == 1 ? left.get(0) : new Or(left);
    }

    private static List<BooleanFormula> without(BooleanFormula neutral, List<BooleanFormula> terms) {
        List<BooleanFormula> left = new ArrayList<>(terms);
        left.removeIf(term -> term == neutral);
        return left;
    }

    static BooleanFormula not(BooleanFormula term) {
        return term == TRUE ? FALSE : term == FALSE ? TRUE : term instanceof Not not ? not.term : new Not(term);
    }

    static BooleanFormula equal(Value value, int number) {
        return new Membership(value, RangeSet.of(number));
    }

    /** {@return whether the condition asks for something that the program kept} */
    static boolean reads(BooleanFormula condition) {
        if (condition instanceof Membership member) {
            return member.value.reads != 0;
        } else if (condition instanceof And and) {
            return and.terms.stream().anyMatch(BooleanFormula::reads);
        } else if (condition instanceof Or or) {
            return or.terms.stream().anyMatch(BooleanFormula::reads);
        } else if (condition instanceof Not not) {
            return reads(not.term);
        } else if (condition instanceof Switch choice) {
            return choice.value.reads != 0 || choice.cases.stream().anyMatch(one -> reads(one.then));
        }
        return condition instanceof Store keep && keep.value.reads != 0;
    }
}
