package io.github.nettybpf.expression.lower;

import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.expression.parse.ArithmeticExpression;
import io.github.nettybpf.expression.parse.Expression;
import io.github.nettybpf.expression.parse.Expression.Direction;
import io.github.nettybpf.expression.parse.Expression.Identifier;
import io.github.nettybpf.expression.parse.Expression.Keyword;
import io.github.nettybpf.expression.parse.Expression.Primitive;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Writes a syntax tree as lines of English: one for each test, indented by how the tests are combined. What a test
 * stands for is taken from its lowering, because it depends on the link type, on what moved the headers before it, and
 * on the names of services.
 */
public final class EnglishText {
    /** Lines deeper than this are indented no further, but begin with their depth. */
    private static final int MAX_INDENT = 30;

    private static final Map<Expression.Comparison, String> COMPARISONS = Map.of(
            Expression.Comparison.EQUAL, "=",
            Expression.Comparison.NOT_EQUAL, "!=",
            Expression.Comparison.GREATER, ">",
            Expression.Comparison.GREATER_OR_EQUAL, ">=",
            Expression.Comparison.LESS, "<",
            Expression.Comparison.LESS_OR_EQUAL, "<=");

    private static final String MOVED = ", and the tests after it are about what is inside";

    /** A part of the tree that is not written yet. */
    private record Pending(Expression expression, int depth) {}

    /** Protocols that IPv4 and IPv6 both carry, and those that only IPv4 does. */
    private static final Set<String> IN_BOTH = Set.of("tcp", "udp", "sctp", "pim", "ah", "esp");

    private static final Set<String> IN_IPV4 = Set.of("icmp", "igmp", "igrp", "vrrp", "carp");

    private final ValueTable values = new ValueTable();
    private final Options options;
    private final Deque<Pending> pending = new ArrayDeque<>();
    private final StringBuilder text = new StringBuilder();

    /** The lowering for the offsets that the next test has. */
    private TermLowering terms;

    private EnglishText(Encapsulation encapsulation, boolean live, Options options) {
        this.options = options;
        this.terms =
                new TermLowering(values, HeaderOffsets.of(encapsulation, live, values), options, ListForm.IN_ORDER);
    }

    /**
     * {@return the text}
     *
     * @param tree the expression
     * @param encapsulation what the packets begin with
     * @param live whether they come from a socket
     * @param options the options that the expression was compiled with
     */
    public static String of(Expression tree, Encapsulation encapsulation, boolean live, Options options) {
        EnglishText english = new EnglishText(encapsulation, live, options);
        english.pending.push(new Pending(tree, 0));
        while (!english.pending.isEmpty()) {
            Pending next = english.pending.pop();
            english.line(next.expression, next.depth);
        }
        return english.text.toString();
    }

    private void line(Expression expression, int depth) {
        if (depth <= MAX_INDENT) {
            text.append("  ".repeat(depth));
        } else {
            text.append("  ".repeat(MAX_INDENT)).append('[').append(depth).append("] ");
        }
        if (expression instanceof Expression.And and) {
            combined("all of", and.terms(), depth);
        } else if (expression instanceof Expression.Or or) {
            combined("any of", or.terms(), depth);
        } else if (expression instanceof Expression.Not not) {
            combined("not", List.of(not.term()), depth);
        } else {
            test(expression);
        }
        text.append('\n');
    }

    private void test(Expression expression) {
        if (expression instanceof Primitive primitive && primitive.identifier() instanceof Identifier.SetName name) {
            text.append(set(primitive, name));
            return;
        }
        if (expression instanceof Primitive primitive) {
            text.append(primitive(primitive));
        } else if (expression instanceof Expression.Protocol protocol) {
            text.append("protocol ").append(shown(protocol.name())).append(carriers(protocol.name()));
        } else if (expression instanceof Expression.Relation relation) {
            arithmetic(relation.left());
            text.append(' ').append(COMPARISONS.get(relation.comparison())).append(' ');
            arithmetic(relation.right());
        } else if (expression instanceof Keyword keyword) {
            text.append(keyword(keyword));
        } else {
            throw new IllegalArgumentException(expression.toString());
        }
        LoweredTerm lowered = terms.lower(expression);
        if (lowered.formula() == BooleanFormula.FALSE) {
            text.append(": never, with ").append(terms.offsets().encapsulation().shown);
        } else if (lowered.formula() == BooleanFormula.TRUE) {
            text.append(": always, with ").append(terms.offsets().encapsulation().shown);
        }
        if (!lowered.offsets().equals(terms.offsets())) {
            terms = new TermLowering(values, lowered.offsets(), options, ListForm.IN_ORDER);
        }
    }

