package io.github.nettybpf.expression;

import java.util.ArrayList;
import java.util.List;

/** What a program decides, before it is known in which steps. Terms are asked in order. */
sealed interface Condition {
    Condition TRUE = new Constant(true);
    Condition FALSE = new Constant(false);

    record Constant(boolean value) implements Condition {}

    record Member(Value value, Ranges set) implements Condition {}

    record And(List<Condition> terms) implements Condition {}

    record Or(List<Condition> terms) implements Condition {}

    record Not(Condition term) implements Condition {}

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
}
