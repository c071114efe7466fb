package io.github.nettybpf.expression.lower;

import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.expression.parse.Expression.Direction;
import io.github.nettybpf.expression.parse.Expression.Identifier;
import io.github.nettybpf.expression.parse.Expression.Kind;
import io.github.nettybpf.expression.parse.Expression.Primitive;
import io.github.nettybpf.expression.parse.Expression.Qualifiers;
import io.github.nettybpf.expression.parse.Keywords;
import io.github.nettybpf.expression.parse.NameTables;
import io.github.nettybpf.expression.parse.Spelling;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Lowers primitives: qualifiers and the identifier that they qualify. */
final class PrimitiveLowering {
    private final HeaderFields headers;
    private final ProtocolLowering protocols;
    private final AddressLowering addresses;
    private final PortLowering ports;
    private final Options options;

    PrimitiveLowering(HeaderFields headers, ProtocolLowering protocols, Options options, ListForm form) {
        this.headers = headers;
        this.protocols = protocols;
        this.addresses = new AddressLowering(headers, protocols, options.isOptimized(), form);
        this.ports = new PortLowering(headers, protocols, form.groupsPorts());
        this.options = options;
    }

    /**
     * {@return whether one of the primitives holds} If there are several, they differ only in their identifiers, or are
     * what {@link ListForm} groups.
     */
    BooleanFormula test(List<Primitive> alternatives) {
        Primitive first = alternatives.get(0);
        Qualifiers qualifiers = first.qualifiers();
        int column = first.column();
        if (qualifiers.direction().isWireless()) {
            requireWireless(qualifiers, column);
        }
        return switch (qualifiers.kind()) {
            case UNSPECIFIED, HOST, NET -> address(alternatives);
            case PORT, PORTRANGE -> {
                ports.transport(qualifiers.protocol(), column);
                yield port(alternatives);
            }
            case PROTO -> proto(qualifiers, first.identifier(), column);
            case PROTOCHAIN ->
                throw new ExpressionException(
                        column,
                        "'protochain' (expected: proto; the program for it would jump backward, which the kernel"
                                + " refuses)");
            case GATEWAY ->
                throw new ExpressionException(
                        column,
                        "gateway (expected: ether host ... and not host ...; libpcap 1.10 does not have it, either)");
        };
    }

    private void requireWireless(Qualifiers qualifiers, int column) {
        boolean isAddress = qualifiers.kind() == Kind.UNSPECIFIED || qualifiers.kind() == Kind.HOST;
        if (!isAddress
                || !qualifiers.protocol().equals("link")
                || !headers.encapsulation().isWireless()) {
            throw new ExpressionException(
                    column,
                    "addr1, addr2, addr3, addr4, ra or ta before this (expected: wlan before it, and a hardware address"
                            + " of an 802.11 frame)");
        }
    }

    private BooleanFormula address(List<Primitive> alternatives) {
        Primitive first = alternatives.get(0);
        Qualifiers q = first.qualifiers();
        Identifier identifier = first.identifier();
        int column = first.column();
        if (q.protocol().equals("link")) {
            return linkAddress(q, alternatives);
        } else if (q.protocol().equals("decnet")) {
            return addresses.decnet(q.direction(), decnetNode(identifier, column), column);
        } else if (identifier instanceof Identifier.Mac mac) {
            throw new ExpressionException(
                    column,
                    "'" + mac.text() + "' after " + (q.protocol().isEmpty() ? "no protocol" : q.protocol())
                            + " (expected: ether before a hardware address)");
        } else if (identifier instanceof Identifier.Name name) {
            return named(q, name.text(), column);
        } else if (identifier instanceof Identifier.SetName) {
            protocols.requireHeaders("an address", column);
            return BooleanFormula.FALSE; // SetExpansion leaves a set only where it has no address for the protocol
        } else if (identifier instanceof Identifier.Ipv6) {
            List<Identifier.Ipv6> list =
                    alternatives.stream().map(a -> ipv6(q, a)).toList();
            return addresses.ipv6(q.protocol(), q.direction(), list, column);
        }
        List<DirectedAddress> list = alternatives.stream()
                .map(a -> new DirectedAddress(a.qualifiers().direction(), ipv4(a.qualifiers(), a)))
                .toList();
        return addresses.ipv4(q.protocol(), list, column);
    }

    private static Identifier.Ipv6 ipv6(Qualifiers q, Primitive primitive) {
        Identifier.Ipv6 ipv6 = (Identifier.Ipv6) primitive.identifier();
        if (ipv6.prefix() != 128 && q.kind() != Kind.NET) {
            throw new ExpressionException(primitive.column(), "'" + ipv6.text() + "' (expected: net before a prefix)");
        }
        return ipv6;
    }

    private static MaskedAddress ipv4(Qualifiers q, Primitive primitive) {
        if (primitive.identifier() instanceof Identifier.Ipv4 ipv4) {
            if (ipv4.masked() && q.kind() != Kind.NET) {
                throw new ExpressionException(
                        primitive.column(), "'" + ipv4.text() + "' (expected: net before a prefix or mask)");
            }
            return new MaskedAddress(ipv4.address(), ipv4.mask());
        }
        int address = (int) ((Identifier.Numeral) primitive.identifier()).value();
        int mask = -1;
        while (q.kind() == Kind.NET && address != 0 && (address & 0xff000000) == 0) {
            address <<= 8;
            mask <<= 8;
        }
        return new MaskedAddress(address, mask);
    }

