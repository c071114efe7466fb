package io.github.nettybpf.expression.lower;

import static io.github.nettybpf.expression.lower.BooleanFormula.TRUE;
import static io.github.nettybpf.expression.lower.BooleanFormula.and;
import static io.github.nettybpf.expression.lower.BooleanFormula.equal;
import static io.github.nettybpf.expression.lower.BooleanFormula.not;
import static io.github.nettybpf.expression.lower.BooleanFormula.or;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.Options;
import io.github.nettybpf.expression.parse.Expression.Direction;
import io.github.nettybpf.expression.parse.Expression.Keyword;
import io.github.nettybpf.expression.parse.Spelling;
import java.util.List;
import java.util.Map;

/** Turns tests with a name of their own into conditions. */
final class KeywordLowering {
    private static final long BROADCAST = 0xffffffffffffL;
    private static final int SLL_OUTGOING = 4;
    private static final Map<String, Integer> LLC_S = Map.of("rr", 0x01, "rnr", 0x05, "rej", 0x09);
    private static final Map<String, Integer> LLC_U = Map.of(
            "ui", 0x03, "ua", 0x63, "disc", 0x43, "dm", 0x0f, "sabme", 0x6f, "test", 0xe3, "xid", 0xaf, "frmr", 0x87);

    private final ValueTable values;
    private final Layout layout;
    private final ProtocolLowering protocols;
    private final PrimitiveLowering primitives;
    private final Options options;

    KeywordLowering(
            ValueTable values,
            Layout layout,
            ProtocolLowering protocols,
            PrimitiveLowering primitives,
            Options options) {
        this.values = values;
        this.layout = layout;
        this.protocols = protocols;
        this.primitives = primitives;
        this.options = options;
    }

    BooleanFormula test(Keyword keyword) {
        Value length = values.extension(Extension.LEN);
        return switch (keyword.name()) {
            case "less" -> new BooleanFormula.Membership(length, RangeSet.between(0, keyword.number()));
            case "greater" ->
                new BooleanFormula.Membership(length, RangeSet.between(keyword.number(), RangeSet.END - 1));
            case "broadcast" -> broadcast(keyword);
            case "multicast" -> multicast(keyword);
            case "inbound" -> not(outgoing(keyword));
            case "outbound" -> outgoing(keyword);
            case "ifindex" -> interfaceIs(keyword);
            case "llc" -> llc(keyword);
            case "geneve" -> new GeneveLowering(values, layout, protocols).test(keyword);
            default -> tunnel(keyword);
        };
    }

    static ExpressionException refused(Keyword keyword, String expected) {
        return new ExpressionException(keyword.column(), "'" + keyword.name() + "' (expected: " + expected + ")");
    }

    private BooleanFormula broadcast(Keyword keyword) {
        protocols.requirePackets("'broadcast'", keyword.column());
        if (keyword.detail().equals("ip")) {
            if (options.netmask().isEmpty()) {
                throw refused(keyword, "a netmask for 'ip broadcast'");
            }
            int hosts = ~options.netmask().getAsInt();
            Value address = layout.network(4, 16);
            return and(
                    protocols.link(ProtocolLowering.IP, keyword.column()),
                    or(protocols.masked(address, hosts, 0), protocols.masked(address, hosts, hosts)));
        }
        requireEthernet(keyword);
        return primitives.mac(Direction.DESTINATION, List.of(BROADCAST));
    }

    private void requireEthernet(Keyword keyword) {
        if (!keyword.detail().isEmpty() && !keyword.detail().equals("link")) {
            throw refused(keyword, "ether, ip or ip6 before it, or nothing");
        }
        if (!layout.isEthernet()) {
            throw refused(keyword, "a link type with hardware addresses; " + layout.link.shown + " has none");
        }
    }

    private BooleanFormula multicast(Keyword keyword) {
        protocols.requirePackets("'multicast'", keyword.column());
        switch (keyword.detail()) {
            case "ip" -> {
                return and(
                        protocols.link(ProtocolLowering.IP, keyword.column()),
                        new BooleanFormula.Membership(layout.network(1, 16), RangeSet.between(224, RangeSet.END - 1)));
            }
            case "ip6" -> {
                return and(protocols.link(ProtocolLowering.IP6, keyword.column()), equal(layout.network(1, 24), 255));
            }
            default -> {
                requireEthernet(keyword);
                return and(layout.hasHardwareHeader(), protocols.bits(layout.header(1, 0), 1));
            }
        }
    }

    private BooleanFormula outgoing(Keyword keyword) {
        protocols.requirePackets("'" + keyword.name() + "'", keyword.column());
        return switch (layout.link) {
            case SLL -> equal(layout.header(2, 0), SLL_OUTGOING);
            case SLL2 -> equal(layout.header(1, 10), SLL_OUTGOING);
            default -> equal(values.extension(Extension.TYPE), 4);
        };
    }

