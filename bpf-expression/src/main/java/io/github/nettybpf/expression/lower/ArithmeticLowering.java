package io.github.nettybpf.expression.lower;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.parse.ArithmeticExpression;
import io.github.nettybpf.expression.parse.Expression;
import io.github.nettybpf.expression.parse.Expression.Comparison;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Lowers comparisons to formulas, and the arithmetic expressions that they compare to values. */
final class ArithmeticLowering {
    private static final int MAX_DEPTH = 1000;

    /** Offsets above this are no packet's, and would come near those of the kernel's other offset bases. */
    private static final int MAX_INDEX = 0xfffff;

    private final ValueTable values;
    private final HeaderFields headers;
    private final ProtocolLowering protocols;

    ArithmeticLowering(HeaderFields headers, ProtocolLowering protocols) {
        this.values = headers.values();
        this.headers = headers;
        this.protocols = protocols;
    }

    /** A value, and what has to hold for it to be defined. */
    private record Guarded(Value value, List<BooleanFormula> guards) {}

    /** {@return whether a packet has the headers that are compared, and the comparison holds} */
    BooleanFormula relation(Expression.Relation relation) {
        Guarded left = value(relation.left(), relation.column());
        Guarded right = value(relation.right(), relation.column());
        List<BooleanFormula> terms = new ArrayList<>(left.guards);
        terms.addAll(right.guards);
        BooleanFormula test = compare(left.value, relation.comparison(), right.value, relation.column());
        terms.add(test);
        return BooleanFormula.all(terms);
    }

    private BooleanFormula compare(Value left, Comparison comparison, Value right, int column) {
        if (left.isConstant() && !right.isConstant()) {
            return compare(right, mirrored(comparison), left, column);
        }
        if (Math.max(left.temporaries, right.temporaries) >= values.freeSlots()) {
            throw new ExpressionException(
                    column,
                    "a comparison that takes more than " + values.freeSlots()
                            + " intermediate values (expected: a simpler one)");
        }
        return switch (comparison) {
            case NOT_EQUAL -> BooleanFormula.not(compare(left, Comparison.EQUAL, right, column));
            case LESS -> BooleanFormula.not(compare(left, Comparison.GREATER_OR_EQUAL, right, column));
            case LESS_OR_EQUAL -> BooleanFormula.not(compare(left, Comparison.GREATER, right, column));
            case EQUAL, GREATER, GREATER_OR_EQUAL ->
                right.isConstant()
                        ? member(left, comparison, Integer.toUnsignedLong(right.k))
                        : BooleanFormula.equal(values.relation(kind(comparison), left, right), 1);
        };
    }

    private static Comparison mirrored(Comparison comparison) {
        return switch (comparison) {
            case EQUAL, NOT_EQUAL -> comparison;
            case GREATER -> Comparison.LESS;
            case GREATER_OR_EQUAL -> Comparison.LESS_OR_EQUAL;
            case LESS -> Comparison.GREATER;
            case LESS_OR_EQUAL -> Comparison.GREATER_OR_EQUAL;
        };
    }

    private static Value.Kind kind(Comparison comparison) {
        return switch (comparison) {
            case GREATER -> Value.Kind.GREATER;
            case GREATER_OR_EQUAL -> Value.Kind.GREATER_OR_EQUAL;
            case EQUAL -> Value.Kind.EQUAL;
            case NOT_EQUAL, LESS, LESS_OR_EQUAL -> throw new IllegalArgumentException(comparison.toString());
        };
    }

    private static BooleanFormula member(Value value, Comparison comparison, long number) {
        RangeSet set =
                switch (comparison) {
                    case EQUAL -> RangeSet.between(number, number);
                    case GREATER ->
                        number + 1 == RangeSet.END ? RangeSet.NONE : RangeSet.between(number + 1, RangeSet.END - 1);
                    case GREATER_OR_EQUAL -> RangeSet.between(number, RangeSet.END - 1);
                    case NOT_EQUAL, LESS, LESS_OR_EQUAL -> throw new IllegalArgumentException(comparison.toString());
                };
        if (value.isConstant()) {
            long k = Integer.toUnsignedLong(value.k);
            return set.overlaps(k, k + 1) ? BooleanFormula.TRUE : BooleanFormula.FALSE;
        }
        return new BooleanFormula.Membership(value, set);
    }

    /**
     * {@return the expression as a value} The tree is walked in postorder, with an explicit stack, so that depth has no
     * limit. As in libpcap, the guards of the right side of an operator are lost.
     */
    private Guarded value(ArithmeticExpression arithmetic, int column) {
        Deque<ArithmeticExpression> order = new ArrayDeque<>();
        Deque<ArithmeticExpression> open = new ArrayDeque<>();
        open.push(arithmetic);
        while (!open.isEmpty()) {
            ArithmeticExpression node = open.pop();
            order.push(node);
            if (node instanceof ArithmeticExpression.Binary binary) {
                open.push(binary.left());
                open.push(binary.right());
            } else if (node instanceof ArithmeticExpression.Negation negation) {
                open.push(negation.operand());
            } else if (node instanceof ArithmeticExpression.Load load) {
                open.push(load.index());
            }
        }
        Deque<Guarded> done = new ArrayDeque<>();
        for (ArithmeticExpression node : order) {
            Guarded value = value(node, done);
            if (value.value.depth > MAX_DEPTH) {
                throw new ExpressionException(
                        column, "a computation of more than " + MAX_DEPTH + " steps (expected: a simpler one)");
            }
            done.push(value);
        }
        return done.pop();
    }

