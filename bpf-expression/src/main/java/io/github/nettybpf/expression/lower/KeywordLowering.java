package io.github.nettybpf.expression.lower;

import static io.github.nettybpf.expression.lower.BooleanFormula.TRUE;
import static io.github.nettybpf.expression.lower.BooleanFormula.and;
import static io.github.nettybpf.expression.lower.BooleanFormula.equal;
import static io.github.nettybpf.expression.lower.BooleanFormula.not;
import static io.github.nettybpf.expression.lower.BooleanFormula.or;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.expression.parse.Expression.Direction;
import io.github.nettybpf.expression.parse.Expression.Keyword;
import io.github.nettybpf.expression.parse.Spelling;
import java.util.List;
import java.util.Map;

/** Lowers keywords: tests with a name of their own, of which {@code vlan} and the like move the headers. */
final class KeywordLowering {
    private static final long BROADCAST = 0xffffffffffffL;

    /** PACKET_OUTGOING of packet(7), which cooked captures have too. */
    private static final int OUTGOING = 4;

    /** What the header of IPNET says of a packet that was sent. */
    private static final int IPNET_OUTBOUND = 1;

    /** LLC control fields of supervisory and unnumbered frames. */
    private static final Map<String, Integer> LLC_S = Map.of("rr", 0x01, "rnr", 0x05, "rej", 0x09);

    private static final Map<String, Integer> LLC_U = Map.of(
            "ui", 0x03, "ua", 0x63, "disc", 0x43, "dm", 0x0f, "sabme", 0x6f, "test", 0xe3, "xid", 0xaf, "frmr", 0x87);

    private final ValueTable values;
    private final HeaderFields headers;
    private final ProtocolLowering protocols;
    private final PrimitiveLowering primitives;
    private final Options options;

    KeywordLowering(HeaderFields headers, ProtocolLowering protocols, PrimitiveLowering primitives, Options options) {
        this.values = headers.values();
        this.headers = headers;
        this.protocols = protocols;
        this.primitives = primitives;
        this.options = options;
    }

    /** {@return whether a packet passes the test, and where the headers are for the terms after it} */
    LoweredTerm lower(Keyword keyword) {
        return switch (keyword.name()) {
            case "less" -> inPlace(length(0, keyword.number()));
            case "greater" -> inPlace(length(keyword.number(), RangeSet.END - 1));
            case "broadcast" -> inPlace(broadcast(keyword));
            case "multicast" -> inPlace(multicast(keyword));
            case "inbound" -> inPlace(not(outgoing(keyword)));
            case "outbound" -> inPlace(outgoing(keyword));
            case "ifindex" -> inPlace(interfaceIs(keyword));
            case "llc" -> inPlace(llc(keyword));
            case "geneve" -> new GeneveLowering(headers, protocols).lower(keyword);
            case "type", "subtype", "dir" -> inPlace(frameControl(keyword));
            case "vlan", "mpls", "pppoed", "pppoes" -> encapsulated(keyword);
            default -> throw new IllegalStateException(keyword.name());
        };
    }

    private LoweredTerm inPlace(BooleanFormula formula) {
        return new LoweredTerm(formula, headers.offsets());
    }

    private BooleanFormula length(long first, long last) {
        return new BooleanFormula.Membership(values.extension(Extension.LEN), RangeSet.between(first, last));
    }

    static ExpressionException refused(Keyword keyword, String expected) {
        return new ExpressionException(keyword.column(), "'" + keyword.name() + "' (expected: " + expected + ")");
    }

    private BooleanFormula broadcast(Keyword keyword) {
        protocols.requireHeaders("'broadcast'", keyword.column());
        if (keyword.detail().equals("ip")) {
            if (options.netmask().isEmpty()) {
                throw refused(keyword, "a netmask for 'ip broadcast'");
            }
            int hosts = ~options.netmask().getAsInt();
            Value address = headers.network(4, 16);
            return and(
                    protocols.linkType(ProtocolNumbers.IP, keyword.column()),
                    or(protocols.maskedEqual(address, hosts, 0), protocols.maskedEqual(address, hosts, hosts)));
        }
        requireEthernet(keyword);
        return primitives.mac(Direction.DESTINATION, List.of(BROADCAST));
    }

