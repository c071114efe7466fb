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

/** Lowers tests for addresses: IPv4, IPv6, hardware, DECnet. */
final class AddressLowering {
    /** From how many addresses on one list of them for all protocols is shorter than a list for each. */
    private static final int MANY = 16;

    /**
     * How many IPv6 addresses are tested one by one, the source and the destination of each. Of more, the sources are one
     * set and the destinations another, so that a packet that ends inside its destination may be accepted for its source
     * alone.
     */
    private static final int MAX_IN_ORDER = 64;

    private final ValueTable values;
    private final HeaderFields headers;
    private final ProtocolLowering protocols;
    private final boolean optimize;

    private final ListForm form;

    AddressLowering(HeaderFields headers, ProtocolLowering protocols, boolean optimize, ListForm form) {
        this.values = headers.values();
        this.headers = headers;
        this.protocols = protocols;
        this.optimize = optimize;
        this.form = form;
    }

    /** {@return the tests that the direction asks for, combined} */
    private static BooleanFormula directed(Direction direction, BooleanFormula source, BooleanFormula destination) {
        return switch (direction) {
            case SOURCE -> source;
            case DESTINATION -> destination;
            case SOURCE_AND_DESTINATION -> and(source, destination);
            case EITHER, SOURCE_OR_DESTINATION -> or(source, destination);
            case ADDRESS1, ADDRESS2, ADDRESS3, ADDRESS4, RECEIVER, TRANSMITTER ->
                throw new IllegalArgumentException(direction.toString());
        };
    }

    /**
     * {@return whether a packet is from or to one of the addresses} If there are several, all of their masks are
     * prefixes.
     */
    BooleanFormula ipv4(String protocol, List<DirectedAddress> addresses, int column) {
        protocols.requireHeaders("an address", column);
        return switch (protocol) {
            case "" -> {
                BooleanFormula ip = in(ProtocolNumbers.IP, 12, 16, addresses, column);
                if (headers.offsets().mplsLabels() > 0 || headers.isSocket()) {
                    yield ip;
                } else if ((form.shared() || addresses.size() > MANY)
                        && headers.offsets().hasEthernetTypes()) {
                    yield inAny(addresses);
                }
                yield or(
                        ip,
                        in(ProtocolNumbers.ARP, 14, 24, addresses, column),
                        in(ProtocolNumbers.RARP, 14, 24, addresses, column));
            }
            case "ip" -> in(ProtocolNumbers.IP, 12, 16, addresses, column);
            case "arp" -> in(ProtocolNumbers.ARP, 14, 24, addresses, column);
            case "rarp" -> in(ProtocolNumbers.RARP, 14, 24, addresses, column);
            default ->
                throw new ExpressionException(
                        column, "an IPv4 address after '" + protocol + "' (expected: ip, arp or rarp before it)");
        };
    }

    /**
     * {@return whether an IPv4, ARP or RARP packet is from or to one of the addresses} There is one list for all three
     * protocols: bit 2 of the type says at which offset the addresses are.
     */
    private BooleanFormula inAny(List<DirectedAddress> all) {
        Value type = headers.linkType(2);
        Value isArp = values.binary(AluOp.AND, type, values.constant(4));
        Value two = values.binary(AluOp.RSH, isArp, values.constant(1));
        Value eight = values.binary(AluOp.LSH, isArp, values.constant(1));
        int header = headers.offsets().networkHeader().offset();
        RangeSet types = RangeSet.union(List.of(
                RangeSet.of(ProtocolNumbers.IP), RangeSet.of(ProtocolNumbers.ARP), RangeSet.of(ProtocolNumbers.RARP)));
        Value from = values.load(4, two, header + 12);
        Value to = values.load(4, eight, header + 16);
        return and(new BooleanFormula.Membership(type, types), alternatives(from, to, all));
    }

    private BooleanFormula in(int type, int source, int destination, List<DirectedAddress> all, int column) {
        BooleanFormula link = protocols.linkType(type, column);
        Value from = headers.network(4, source);
        Value to = headers.network(4, destination);
        return and(link, alternatives(from, to, all));
    }

    /** What libpcap compares with an address: the source or destination, and which of its bits. */
    private record Compared(Value value, int mask) {}

    /**
     * {@return whether one of the addresses is where its direction says} Optimized, the addresses that are compared with
     * the same bits are one set, at the place of the first of them: so does libpcap's optimizer. A packet that ends
     * before its destination is then accepted for its source alone.
     */
    private BooleanFormula alternatives(Value from, Value to, List<DirectedAddress> all) {
        if (all.size() == 1) {
            DirectedAddress only = all.get(0);
            List<MaskedAddress> address = List.of(only.address());
            return directed(only.direction(), member(from, address), member(to, address));
        }
        if (!form.groupsAddresses()) {
            return inOrder(from, to, all);
        }
        Map<Compared, List<MaskedAddress>> groups = new LinkedHashMap<>();
        for (DirectedAddress one : all) {
            MaskedAddress address = one.address();
            if (one.direction() != Direction.DESTINATION) {
                groups.computeIfAbsent(new Compared(from, address.mask()), key -> new ArrayList<>())
                        .add(address);
            }
            if (one.direction() != Direction.SOURCE) {
                groups.computeIfAbsent(new Compared(to, address.mask()), key -> new ArrayList<>())
                        .add(address);
            }
        }
        return BooleanFormula.any(groups.entrySet().stream()
                .map(group -> member(group.getKey().value(), group.getValue()))
                .toList());
    }

