package io.github.nettybpf.expression.lower;

import java.util.ArrayList;
import java.util.List;

/**
 * What a packet has to satisfy: a formula over tests of values. Terms are evaluated in order, and no further than
 * needed, because a value that is not defined rejects the packet.
 */
public sealed interface BooleanFormula {
    /** Holds for every packet. */
    BooleanFormula TRUE = new Constant(true);

    /** Holds for none. */
    BooleanFormula FALSE = new Constant(false);

    /**
     * Holds always or never.
     *
     * @param value whether it holds
     */
    record Constant(boolean value) implements BooleanFormula {}

    /**
     * Holds if a value is in a set.
     *
     * @param value the value
     * @param set the set
     */
    record Membership(Value value, RangeSet set) implements BooleanFormula {}

    /**
     * Holds if all terms do.
     *
     * @param terms the terms
     */
    record And(List<BooleanFormula> terms) implements BooleanFormula {}

    /**
     * Holds if one of the terms does.
     *
     * @param terms the terms
     */
    record Or(List<BooleanFormula> terms) implements BooleanFormula {}

    /**
     * Holds if the term does not.
     *
     * @param term the term
     */
    record Not(BooleanFormula term) implements BooleanFormula {}

    /**
     * Holds if the case that a value is in does. For a value in no case it does not hold.
     *
     * @param value the value
     * @param cases the cases, whose sets are disjoint
     */
    record Switch(Value value, List<Case> cases) implements BooleanFormula {}

    /**
     * A case of a switch.
     *
     * @param set the values for which the case is
     * @param then what has to hold for them
     */
    record Case(RangeSet set, BooleanFormula then) {}

    /**
     * Holds always, and has the program store a value in a scratch slot.
     *
     * @param slot what a load from the slot gives
     * @param value the value, which is not 0
     */
    record Store(Value slot, Value value) implements BooleanFormula {}

    /** {@return the conjunction} */
    static BooleanFormula and(BooleanFormula... terms) {
        return all(List.of(terms));
    }

    /** {@return the disjunction} */
    static BooleanFormula or(BooleanFormula... terms) {
        return any(List.of(terms));
    }

    /** {@return the conjunction} */
    static BooleanFormula all(List<BooleanFormula> terms) {
        List<BooleanFormula> left = without(TRUE, terms);
        return left.isEmpty() ? TRUE : left.get(0) == FALSE ? FALSE : left.size() == 1 ? left.get(0) : new And(left);
    }

    /** {@return the disjunction} */
    static BooleanFormula any(List<BooleanFormula> terms) {
        List<BooleanFormula> left = without(FALSE, terms);
        return left.isEmpty() ? FALSE : left.get(0) == TRUE ? TRUE : left.size() == 1 ? left.get(0) : new Or(left);
    }

    private static List<BooleanFormula> without(BooleanFormula neutral, List<BooleanFormula> terms) {
        List<BooleanFormula> left = new ArrayList<>(terms);
        left.removeIf(term -> term == neutral);
        return left;
    }

    /** {@return the negation} */
    static BooleanFormula not(BooleanFormula term) {
        return term == TRUE ? FALSE : term == FALSE ? TRUE : term instanceof Not not ? not.term : new Not(term);
    }

    /** {@return whether the value is the number} */
    static BooleanFormula equal(Value value, int number) {
        return new Membership(value, RangeSet.of(number));
    }

    /** {@return whether the formula tests what the program has stored in a scratch slot} */
    static boolean readsScratch(BooleanFormula formula) {
        return slotsRead(formula) != 0;
    }

    /** {@return the scratch slots that the formula reads, as bits} */
    static int slotsRead(BooleanFormula formula) {
        if (formula instanceof Membership membership) {
            return membership.value.slotsRead;
        } else if (formula instanceof And and) {
            return slotsRead(and.terms);
        } else if (formula instanceof Or or) {
            return slotsRead(or.terms);
        } else if (formula instanceof Not not) {
            return slotsRead(not.term);
        } else if (formula instanceof Switch choice) {
            return choice.value.slotsRead
                    | slotsRead(choice.cases.stream().map(Case::then).toList());
        } else if (formula instanceof Store store) {
            return store.value.slotsRead;
        } else if (formula instanceof Constant) {
            return 0;
        }
        throw new IllegalArgumentException(formula.toString());
    }

    private static int slotsRead(List<BooleanFormula> formulas) {
        int slots = 0;
        for (BooleanFormula formula : formulas) {
            slots |= slotsRead(formula);
        }
        return slots;
    }
}