    private Guarded value(ArithmeticExpression node, Deque<Guarded> done) {
        if (node instanceof ArithmeticExpression.Constant constant) {
            return new Guarded(values.constant((int) constant.value()), List.of());
        } else if (node instanceof ArithmeticExpression.Negation) {
            Guarded operand = done.pop();
            return new Guarded(values.negation(operand.value), operand.guards);
        } else if (node instanceof ArithmeticExpression.Binary binary) {
            Value right = done.pop().value;
            Guarded left = done.pop();
            return new Guarded(binary(binary, left.value, right), left.guards);
        } else if (node instanceof ArithmeticExpression.Load load) {
            Guarded index = done.pop();
            List<BooleanFormula> guards = new ArrayList<>(index.guards);
            return new Guarded(load(load, index.value, guards), guards);
        }
        if (node instanceof ArithmeticExpression.Length) {
            return new Guarded(values.extension(Extension.LEN), List.of());
        }
        throw new IllegalArgumentException(node.toString());
    }

    private Value binary(ArithmeticExpression.Binary binary, Value left, Value right) {
        AluOp op =
                switch (binary.operator()) {
                    case "+" -> AluOp.ADD;
                    case "-" -> AluOp.SUB;
                    case "*" -> AluOp.MUL;
                    case "/" -> AluOp.DIV;
                    case "%" -> AluOp.MOD;
                    case "&" -> AluOp.AND;
                    case "|" -> AluOp.OR;
                    case "^" -> AluOp.XOR;
                    case "<<" -> AluOp.LSH;
                    case ">>" -> AluOp.RSH;
                    default -> throw new IllegalArgumentException(binary.operator());
                };
        if (right.isConstant()) {
            if ((op == AluOp.DIV || op == AluOp.MOD) && right.k == 0) {
                throw new ExpressionException(
                        binary.column(), "'" + binary.operator() + "' by 0 (expected: another number)");
            }
            if ((op == AluOp.LSH || op == AluOp.RSH) && Integer.compareUnsigned(right.k, 31) > 0) {
                throw new ExpressionException(
                        binary.column(),
                        "'" + binary.operator() + "' by " + Integer.toUnsignedString(right.k) + " (expected: 0..31)");
            }
        }
        Value value = values.binary(op, left, right);
        if (value.temporaries >= values.freeSlots()) {
            throw new ExpressionException(
                    binary.column(),
                    "more than " + values.freeSlots() + " intermediate values (expected: a simpler computation)");
        }
        return value;
    }

    private Value load(ArithmeticExpression.Load load, Value index, List<BooleanFormula> guards) {
        if (index.isConstant() && Integer.compareUnsigned(index.k, MAX_INDEX) > 0) {
            throw new ExpressionException(
                    load.column(),
                    "'" + load.protocol() + "[" + Integer.toUnsignedString(index.k) + "]' (expected: 0.." + MAX_INDEX
                            + " between the brackets)");
        }
        PacketOffset header = header(load, guards);
        Value whole = header.base() == null
                ? index
                : index.isConstant()
                        ? values.binary(AluOp.ADD, header.base(), index)
                        : values.binary(AluOp.ADD, index, header.base());
        return values.load(load.size(), whole, header.offset());
    }

    private PacketOffset header(ArithmeticExpression.Load load, List<BooleanFormula> guards) {
        String protocol = load.protocol();
        int column = load.column();
        if (!protocol.equals("link")) {
            protocols.requireHeaders("'" + protocol + "[...]'", column);
        }
        switch (protocol) {
            case "radio" -> {
                if (headers.encapsulation() != Encapsulation.RADIOTAP) {
                    throw new ExpressionException(
                            column, "'radio[' (expected: a capture with radiotap headers, IEEE802_11_RADIO)");
                }
                return PacketOffset.at(0);
            }
            case "link" -> {
                if (headers.isSocket()) {
                    throw new ExpressionException(
                            column,
                            "the link layer (expected: ip, ip6 or the socket's own protocol; " + headers.shown()
                                    + " does not see it)");
                }
                return headers.offsets().linkHeader();
            }
            case "ip", "arp", "rarp", "atalk", "decnet", "sca", "lat", "mopdl", "moprc", "ip6" -> {
                guards.add(protocols.protocol(protocol, column));
                return headers.offsets().networkHeader();
            }
            case "sctp", "tcp", "udp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp" -> {
                if (headers.isSocket()) {
                    guards.add(protocols.protocol(protocol, column));
                    return headers.transport4();
                }
                guards.add(0, protocols.linkType(ProtocolNumbers.IP, column));
                guards.add(protocols.protocol(protocol, column));
                guards.add(protocols.firstFragment());
                return headers.transport4();
            }
            case "icmp6" -> {
                if (headers.isSocket()) {
                    guards.add(protocols.protocol(protocol, column));
                }
                guards.add(protocols.linkType(ProtocolNumbers.IP6, column));
                guards.add(BooleanFormula.equal(headers.network(1, 6), ProtocolNumbers.ICMP6));
                return headers.transport6();
            }
            default ->
                throw new ExpressionException(
                        column,
                        "'" + protocol + "[' (expected: a protocol whose bytes can be reached, such as ip or tcp)");
        }
    }
}
