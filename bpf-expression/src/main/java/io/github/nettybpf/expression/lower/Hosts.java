package io.github.nettybpf.expression.lower;

import static io.github.nettybpf.expression.lower.Condition.and;
import static io.github.nettybpf.expression.lower.Condition.equal;
import static io.github.nettybpf.expression.lower.Condition.or;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.parse.Expression.Direction;
import io.github.nettybpf.expression.parse.Expression.Identifier.Ipv6;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Tests for addresses. */
final class Hosts {
    /** An address and what counts of it. */
    record Masked(int address, int mask) {
        /** {@return whether the mask is ones before zeros} */
        boolean isPrefix() {
            return (~mask & (~mask + 1)) == 0;
        }

        Ranges range() {
            long first = Integer.toUnsignedLong(address);
            return Ranges.between(first, first | Integer.toUnsignedLong(~mask));
        }
    }

    /** How many addresses are many enough to have one list of them for all protocols. */
    private static final int MANY = 16;

    private final Values values;
    private final Layout layout;
    private final Protocols protocols;
    private final boolean optimize;

    Hosts(Values values, Layout layout, Protocols protocols, boolean optimize) {
        this.values = values;
        this.layout = layout;
        this.protocols = protocols;
        this.optimize = optimize;
    }

    /** {@return one test or several, by the direction} */
    private static Condition directed(Direction direction, Condition source, Condition destination) {
        return switch (direction) {
            case SOURCE -> source;
            case DESTINATION -> destination;
            case SOURCE_AND_DESTINATION -> and(source, destination);
            case EITHER, SOURCE_OR_DESTINATION -> or(source, destination);
        };
    }

    /** {@return whether a packet is from or to one of the addresses} There is one, or all have masks that are prefixes. */
    Condition ipv4(String protocol, Direction direction, List<Masked> addresses, int column) {
        protocols.requirePackets("an address", column);
        return switch (protocol) {
            case "" -> {
                Condition ip = in(Protocols.IP, 12, 16, direction, addresses, column);
                if (layout.labels > 0 || layout.isSocket()) {
                    yield ip;
                } else if (addresses.size() > MANY && layout.hasEthernetTypes()) {
                    yield inAny(direction, addresses);
                }
                yield or(
                        ip,
                        in(Protocols.ARP, 14, 24, direction, addresses, column),
                        in(Protocols.RARP, 14, 24, direction, addresses, column));
            }
            case "ip" -> in(Protocols.IP, 12, 16, direction, addresses, column);
            case "arp" -> in(Protocols.ARP, 14, 24, direction, addresses, column);
            case "rarp" -> in(Protocols.RARP, 14, 24, direction, addresses, column);
            default ->
                throw new ExpressionException(
                        column, "an IPv4 address behind '" + protocol + "' (expected: ip, arp or rarp before it)");
        };
    }

    /**
     * {@return whether an IPv4, ARP or RARP packet is from or to one of the addresses}, with one list for all three: bit 2
     * of the type tells where the addresses are.
     */
    private Condition inAny(Direction direction, List<Masked> all) {
        Value type = layout.type(2);
        Value isArp = values.binary(AluOp.AND, type, values.constant(4));
        Value two = values.binary(AluOp.RSH, isArp, values.constant(1));
        Value eight = values.binary(AluOp.LSH, isArp, values.constant(1));
        int header = layout.networkHeader().offset();
        Ranges types =
                Ranges.union(List.of(Ranges.of(Protocols.IP), Ranges.of(Protocols.ARP), Ranges.of(Protocols.RARP)));
        Value from = values.load(4, two, header + 12);
        Value to = values.load(4, eight, header + 16);
        return and(new Condition.Member(type, types), either(direction, from, to, all));
    }

    private Condition in(int type, int source, int destination, Direction direction, List<Masked> all, int column) {
        Condition link = protocols.link(type, column);
        Value from = layout.network(4, source);
        Value to = layout.network(4, destination);
        return and(link, either(direction, from, to, all));
    }

