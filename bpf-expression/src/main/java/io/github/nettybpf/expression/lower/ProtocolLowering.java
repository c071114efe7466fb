package io.github.nettybpf.expression.lower;

import static io.github.nettybpf.expression.lower.BooleanFormula.and;
import static io.github.nettybpf.expression.lower.BooleanFormula.equal;
import static io.github.nettybpf.expression.lower.BooleanFormula.not;
import static io.github.nettybpf.expression.lower.BooleanFormula.or;
import static io.github.nettybpf.expression.lower.ProtocolNumbers.*;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.expression.ExpressionException;
import java.util.List;

/** Lowers tests for protocols: the type of a frame, the protocol of a packet. */
final class ProtocolLowering {
    /** The types of a cooked capture for 802.3 and 802.2 frames. */
    private static final int SLL_802_3 = 1;

    private static final int SLL_802_2 = 4;

    /** The versions of IP, in the upper half of the first byte of a header. */
    private static final int VERSION4 = 0x40;

    private static final int VERSION6 = 0x60;

    private static final int AF_INET = 2;

    /** On Linux; on NetBSD and OpenBSD; on FreeBSD; on macOS. */
    private static final List<Integer> AF_INET6 = List.of(10, 24, 28, 30);

    /** On Solaris, whose IPNET header has a byte for it. */
    private static final int IPNET_INET6 = 26;

    /** Network layer protocol identifiers (NLPID, RFC 2427). */
    private static final int NLPID_IP = 0xcc;

    private static final int NLPID_IP6 = 0x8e;

    private final ValueTable values;
    private final HeaderFields headers;

    ProtocolLowering(HeaderFields headers) {
        this.values = headers.values();
        this.headers = headers;
    }

    /**
     * {@return whether a packet is of the protocol}
     *
     * @param name a word of the language
     * @param column where it is, for messages
     */
    BooleanFormula protocol(String name, int column) {
        if (headers.isSocket()) {
            return onSocket(name, column);
        }
        requireHeaders("'" + name + "'", column);
        Integer type = LINK_TYPES.get(name);
        if (type != null) {
            return linkType(type, column);
        }
        Integer iso = ISO.get(name);
        if (iso != null) {
            return proto("iso", iso, column);
        }
        List<Integer> isis = ISIS_TYPES.get(name);
        if (isis != null) {
            return or(isis.stream().map(pdu -> proto("isis", pdu, column)).toArray(BooleanFormula[]::new));
        }
        Integer protocol = IP_PROTOCOLS.get(name);
        if (protocol != null) {
            return proto("", protocol, column);
        }
        Integer protocol4 = IP4_PROTOCOLS.get(name);
        if (protocol4 != null) {
            return proto("ip", protocol4, column);
        }
        if (name.equals("icmp6")) {
            return proto("ip6", ICMP6, column);
        }
        throw new ExpressionException(column, "'" + name + "' (expected: a protocol that can be tested)");
    }

    private BooleanFormula onSocket(String name, int column) {
        if (name.equals("ip") || name.equals("ip6")) {
            return linkType(name.equals("ip") ? IP : IP6, column);
        }
        String own = headers.encapsulation().socketProtocolName();
        if (name.equals(own)) {
            return BooleanFormula.TRUE;
        }
        throw new ExpressionException(
                column,
                "'" + name + "' (expected: ip, ip6 or " + own + "; " + headers.shown() + " receives nothing else)");
    }

    /**
     * Checks that packets have headers.
     *
     * @param what what needs them, for messages
     * @param column where it is, for messages
     * @throws ExpressionException if they have none
     */
    void requireHeaders(String what, int column) {
        if (headers.encapsulation().hasNoHeaders()) {
            String why = headers.encapsulation() == Encapsulation.PAYLOAD
                    ? "a payload has no headers"
                    : "the headers of this link type are not known";
            throw new ExpressionException(column, what + " (expected: len, less, greater or link[...]; " + why + ")");
        }
    }

