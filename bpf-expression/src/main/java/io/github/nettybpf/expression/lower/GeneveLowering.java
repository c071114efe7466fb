package io.github.nettybpf.expression.lower;

import static io.github.nettybpf.expression.lower.BooleanFormula.and;
import static io.github.nettybpf.expression.lower.BooleanFormula.equal;
import static io.github.nettybpf.expression.lower.BooleanFormula.or;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.expression.parse.Expression.Keyword;

/**
 * Tests for Geneve (RFC 8926), which moves the headers into what the tunnel carries. Where that is depends on the packet:
 * on the outer IP header, on the options, and on whether a whole frame is carried. The program keeps it in scratch slots.
 */
final class GeneveLowering {
    private static final int UDP = 17;
    private static final int PORT = 6081;

    /** "Transparent Ethernet bridging": a whole frame is carried. */
    private static final int FRAME = 0x6558;

    /** The length of the UDP header. */
    private static final int BEHIND_UDP = 8;

    private static final int ETHERNET = 14;

    /** How many values are kept for each tunnel. */
    private static final int SLOTS = 4;

    private final ValueTable values;
    private final Layout layout;
    private final ProtocolLowering protocols;

    GeneveLowering(ValueTable values, Layout layout, ProtocolLowering protocols) {
        this.values = values;
        this.layout = layout;
        this.protocols = protocols;
    }

    /** {@return whether a packet is Geneve, of this network if one is named}; what comes behind is about its payload. */
    BooleanFormula test(Keyword keyword) {
        protocols.requirePackets("'geneve'", keyword.column());
        if (layout.link == Layout.Link.TCP) {
            throw KeywordLowering.refused(keyword, "packets of UDP; " + layout.link.shown + " receives none");
        }
        int network = KeywordLowering.numberOf(keyword, 0xffffff);
        if (values.freeSlots() < SLOTS) {
            throw KeywordLowering.refused(keyword, "at most four tunnels in one expression");
        }
        if (layout.isSocket()) {
            PacketOffset transport = layout.transport4();
            BooleanFormula test = and(port(transport), header(transport, network));
            return and(test, inside(values.constant(BEHIND_UDP), transport.offset()));
        }
        int column = keyword.column();
        PacketOffset transport4 = layout.transport4();
        PacketOffset transport6 = layout.transport6();
        Value base4 = transport4.base() == null ? values.constant(0) : transport4.base();
        Value base6 = transport6.base() == null ? values.constant(0) : transport6.base();
        int behind6 = BEHIND_UDP + transport6.offset() - transport4.offset();
        BooleanFormula over4 = and(
                protocols.link(ProtocolLowering.IP, column),
                equal(layout.network(1, 9), UDP),
                protocols.firstFragment(),
                port(transport4),
                header(transport4, network));
        BooleanFormula over6 = and(
                protocols.link(ProtocolLowering.IP6, column),
                equal(layout.network(1, 6), UDP),
                port(transport6),
                header(transport6, network));
        Value outer = values.kept();
        BooleanFormula kept4 =
                new BooleanFormula.Store(outer, values.binary(AluOp.ADD, base4, values.constant(BEHIND_UDP)));
        BooleanFormula kept6 =
                new BooleanFormula.Store(outer, values.binary(AluOp.ADD, base6, values.constant(behind6)));
        BooleanFormula test = or(and(over4, kept4), and(over6, kept6));
        return and(test, inside(outer, transport4.offset()));
    }

    private BooleanFormula port(PacketOffset transport) {
        return equal(layout.load(2, transport.plus(2)), PORT);
    }

    private BooleanFormula header(PacketOffset transport, int network) {
        BooleanFormula version = protocols.masked(layout.load(1, transport.plus(BEHIND_UDP)), 0xc0, 0);
        if (network < 0) {
            return version;
        }
        Value word = layout.load(4, transport.plus(BEHIND_UDP + 4));
        return and(version, new BooleanFormula.Membership(word, new MaskedAddress(network << 8, -1 << 8).range()));
    }

    /**
     * Keeps where the tunnel's content is, given where the Geneve header is, and moves there. None of what is kept is 0,
     * because the UDP header comes first.
     */
    private BooleanFormula inside(Value outer, int offset) {
        Value options = values.binary(AluOp.AND, values.load(1, outer, offset), values.constant(0x3f));
        Value length = values.binary(AluOp.LSH, options, values.constant(2));
        Value frame = values.kept();
        Value type = values.kept();
        Value payload = values.kept();
        // The type is 2 behind the beginning of the Geneve header, or 12 behind that of a frame.
        Value typeInFrame = values.binary(AluOp.ADD, frame, values.constant(8 + 12 - 2));
        Value behindHeader = values.binary(AluOp.ADD, frame, values.constant(ETHERNET));
        BooleanFormula carriesFrame = equal(values.load(2, outer, offset + 2), FRAME);
        BooleanFormula test = and(
                new BooleanFormula.Store(frame, values.binary(AluOp.ADD, length, outer)),
                or(
                        and(
                                carriesFrame,
                                new BooleanFormula.Store(type, typeInFrame),
                                new BooleanFormula.Store(payload, behindHeader)),
                        and(new BooleanFormula.Store(type, outer), new BooleanFormula.Store(payload, frame))));
        layout.moveIntoFrame(
                new PacketOffset(frame, offset + 8),
                new PacketOffset(type, offset + 2),
                new PacketOffset(payload, offset + 8));
        return test;
    }
}