    private String set(Primitive primitive, Identifier.SetName name) {
        long prefixes = SetExpansion.bound(name, options, primitive.column()).prefixCount();
        String set = String.format(
                Locale.ROOT,
                "%s address in the set %s (%,d prefix%s)",
                direction(primitive),
                name.name(),
                prefixes,
                prefixes == 1 ? "" : "es");
        List<Primitive> tests = SetExpansion.tests(primitive, options);
        if (tests.isEmpty()) {
            return set + ": never";
        }
        boolean isNever = tests.stream().allMatch(test -> terms.lower(test).formula() == BooleanFormula.FALSE);
        return set + " (" + carriers(primitive, tests) + ")"
                + (isNever ? ": never, with " + terms.offsets().encapsulation().shown : "");
    }

    /** {@return in which protocols the prefixes of a set are looked for} */
    private String carriers(Primitive set, List<Primitive> prefixes) {
        String protocol = set.qualifiers().protocol();
        boolean hasIpv4 = prefixes.stream().anyMatch(prefix -> prefix.identifier() instanceof Identifier.Ipv4);
        boolean hasIpv6 = prefixes.stream().anyMatch(prefix -> prefix.identifier() instanceof Identifier.Ipv6);
        if (!protocol.isEmpty()) {
            return protocol;
        } else if (!hasIpv4) {
            return "ip6";
        }
        boolean hasArp = terms.carriesArp(set.column());
        return hasIpv6 ? (hasArp ? "ip, arp, rarp or ip6" : "ip or ip6") : hasArp ? "ip, arp or rarp" : "ip";
    }

    /** {@return which network protocols a protocol is looked for in, with a preposition, or "" if it is in none} */
    private String carriers(String protocol) {
        if (terms.offsets().isSocket()) {
            return "";
        }
        return IN_BOTH.contains(protocol) ? " in ip or ip6" : IN_IPV4.contains(protocol) ? " in ip" : "";
    }

    private void combined(String how, List<Expression> terms, int depth) {
        text.append(how);
        for (int i = terms.size() - 1; i >= 0; i--) {
            pending.push(new Pending(terms.get(i), depth + 1));
        }
    }

    private String primitive(Primitive primitive) {
        String protocol = primitive.qualifiers().protocol();
        String identifier = identifier(primitive.identifier());
        return switch (primitive.qualifiers().kind()) {
            case PORT, PORTRANGE -> {
                boolean range = primitive.qualifiers().kind() == Expression.Kind.PORTRANGE;
                yield direction(primitive) + " port " + (range ? "in " : "") + identifier + " (" + transports(primitive)
                        + ")";
            }
            case PROTO -> "protocol " + identifier + " in " + (protocol.isEmpty() ? "ip or ip6" : shown(protocol));
            case NET -> direction(primitive) + " address in " + identifier + " (" + carriers(primitive, protocol) + ")";
            case UNSPECIFIED, HOST ->
                direction(primitive) + " address " + identifier + " (" + carriers(primitive, protocol) + ")";
            case PROTOCHAIN, GATEWAY -> throw new IllegalArgumentException("lowering refuses " + primitive);
        };
    }

    private static String direction(Primitive primitive) {
        Direction direction = primitive.qualifiers().direction();
        return switch (direction) {
            case SOURCE -> "source";
            case DESTINATION -> "destination";
            case SOURCE_AND_DESTINATION -> "source and destination";
            case EITHER, SOURCE_OR_DESTINATION -> "source or destination";
            case ADDRESS1 -> "first";
            case ADDRESS2 -> "second";
            case ADDRESS3 -> "third";
            case ADDRESS4 -> "fourth";
            case RECEIVER -> "receiver";
            case TRANSMITTER -> "transmitter";
        };
    }

