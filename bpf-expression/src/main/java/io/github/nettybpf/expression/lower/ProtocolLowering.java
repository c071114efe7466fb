package io.github.nettybpf.expression.lower;

import static io.github.nettybpf.expression.lower.BooleanFormula.and;
import static io.github.nettybpf.expression.lower.BooleanFormula.equal;
import static io.github.nettybpf.expression.lower.BooleanFormula.not;
import static io.github.nettybpf.expression.lower.BooleanFormula.or;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.expression.ExpressionException;
import java.util.List;
import java.util.Map;

/** Tests for what a packet carries. */
final class ProtocolLowering {
    static final int IP = 0x0800;
    static final int ARP = 0x0806;
    static final int RARP = 0x8035;
    static final int IP6 = 0x86dd;
    static final int DECNET = 0x6003;
    private static final int ATALK = 0x809b;
    private static final int AARP = 0x80f3;
    private static final int IPX = 0x8137;
    private static final int SAP_IP = 0x06;
    private static final int SAP_IPX = 0xe0;
    private static final int SAP_NETBEUI = 0xf0;
    private static final int SAP_ISO = 0xfe;
    private static final int SAP_STP = 0x42;

    /** The greatest number that is a length in the type field of an Ethernet frame. */
    private static final int MOST_LENGTH = 1500;

    private static final int SLL_802_3 = 1;
    private static final int SLL_802_2 = 4;
    private static final int FRAGMENT = 44;

    /** Protocols that are an Ethernet type, or an LLC address below 1501. */
    static final Map<String, Integer> TYPES = Map.ofEntries(
            Map.entry("ip", IP),
            Map.entry("arp", ARP),
            Map.entry("rarp", RARP),
            Map.entry("ip6", IP6),
            Map.entry("atalk", ATALK),
            Map.entry("aarp", AARP),
            Map.entry("decnet", DECNET),
            Map.entry("sca", 0x6007),
            Map.entry("lat", 0x6004),
            Map.entry("mopdl", 0x6001),
            Map.entry("moprc", 0x6002),
            Map.entry("iso", SAP_ISO),
            Map.entry("stp", SAP_STP),
            Map.entry("ipx", SAP_IPX),
            Map.entry("netbeui", SAP_NETBEUI));

    /** The numbers that PPP has for Ethernet types and LLC addresses. */
    private static final Map<Integer, Integer> PPP_TYPES = Map.of(
            IP, 0x0021, IP6, 0x0057, DECNET, 0x0027, ATALK, 0x0029, 0x0600, 0x0025, SAP_ISO, 0x0023, SAP_STP, 0x0031,
            SAP_IPX, 0x002b);

    private static final Map<String, Integer> IP_PROTOCOLS = Map.of(
            "sctp", 132, "tcp", 6, "udp", 17, "icmp", 1, "igmp", 2, "igrp", 9, "pim", 103, "vrrp", 112, "carp", 112,
            "icmp6", 58);

    private static final Map<String, List<Integer>> ISIS_TYPES = Map.of(
            "l1", List.of(26, 24, 18, 15, 17),
            "l2", List.of(27, 25, 20, 16, 17),
            "iih", List.of(17, 16, 15),
            "lsp", List.of(18, 20),
            "snp", List.of(27, 26, 24, 25),
            "csnp", List.of(24, 25),
            "psnp", List.of(26, 27));

    private static final Map<String, Integer> ISO_PROTOCOLS = Map.of("clnp", 0x81, "esis", 0x82, "isis", 0x83);

    private final ValueTable values;
    private final Layout layout;

    ProtocolLowering(ValueTable values, Layout layout) {
        this.values = values;
        this.layout = layout;
    }

