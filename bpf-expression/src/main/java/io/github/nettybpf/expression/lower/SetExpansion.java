package io.github.nettybpf.expression.lower;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressPrefix;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.expression.parse.Expression;
import io.github.nettybpf.expression.parse.Expression.Direction;
import io.github.nettybpf.expression.parse.Expression.Identifier;
import io.github.nettybpf.expression.parse.Expression.Kind;
import io.github.nettybpf.expression.parse.Expression.Primitive;
import io.github.nettybpf.expression.parse.Expression.Qualifiers;
import io.github.nettybpf.expression.parse.Spelling;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Replaces the names of sets by their prefixes: {@code src net @x} becomes {@code src net P1 or src net P2 ...}, as a part
 * of the list that it stands in. So a set has the program of the list that is written out, whatever that is compiled to.
 *
 * <p>A name stays where a set has no address that the test is about. There it is a test that never holds.
 */
public final class SetExpansion {
    private static final AddressSet IPV4 = AddressSet.of("0.0.0.0/0");
    private static final AddressSet IPV6 = AddressSet.of("::/0");

    /** A range takes an instruction at least, so that a program for a set with more cannot be. */
    private static final int MAX_RANGES = Program.MAX_SIZE;

    /** How many prefixes an expression may have: those of all mentions of sets. It bounds time and memory. */
    private static final int MAX_PREFIXES = 1 << 16;

    /** How many names that are bound a message lists. */
    private static final int SHOWN = 10;

    /** What a message about a set that does not fit ends with. */
    public static final String FITTING =
            "about 1,800 IPv4 or 320 IPv6 hosts, twice as many after 'src' or 'dst'; AddressFilterHandler"
                    + " and BpfFilterHandler.builder(...).denySources take sets of any size";

    /** A node of the tree, and its terms, of which {@code next} is the first that is not expanded yet. */
    private static final class Level {
        /** Null for the one that has the whole tree as its term. */
        final @Nullable Expression node;

        final List<Expression> terms;
        final List<Expression> expanded = new ArrayList<>();
        int next;

        Level(@Nullable Expression node, List<Expression> terms) {
            this.node = node;
            this.terms = terms;
        }

        Expression combined() {
            if (node instanceof Expression.Not) {
                return new Expression.Not(expanded.get(0));
            }
            return node instanceof Expression.And ? new Expression.And(expanded) : new Expression.Or(expanded);
        }

        /** Adds a term. What it lists is a part of the list here, as it would be if it were written here. */
        void add(Expression term) {
            if (node instanceof Expression.Or && term instanceof Expression.Or or) {
                expanded.addAll(or.terms());
            } else if (node instanceof Expression.And && term instanceof Expression.And and) {
                expanded.addAll(and.terms());
            } else {
                expanded.add(term);
            }
        }

        /** Adds the negation of a set: in a conjunction, its prefixes are negated one by one. */
        void addNegated(Expression set) {
            if (node instanceof Expression.And && set instanceof Expression.Or or) {
                or.terms().forEach(term -> expanded.add(new Expression.Not(term)));
            } else {
                expanded.add(new Expression.Not(set));
            }
        }
    }

    private final Options options;
    private long prefixes;
    private boolean hasSets;

    private SetExpansion(Options options) {
        this.options = options;
    }

    /**
     * {@return the expression with the prefixes of sets in place of their names, or the same one if it names no set}
     *
     * @param tree the expression
     * @param options bind the names
     * @throws ExpressionException if a name is not bound, or a set is larger than any program
     */
    public static Expression of(Expression tree, Options options) {
        SetExpansion expansion = new SetExpansion(options);
        Expression expanded = expansion.expand(tree);
        return expansion.hasSets ? expanded : tree;
    }

    /** {@return the tests that a test of a set stands for, none if it never holds} */
    static List<Primitive> tests(Primitive set, Options options) {
        List<Primitive> tests = new ArrayList<>();
        Deque<Expression> open = new ArrayDeque<>(List.of(of(set, options)));
        while (!open.isEmpty()) {
            Expression next = open.pop();
            if (next instanceof Primitive test && !isSet(test)) {
                tests.add(test);
            }
            terms(next).forEach(open::add);
        }
        return tests;
    }

    /** {@return whether the test is of a set} */
    static boolean isSet(Expression test) {
        return test instanceof Primitive primitive && primitive.identifier() instanceof Identifier.SetName;
    }

    /**
     * {@return the set of a name}
     *
     * @throws ExpressionException if it is not bound
     */
    static AddressSet bound(Identifier.SetName name, Options options, int column) {
        AddressSet set = options.sets().get(name.name());
        if (set == null) {
            throw new ExpressionException(
                    column,
                    "'@" + Spelling.shortened(name.name()) + "' (expected: "
                            + expected(name.name(), options.sets().keySet()) + ")");
        }
        return set;
    }