    private BooleanFormula linkAddress(Qualifiers q, List<Primitive> alternatives) {
        int column = alternatives.get(0).column();
        if (!headers.hasHardwareAddresses()) {
            throw new ExpressionException(
                    column, "a hardware address (expected: an IP address; " + headers.shown() + " has none)");
        }
        List<Long> list = new ArrayList<>();
        for (Primitive alternative : alternatives) {
            if (!(alternative.identifier() instanceof Identifier.Mac mac) || q.kind() == Kind.NET) {
                throw new ExpressionException(
                        alternative.column(), "'ether' before this (expected: a hardware address)");
            }
            list.add(mac.address());
        }
        return mac(q.direction(), list);
    }

    private static int decnetNode(Identifier identifier, int column) {
        if (identifier instanceof Identifier.Numeral number) {
            return (int) number.value() & 0xffff;
        } else if (identifier instanceof Identifier.Decnet address) {
            return address.node();
        }
        throw new ExpressionException(column, "this after 'decnet' (expected: AREA.NODE, at most 63.1023)");
    }

    private BooleanFormula named(Qualifiers q, String name, int column) {
        String shown = "'" + Spelling.shortened(name) + "'";
        if (q.kind() == Kind.NET) {
            throw new ExpressionException(column, shown + " (expected: an address; networks are not looked up)");
        }
        String hint = Spelling.suggestion(name, Keywords.all());
        if (options.resolver().isEmpty()) {
            throw new ExpressionException(
                    column, shown + " (expected: an address; hosts are not looked up without a resolver" + hint + ")");
        }
        List<BooleanFormula> found = new ArrayList<>();
        for (InetAddress address : options.resolver().get().apply(name)) {
            ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
            if (address instanceof Inet4Address && !q.protocol().equals("ip6")) {
                MaskedAddress host = new MaskedAddress(bytes.getInt(), -1);
                found.add(addresses.ipv4(q.protocol(), List.of(new DirectedAddress(q.direction(), host)), column));
            } else if (address instanceof Inet6Address
                    && (q.protocol().isEmpty() || q.protocol().equals("ip6"))) {
                Identifier.Ipv6 ipv6 = new Identifier.Ipv6(name, bytes.getLong(), bytes.getLong(), 128);
                found.add(addresses.ipv6(q.protocol(), q.direction(), List.of(ipv6), column));
            }
        }
        if (found.isEmpty()) {
            throw new ExpressionException(column, shown + " (expected: a host that has an address" + hint + ")");
        }
        return BooleanFormula.any(found);
    }

    private BooleanFormula port(List<Primitive> alternatives) {
        List<PortLowering.Alternative> tests = new ArrayList<>();
        for (Primitive alternative : alternatives) {
            Qualifiers q = alternative.qualifiers();
            Integer transport = ports.transport(q.protocol(), alternative.column());
            PortRange range;
            if (alternative.identifier() instanceof Identifier.Name name) {
                range = PortRange.read(name.text(), q.kind() == Kind.PORTRANGE, transport, alternative.column());
            } else if (alternative.identifier() instanceof Identifier.Numeral number && number.value() <= 0xffff) {
                range = new PortRange(RangeSet.of((int) number.value()), transport);
            } else {
                throw new ExpressionException(alternative.column(), "no port (expected: 0..65535 or a service)");
            }
            tests.add(new PortLowering.Alternative(q.direction(), range));
        }
        return ports.test(tests, alternatives.get(0).column());
    }

    private BooleanFormula proto(Qualifiers q, Identifier identifier, int column) {
        if (identifier instanceof Identifier.Numeral number) {
            return protocols.proto(q.protocol(), (int) number.value(), column);
        }
        if (!(identifier instanceof Identifier.Name name)) {
            throw new ExpressionException(column, "an address (expected: the number or name of a protocol)");
        }
        return protocols.proto(q.protocol(), protocolNumber(q.protocol(), name.text(), column), column);
    }

    private static int protocolNumber(String carrier, String name, int column) {
        Map<String, Integer> known =
                switch (carrier) {
                    case "link" -> ProtocolNumbers.LINK_TYPES;
                    case "iso" -> ProtocolNumbers.ISO;
                    default -> NameTables.protocols();
                };
        Integer number = known.get(name);
        if (number == null) {
            throw new ExpressionException(
                    column,
                    "'" + Spelling.shortened(name) + "' (expected: the number or name of a protocol"
                            + Spelling.suggestion(name, known.keySet()) + ")");
        }
        return number;
    }

    /** {@return the tests of 802.11 frames} */
    WirelessLowering wireless() {
        return new WirelessLowering(headers, protocols, addresses);
    }

    /** {@return whether one of the hardware addresses is the source or destination of a frame} */
    BooleanFormula mac(Direction direction, List<Long> list) {
        return BooleanFormula.and(headers.hasLinkHeader(), addresses.mac(direction, list));
    }
}