    private Condition either(Direction direction, Value from, Value to, List<Masked> all) {
        boolean either = direction == Direction.EITHER || direction == Direction.SOURCE_OR_DESTINATION;
        if (all.size() == 1 || !either) {
            return directed(direction, member(from, all), member(to, all));
        }
        // As if each address were asked for in turn: the first one decides before the destination needs to be there.
        return or(member(from, all.subList(0, 1)), member(to, all), member(from, all.subList(1, all.size())));
    }

    private Condition member(Value value, List<Masked> addresses) {
        Masked first = addresses.get(0);
        if (!first.isPrefix()) {
            return equal(values.binary(AluOp.AND, value, values.constant(first.mask())), first.address());
        }
        return new Condition.Member(
                value, Ranges.union(addresses.stream().map(Masked::range).toList()));
    }

    /** {@return whether a packet is from or to one of the addresses} */
    Condition ipv6(String protocol, Direction direction, List<Ipv6> addresses, int column) {
        protocols.requirePackets("an address", column);
        if (!protocol.isEmpty() && !protocol.equals("ip6")) {
            throw new ExpressionException(
                    column, "an IPv6 address behind '" + protocol + "' (expected: ip6 before it)");
        }
        Condition link = protocols.link(Protocols.IP6, column);
        return and(link, directed(direction, ipv6At(8, addresses), ipv6At(24, addresses)));
    }

    private Condition ipv6At(int offset, List<Ipv6> addresses) {
        return new WordTree(word -> layout.network(4, offset + 4 * word), !optimize).of(addresses);
    }

    /** {@return whether a frame is from or to one of the hardware addresses} */
    Condition mac(Direction direction, List<Long> addresses) {
        return directed(direction, macAt(6, addresses), macAt(0, addresses));
    }

    /** {@return whether one of the hardware addresses is there} Their last four bytes are asked for first, as in libpcap. */
    private Condition macAt(int offset, List<Long> addresses) {
        Map<Integer, List<Ranges>> beginnings = new TreeMap<>();
        addresses.forEach(address -> beginnings
                .computeIfAbsent((int) (long) address, k -> new ArrayList<>())
                .add(Ranges.of((int) (address >>> 32))));
        Map<Ranges, List<Ranges>> ends = new LinkedHashMap<>();
        beginnings.forEach((end, before) -> ends.computeIfAbsent(Ranges.union(before), k -> new ArrayList<>())
                .add(Ranges.of(end)));
        List<Condition.Case> cases = new ArrayList<>();
        Value beginning = layout.header(2, offset);
        ends.forEach((before, end) ->
                cases.add(new Condition.Case(Ranges.union(end), new Condition.Member(beginning, before))));
        return new Condition.Choice(layout.header(4, offset + 2), cases);
    }

    /** {@return whether a packet is from or to the DECnet node} */
    Condition decnet(Direction direction, int node, int column) {
        Condition link = protocols.link(Protocols.DECNET, column);
        return switch (direction) {
            case SOURCE -> and(link, decnetAt(3, 15, node));
            case DESTINATION -> and(link, decnetAt(1, 7, node));
            case SOURCE_AND_DESTINATION -> and(link, decnetAt(3, 15, node), link, decnetAt(1, 7, node));
            case EITHER, SOURCE_OR_DESTINATION -> or(and(link, decnetAt(3, 15, node)), and(link, decnetAt(1, 7, node)));
        };
    }

    private Condition decnetAt(int shortOffset, int longOffset, int node) {
        int swapped = (node & 0xff) << 8 | (node >>> 8 & 0xff);
        List<Condition> forms = new ArrayList<>();
        forms.add(decnetForm(1, 0x02, 2 + shortOffset, swapped));
        forms.add(decnetForm(2, 0x8102, 3 + shortOffset, swapped));
        forms.add(decnetForm(1, 0x06, 2 + longOffset, swapped));
        forms.add(decnetForm(2, 0x8106, 3 + longOffset, swapped));
        return Condition.any(forms);
    }

    private Condition decnetForm(int size, int flags, int offset, int node) {
        int mask = size == 1 ? 0x07 : 0xff07;
        return and(protocols.masked(layout.network(size, 2), mask, flags), equal(layout.network(2, offset), node));
    }
}