    private BooleanFormula interfaceIs(Keyword keyword) {
        protocols.requirePackets("'ifindex'", keyword.column());
        Value index = layout.link == Layout.Link.SLL2 ? layout.header(4, 4) : values.extension(Extension.IFIDX);
        return equal(index, (int) keyword.number());
    }

    private BooleanFormula llc(Keyword keyword) {
        if (!layout.isEthernet()) {
            throw refused(keyword, "Ethernet frames; this is " + layout.link.shown);
        }
        BooleanFormula llc = and(protocols.isLength(), not(equal(layout.payload(2, 0), 0xffff)));
        Value control = layout.payload(1, 2);
        String type = keyword.detail();
        if (type.isEmpty()) {
            return llc;
        } else if (type.equalsIgnoreCase("i")) {
            return and(llc, not(protocols.bits(control, 1)));
        } else if (type.equalsIgnoreCase("s")) {
            return and(llc, protocols.masked(control, 3, 1));
        } else if (type.equalsIgnoreCase("u")) {
            return and(llc, protocols.masked(control, 3, 3));
        } else if (LLC_S.containsKey(type)) {
            return and(llc, protocols.masked(control, 0x0f, LLC_S.getOrDefault(type, 0)));
        } else if (LLC_U.containsKey(type)) {
            return and(llc, protocols.masked(control, 0xef, LLC_U.getOrDefault(type, 0)));
        }
        throw new ExpressionException(
                keyword.column(),
                "'llc " + Spelling.shortened(type)
                        + "' (expected: i, s, u, rr, rnr, rej, ui, ua, disc, dm, sabme, test, xid or frmr)");
    }

    private BooleanFormula tunnel(Keyword keyword) {
        String name = keyword.name();
        boolean fits = layout.isEthernet()
                || (name.equals("mpls") && layout.link == Layout.Link.PPP)
                || (name.startsWith("pppoe") && !layout.isSocket() && layout.link != Layout.Link.PAYLOAD);
        if (!fits) {
            throw refused(keyword, "Ethernet frames; this is " + layout.link.shown);
        }
        return switch (name) {
            case "vlan" -> vlan(keyword);
            case "mpls" -> mpls(keyword);
            case "pppoed" -> protocols.link(0x8863, keyword.column());
            case "pppoes" -> pppoes(keyword);
            default -> throw new IllegalStateException(name);
        };
    }

    static int numberOf(Keyword keyword, long most) {
        if (keyword.number() > most) {
            throw refused(keyword, "0.." + most + " behind it");
        }
        return (int) keyword.number();
    }

    private BooleanFormula vlan(Keyword keyword) {
        int column = keyword.column();
        if (layout.labels > 0) {
            throw refused(keyword, "no VLAN behind MPLS");
        }
        BooleanFormula tagged =
                or(protocols.link(0x8100, column), protocols.link(0x88a8, column), protocols.link(0x9100, column));
        int number = numberOf(keyword, 0xfff);
        BooleanFormula inFrame = number < 0 ? TRUE : protocols.masked(layout.network(2, 0), 0xfff, number);
        if (!layout.losesTags()) {
            layout.moveBehindTag();
            return and(tagged, inFrame);
        }
        BooleanFormula taken = equal(values.extension(Extension.VLAN_AVAIL), 1);
        BooleanFormula told = number < 0 ? TRUE : protocols.masked(values.extension(Extension.VLAN_TCI), 0xfff, number);
        layout.moveBehindTagIfThere();
        return or(and(taken, told), and(not(taken), tagged, inFrame));
    }

    private BooleanFormula mpls(Keyword keyword) {
        int column = keyword.column();
        BooleanFormula labelled = layout.labels > 0
                ? not(protocols.bits(layout.network(1, -2), 1))
                : protocols.link(layout.isEthernet() ? 0x8847 : 0x0281, column);
        int number = numberOf(keyword, 0xfffff);
        Value label = layout.network(4, 0);
        BooleanFormula test = number < 0
                ? labelled
                : and(
                        labelled,
                        new BooleanFormula.Membership(label, new MaskedAddress(number << 12, -1 << 12).range()));
        layout.moveBehindLabel();
        return test;
    }

    private BooleanFormula pppoes(Keyword keyword) {
        BooleanFormula session = protocols.link(0x8864, keyword.column());
        int number = numberOf(keyword, 0xffff);
        Value word = values.binary(AluOp.AND, layout.network(4, 0), values.constant(0xffff));
        BooleanFormula test = number < 0 ? session : BooleanFormula.all(List.of(session, equal(word, number)));
        layout.moveIntoPpp();
        return test;
    }
}
