package io.github.nettybpf.expression.lower;

import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.expression.parse.Expression;
import io.github.nettybpf.expression.parse.Expression.Direction;
import io.github.nettybpf.expression.parse.Expression.Identifier;
import io.github.nettybpf.expression.parse.Expression.Kind;
import io.github.nettybpf.expression.parse.Expression.Primitive;
import io.github.nettybpf.expression.parse.Expression.Qualifiers;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lowers a syntax tree to a formula. The tree is walked in the order of the text, because some terms move the headers
 * for all terms after them. Alternatives that differ only in an address or a port become one test of a set.
 */
public final class Lowering {
    /**
     * An expression as a formula.
     *
     * @param formula what a packet has to satisfy
     * @param stored the values that the program stores in scratch slots
     */
    public record Lowered(BooleanFormula formula, List<Value> stored) {}

    /** A node of the tree, and its terms, of which {@code next} is the first that is not lowered yet. */
    private static final class Level {
        final Expression node;
        final List<Expression> terms;
        final List<BooleanFormula> formulas = new ArrayList<>();
        int next;

        Level(Expression node, List<Expression> terms) {
            this.node = node;
            this.terms = terms;
        }

        BooleanFormula combined() {
            if (node instanceof Expression.Not) {
                return BooleanFormula.not(formulas.get(0));
            }
            return node instanceof Expression.And ? BooleanFormula.all(formulas) : BooleanFormula.any(formulas);
        }
    }

    private final ValueTable values;
    private final Options options;
    private final ListForm form;

    /** The lowering for the offsets that the next term has. */
    private TermLowering terms;

    private Lowering(ValueTable values, HeaderOffsets offsets, Options options, ListForm form) {
        this.values = values;
        this.options = options;
        this.form = form;
        this.terms = new TermLowering(values, offsets, options, form);
    }

    /**
     * {@return the formula that an expression means}
     *
     * @param tree the expression
     * @param encapsulation what the packets begin with
     * @param live whether they come from a socket, for which the kernel strips VLAN tags
     * @param options the options of the compilation
     * @param shareAddresses whether each IPv4 address is tested in one place for IPv4, ARP and RARP, at an offset that
     *     the program computes; otherwise only long lists are
     * @throws io.github.nettybpf.expression.ExpressionException if the expression tests what these packets do not have
     */
    public static Lowered lower(
            Expression tree, Encapsulation encapsulation, boolean live, Options options, boolean shareAddresses) {
        ValueTable values = new ValueTable();
        HeaderOffsets offsets = HeaderOffsets.of(encapsulation, live, values);
        // libpcap does not optimize programs for 802.11, whose loads are all at computed offsets.
        boolean inOrder = !options.isOptimized() || encapsulation.isWireless();
        ListForm form = inOrder ? ListForm.IN_ORDER : ListForm.of(tree, shareAddresses);
        BooleanFormula formula = new Lowering(values, offsets, options, form).lower(tree);
        return new Lowered(WirelessHeader.stored(formula, offsets, values), values.allScratch());
    }

    private BooleanFormula lower(Expression root) {
        Deque<Level> levels = new ArrayDeque<>();
        levels.push(new Level(root, List.of(root)));
        while (true) {
            Level top = levels.peek();
            if (top.next == top.terms.size()) {
                levels.pop();
                if (levels.isEmpty()) {
                    return top.formulas.get(0);
                }
                levels.peek().formulas.add(top.combined());
                continue;
            }
            int alike = alike(top);
            if (alike > 1) {
                top.formulas.add(set(top, alike));
                top.next += alike;
                continue;
            }
            Expression term = top.terms.get(top.next++);
            if (term instanceof Expression.And and) {
                levels.push(new Level(term, and.terms()));
            } else if (term instanceof Expression.Or or) {
                levels.push(new Level(term, or.terms()));
            } else if (term instanceof Expression.Not not) {
                levels.push(new Level(term, List.of(not.term())));
            } else {
                LoweredTerm lowered = terms.lower(term);
                top.formulas.add(lowered.formula());
                if (!lowered.offsets().equals(terms.offsets())) {
                    terms = new TermLowering(values, lowered.offsets(), options, form);
                }
            }
        }
    }

    /** {@return whether both are what {@link #form} groups, or differ only in an address or a port} */
    private boolean isAlike(Primitive first, Primitive other) {
        if (form.groupsAddresses() && isIp(first)) {
            return isIp(other);
        } else if (form.groupsAddresses() && first.identifier() instanceof Identifier.Ipv4) {
            return other.identifier() instanceof Identifier.Ipv4
                    && other.qualifiers().protocol().equals(first.qualifiers().protocol());
        } else if (form.groupsPorts() && isPort(first)) {
            return isPort(other);
        }
        return differsInIdentifier(first, other);
    }

