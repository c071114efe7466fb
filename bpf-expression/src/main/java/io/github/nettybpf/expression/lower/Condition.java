package io.github.nettybpf.expression.lower;

import java.util.ArrayList;
import java.util.List;

/** What a program decides, before it is known in which steps. Terms are asked in order. */
public sealed interface Condition {
    Condition TRUE = new Constant(true);
    Condition FALSE = new Constant(false);

    record Constant(boolean value) implements Condition {}

    record Member(Value value, Ranges set) implements Condition {}

    record And(List<Condition> terms) implements Condition {}

    record Or(List<Condition> terms) implements Condition {}

    record Not(Condition term) implements Condition {}

    /**
     * Goes on by where a value lies: with the one of the cases that has it; where none does, it does not hold. No number is
     * in two of them.
     */
    record Choice(Value value, List<Case> cases) implements Condition {}

    /** What has to hold if a value is in the set. */
    record Case(Ranges set, Condition then) {}

    /** Holds always, and has the program keep a value, which is not 0. */
    record Keep(Value slot, Value value) implements Condition {}

    static Condition and(Condition... terms) {
        return all(List.of(terms));
    }

    static Condition or(Condition... terms) {
        return any(List.of(terms));
    }

    static Condition all(List<Condition> terms) {
        List<Condition> left = without(TRUE, terms);
        return left.isEmpty() ? TRUE : left.get(0) == FALSE ? FALSE : left.size() == 1 ? left.get(0) : new And(left);
    }

    static Condition any(List<Condition> terms) {
        List<Condition> left = without(FALSE, terms);
        return left.isEmpty() ? FALSE : left.get(0) == TRUE ? TRUE : left.size() == 1 ? left.get(0) : new Or(left);
    }

    private static List<Condition> without(Condition neutral, List<Condition> terms) {
        List<Condition> left = new ArrayList<>(terms);
        left.removeIf(term -> term == neutral);
        return left;
    }

    static Condition not(Condition term) {
        return term == TRUE ? FALSE : term == FALSE ? TRUE : term instanceof Not not ? not.term : new Not(term);
    }

    static Condition equal(Value value, int number) {
        return new Member(value, Ranges.of(number));
    }

    /** {@return whether the condition asks for something that the program kept} */
    static boolean reads(Condition condition) {
        if (condition instanceof Member member) {
            return member.value.reads != 0;
        } else if (condition instanceof And and) {
            return and.terms.stream().anyMatch(Condition::reads);
        } else if (condition instanceof Or or) {
            return or.terms.stream().anyMatch(Condition::reads);
        } else if (condition instanceof Not not) {
            return reads(not.term);
        } else if (condition instanceof Choice choice) {
            return choice.value.reads != 0 || choice.cases.stream().anyMatch(one -> reads(one.then));
        }
        return condition instanceof Keep keep && keep.value.reads != 0;
    }
}