    /** {@return whether a packet is of the protocol}; columns are for messages. */
    BooleanFormula named(String name, int column) {
        if (layout.isSocket()) {
            return onSocket(name, column);
        }
        requirePackets("'" + name + "'", column);
        Integer type = TYPES.get(name);
        if (type != null) {
            return link(type, column);
        }
        if (ISO_PROTOCOLS.containsKey(name)) {
            return number("iso", ISO_PROTOCOLS.get(name), column);
        }
        if (ISIS_TYPES.containsKey(name)) {
            return or(ISIS_TYPES.get(name).stream()
                    .map(isis -> number("isis", isis, column))
                    .toArray(BooleanFormula[]::new));
        }
        return switch (name) {
            case "sctp", "tcp", "udp", "pim" -> number("", IP_PROTOCOLS.get(name), column);
            case "ah" -> number("", 51, column);
            case "esp" -> number("", 50, column);
            case "icmp6" -> number("ip6", 58, column);
            case "icmp", "igmp", "igrp", "vrrp", "carp" -> number("ip", IP_PROTOCOLS.get(name), column);
            default ->
                throw new ExpressionException(column, "'" + name + "' (expected: a protocol that can be tested)");
        };
    }

    private BooleanFormula onSocket(String name, int column) {
        if (name.equals("ip") || name.equals("ip6")) {
            return link(TYPES.get(name), column);
        }
        boolean udp = layout.link == Layout.Link.UDP;
        if (name.equals(udp ? "udp" : "tcp")) {
            return BooleanFormula.TRUE;
        }
        throw new ExpressionException(
                column,
                "'" + name + "' (expected: ip, ip6 or " + (udp ? "udp" : "tcp") + "; " + layout.link.shown
                        + " receives nothing else)");
    }

    void requirePackets(String what, int column) {
        if (layout.link == Layout.Link.PAYLOAD) {
            throw new ExpressionException(
                    column, what + " (expected: len, less, greater or link[...]; a payload has no headers)");
        }
    }

    /** {@return whether a packet of some protocol carries this one} */
    BooleanFormula number(String protocol, int number, int column) {
        requirePackets("proto", column);
        return switch (protocol) {
            case "" -> or(number("ip", number, column), number("ip6", number, column));
            case "link" -> {
                if (layout.isSocket()) {
                    throw new ExpressionException(
                            column,
                            "'ether proto' (expected: ip, ip6 or a port; " + layout.link.shown
                                    + " does not see the link layer)");
                }
                yield link(number, column);
            }
            case "ip" ->
                layout.isSocket()
                        ? transport("ip", number, column)
                        : and(link(IP, column), equal(layout.network(1, 9), number));
            case "ip6" ->
                layout.isSocket()
                        ? transport("ip6", number, column)
                        : and(
                                link(IP6, column),
                                or(
                                        equal(layout.network(1, 6), number),
                                        and(
                                                equal(layout.network(1, 6), FRAGMENT),
                                                equal(layout.network(1, 40), number))));
            case "iso" -> and(link(SAP_ISO, column), equal(layout.networkNoSnap(1, 0), number));
            case "isis" -> and(number("iso", 0x83, column), equal(layout.networkNoSnap(1, 4), number));
            default ->
                throw new ExpressionException(
                        column, "'proto' behind '" + protocol + "' (expected: ether, ip, ip6, iso or isis before it)");
        };
    }

    private BooleanFormula transport(String protocol, int number, int column) {
        int own = layout.link == Layout.Link.UDP ? 17 : 6;
        if (number != own) {
            throw new ExpressionException(
                    column,
                    "protocol " + Integer.toUnsignedString(number) + " (expected: " + own + "; " + layout.link.shown
                            + " receives nothing else)");
        }
        return link(TYPES.get(protocol), column);
    }

    /** {@return whether this is no later fragment of an IPv4 packet} */
    BooleanFormula firstFragment() {
        return not(bits(layout.network(2, 6), 0x1fff));
    }

    /** {@return whether one of the bits is set} */
    BooleanFormula bits(Value value, int mask) {
        return not(equal(values.binary(AluOp.AND, value, values.constant(mask)), 0));
    }

    /** {@return whether the masked value is this one} */
    BooleanFormula masked(Value value, int mask, int number) {
        return equal(values.binary(AluOp.AND, value, values.constant(mask)), number);
    }