    /**
     * {@return whether a packet of a protocol carries another one}
     *
     * @param protocol the protocol that carries, {@code link} for the frame; empty for IPv4 and IPv6
     * @param number what it carries, as a number of its own numbering
     * @param column where it is, for messages
     */
    BooleanFormula proto(String protocol, int number, int column) {
        requireHeaders("proto", column);
        return switch (protocol) {
            case "" -> or(proto("ip", number, column), proto("ip6", number, column));
            case "link" -> {
                if (headers.isSocket()) {
                    throw new ExpressionException(
                            column,
                            "'ether proto' (expected: ip, ip6 or a port; " + headers.shown()
                                    + " does not see the link layer)");
                }
                yield linkType(number, column);
            }
            case "ip" ->
                headers.isSocket()
                        ? transport("ip", number, column)
                        : and(linkType(IP, column), equal(headers.network(1, 9), number));
            case "ip6" ->
                headers.isSocket()
                        ? transport("ip6", number, column)
                        : and(
                                linkType(IP6, column),
                                or(
                                        equal(headers.network(1, 6), number),
                                        and(
                                                equal(headers.network(1, 6), FRAGMENT),
                                                equal(headers.network(1, 40), number))));
            case "iso" -> and(linkType(SAP_ISO, column), equal(headers.networkNoSnap(1, 0), number));
            case "isis" -> and(proto("iso", ISIS, column), equal(headers.networkNoSnap(1, 4), number));
            default ->
                throw new ExpressionException(
                        column, "'proto' after '" + protocol + "' (expected: ether, ip, ip6, iso or isis before it)");
        };
    }

    private BooleanFormula transport(String protocol, int number, int column) {
        int own = headers.encapsulation().socketProtocol();
        if (number != own) {
            throw new ExpressionException(
                    column,
                    "protocol " + Integer.toUnsignedString(number) + " (expected: " + own + "; " + headers.shown()
                            + " receives nothing else)");
        }
        return linkType(protocol.equals("ip") ? IP : IP6, column);
    }

    /** {@return whether an IPv4 packet is the first fragment or not fragmented} */
    BooleanFormula firstFragment() {
        return not(anyBitSet(headers.network(2, 6), 0x1fff));
    }

    /** {@return whether one of the bits of the mask is set} */
    BooleanFormula anyBitSet(Value value, int mask) {
        return not(equal(values.binary(AluOp.AND, value, values.constant(mask)), 0));
    }

    /** {@return whether the masked value is the number} */
    BooleanFormula maskedEqual(Value value, int mask, int number) {
        return equal(values.binary(AluOp.AND, value, values.constant(mask)), number);
    }

    /** {@return whether a frame carries the Ethernet type, or the LLC service access point if it is below 1501} */
    BooleanFormula linkType(int type, int column) {
        if (headers.offsets().mplsLabels() > 0) {
            return inMpls(type, column);
        }
        return switch (headers.encapsulation()) {
            case ETHERNET -> inEthernet(type);
            case SLL -> inSll(type);
            case SLL2 -> equal(headers.linkType(2), type);
            case WIRELESS, RADIOTAP -> and(isWirelessData(), inLlc(type));
            case C_HDLC -> equal(headers.linkType(2), type == SAP_ISO ? SAP_ISO << 8 | SAP_ISO : type);
            case FRELAY -> inFrameRelay(type);
            case IPNET ->
                switch (type) {
                    case IP -> equal(headers.linkType(1), AF_INET);
                    case IP6 -> equal(headers.linkType(1), IPNET_INET6);
                    default -> BooleanFormula.FALSE;
                };
            case NULL ->
                family(
                        type,
                        Integer.reverseBytes(AF_INET),
                        AF_INET6.stream().map(Integer::reverseBytes).toList());
            case LOOP -> family(type, AF_INET, AF_INET6);
            case PPP, PPP_FRAME, PPPOE -> equal(headers.linkType(2), PPP.getOrDefault(type, type));
            case RAW -> hasVersion(type);
            case UDP, TCP -> {
                if (type != IP && type != IP6) {
                    throw new ExpressionException(
                            column,
                            "a protocol other than IP (expected: ip or ip6; " + headers.shown()
                                    + " receives nothing else)");
                }
                yield hasVersion(type);
            }
            case PAYLOAD, OTHER -> throw new IllegalStateException(headers.shown() + " has no type");
        };
    }

