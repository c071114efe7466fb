package io.github.nettybpf.expression.lower;

import static io.github.nettybpf.expression.lower.BooleanFormula.and;
import static io.github.nettybpf.expression.lower.BooleanFormula.or;

import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.parse.Expression.Direction;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tests for ports. */
final class PortLowering {
    private static final Map<String, Integer> TRANSPORTS = Map.of("tcp", 6, "udp", 17, "sctp", 132);

    private final Layout layout;
    private final ProtocolLowering protocols;

    PortLowering(Layout layout, ProtocolLowering protocols) {
        this.layout = layout;
        this.protocols = protocols;
    }

    /** {@return the transport protocol that qualifies a port}, or null if none does. */
    @Nullable
    Integer transport(String protocol, int column) {
        Integer transport = TRANSPORTS.get(protocol);
        if (transport == null && !protocol.isEmpty()) {
            throw new ExpressionException(
                    column, "a port behind '" + protocol + "' (expected: tcp, udp or sctp before it)");
        }
        return transport;
    }

    /** {@return whether a packet is from or to one of the ports} */
    BooleanFormula test(@Nullable Integer transport, Direction direction, List<RangeSet> ports, int column) {
        protocols.requirePackets("a port", column);
        if (layout.isSocket()) {
            int own = layout.link == Layout.Link.UDP ? 17 : 6;
            if (transport != null && transport != own) {
                throw new ExpressionException(
                        column,
                        "a port of another transport protocol (expected: a port alone; " + layout.link.shown
                                + " receives nothing else)");
            }
            return at(PacketOffset.at(0), direction, ports);
        }
        List<Integer> transports = transport == null ? List.of(6, 17, 132) : List.of(transport);
        BooleanFormula at6 = at(layout.transport6(), direction, ports);
        BooleanFormula at4 = and(protocols.firstFragment(), at(layout.transport4(), direction, ports));
        return or(
                and(protocols.link(ProtocolLowering.IP6, column), each(transports, layout.network(1, 6), at6)),
                and(protocols.link(ProtocolLowering.IP, column), each(transports, layout.network(1, 9), at4)));
    }

    private static BooleanFormula each(List<Integer> transports, Value protocol, BooleanFormula test) {
        return BooleanFormula.any(transports.stream()
                .map(transport -> and(BooleanFormula.equal(protocol, transport), test))
                .toList());
    }

    private BooleanFormula at(PacketOffset header, Direction direction, List<RangeSet> ports) {
        Value source = layout.load(2, header);
        Value destination = layout.load(2, header.plus(2));
        RangeSet all = RangeSet.union(ports);
        return switch (direction) {
            case SOURCE -> new BooleanFormula.Membership(source, all);
            case DESTINATION -> new BooleanFormula.Membership(destination, all);
            case SOURCE_AND_DESTINATION ->
                and(new BooleanFormula.Membership(source, all), new BooleanFormula.Membership(destination, all));
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