    /** {@return whether two primitives differ in nothing but an address or a port} */
    private static boolean differsInIdentifier(Primitive first, Primitive other) {
        return other.qualifiers().equals(first.qualifiers())
                && other.identifier().getClass() == first.identifier().getClass();
    }

    /** {@return whether a primitive tests an IPv4 or IPv6 address, whatever the protocol} No packet has both. */
    private static boolean isIp(Primitive primitive) {
        return primitive.qualifiers().protocol().isEmpty()
                && (primitive.identifier() instanceof Identifier.Ipv4
                        || primitive.identifier() instanceof Identifier.Ipv6);
    }

    /** {@return whether a primitive tests for one port} */
    private static boolean isPort(Primitive primitive) {
        return primitive.qualifiers().kind() == Kind.PORT;
    }

    /** {@return how many terms, from the next one on, are alike} */
    private int alike(Level level) {
        boolean negated = level.node instanceof Expression.And;
        Primitive first = alternative(level.terms.get(level.next), negated);
        if (first == null || !(negated || level.node instanceof Expression.Or)) {
            return 1;
        }
        int n = 1;
        while (level.next + n < level.terms.size()) {
            Primitive other = alternative(level.terms.get(level.next + n), negated);
            if (other == null || !isAlike(first, other)) {
                break;
            }
            n++;
        }
        return n;
    }

    /**
     * {@return the term as an element of a set, or null if it cannot be one}
     *
     * @param term a term
     * @param negated whether it has to be a negation; what is negated is the element
     */
    private static @Nullable Primitive alternative(Expression term, boolean negated) {
        Expression bare = term;
        if (negated) {
            if (!(term instanceof Expression.Not not)) {
                return null;
            }
            bare = not.term();
        }
        return bare instanceof Primitive primitive && fitsSet(primitive) ? primitive : null;
    }

    private static boolean fitsSet(Primitive primitive) {
        Qualifiers qualifiers = primitive.qualifiers();
        if (qualifiers.direction() == Direction.SOURCE_AND_DESTINATION
                || qualifiers.protocol().equals("decnet")) {
            return false;
        }
        Kind kind = qualifiers.kind();
        boolean address = kind == Kind.UNSPECIFIED || kind == Kind.HOST || kind == Kind.NET;
        Identifier identifier = primitive.identifier();
        if (identifier instanceof Identifier.Numeral) {
            return kind == Kind.PORT;
        } else if (identifier instanceof Identifier.Name name) {
            return kind == Kind.PORT || (kind == Kind.PORTRANGE && PortRange.isRange(name.text()));
        } else if (identifier instanceof Identifier.Ipv4 ipv4) {
            return address && new MaskedAddress(ipv4.address(), ipv4.mask()).isPrefix();
        } else if (identifier instanceof Identifier.Ipv6 || identifier instanceof Identifier.Mac) {
            return address;
        } else if (identifier instanceof Identifier.Decnet || identifier instanceof Identifier.SetName) {
            return false;
        }
        throw new IllegalArgumentException(identifier.toString());
    }

    /** {@return the next {@code n} terms as one test of a set, or of one for each kind of address} */
    private BooleanFormula set(Level level, int n) {
        boolean negated = level.node instanceof Expression.And;
        List<Primitive> ipv4 = new ArrayList<>();
        List<List<Primitive>> sets = new ArrayList<>(List.of(ipv4));
        Primitive before = null;
        for (Expression term : level.terms.subList(level.next, level.next + n)) {
            Primitive primitive = (Primitive) (term instanceof Expression.Not not ? not.term() : term);
            boolean isIpv4 = primitive.identifier() instanceof Identifier.Ipv4;
            if (!isIpv4 && (before == null || (isIp(before) && !differsInIdentifier(before, primitive)))) {
                sets.add(new ArrayList<>());
            }
            (isIpv4 ? ipv4 : sets.get(sets.size() - 1)).add(primitive);
            before = isIpv4 ? null : primitive;
        }
        List<BooleanFormula> tests = new ArrayList<>();
        for (List<Primitive> alternatives : sets) {
            if (!alternatives.isEmpty()) {
                tests.add(terms.lower(alternatives, negated));
            }
        }
        return negated ? BooleanFormula.all(tests) : BooleanFormula.any(tests);
    }
}