    /** {@return whether a frame carries this Ethernet type, or LLC address if it is below 1501} */
    BooleanFormula link(int type, int column) {
        if (layout.labels > 0) {
            return inMpls(type, column);
        }
        return switch (layout.link) {
            case ETHERNET -> inEthernet(type);
            case SLL -> inSll(type);
            case SLL2 -> equal(layout.type(2), type);
            case NULL -> family(type, 0x02000000, List.of(0x0a000000, 0x18000000, 0x1c000000, 0x1e000000));
            case LOOP -> family(type, 2, List.of(10, 24, 28, 30));
            case PPP -> equal(layout.type(2), PPP_TYPES.getOrDefault(type, type));
            case RAW -> version(type);
            case UDP, TCP -> {
                if (type != IP && type != IP6) {
                    throw new ExpressionException(
                            column,
                            "a protocol other than IP (expected: ip or ip6; " + layout.link.shown
                                    + " receives nothing else)");
                }
                yield version(type);
            }
            case PAYLOAD -> throw new IllegalStateException("a payload has no type");
        };
    }

    private BooleanFormula version(int type) {
        Value first = layout.network(1, 0);
        return switch (type) {
            case IP -> new BooleanFormula.Membership(first, RangeSet.between(0x40, 0x4f));
            case IP6 -> new BooleanFormula.Membership(first, RangeSet.between(0x60, 0x6f));
            default -> BooleanFormula.FALSE;
        };
    }

    private BooleanFormula family(int type, int ip, List<Integer> ip6) {
        Value family = layout.header(4, 0);
        return switch (type) {
            case IP -> equal(family, ip);
            case IP6 ->
                new BooleanFormula.Membership(
                        family, RangeSet.union(ip6.stream().map(RangeSet::of).toList()));
            default -> BooleanFormula.FALSE;
        };
    }

    private BooleanFormula inMpls(int type, int column) {
        if (type != IP && type != IP6) {
            throw new ExpressionException(column, "a protocol other than IP inside MPLS (expected: ip or ip6)");
        }
        BooleanFormula bottom = bits(layout.network(1, -2), 1);
        Value first = layout.network(1, 0);
        int version = type == IP ? 0x40 : 0x60;
        return and(bottom, new BooleanFormula.Membership(first, RangeSet.between(version, version + 15)));
    }

    /** {@return whether the type field holds a length} */
    BooleanFormula isLength() {
        return new BooleanFormula.Membership(layout.type(2), RangeSet.between(0, MOST_LENGTH));
    }

    private BooleanFormula inEthernet(int type) {
        return switch (type) {
            case SAP_ISO, SAP_IP, SAP_NETBEUI -> and(isLength(), equal(layout.payload(2, 0), type << 8 | type));
            case SAP_IPX ->
                or(
                        equal(layout.type(2), IPX),
                        and(
                                isLength(),
                                or(
                                        snap(0, IPX),
                                        equal(layout.payload(1, 0), SAP_IPX),
                                        equal(layout.payload(2, 0), 0xffff))));
            case ATALK -> or(equal(layout.type(2), type), and(isLength(), snap(0x080007, ATALK)));
            case AARP -> or(equal(layout.type(2), type), and(isLength(), snap(0, AARP)));
            default ->
                Integer.compareUnsigned(type, MOST_LENGTH) <= 0
                        ? and(isLength(), equal(afterType(), type))
                        : equal(layout.type(2), type);
        };
    }

    private Value afterType() {
        return layout.type == null ? layout.payload(1, 0) : layout.load(1, layout.type.plus(2));
    }

    private BooleanFormula inSll(int type) {
        BooleanFormula llc = equal(layout.type(2), SLL_802_2);
        return switch (type) {
            case SAP_ISO, SAP_IP, SAP_NETBEUI -> and(llc, equal(layout.payload(2, 0), type << 8 | type));
            case SAP_IPX ->
                or(
                        equal(layout.type(2), IPX),
                        equal(layout.type(2), SLL_802_3),
                        and(llc, or(equal(layout.payload(1, 0), SAP_IPX), snap(0, IPX))));
            case ATALK -> or(equal(layout.type(2), type), and(llc, snap(0x080007, ATALK)));
            case AARP -> or(equal(layout.type(2), type), and(llc, snap(0, AARP)));
            default ->
                Integer.compareUnsigned(type, MOST_LENGTH) <= 0
                        ? and(llc, equal(layout.payload(1, 0), type))
                        : equal(layout.type(2), type);
        };
    }

    private BooleanFormula snap(int organization, int type) {
        return and(
                equal(layout.payload(4, 4), organization << 16 | type),
                equal(layout.payload(4, 0), 0xaaaa0300 | organization >>> 16));
    }
}
