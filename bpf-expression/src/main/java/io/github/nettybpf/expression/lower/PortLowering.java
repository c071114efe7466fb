package io.github.nettybpf.expression.lower;

import static io.github.nettybpf.expression.lower.BooleanFormula.and;
import static io.github.nettybpf.expression.lower.BooleanFormula.or;

import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.parse.Expression.Direction;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Lowers tests for ports. */
final class PortLowering {
    private static final Map<String, Integer> TRANSPORTS =
            Map.of("tcp", ProtocolNumbers.TCP, "udp", ProtocolNumbers.UDP, "sctp", ProtocolNumbers.SCTP);

    private final HeaderFields headers;
    private final ProtocolLowering protocols;

    PortLowering(HeaderFields headers, ProtocolLowering protocols) {
        this.headers = headers;
        this.protocols = protocols;
    }

    /** {@return the transport protocol that qualifies a port, or null if none does} */
    @Nullable
    Integer transport(String protocol, int column) {
        Integer transport = TRANSPORTS.get(protocol);
        if (transport == null && !protocol.isEmpty()) {
            throw new ExpressionException(
                    column, "a port after '" + protocol + "' (expected: tcp, udp or sctp before it)");
        }
        return transport;
    }

    /** {@return whether a packet is from or to one of the ports} */
    BooleanFormula test(@Nullable Integer transport, Direction direction, List<RangeSet> ports, int column) {
        protocols.requireHeaders("a port", column);
        if (headers.isSocket()) {
            int own = headers.encapsulation().socketProtocol();
            if (transport != null && transport != own) {
                throw new ExpressionException(
                        column,
                        "a port of another transport protocol (expected: a port alone; " + headers.shown()
                                + " receives nothing else)");
            }
            return at(PacketOffset.at(0), direction, ports);
        }
        List<Integer> transports = transport == null
                ? List.of(ProtocolNumbers.TCP, ProtocolNumbers.UDP, ProtocolNumbers.SCTP)
                : List.of(transport);
        BooleanFormula at6 = at(headers.transport6(), direction, ports);
        BooleanFormula at4 = and(protocols.firstFragment(), at(headers.transport4(), direction, ports));
        return or(
                and(protocols.linkType(ProtocolNumbers.IP6, column), each(transports, headers.network(1, 6), at6)),
                and(protocols.linkType(ProtocolNumbers.IP, column), each(transports, headers.network(1, 9), at4)));
    }

    private static BooleanFormula each(List<Integer> transports, Value protocol, BooleanFormula test) {
        return BooleanFormula.any(transports.stream()
                .map(transport -> and(BooleanFormula.equal(protocol, transport), test))
                .toList());
    }

    private BooleanFormula at(PacketOffset header, Direction direction, List<RangeSet> ports) {
        Value source = headers.load(2, header);
        Value destination = headers.load(2, header.plus(2));
        RangeSet all = RangeSet.union(ports);
        return switch (direction) {
            case SOURCE -> new BooleanFormula.Membership(source, all);
            case DESTINATION -> new BooleanFormula.Membership(destination, all);
            case SOURCE_AND_DESTINATION ->
                and(new BooleanFormula.Membership(source, all), new BooleanFormula.Membership(destination, all));
            case ADDRESS1, ADDRESS2, ADDRESS3, ADDRESS4, RECEIVER, TRANSMITTER ->
                throw new IllegalArgumentException(direction.toString());
            case EITHER, SOURCE_OR_DESTINATION ->
                ports.size() == 1
                        ? or(
                                new BooleanFormula.Membership(source, all),
                                new BooleanFormula.Membership(destination, all))
                        : or(
                                new BooleanFormula.Membership(source, ports.get(0)),
                                new BooleanFormula.Membership(destination, all),
                                new BooleanFormula.Membership(source, RangeSet.union(ports.subList(1, ports.size()))));
        };
    }
}
