package io.github.nettybpf.expression.lower;

import static io.github.nettybpf.expression.lower.BooleanFormula.and;
import static io.github.nettybpf.expression.lower.BooleanFormula.equal;
import static io.github.nettybpf.expression.lower.BooleanFormula.or;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.expression.parse.Expression.Keyword;

/**
 * Lowers {@code geneve} (RFC 8926), which moves the headers into what the tunnel carries. Where that is depends on the
 * packet: on the outer IP header, on the options, and on whether a whole frame is carried. The program keeps the
 * offsets in scratch slots. None of them is 0, because the UDP header precedes them; so an offset of 0 says that there
 * is no tunnel.
 */
final class GeneveLowering {
    private static final int PORT = 6081;
    private static final int UDP_HEADER = 8;

    /** The length of the Geneve header without its options. */
    private static final int GENEVE_HEADER = 8;

    /** Where the type is in an Ethernet header, and in a Geneve header. */
    private static final int TYPE_IN_FRAME = 12;

    private static final int TYPE_IN_GENEVE = 2;

    /** How many scratch slots a tunnel takes. */
    private static final int SLOTS = 4;

    private final ValueTable values;
    private final HeaderFields headers;
    private final ProtocolLowering protocols;

    GeneveLowering(HeaderFields headers, ProtocolLowering protocols) {
        this.values = headers.values();
        this.headers = headers;
        this.protocols = protocols;
    }

    /** {@return whether a packet is Geneve, of the network if one is named, and the offsets inside of the tunnel} */
    LoweredTerm lower(Keyword keyword) {
        protocols.requireHeaders("'geneve'", keyword.column());
        if (headers.encapsulation() == Encapsulation.TCP) {
            throw KeywordLowering.refused(keyword, "packets of UDP; " + headers.shown() + " receives none");
        }
        int network = KeywordLowering.numberOf(keyword, 0xffffff);
        if (values.freeSlots() < SLOTS) {
            throw KeywordLowering.refused(keyword, "at most four tunnels in one expression");
        }
        if (headers.isSocket()) {
            PacketOffset transport = headers.transport4();
            BooleanFormula outer = and(port(transport), header(transport, network));
            return inside(outer, values.constant(UDP_HEADER), transport.offset());
        }
        int column = keyword.column();
        PacketOffset transport4 = headers.transport4();
        PacketOffset transport6 = headers.transport6();
        BooleanFormula over4 = and(
                protocols.linkType(ProtocolNumbers.IP, column),
                equal(headers.network(1, 9), ProtocolNumbers.UDP),
                protocols.firstFragment(),
                port(transport4),
                header(transport4, network));
        BooleanFormula over6 = and(
                protocols.linkType(ProtocolNumbers.IP6, column),
                equal(headers.network(1, 6), ProtocolNumbers.UDP),
                port(transport6),
                header(transport6, network));
        Value geneve = values.scratch();
        BooleanFormula store4 = store(geneve, transport4, UDP_HEADER);
        BooleanFormula store6 = store(geneve, transport6, UDP_HEADER + transport6.offset() - transport4.offset());
        return inside(or(and(over4, store4), and(over6, store6)), geneve, transport4.offset());
    }

    private BooleanFormula store(Value slot, PacketOffset transport, int more) {
        Value base = transport.base() == null ? values.constant(0) : transport.base();
        return new BooleanFormula.Store(slot, values.binary(AluOp.ADD, base, values.constant(more)));
    }

    private BooleanFormula port(PacketOffset transport) {
        return equal(headers.load(2, transport.plus(2)), PORT);
    }

    /** {@return whether there is a Geneve header of version 0, of the network if that is not negative} */
    private BooleanFormula header(PacketOffset transport, int network) {
        BooleanFormula version = protocols.maskedEqual(headers.load(1, transport.plus(UDP_HEADER)), 0xc0, 0);
        if (network < 0) {
            return version;
        }
        Value word = headers.load(4, transport.plus(UDP_HEADER + 4));
        return and(version, new BooleanFormula.Membership(word, new MaskedAddress(network << 8, -1 << 8).range()));
    }

    /**
     * Stores the offsets of what the tunnel carries. They are all from {@code offset}.
     *
     * @param outer whether a packet has the tunnel
     * @param geneve where the Geneve header is, from {@code offset}
     */
    private LoweredTerm inside(BooleanFormula outer, Value geneve, int offset) {
        Value options = values.binary(AluOp.AND, values.load(1, geneve, offset), values.constant(0x3f));
        Value optionsLength = values.binary(AluOp.LSH, options, values.constant(2));
        // The frame and the payload are from the end of a Geneve header without options, the type from its own offset
        // there.
        Value frame = values.scratch();
        Value type = values.scratch();
        Value payload = values.scratch();
        Value typeInFrame =
                values.binary(AluOp.ADD, frame, values.constant(GENEVE_HEADER + TYPE_IN_FRAME - TYPE_IN_GENEVE));
        Value afterFrameHeader =
                values.binary(AluOp.ADD, frame, values.constant(Encapsulation.ETHERNET.headerLength()));
        BooleanFormula carriesFrame =
                equal(values.load(2, geneve, offset + TYPE_IN_GENEVE), ProtocolNumbers.BRIDGED_FRAME);
        BooleanFormula stores = and(
                new BooleanFormula.Store(frame, values.binary(AluOp.ADD, optionsLength, geneve)),
                or(
                        and(
                                carriesFrame,
                                new BooleanFormula.Store(type, typeInFrame),
                                new BooleanFormula.Store(payload, afterFrameHeader)),
                        and(new BooleanFormula.Store(type, geneve), new BooleanFormula.Store(payload, frame))));
        HeaderOffsets offsets = headers.offsets()
                .insideGeneve(
                        new PacketOffset(frame, offset + GENEVE_HEADER),
                        new PacketOffset(type, offset + TYPE_IN_GENEVE),
                        new PacketOffset(payload, offset + GENEVE_HEADER));
        return new LoweredTerm(and(outer, stores), offsets);
    }
}
