package io.github.nettybpf.expression.lower;

import static io.github.nettybpf.expression.lower.BooleanFormula.and;
import static io.github.nettybpf.expression.lower.BooleanFormula.equal;
import static io.github.nettybpf.expression.lower.BooleanFormula.or;

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
final class AddressLowering {
    /** How many addresses are many enough to have one list of them for all protocols. */
    private static final int MANY = 16;

    private final ValueTable values;
    private final Layout layout;
    private final ProtocolLowering protocols;
    private final boolean optimize;

    AddressLowering(ValueTable values, Layout layout, ProtocolLowering protocols, boolean optimize) {
        this.values = values;
        this.layout = layout;
        this.protocols = protocols;
        this.optimize = optimize;
    }

    /** {@return one test or several, by the direction} */
    private static BooleanFormula directed(Direction direction, BooleanFormula source, BooleanFormula destination) {
        return switch (direction) {
            case SOURCE -> source;
            case DESTINATION -> destination;
            case SOURCE_AND_DESTINATION -> and(source, destination);
            case EITHER, SOURCE_OR_DESTINATION -> or(source, destination);
        };
    }

    /** {@return whether a packet is from or to one of the addresses} There is one, or all have masks that are prefixes. */
    BooleanFormula ipv4(String protocol, Direction direction, List<MaskedAddress> addresses, int column) {
        protocols.requirePackets("an address", column);
        return switch (protocol) {
            case "" -> {
                BooleanFormula ip = in(ProtocolLowering.IP, 12, 16, direction, addresses, column);
                if (layout.labels > 0 || layout.isSocket()) {
                    yield ip;
                } else if (addresses.size() > MANY && layout.hasEthernetTypes()) {
                    yield inAny(direction, addresses);
                }
                yield or(
                        ip,
                        in(ProtocolLowering.ARP, 14, 24, direction, addresses, column),
                        in(ProtocolLowering.RARP, 14, 24, direction, addresses, column));
            }
            case "ip" -> in(ProtocolLowering.IP, 12, 16, direction, addresses, column);
            case "arp" -> in(ProtocolLowering.ARP, 14, 24, direction, addresses, column);
            case "rarp" -> in(ProtocolLowering.RARP, 14, 24, direction, addresses, column);
            default ->
                throw new ExpressionException(
                        column, "an IPv4 address behind '" + protocol + "' (expected: ip, arp or rarp before it)");
        };
    }

    /**
     * {@return whether an IPv4, ARP or RARP packet is from or to one of the addresses}, with one list for all three: bit 2
     * of the type tells where the addresses are.
     */
    private BooleanFormula inAny(Direction direction, List<MaskedAddress> all) {
        Value type = layout.type(2);
        Value isArp = values.binary(AluOp.AND, type, values.constant(4));
        Value two = values.binary(AluOp.RSH, isArp, values.constant(1));
        Value eight = values.binary(AluOp.LSH, isArp, values.constant(1));
        int header = layout.networkHeader().offset();
        RangeSet types = RangeSet.union(List.of(
                RangeSet.of(ProtocolLowering.IP),
                RangeSet.of(ProtocolLowering.ARP),
                RangeSet.of(ProtocolLowering.RARP)));
        Value from = values.load(4, two, header + 12);
        Value to = values.load(4, eight, header + 16);
        return and(new BooleanFormula.Membership(type, types), either(direction, from, to, all));
    }

    private BooleanFormula in(
            int type, int source, int destination, Direction direction, List<MaskedAddress> all, int column) {
        BooleanFormula link = protocols.link(type, column);
        Value from = layout.network(4, source);
        Value to = layout.network(4, destination);
        return and(link, either(direction, from, to, all));
    }

    private BooleanFormula either(Direction direction, Value from, Value to, List<MaskedAddress> all) {
        boolean either = direction == Direction.EITHER || direction == Direction.SOURCE_OR_DESTINATION;
        if (all.size() == 1 || !either) {
            return directed(direction, member(from, all), member(to, all));
        }
        // As if each address were asked for in turn: the first one decides before the destination needs to be there.
        return or(member(from, all.subList(0, 1)), member(to, all), member(from, all.subList(1, all.size())));
    }