    /** {@return whether the NLPID after the control field of unnumbered information is the protocol's} */
    private BooleanFormula inFrameRelay(int type) {
        int control = 0x03 << 8;
        Value nlpid = headers.linkType(2);
        return switch (type) {
            case IP -> equal(nlpid, control | NLPID_IP);
            case IP6 -> equal(nlpid, control | NLPID_IP6);
            case SAP_ISO -> new BooleanFormula.Membership(nlpid, RangeSet.between(control | 0x81, control | 0x83));
            default -> BooleanFormula.FALSE;
        };
    }

    private BooleanFormula hasVersion(int type) {
        return switch (type) {
            case IP -> versionIs(VERSION4);
            case IP6 -> versionIs(VERSION6);
            default -> BooleanFormula.FALSE;
        };
    }

    private BooleanFormula versionIs(int version) {
        return new BooleanFormula.Membership(headers.network(1, 0), RangeSet.between(version, version + 15));
    }

    private BooleanFormula family(int type, int ip, List<Integer> ip6) {
        Value family = headers.linkHeader(4, 0);
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
        BooleanFormula bottom = anyBitSet(headers.network(1, -2), 1);
        return and(bottom, versionIs(type == IP ? VERSION4 : VERSION6));
    }

    /** {@return whether the type field holds a length} */
    BooleanFormula isLength() {
        return new BooleanFormula.Membership(headers.linkType(2), RangeSet.between(0, MAX_LENGTH));
    }

    private BooleanFormula inEthernet(int type) {
        return switch (type) {
            case SAP_ISO, SAP_IP, SAP_NETBEUI -> and(isLength(), equal(headers.linkPayload(2, 0), type << 8 | type));
            case SAP_IPX ->
                or(
                        equal(headers.linkType(2), IPX),
                        and(
                                isLength(),
                                or(
                                        snap(0, IPX),
                                        equal(headers.linkPayload(1, 0), SAP_IPX),
                                        equal(headers.linkPayload(2, 0), 0xffff))));
            case ATALK -> or(equal(headers.linkType(2), type), and(isLength(), snap(0x080007, ATALK)));
            case AARP -> or(equal(headers.linkType(2), type), and(isLength(), snap(0, AARP)));
            default ->
                Integer.compareUnsigned(type, MAX_LENGTH) <= 0
                        ? and(isLength(), equal(headers.afterLinkType(), type))
                        : equal(headers.linkType(2), type);
        };
    }

    private BooleanFormula inSll(int type) {
        BooleanFormula llc = equal(headers.linkType(2), SLL_802_2);
        return switch (type) {
            case SAP_ISO, SAP_IP, SAP_NETBEUI -> and(llc, equal(headers.linkPayload(2, 0), type << 8 | type));
            case SAP_IPX ->
                or(
                        equal(headers.linkType(2), IPX),
                        equal(headers.linkType(2), SLL_802_3),
                        and(llc, or(equal(headers.linkPayload(1, 0), SAP_IPX), snap(0, IPX))));
            case ATALK -> or(equal(headers.linkType(2), type), and(llc, snap(0x080007, ATALK)));
            case AARP -> or(equal(headers.linkType(2), type), and(llc, snap(0, AARP)));
            default ->
                Integer.compareUnsigned(type, MAX_LENGTH) <= 0
                        ? and(llc, equal(headers.linkPayload(1, 0), type))
                        : equal(headers.linkType(2), type);
        };
    }

    /** {@return whether an 802.11 frame is a data frame} */
    BooleanFormula isWirelessData() {
        Value control = headers.linkHeader(1, 0);
        return and(not(anyBitSet(control, 0x04)), anyBitSet(control, 0x08));
    }

    /** {@return whether the LLC header, which a SNAP header is taken to follow, is of the type, as in libpcap} */
    private BooleanFormula inLlc(int type) {
        return switch (type) {
            case SAP_ISO, SAP_IP, SAP_NETBEUI -> equal(headers.linkPayload(2, 0), type << 8 | type);
            case ATALK -> snap(0x080007, ATALK);
            default ->
                Integer.compareUnsigned(type, MAX_LENGTH) <= 0
                        ? equal(headers.linkPayload(1, 0), type)
                        : equal(headers.linkPayload(2, 6), type);
        };
    }

    private BooleanFormula snap(int organization, int type) {
        return and(
                equal(headers.linkPayload(4, 4), organization << 16 | type),
                equal(headers.linkPayload(4, 0), 0xaaaa0300 | organization >>> 16));
    }
}
