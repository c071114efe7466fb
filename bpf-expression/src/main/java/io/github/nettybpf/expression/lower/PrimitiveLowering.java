package io.github.nettybpf.expression.lower;

import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.Options;
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
import java.util.Objects;
import java.util.Set;

/** Turns qualifiers and what they qualify into conditions. */
final class PrimitiveLowering {
    private static final Map<String, Integer> ISO = Map.of("esis", 0x82, "isis", 0x83, "clnp", 0x81);
    private static final Set<String> LINK_NAMES = Set.of(
            "aarp",
            "arp",
            "atalk",
            "decnet",
            "ip",
            "ip6",
            "lat",
            "loopback",
            "mopdl",
            "moprc",
            "rarp",
            "sca",
            "iso",
            "stp",
            "ipx",
            "netbeui");

    private final Layout layout;
    private final ProtocolLowering protocols;
    private final AddressLowering hosts;
    private final PortLowering ports;
    private final Options options;

    PrimitiveLowering(ValueTable values, Layout layout, ProtocolLowering protocols, Options options) {
        this.layout = layout;
        this.protocols = protocols;
        this.hosts = new AddressLowering(values, layout, protocols, options.optimize());
        this.ports = new PortLowering(layout, protocols);
        this.options = options;
    }

    /** {@return whether one of the primitives holds} There is one, or they differ only in their identifiers. */
    BooleanFormula test(List<Primitive> alternatives) {
        Primitive first = alternatives.get(0);
        Qualifiers qualifiers = first.qualifiers();
        int column = first.column();
        return switch (qualifiers.kind()) {
            case UNSPECIFIED, HOST, NET -> address(alternatives);
            case PORT, PORTRANGE -> {
                ports.transport(qualifiers.protocol(), column);
                yield port(alternatives);
            }
            case PROTO -> proto(qualifiers, first.identifier(), column);
            case PROTOCHAIN ->
                throw new ExpressionException(
                        column, "protochain (expected: proto; the kernel refuses programs with loops)");
            case GATEWAY ->
                throw new ExpressionException(
                        column,
                        "gateway (expected: ether host ... and not host ...; libpcap 1.10 does not have it, either)");
        };
    }

    private BooleanFormula address(List<Primitive> alternatives) {
        Primitive first = alternatives.get(0);
        Qualifiers q = first.qualifiers();
        Identifier identifier = first.identifier();
        int column = first.column();
        if (q.protocol().equals("link")) {
            return linkAddress(q, alternatives);
        } else if (q.protocol().equals("decnet")) {
            return hosts.decnet(q.direction(), decnetNode(identifier, column), column);
        } else if (identifier instanceof Identifier.Mac mac) {
            throw new ExpressionException(
                    column,
                    "'" + mac.text() + "' behind " + (q.protocol().isEmpty() ? "no protocol" : q.protocol())
                            + " (expected: ether before a hardware address)");
        } else if (identifier instanceof Identifier.Name name) {
            return named(q, name.text(), column);
        } else if (identifier instanceof Identifier.Ipv6) {
            List<Identifier.Ipv6> addresses = new ArrayList<>();
            alternatives.forEach(a -> addresses.add(ipv6(q, a)));
            return hosts.ipv6(q.protocol(), q.direction(), addresses, column);
        }
        List<MaskedAddress> addresses = new ArrayList<>();
        alternatives.forEach(a -> addresses.add(ipv4(q, a)));
        return hosts.ipv4(q.protocol(), q.direction(), addresses, column);
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
        if (!layout.isEthernet()) {
            throw new ExpressionException(
                    column, "a hardware address (expected: an IP address; " + layout.link.shown + " has none)");
        }
        List<Long> addresses = new ArrayList<>();
        for (Primitive alternative : alternatives) {
            if (!(alternative.identifier() instanceof Identifier.Mac mac) || q.kind() == Kind.NET) {
                throw new ExpressionException(
                        alternative.column(), "'ether' before this (expected: a hardware address)");
            }
            addresses.add(mac.address());
        }
        return mac(q.direction(), addresses);
    }

