package io.github.nettybpf.expression.lower;

import static io.github.nettybpf.expression.lower.BooleanFormula.and;
import static io.github.nettybpf.expression.lower.BooleanFormula.or;

import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.parse.Expression.Direction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Lowers tests for ports. */
final class PortLowering {
    private static final Map<String, Integer> TRANSPORTS =
            Map.of("tcp", ProtocolNumbers.TCP, "udp", ProtocolNumbers.UDP, "sctp", ProtocolNumbers.SCTP);

    private final HeaderFields headers;
    private final ProtocolLowering protocols;

    /** Whether tests of the same value are one. */
    private final boolean groups;

    /**
     * One of several tests for ports.
     *
     * @param direction where in a packet the port has to be
     * @param range the ports, and for which transport protocol they are
     */
    record Alternative(Direction direction, PortRange range) {
        boolean isFor(int transport) {
            return range.transport() == null || range.transport() == transport;
        }
    }

    PortLowering(HeaderFields headers, ProtocolLowering protocols, boolean groups) {
        this.headers = headers;
        this.protocols = protocols;
        this.groups = groups;
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

    /**
     * {@return whether a packet is from or to one of the ports}
     *
     * @param all the tests; unless they are grouped, all are for one transport protocol and direction
     */
    BooleanFormula test(List<Alternative> all, int column) {
        protocols.requireHeaders("a port", column);
        if (headers.isSocket()) {
            int own = headers.encapsulation().socketProtocol();
            if (all.stream().anyMatch(one -> !one.isFor(own))) {
                throw new ExpressionException(
                        column,
                        "a port of another transport protocol (expected: a port alone; " + headers.shown()
                                + " receives nothing else)");
            }
            return at(PacketOffset.at(0), all);
        }
        List<BooleanFormula> in6 = new ArrayList<>();
        List<BooleanFormula> in4 = new ArrayList<>();
        for (int transport : List.of(ProtocolNumbers.TCP, ProtocolNumbers.UDP, ProtocolNumbers.SCTP)) {
            List<Alternative> own =
                    all.stream().filter(one -> one.isFor(transport)).toList();
            if (!own.isEmpty()) {
                in6.add(and(BooleanFormula.equal(headers.network(1, 6), transport), at(headers.transport6(), own)));
                in4.add(and(
                        BooleanFormula.equal(headers.network(1, 9), transport),
                        protocols.firstFragment(),
                        at(headers.transport4(), own)));
            }
        }
        return or(
                and(protocols.linkType(ProtocolNumbers.IP6, column), BooleanFormula.any(in6)),
                and(protocols.linkType(ProtocolNumbers.IP, column), BooleanFormula.any(in4)));
    }

    private BooleanFormula at(PacketOffset header, List<Alternative> all) {
        Value source = headers.load(2, header);
        Value destination = headers.load(2, header.plus(2));
        boolean single = all.stream().allMatch(one -> one.range().isOne());
        return all.size() == 1 || (groups && single)
                ? grouped(source, destination, all)
                : inOrder(source, destination, all);
    }

    /** {@return whether one of the tests holds} Those of the same value are one, at the place of the first of them. */
    private static BooleanFormula grouped(Value source, Value destination, List<Alternative> all) {
        Map<Value, List<RangeSet>> ports = new LinkedHashMap<>();
        for (Alternative one : all) {
            if (one.direction() == Direction.SOURCE_AND_DESTINATION) {
                return and(
                        new BooleanFormula.Membership(source, one.range().ports()),
                        new BooleanFormula.Membership(destination, one.range().ports()));
            }
            if (one.direction() != Direction.DESTINATION) {
                ports.computeIfAbsent(source, key -> new ArrayList<>())
                        .add(one.range().ports());
            }
            if (one.direction() != Direction.SOURCE) {
                ports.computeIfAbsent(destination, key -> new ArrayList<>())
                        .add(one.range().ports());
            }
        }
        return BooleanFormula.any(ports.entrySet().stream()
                .map(entry -> (BooleanFormula)
                        new BooleanFormula.Membership(entry.getKey(), RangeSet.union(entry.getValue())))
                .toList());
    }

    /** {@return whether one of the tests, which are alike, holds} */
    private static BooleanFormula inOrder(Value source, Value destination, List<Alternative> all) {
        List<RangeSet> ports = all.stream().map(one -> one.range().ports()).toList();
        Direction direction = all.get(0).direction();
        if (direction == Direction.SOURCE || direction == Direction.DESTINATION) {
            return new BooleanFormula.Membership(
                    direction == Direction.SOURCE ? source : destination, RangeSet.union(ports));
        }
        // If the source is the first port, a packet that ends before its destination is accepted.
        return or(
                new BooleanFormula.Membership(source, ports.get(0)),
                new BooleanFormula.Membership(destination, RangeSet.union(ports)),
                new BooleanFormula.Membership(source, RangeSet.union(ports.subList(1, ports.size()))));
    }
}
