package io.github.nettybpf.expression.lower;

import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.expression.parse.Expression;
import io.github.nettybpf.expression.parse.Expression.Identifier;
import io.github.nettybpf.expression.parse.Expression.Primitive;
import io.github.nettybpf.expression.parse.Expression.Qualifiers;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What each term of an expression tests: the inverse of lowering. Terms count from 0, in the order of the text, and are
 * those that have no terms of their own; a set of addresses is one term. Each is lowered for itself, in all forms that
 * {@link Lowering} may have given it as a part of a list.
 */
public final class TermTests {
    /** The most addresses of a set that are lowered as the terms of a short list. */
    private static final int SHORT_LIST = 16;

    private static final ListForm SHARED = new ListForm(true, false, false);

    /**
     * A test of a term.
     *
     * @param term which term
     * @param set the numbers that the term tells from all others
     */
    public record Test(int term, RangeSet set) {}

    /** A part of the expression that was not looked at yet. */
    private record Open(Expression term, boolean isNegated) {}

    private final ValueTable values = new ValueTable();
    private final Options options;

    /** The sets that the term which is being added compares each value with. */
    private final Map<Value, List<RangeSet>> sets = new LinkedHashMap<>();

    /** The scratch slots that it stores values in. */
    private final Set<Value> storing = new LinkedHashSet<>();

    private final Map<Value, List<Test>> tests = new HashMap<>();

    /** The terms that compute a value, to test it or to compute another one of it. */
    private final Map<Value, Set<Integer>> users = new HashMap<>();

    /** The terms that store a value in a scratch slot. */
    private final Map<Value, Set<Integer>> writers = new HashMap<>();

    /** The terms before which stands an odd number of {@code not}. */
    private final Set<Integer> negated = new HashSet<>();

    private int terms;

    private TermTests(Options options) {
        this.options = options;
    }

    /**
     * {@return what the terms of an expression test}
     *
     * @param tree the expression, in which sets have their names
     * @param encapsulation what the packets begin with
     * @param live whether they come from a socket
     * @param options the options that the expression was compiled with
     */
    public static TermTests of(Expression tree, Encapsulation encapsulation, boolean live, Options options) {
        TermTests tests = new TermTests(options);
        tests.addAll(tree, encapsulation, live);
        return tests;
    }

    /** {@return whether the expression wants what the term does not hold for} */
    public boolean isNegated(int term) {
        return negated.contains(term);
    }

    /** {@return the values that are tested, and those that they are computed of} */
    public ValueTable values() {
        return values;
    }

    /**
     * {@return the tests of a value}
     *
     * @param value a value of {@link #values}
     */
    public List<Test> of(Value value) {
        return tests.getOrDefault(value, List.of());
    }

    /**
     * {@return the terms that compute a value, in order}
     *
     * @param value a value of {@link #values}
     */
    public Set<Integer> users(Value value) {
        return users.getOrDefault(value, Set.of());
    }

    /**
     * {@return the terms that store a value in a scratch slot, in order}
     *
     * @param slot what a load from the slot gives
     */
    public Set<Integer> writers(Value slot) {
        return writers.getOrDefault(slot, Set.of());
    }

    private void addAll(Expression tree, Encapsulation encapsulation, boolean live) {
        HeaderOffsets start = HeaderOffsets.of(encapsulation, live, values);
        HeaderOffsets offsets = start;
        List<BooleanFormula> formulas = new ArrayList<>();
        Deque<Open> open = new ArrayDeque<>(List.of(new Open(tree, false)));
        TermLowering lowering = new TermLowering(values, offsets, options, ListForm.IN_ORDER);
        TermLowering shared = new TermLowering(values, offsets, options, SHARED);
        while (!open.isEmpty()) {
            Open popped = open.pop();
            Expression next = popped.term;
            List<Expression> inner = SetExpansion.terms(next);
            for (int i = inner.size() - 1; i >= 0; i--) {
                open.push(new Open(inner.get(i), popped.isNegated != next instanceof Expression.Not));
            }
            if (!inner.isEmpty()) {
                continue;
            }
            if (popped.isNegated) {
                negated.add(terms);
            }
            if (next instanceof Primitive primitive) {
                formulas.add(lowered(primitive, lowering, shared));
            } else {
                LoweredTerm lowered = lowering.lower(next);
                formulas.add(lowered.formula());
                if (!lowered.offsets().equals(offsets)) {
                    offsets = lowered.offsets();
                    lowering = new TermLowering(values, offsets, options, ListForm.IN_ORDER);
                    shared = new TermLowering(values, offsets, options, SHARED);
                }
            }
            collect(formulas.get(terms));
            close(Set.of(terms++));
        }
        addStores(start, formulas);
    }