    private static int decnetNode(Identifier identifier, int column) {
        if (identifier instanceof Identifier.Numeral number) {
            return (int) number.value() & 0xffff;
        } else if (identifier instanceof Identifier.Ipv4 ipv4 && !ipv4.masked()) {
            int area = ipv4.address() >>> 24;
            int node = (ipv4.address() >>> 16) & 0xff;
            return (area << 10 & 0xfc00) | (node & 0x3ff);
        }
        throw new ExpressionException(column, "this behind 'decnet' (expected: AREA.NODE, at most 63.255)");
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
                found.add(hosts.ipv4(
                        q.protocol(), q.direction(), List.of(new MaskedAddress(bytes.getInt(), -1)), column));
            } else if (address instanceof Inet6Address
                    && (q.protocol().isEmpty() || q.protocol().equals("ip6"))) {
                Identifier.Ipv6 ipv6 = new Identifier.Ipv6(name, bytes.getLong(), bytes.getLong(), 128);
                found.add(hosts.ipv6(q.protocol(), q.direction(), List.of(ipv6), column));
            }
        }
        if (found.isEmpty()) {
            throw new ExpressionException(column, shown + " (expected: a host that has an address" + hint + ")");
        }
        return BooleanFormula.any(found);
    }

    private BooleanFormula port(List<Primitive> alternatives) {
        Primitive first = alternatives.get(0);
        Qualifiers q = first.qualifiers();
        int column = first.column();
        Integer transport = ports.transport(q.protocol(), column);
        List<RangeSet> sets = new ArrayList<>();
        if (first.identifier() instanceof Identifier.Name) {
            Integer named = transport;
            for (Primitive alternative : alternatives) {
                String name = ((Identifier.Name) alternative.identifier()).text();
                PortRange range = PortRange.read(name, q.kind() == Kind.PORTRANGE, transport, alternative.column());
                sets.add(range.ports());
                named = range.transport();
            }
            return ports.test(named, q.direction(), sets, column);
        }
        for (Primitive alternative : alternatives) {
            if (!(alternative.identifier() instanceof Identifier.Numeral number) || number.value() > 0xffff) {
                throw new ExpressionException(alternative.column(), "no port (expected: 0..65535 or a service)");
            }
            sets.add(RangeSet.of((int) number.value()));
        }
        return ports.test(transport, q.direction(), sets, column);
    }

    private BooleanFormula proto(Qualifiers q, Identifier identifier, int column) {
        if (identifier instanceof Identifier.Numeral number) {
            return protocols.number(q.protocol(), (int) number.value(), column);
        }
        if (!(identifier instanceof Identifier.Name name)) {
            throw new ExpressionException(column, "an address (expected: the number or name of a protocol)");
        }
        return protocols.number(q.protocol(), protocolNumber(q.protocol(), name.text(), column), column);
    }

    private static int protocolNumber(String carrier, String name, int column) {
        Set<String> known =
                switch (carrier) {
                    case "link" -> LINK_NAMES;
                    case "iso" -> ISO.keySet();
                    default -> NameTables.protocols().keySet();
                };
        if (!known.contains(name)) {
            throw new ExpressionException(
                    column,
                    "'" + Spelling.shortened(name) + "' (expected: the number or name of a protocol"
                            + Spelling.suggestion(name, known) + ")");
        }
        return switch (carrier) {
            case "link" -> name.equals("loopback") ? 0x9000 : Objects.requireNonNull(ProtocolLowering.TYPES.get(name));
            case "iso" -> Objects.requireNonNull(ISO.get(name));
            default -> Objects.requireNonNull(NameTables.protocols().get(name)).intValue();
        };
    }

    /** {@return whether one of the hardware addresses is the source or destination of a frame} */
    BooleanFormula mac(Direction direction, List<Long> addresses) {
        return BooleanFormula.and(layout.hasHardwareHeader(), hosts.mac(direction, addresses));
    }
}