    private BooleanFormula member(Value value, List<MaskedAddress> addresses) {
        MaskedAddress first = addresses.get(0);
        if (!first.isPrefix()) {
            return equal(values.binary(AluOp.AND, value, values.constant(first.mask())), first.address());
        }
        return new BooleanFormula.Membership(
                value,
                RangeSet.union(addresses.stream().map(MaskedAddress::range).toList()));
    }

    /** {@return whether a packet is from or to one of the addresses} */
    BooleanFormula ipv6(String protocol, Direction direction, List<Ipv6> addresses, int column) {
        protocols.requirePackets("an address", column);
        if (!protocol.isEmpty() && !protocol.equals("ip6")) {
            throw new ExpressionException(
                    column, "an IPv6 address behind '" + protocol + "' (expected: ip6 before it)");
        }
        BooleanFormula link = protocols.link(ProtocolLowering.IP6, column);
        return and(link, directed(direction, ipv6At(8, addresses), ipv6At(24, addresses)));
    }

    private BooleanFormula ipv6At(int offset, List<Ipv6> addresses) {
        return new Ipv6Trie(word -> layout.network(4, offset + 4 * word), !optimize).of(addresses);
    }

    /** {@return whether a frame is from or to one of the hardware addresses} */
    BooleanFormula mac(Direction direction, List<Long> addresses) {
        return directed(direction, macAt(6, addresses), macAt(0, addresses));
    }

    /** {@return whether one of the hardware addresses is there} Their last four bytes are asked for first, as in libpcap. */
    private BooleanFormula macAt(int offset, List<Long> addresses) {
        Map<Integer, List<RangeSet>> beginnings = new TreeMap<>();
        addresses.forEach(address -> beginnings
                .computeIfAbsent((int) (long) address, k -> new ArrayList<>())
                .add(RangeSet.of((int) (address >>> 32))));
        Map<RangeSet, List<RangeSet>> ends = new LinkedHashMap<>();
        beginnings.forEach((end, before) -> ends.computeIfAbsent(RangeSet.union(before), k -> new ArrayList<>())
                .add(RangeSet.of(end)));
        List<BooleanFormula.Case> cases = new ArrayList<>();
        Value beginning = layout.header(2, offset);
        ends.forEach((before, end) -> cases.add(
                new BooleanFormula.Case(RangeSet.union(end), new BooleanFormula.Membership(beginning, before))));
        return new BooleanFormula.Switch(layout.header(4, offset + 2), cases);
    }

    /** {@return whether a packet is from or to the DECnet node} */
    BooleanFormula decnet(Direction direction, int node, int column) {
        BooleanFormula link = protocols.link(ProtocolLowering.DECNET, column);
        return switch (direction) {
            case SOURCE -> and(link, decnetAt(3, 15, node));
            case DESTINATION -> and(link, decnetAt(1, 7, node));
            case SOURCE_AND_DESTINATION -> and(link, decnetAt(3, 15, node), link, decnetAt(1, 7, node));
            case EITHER, SOURCE_OR_DESTINATION -> or(and(link, decnetAt(3, 15, node)), and(link, decnetAt(1, 7, node)));
        };
    }

    private BooleanFormula decnetAt(int shortOffset, int longOffset, int node) {
        int swapped = (node & 0xff) << 8 | (node >>> 8 & 0xff);
        List<BooleanFormula> forms = new ArrayList<>();
        forms.add(decnetForm(1, 0x02, 2 + shortOffset, swapped));
        forms.add(decnetForm(2, 0x8102, 3 + shortOffset, swapped));
        forms.add(decnetForm(1, 0x06, 2 + longOffset, swapped));
        forms.add(decnetForm(2, 0x8106, 3 + longOffset, swapped));
        return BooleanFormula.any(forms);
    }

    private BooleanFormula decnetForm(int size, int flags, int offset, int node) {
        int mask = size == 1 ? 0x07 : 0xff07;
        return and(protocols.masked(layout.network(size, 2), mask, flags), equal(layout.network(2, offset), node));
    }
}
