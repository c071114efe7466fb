package io.github.nettybpf.expression.lower;

import static io.github.nettybpf.expression.lower.BooleanFormula.and;
import static io.github.nettybpf.expression.lower.BooleanFormula.not;
import static io.github.nettybpf.expression.lower.BooleanFormula.or;

import io.github.nettybpf.expression.parse.Expression.Direction;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Lowers tests of IEEE 802.11 frames. Which of the addresses is the source or destination depends on the type of the
 * frame and on whether it goes to or comes from a distribution system.
 */
final class WirelessLowering {
    /** The bits of the frame control field, in its first byte and in its second. */
    private static final int CONTROL_FRAME = 0x04;

    private static final int DATA_FRAME = 0x08;
    private static final int TYPE = 0x0c;
    private static final int SUBTYPE = 0xf0;
    private static final int CTS = 0xc0;
    private static final int ACK = 0xd0;
    private static final int TO_DS = 0x01;
    private static final int FROM_DS = 0x02;

    private static final int ADDRESS1 = 4;
    private static final int ADDRESS2 = 10;
    private static final int ADDRESS3 = 16;
    private static final int ADDRESS4 = 24;

    private final HeaderFields headers;
    private final ProtocolLowering protocols;
    private final AddressLowering addresses;

    WirelessLowering(HeaderFields headers, ProtocolLowering protocols, AddressLowering addresses) {
        this.headers = headers;
        this.protocols = protocols;
        this.addresses = addresses;
    }

    /** {@return whether the addresses that the direction means are among the hardware addresses} */
    BooleanFormula addresses(Direction direction, List<Long> all) {
        return switch (direction) {
            case SOURCE -> source(all);
            case DESTINATION -> destination(all);
            case SOURCE_AND_DESTINATION -> and(source(all), destination(all));
            case EITHER, SOURCE_OR_DESTINATION ->
                // Equivalent to testing address by address, also for a frame that ends before one of its own.
                or(source(all.subList(0, 1)), destination(all), all.size() > 1 ? source(all) : BooleanFormula.FALSE);
            case ADDRESS1 -> at(ADDRESS1, all);
            case ADDRESS2 -> and(hasSecond(), at(ADDRESS2, all));
            case ADDRESS3 -> and(not(protocols.maskedEqual(control(0), TYPE, CONTROL_FRAME)), at(ADDRESS3, all));
            case ADDRESS4 ->
                and(protocols.maskedEqual(control(1), TO_DS | FROM_DS, TO_DS | FROM_DS), at(ADDRESS4, all));
            case RECEIVER -> and(is(0, DATA_FRAME), at(ADDRESS1, all));
            case TRANSMITTER -> and(is(0, DATA_FRAME), hasSecond(), at(ADDRESS2, all));
        };
    }

    private BooleanFormula at(int offset, List<Long> all) {
        return addresses.macAt(offset, all);
    }

    private Value control(int offset) {
        return headers.linkHeader(1, offset);
    }

    /** {@return whether a bit of the frame control field is set} */
    private BooleanFormula is(int offset, int bit) {
        return protocols.anyBitSet(control(offset), bit);
    }

    /** {@return whether a frame is neither CTS nor ACK, which have one address} */
    private BooleanFormula hasSecond() {
        return or(
                not(protocols.maskedEqual(control(0), TYPE, CONTROL_FRAME)),
                and(
                        not(protocols.maskedEqual(control(0), SUBTYPE, CTS)),
                        not(protocols.maskedEqual(control(0), SUBTYPE, ACK))));
    }

    private BooleanFormula source(List<Long> all) {
        return managementOrData(
                at(ADDRESS2, all),
                or(
                        and(not(is(1, FROM_DS)), at(ADDRESS2, all)),
                        and(
                                is(1, FROM_DS),
                                or(and(not(is(1, TO_DS)), at(ADDRESS3, all)), and(is(1, TO_DS), at(ADDRESS4, all))))));
    }

    private BooleanFormula destination(List<Long> all) {
        return destination(offset -> at(offset, all));
    }

    private BooleanFormula destination(IntFunction<BooleanFormula> test) {
        return managementOrData(
                test.apply(ADDRESS1),
                or(and(not(is(1, TO_DS)), test.apply(ADDRESS1)), and(is(1, TO_DS), test.apply(ADDRESS3))));
    }

    private BooleanFormula managementOrData(BooleanFormula management, BooleanFormula data) {
        return and(
                not(is(0, CONTROL_FRAME)), or(and(not(is(0, DATA_FRAME)), management), and(is(0, DATA_FRAME), data)));
    }

    /** {@return whether the destination of a frame is a group} */
    BooleanFormula multicast() {
        return destination(offset -> protocols.anyBitSet(headers.linkHeader(1, offset), 1));
    }
}