    /** {@return the alternatives one by one, but for those that no packet can tell from a set} */
    private BooleanFormula inOrder(Value from, Value to, List<DirectedAddress> all) {
        Direction direction = all.get(0).direction();
        if (all.stream().anyMatch(one -> one.direction() != direction)) {
            return BooleanFormula.any(all.stream()
                    .map(one -> alternatives(from, to, List.of(one)))
                    .toList());
        }
        List<MaskedAddress> addresses =
                all.stream().map(DirectedAddress::address).toList();
        if (direction == Direction.SOURCE || direction == Direction.DESTINATION) {
            return directed(direction, member(from, addresses), member(to, addresses));
        }
        // If the source is the first address, a packet that ends before its destination is accepted.
        return or(
                member(from, addresses.subList(0, 1)),
                member(to, addresses),
                member(from, addresses.subList(1, addresses.size())));
    }

    private BooleanFormula member(Value value, List<MaskedAddress> addresses) {
        MaskedAddress first = addresses.get(0);
        if (!first.isPrefix()) {
            return equal(values.binary(AluOp.AND, value, values.constant(first.mask())), first.address());
        }
        return member(
                value,
                RangeSet.union(addresses.stream().map(MaskedAddress::range).toList()));
    }

    /** {@return whether a value is in a set} Optimized, it is not computed if no bit of it counts, as in libpcap. */
    private BooleanFormula member(Value value, RangeSet set) {
        return optimize && set.equals(RangeSet.between(0, value.max))
                ? BooleanFormula.TRUE
                : new BooleanFormula.Membership(value, set);
    }

    /** {@return whether a packet is from or to one of the addresses} */
    BooleanFormula ipv6(String protocol, Direction direction, List<Ipv6> addresses, int column) {
        protocols.requireHeaders("an address", column);
        if (!protocol.isEmpty() && !protocol.equals("ip6")) {
            throw new ExpressionException(column, "an IPv6 address after '" + protocol + "' (expected: ip6 before it)");
        }
        BooleanFormula link = protocols.linkType(ProtocolNumbers.IP6, column);
        boolean one = direction == Direction.SOURCE || direction == Direction.DESTINATION;
        if (one || addresses.size() > MAX_IN_ORDER) {
            return and(link, directed(direction, ipv6At(8, addresses), ipv6At(24, addresses)));
        }
        List<BooleanFormula> tests = new ArrayList<>();
        for (Ipv6 address : addresses) {
            List<Ipv6> alone = List.of(address);
            tests.add(directed(direction, ipv6At(8, alone), ipv6At(24, alone)));
        }
        return and(link, BooleanFormula.any(tests));
    }

    private BooleanFormula ipv6At(int offset, List<Ipv6> addresses) {
        if (optimize && addresses.stream().anyMatch(address -> address.prefix() == 0)) {
            return BooleanFormula.TRUE;
        }
        return new Ipv6Trie(word -> headers.network(4, offset + 4 * word), !optimize).of(addresses);
    }

    /** {@return whether a frame is from or to one of the hardware addresses} */
    BooleanFormula mac(Direction direction, List<Long> addresses) {
        if (headers.encapsulation().isWireless()) {
            return new WirelessLowering(headers, protocols, this).addresses(direction, addresses);
        }
        return directed(direction, macAt(6, addresses), macAt(0, addresses));
    }

    /**
     * {@return whether one of the hardware addresses is at the offset} Their last four bytes are tested first, as in
     * libpcap.
     */
    BooleanFormula macAt(int offset, List<Long> addresses) {
        Map<Integer, List<RangeSet>> heads = new TreeMap<>();
        addresses.forEach(address -> heads.computeIfAbsent((int) (long) address, k -> new ArrayList<>())
                .add(RangeSet.of((int) (address >>> 32))));
        Map<RangeSet, List<RangeSet>> tails = new LinkedHashMap<>();
        heads.forEach((tail, head) -> tails.computeIfAbsent(RangeSet.union(head), k -> new ArrayList<>())
                .add(RangeSet.of(tail)));
        List<BooleanFormula.Case> cases = new ArrayList<>();
        Value head = headers.linkHeader(2, offset);
        tails.forEach((first, last) ->
                cases.add(new BooleanFormula.Case(RangeSet.union(last), new BooleanFormula.Membership(head, first))));
        return new BooleanFormula.Switch(headers.linkHeader(4, offset + 2), cases);
    }

    /** {@return whether a packet is from or to the DECnet node} */
    BooleanFormula decnet(Direction direction, int node, int column) {
        protocols.requireHeaders("an address", column);
        BooleanFormula link = protocols.linkType(ProtocolNumbers.DECNET, column);
        return switch (direction) {
            case SOURCE -> and(link, decnetAt(3, 15, node));
            case DESTINATION -> and(link, decnetAt(1, 7, node));
            case SOURCE_AND_DESTINATION -> and(link, decnetAt(3, 15, node), link, decnetAt(1, 7, node));
            case EITHER, SOURCE_OR_DESTINATION -> or(and(link, decnetAt(3, 15, node)), and(link, decnetAt(1, 7, node)));
            case ADDRESS1, ADDRESS2, ADDRESS3, ADDRESS4, RECEIVER, TRANSMITTER ->
                throw new IllegalArgumentException(direction.toString());
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
        return and(
                protocols.maskedEqual(headers.network(size, 2), mask, flags), equal(headers.network(2, offset), node));
    }
}