    private String transports(Primitive primitive) {
        Encapsulation encapsulation = terms.offsets().encapsulation();
        String qualifier = primitive.qualifiers().protocol();
        if (encapsulation.isSocket()) {
            return encapsulation.socketProtocolName();
        } else if (!qualifier.isEmpty()) {
            return qualifier;
        } else if (primitive.identifier() instanceof Identifier.Name name) {
            boolean range = primitive.qualifiers().kind() == Expression.Kind.PORTRANGE;
            Integer transport =
                    PortRange.read(name.text(), range, null, primitive.column()).transport();
            if (transport != null) {
                return transport == ProtocolNumbers.TCP ? "tcp" : "udp";
            }
        }
        return "tcp, udp or sctp";
    }

    private String carriers(Primitive primitive, String protocol) {
        if (!protocol.isEmpty()) {
            return shown(protocol);
        } else if (primitive.identifier() instanceof Identifier.Ipv6) {
            return "ip6";
        } else if (primitive.identifier() instanceof Identifier.Name) {
            return "ip, arp, rarp or ip6, as the resolver says";
        }
        return terms.carriesArp(primitive.column()) ? "ip, arp or rarp" : "ip";
    }

    private static String shown(String protocol) {
        return protocol.equals("link") ? "ether" : protocol;
    }

    private static String identifier(Identifier identifier) {
        if (identifier instanceof Identifier.Ipv4 ipv4) {
            return ipv4.text();
        } else if (identifier instanceof Identifier.Ipv6 ipv6) {
            return ipv6.text();
        } else if (identifier instanceof Identifier.Decnet decnet) {
            return decnet.text();
        } else if (identifier instanceof Identifier.Mac mac) {
            return mac.text();
        } else if (identifier instanceof Identifier.Numeral number) {
            return Long.toString(number.value());
        } else if (identifier instanceof Identifier.Name name) {
            return name.text();
        }
        throw new IllegalArgumentException(identifier.toString());
    }

    private static String keyword(Keyword keyword) {
        String number = keyword.number() < 0 ? "" : " " + keyword.number();
        String detail = keyword.detail();
        return switch (keyword.name()) {
            case "less" -> "len <=" + number;
            case "greater" -> "len >=" + number;
            case "broadcast", "multicast" ->
                (detail.isEmpty() ? "ether" : shown(detail)) + " " + keyword.name() + " destination";
            case "vlan" -> "VLAN tag" + number + MOVED;
            case "mpls" -> "MPLS label" + number + MOVED;
            case "pppoes" -> "PPPoE session" + number + MOVED;
            case "geneve" -> "Geneve tunnel" + number + MOVED;
            case "pppoed" -> "PPPoE discovery";
            case "ifindex" -> "interface index" + number;
            case "type", "subtype" -> "802.11 frame of type " + detail;
            case "dir" -> "802.11 direction " + detail;
            case "llc" -> "LLC frame" + (detail.isEmpty() ? "" : " of type " + detail);
            default -> keyword.name();
        };
    }

    /**
     * Writes an arithmetic expression with all its parentheses. The stack has what is not written yet: trees and text.
     */
    private void arithmetic(ArithmeticExpression root) {
        Deque<Object> parts = new ArrayDeque<>();
        parts.push(root);
        while (!parts.isEmpty()) {
            Object part = parts.pop();
            if (part instanceof ArithmeticExpression.Binary binary) {
                List.of(")", binary.right(), " " + binary.operator() + " ", binary.left(), "(")
                        .forEach(parts::push);
            } else if (part instanceof ArithmeticExpression.Negation negation) {
                parts.push(negation.operand());
                parts.push("-");
            } else if (part instanceof ArithmeticExpression.Load load) {
                List.of(":" + load.size() + "]", load.index(), shown(load.protocol()) + "[")
                        .forEach(parts::push);
            } else if (part instanceof ArithmeticExpression.Constant constant) {
                text.append(constant.value());
            } else if (part instanceof ArithmeticExpression.Length) {
                text.append("len");
            } else if (part instanceof String written) {
                text.append(written);
            } else {
                throw new IllegalArgumentException(part.toString());
            }
        }
    }
}