    private static String expected(String name, Set<String> bound) {
        String noFile = name.indexOf('/') < 0 ? "" : "; an expression reads no file";
        if (bound.isEmpty()) {
            return "a set that is bound; none is" + noFile;
        }
        String names = bound.stream().limit(SHOWN).map(one -> "@" + one).collect(Collectors.joining(", "));
        String more = bound.size() > SHOWN ? " and " + (bound.size() - SHOWN) + " more" : "";
        return "a set that is bound: " + names + more + noFile + Spelling.suggestion(name, bound);
    }

    /** {@return the terms of a term, none if it has none of its own} */
    static List<Expression> terms(Expression term) {
        if (term instanceof Expression.Not not) {
            return List.of(not.term());
        }
        return term instanceof Expression.And and
                ? and.terms()
                : term instanceof Expression.Or or ? or.terms() : List.of();
    }

    private Expression expand(Expression root) {
        Deque<Level> levels = new ArrayDeque<>();
        levels.push(new Level(null, List.of(root)));
        while (true) {
            Level top = levels.peek();
            if (top.next == top.terms.size()) {
                levels.pop();
                if (levels.isEmpty()) {
                    return top.expanded.get(0);
                }
                levels.peek().add(top.combined());
                continue;
            }
            Expression term = top.terms.get(top.next++);
            List<Expression> inner = terms(term);
            if (term instanceof Expression.Not not && isSet(not.term())) {
                top.addNegated(list((Primitive) not.term()));
            } else if (!inner.isEmpty()) {
                levels.push(new Level(term, inner));
            } else {
                top.add(term instanceof Primitive primitive ? list(primitive) : term);
            }
        }
    }

    /** {@return the list that a test of a set stands for, or any other test as it is} */
    private Expression list(Primitive test) {
        if (!(test.identifier() instanceof Identifier.SetName name)) {
            return test;
        }
        hasSets = true;
        AddressSet set = meant(test.qualifiers().protocol(), bound(name, options, test.column()));
        boolean isBoth = test.qualifiers().direction() == Direction.SOURCE_AND_DESTINATION;
        spend(set, name.name(), isBoth ? 2 : 1, test.column());
        if (set.isEmpty()) {
            return test;
        } else if (isBoth) {
            // Both in the set, not both in the same of its prefixes, which are one way of many to write the set.
            return new Expression.And(
                    List.of(list(test, set, Direction.SOURCE), list(test, set, Direction.DESTINATION)));
        }
        return list(test, set, test.qualifiers().direction());
    }

    /** {@return the addresses of a set that a protocol has} */
    private static AddressSet meant(String protocol, AddressSet set) {
        return switch (protocol) {
            case "" -> set;
            case "ip6" -> set.intersection(IPV6);
            default -> set.intersection(IPV4);
        };
    }

    /** Counts the prefixes, before anything is made of them. */
    private void spend(AddressSet set, String name, int times, int column) {
        long ranges = set.rangeCount();
        prefixes += ranges > MAX_RANGES ? 0 : times * set.prefixCount();
        if (ranges > MAX_RANGES) {
            throw tooMany("'@%s' has %,d ranges of addresses", name, ranges, column);
        } else if (prefixes > MAX_PREFIXES) {
            throw tooMany("with '@%s', sets have %,d prefixes here", name, prefixes, column);
        }
    }

    private static ExpressionException tooMany(String what, String name, long count, int column) {
        return new ExpressionException(
                column,
                String.format(Locale.ROOT, what, Spelling.shortened(name), count)
                        + ", too many for the " + Program.MAX_SIZE + " instructions of a program (expected: " + FITTING
                        + ")");
    }

    private static Expression list(Primitive test, AddressSet set, Direction direction) {
        Qualifiers qualifiers = new Qualifiers(test.qualifiers().protocol(), direction, Kind.NET);
        String shown = "@" + ((Identifier.SetName) test.identifier()).name();
        List<Expression> list = new ArrayList<>();
        set.forEach(prefix -> list.add(new Primitive(qualifiers, identifier(shown, prefix), test.column())));
        return list.size() == 1 ? list.get(0) : new Expression.Or(list);
    }

    private static Identifier identifier(String shown, AddressPrefix prefix) {
        ByteBuffer address = ByteBuffer.wrap(prefix.address().getAddress());
        int length = prefix.length();
        if (address.remaining() == Integer.BYTES) {
            return new Identifier.Ipv4(shown, address.getInt(), length == 0 ? 0 : -1 << (32 - length), true);
        }
        return new Identifier.Ipv6(shown, address.getLong(), address.getLong(), length);
    }
}