    private void requireEthernet(Keyword keyword) {
        if (!keyword.detail().isEmpty() && !keyword.detail().equals("link")) {
            throw refused(keyword, "ether, ip or ip6 before it, or nothing");
        }
        if (!headers.hasHardwareAddresses()) {
            throw refused(keyword, "a link type with hardware addresses; " + headers.shown() + " has none");
        }
    }

    private BooleanFormula multicast(Keyword keyword) {
        protocols.requireHeaders("'multicast'", keyword.column());
        switch (keyword.detail()) {
            case "ip" -> {
                return and(
                        protocols.linkType(ProtocolNumbers.IP, keyword.column()),
                        new BooleanFormula.Membership(headers.network(1, 16), RangeSet.between(224, RangeSet.END - 1)));
            }
            case "ip6" -> {
                return and(
                        protocols.linkType(ProtocolNumbers.IP6, keyword.column()), equal(headers.network(1, 24), 255));
            }
            default -> {
                requireEthernet(keyword);
                if (headers.encapsulation().isWireless()) {
                    return primitives.wireless().multicast();
                }
                return and(headers.hasLinkHeader(), protocols.anyBitSet(headers.linkHeader(1, 0), 1));
            }
        }
    }

    private BooleanFormula outgoing(Keyword keyword) {
        protocols.requireHeaders("'" + keyword.name() + "'", keyword.column());
        return switch (headers.encapsulation()) {
            case WIRELESS, RADIOTAP ->
                throw refused(keyword, "dir, wlan src or wlan dst; " + headers.shown() + " frames do not say it");
            case SLL -> equal(headers.linkHeader(2, 0), OUTGOING);
            case SLL2 -> equal(headers.linkHeader(1, 10), OUTGOING);
            case IPNET -> equal(headers.linkHeader(2, 2), IPNET_OUTBOUND);
            default -> equal(values.extension(Extension.TYPE), OUTGOING);
        };
    }

    private BooleanFormula interfaceIs(Keyword keyword) {
        protocols.requireHeaders("'ifindex'", keyword.column());
        if (headers.encapsulation().isWireless()) {
            throw refused(keyword, "no interface; " + headers.shown() + " frames do not say it");
        }
        Value index = headers.encapsulation() == Encapsulation.SLL2
                ? headers.linkHeader(4, 4)
                : values.extension(Extension.IFIDX);
        return equal(index, (int) keyword.number());
    }

    private BooleanFormula llc(Keyword keyword) {
        if (!headers.hasHardwareAddresses()) {
            throw refused(keyword, "Ethernet or 802.11 frames; this is " + headers.shown());
        }
        BooleanFormula llc = headers.isEthernet()
                ? and(protocols.isLength(), not(equal(headers.linkPayload(2, 0), 0xffff)))
                : protocols.isWirelessData();
        Value control = headers.linkPayload(1, 2);
        String type = keyword.detail();
        if (type.isEmpty()) {
            return llc;
        } else if (type.equalsIgnoreCase("i")) {
            return and(llc, not(protocols.anyBitSet(control, 1)));
        } else if (type.equalsIgnoreCase("s")) {
            return and(llc, protocols.maskedEqual(control, 3, 1));
        } else if (type.equalsIgnoreCase("u")) {
            return and(llc, protocols.maskedEqual(control, 3, 3));
        } else if (LLC_S.containsKey(type)) {
            return and(llc, protocols.maskedEqual(control, 0x0f, LLC_S.getOrDefault(type, 0)));
        } else if (LLC_U.containsKey(type)) {
            return and(llc, protocols.maskedEqual(control, 0xef, LLC_U.getOrDefault(type, 0)));
        }
        throw new ExpressionException(
                keyword.column(),
                "'llc " + Spelling.shortened(type)
                        + "' (expected: i, s, u, rr, rnr, rej, ui, ua, disc, dm, sabme, test, xid or frmr)");
    }

