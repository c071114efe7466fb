package io.github.nettybpf.expression.lower;

import io.github.nettybpf.expression.Options;
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
 * Turns a tree into a condition. The tree is walked in the order of the text, because some tests move the headers for
 * everything behind them. Alternatives that differ only in an address or a port become one test for a set.
 */
public final class Lowering {
    /** A node whose terms are being turned. */
    private static final class Open {
        final Expression node;
        final List<Expression> terms;
        final List<BooleanFormula> done = new ArrayList<>();
        int next;

        Open(Expression node, List<Expression> terms) {
            this.node = node;
            this.terms = terms;
        }

        BooleanFormula close() {
            if (node instanceof Expression.Not) {
                return BooleanFormula.not(done.get(0));
            }
            return node instanceof Expression.And ? BooleanFormula.all(done) : BooleanFormula.any(done);
        }
    }

    private final Layout layout;
    private final PrimitiveLowering primitives;
    private final KeywordLowering keywords;
    private final ProtocolLowering protocols;
    private final ArithmeticLowering arithmetic;

    private Lowering(ValueTable values, Layout layout, Options options) {
        this.layout = layout;
        this.protocols = new ProtocolLowering(values, layout);
        this.primitives = new PrimitiveLowering(values, layout, protocols, options);
        this.keywords = new KeywordLowering(values, layout, protocols, primitives, options);
        this.arithmetic = new ArithmeticLowering(values, layout, protocols);
    }

    /**
     * An expression as a formula.
     *
     * @param condition the formula
     * @param kept the values that the program has to keep in scratch slots
     */
    public record Lowered(BooleanFormula condition, List<Value> kept) {}

    /**
     * {@return the formula that an expression means}
     *
     * @param tree the expression
     * @param link what a packet begins with
     * @param live whether packets come from a socket, which may have stripped a VLAN tag
     * @param options what may be used beside the expression
     */
    public static Lowered lower(Expression tree, Layout.Link link, boolean live, Options options) {
        ValueTable values = new ValueTable();
        BooleanFormula condition = new Lowering(values, new Layout(values, link, live), options).lower(tree);
        return new Lowered(condition, values.allKept());
    }

    private BooleanFormula lower(Expression root) {
        Deque<Open> open = new ArrayDeque<>();
        open.push(new Open(root, List.of(root)));
        while (true) {
            Open top = open.peek();
            if (top.next == top.terms.size()) {
                BooleanFormula closed = open.size() == 1 ? top.done.get(0) : top.close();
                open.pop();
                if (open.isEmpty()) {
                    return closed;
                }
                open.peek().done.add(closed);
                continue;
            }
            int alike = alike(top);
            if (alike > 1) {
                Value inside = layout.inside;
                top.done.add(guarded(inside, together(top, alike)));
                top.next += alike;
                continue;
            }
            Expression term = top.terms.get(top.next++);
            if (term instanceof Expression.And and) {
                open.push(new Open(term, and.terms()));
            } else if (term instanceof Expression.Or or) {
                open.push(new Open(term, or.terms()));
            } else if (term instanceof Expression.Not not) {
                open.push(new Open(term, List.of(not.term())));
            } else {
                Value inside = layout.inside;
                top.done.add(guarded(inside, leaf(term)));
            }
        }
    }

    /** {@return the condition, which is false for a packet without the tunnel into whose packets it looks} */
    private static BooleanFormula guarded(@Nullable Value inside, BooleanFormula condition) {
        if (inside == null || !BooleanFormula.reads(condition)) {
            return condition;
        }
        return BooleanFormula.and(
                new BooleanFormula.Membership(inside, RangeSet.between(1, RangeSet.END - 1)), condition);
    }

    private BooleanFormula leaf(Expression term) {
        if (term instanceof Primitive primitive) {
            return primitives.test(List.of(primitive));
        } else if (term instanceof Expression.Protocol protocol) {
            return protocols.named(protocol.name(), protocol.column());
        } else if (term instanceof Expression.Relation relation) {
            return arithmetic.relation(relation);
        }
        return keywords.test((Expression.Keyword) term);
    }

    /** {@return how many terms, from the next one on, differ only in an address or a port} */
    private static int alike(Open open) {
        boolean negated = open.node instanceof Expression.And;
        Primitive first = alternative(open.terms.get(open.next), negated);
        if (first == null || !(negated || open.node instanceof Expression.Or)) {
            return 1;
        }
        int n = 1;
        while (open.next + n < open.terms.size()) {
            Primitive other = alternative(open.terms.get(open.next + n), negated);
            if (other == null
                    || !other.qualifiers().equals(first.qualifiers())
                    || kind(other.identifier()) != kind(first.identifier())) {
                break;
            }
            n++;
        }
        return n;
    }

    /** {@return the term without its "not"}, if it has one, as it must when negated; null if it cannot be in a set. */
    private static @Nullable Primitive alternative(Expression term, boolean negated) {
        Expression bare = negated && term instanceof Expression.Not not ? not.term() : term;
        boolean fits = (bare != term) == negated
                && bare instanceof Primitive primitive
                && kind(primitive.identifier()) > 0
                && fits(primitive.qualifiers(), primitive.identifier());
        return fits ? (Primitive) bare : null;
    }

    private static boolean fits(Qualifiers qualifiers, Identifier identifier) {
        Kind kind = qualifiers.kind();
        if (qualifiers.direction() == Direction.SOURCE_AND_DESTINATION
                || qualifiers.protocol().equals("decnet")) {
            return false;
        }
        boolean address = kind == Kind.UNSPECIFIED || kind == Kind.HOST || kind == Kind.NET;
        if (identifier instanceof Identifier.Numeral) {
            return kind == Kind.PORT;
        } else if (identifier instanceof Identifier.Name) {
            return kind == Kind.PORTRANGE;
        }
        boolean prefix = !(identifier instanceof Identifier.Ipv4 ipv4)
                || new MaskedAddress(ipv4.address(), ipv4.mask()).isPrefix();
        return address && prefix;
    }

    private static int kind(Identifier identifier) {
        if (identifier instanceof Identifier.Name name) {
            return PortRange.isRange(name.text()) ? 4 : 0;
        } else if (identifier instanceof Identifier.Ipv4) {
            return 1;
        }
        if (identifier instanceof Identifier.Mac) {
            return 5;
        }
        return identifier instanceof Identifier.Ipv6 ? 2 : identifier instanceof Identifier.Numeral ? 3 : 0;
    }

    private BooleanFormula together(Open open, int n) {
        boolean negated = open.node instanceof Expression.And;
        List<Primitive> alternatives = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            Primitive alternative = alternative(open.terms.get(open.next + i), negated);
            if (alternative != null) {
                alternatives.add(alternative);
            }
        }
        BooleanFormula any = primitives.test(alternatives);
        return negated ? BooleanFormula.not(any) : any;
    }
}