    /** Adds the tests on which depends what the program stores first of all: they are of the terms that read it. */
    private void addStores(HeaderOffsets start, List<BooleanFormula> formulas) {
        BooleanFormula all = new BooleanFormula.And(formulas);
        if (WirelessHeader.stored(all, start, values) instanceof BooleanFormula.And stored && stored != all) {
            Set<Integer> readers = new LinkedHashSet<>();
            for (int term = 0; term < formulas.size(); term++) {
                if (BooleanFormula.readsScratch(formulas.get(term))) {
                    readers.add(term);
                }
            }
            collect(stored.terms().get(0));
            if (stored.terms().get(1) instanceof BooleanFormula.And rest && rest != all) {
                collect(rest.terms().get(0));
            }
            close(readers);
        }
    }

    /** {@return the test, in all forms that it may have in lists} */
    private BooleanFormula lowered(Primitive primitive, TermLowering lowering, TermLowering shared) {
        List<BooleanFormula> forms = new ArrayList<>();
        if (SetExpansion.isSet(primitive)) {
            for (List<Primitive> alike : alike(SetExpansion.tests(primitive, options))) {
                forms.add(shared.lower(alike, false));
                for (int i = 0; i < alike.size(); i += SHORT_LIST) {
                    List<Primitive> few = alike.subList(i, Math.min(i + SHORT_LIST, alike.size()));
                    forms.add(lowering.lower(few, false));
                }
            }
        } else {
            forms.add(lowering.lower(primitive).formula());
            if (primitive.identifier() instanceof Identifier.Ipv4) {
                forms.add(shared.lower(primitive).formula());
            }
        }
        return BooleanFormula.any(forms);
    }

    /** What the members of a list have in common. */
    private record Common(Qualifiers qualifiers, Class<?> identifier) {}

    private static List<List<Primitive>> alike(List<Primitive> tests) {
        Map<Common, List<Primitive>> lists = new LinkedHashMap<>();
        for (Primitive test : tests) {
            Common common = new Common(test.qualifiers(), test.identifier().getClass());
            lists.computeIfAbsent(common, key -> new ArrayList<>()).add(test);
        }
        return List.copyOf(lists.values());
    }

    private void collect(BooleanFormula root) {
        Deque<BooleanFormula> open = new ArrayDeque<>(List.of(root));
        while (!open.isEmpty()) {
            BooleanFormula formula = open.pop();
            if (formula instanceof BooleanFormula.Membership membership) {
                test(membership.value(), membership.set());
            } else if (formula instanceof BooleanFormula.Switch choice) {
                for (BooleanFormula.Case one : choice.cases()) {
                    test(choice.value(), one.set());
                    open.push(one.then());
                }
            } else if (formula instanceof BooleanFormula.And and) {
                open.addAll(and.terms());
            } else if (formula instanceof BooleanFormula.Or or) {
                open.addAll(or.terms());
            } else if (formula instanceof BooleanFormula.Not not) {
                open.push(not.term());
            } else if (formula instanceof BooleanFormula.Store store) {
                test(store.value(), RangeSet.NONE);
                storing.add(store.slot());
            } else if (!(formula instanceof BooleanFormula.Constant)) {
                throw new IllegalArgumentException(formula.toString());
            }
        }
    }

    private void test(Value value, RangeSet set) {
        sets.computeIfAbsent(value, key -> new ArrayList<>()).add(set);
    }

    /** Ends the terms whose tests were collected. */
    private void close(Set<Integer> owners) {
        sets.forEach((value, compared) -> {
            Set<RangeSet> different = new LinkedHashSet<>(compared);
            List<RangeSet> few =
                    different.size() > SHORT_LIST ? List.of(RangeSet.union(different)) : List.copyOf(different);
            for (int owner : owners) {
                List<Test> all = tests.computeIfAbsent(value, key -> new ArrayList<>());
                few.stream().filter(set -> !set.isEmpty()).forEach(set -> all.add(new Test(owner, set)));
            }
            addUsers(value, owners);
        });
        sets.clear();
        storing.forEach(
                slot -> writers.computeIfAbsent(slot, key -> new TreeSet<>()).addAll(owners));
        storing.clear();
    }

    private void addUsers(Value value, Set<Integer> owners) {
        Deque<Value> open = new ArrayDeque<>(List.of(value));
        Set<Value> seen = new LinkedHashSet<>();
        while (!open.isEmpty()) {
            Value next = open.pop();
            if (seen.add(next)) {
                users.computeIfAbsent(next, key -> new TreeSet<>()).addAll(owners);
                if (next.left != null) {
                    open.push(next.left);
                }
                if (next.right != null) {
                    open.push(next.right);
                }
            }
        }
    }
}