    /** {@return whether the type and subtype, or the direction, of an 802.11 frame are those after the keyword} */
    private BooleanFormula frameControl(Keyword keyword) {
        if (!headers.encapsulation().isWireless()) {
            throw refused(keyword, "802.11 frames; this is " + headers.shown());
        }
        int offset = keyword.name().equals("dir") ? 1 : 0;
        return protocols.maskedEqual(
                headers.linkHeader(1, offset), (int) keyword.number() >>> 8, (int) keyword.number() & 0xff);
    }

    private LoweredTerm encapsulated(Keyword keyword) {
        String name = keyword.name();
        boolean fits = headers.isEthernet()
                || (name.equals("vlan") && headers.encapsulation().isWireless())
                || (name.equals("mpls") && headers.encapsulation().isPpp())
                || (name.startsWith("pppoe")
                        && !headers.isSocket()
                        && !headers.encapsulation().hasNoHeaders());
        if (!fits) {
            throw refused(keyword, "Ethernet frames; this is " + headers.shown());
        }
        return switch (name) {
            case "vlan" -> vlan(keyword);
            case "mpls" -> mpls(keyword);
            case "pppoed" -> inPlace(protocols.linkType(ProtocolNumbers.PPPOE_DISCOVERY, keyword.column()));
            case "pppoes" -> pppoes(keyword);
            default -> throw new IllegalStateException(name);
        };
    }

    /** {@return the number after a keyword, -1 if there is none} */
    static int numberOf(Keyword keyword, long max) {
        if (keyword.number() > max) {
            throw refused(keyword, "0.." + max + " after it");
        }
        return (int) keyword.number();
    }

    private LoweredTerm vlan(Keyword keyword) {
        int column = keyword.column();
        if (headers.offsets().mplsLabels() > 0) {
            throw refused(keyword, "no VLAN after MPLS");
        }
        BooleanFormula tagged = or(
                protocols.linkType(ProtocolNumbers.VLAN, column),
                protocols.linkType(ProtocolNumbers.QINQ, column),
                protocols.linkType(ProtocolNumbers.QINQ_OLD, column));
        int number = numberOf(keyword, 0xfff);
        BooleanFormula inFrame = number < 0 ? TRUE : protocols.maskedEqual(headers.network(2, 0), 0xfff, number);
        if (!headers.offsets().tagStripped()) {
            return new LoweredTerm(and(tagged, inFrame), headers.offsets().afterTag());
        }
        BooleanFormula stripped = equal(values.extension(Extension.VLAN_AVAIL), 1);
        BooleanFormula inMetadata =
                number < 0 ? TRUE : protocols.maskedEqual(values.extension(Extension.VLAN_TCI), 0xfff, number);
        return new LoweredTerm(
                or(and(stripped, inMetadata), and(not(stripped), tagged, inFrame)),
                headers.offsets().afterTag(headers.tagLength()));
    }

    private LoweredTerm mpls(Keyword keyword) {
        BooleanFormula labelled = headers.offsets().mplsLabels() > 0
                ? not(protocols.anyBitSet(headers.network(1, -2), 1))
                : protocols.linkType(
                        headers.isEthernet() ? ProtocolNumbers.MPLS : ProtocolNumbers.PPP_MPLS, keyword.column());
        int number = numberOf(keyword, 0xfffff);
        RangeSet labels = new MaskedAddress(number << 12, -1 << 12).range();
        BooleanFormula formula =
                number < 0 ? labelled : and(labelled, new BooleanFormula.Membership(headers.network(4, 0), labels));
        return new LoweredTerm(formula, headers.offsets().afterLabel());
    }

    private LoweredTerm pppoes(Keyword keyword) {
        BooleanFormula session = protocols.linkType(ProtocolNumbers.PPPOE_SESSION, keyword.column());
        int number = numberOf(keyword, 0xffff);
        BooleanFormula formula =
                number < 0 ? session : and(session, protocols.maskedEqual(headers.network(4, 0), 0xffff, number));
        return new LoweredTerm(formula, headers.offsets().insidePppoe());
    }
}
