package io.github.nettybpf.expression.lower;

import static io.github.nettybpf.expression.lower.BooleanFormula.and;
import static io.github.nettybpf.expression.lower.BooleanFormula.equal;
import static io.github.nettybpf.expression.lower.BooleanFormula.not;
import static io.github.nettybpf.expression.lower.BooleanFormula.or;

import io.github.nettybpf.core.AluOp;

/**
 * Where the headers of an IEEE 802.11 frame are, after radiotap's or alone. The program keeps the offsets that depend on
 * the packet in scratch slots: first of all it stores those that it reads.
 */
final class WirelessHeader {
    /** The header of a data frame with three addresses and without QoS. A fourth is not counted, as in libpcap. */
    private static final int LENGTH = 24;

    /** The LLC and SNAP headers, and the LLC header alone. */
    private static final int SNAP = 8;

    private static final int LLC = 3;

    private static final int CONTROL_FRAME = 0x04;
    private static final int DATA_FRAME = 0x08;
    private static final int QOS = 0x80;
    private static final int QOS_LENGTH = 2;

    /** Where a radiotap header says which fields it has, by bits, and where the fields begin. */
    private static final int PRESENT = 4;

    private static final int FIELDS = 8;
    private static final int HAS_TIMESTAMP = 0x01;
    private static final int HAS_FLAGS = 0x02;
    private static final int IS_EXTENDED = 0x80;

    /** The flag for bytes after the 802.11 header that make its length a multiple of four. */
    private static final int DATA_PAD = 0x20;

    private final ValueTable values;
    private final HeaderOffsets offsets;

    private WirelessHeader(ValueTable values, HeaderOffsets offsets) {
        this.values = values;
        this.offsets = offsets;
    }

    /** {@return the offsets for the first term of an expression} */
    static HeaderOffsets offsets(Encapsulation encapsulation, ValueTable values) {
        PacketOffset frame =
                encapsulation == Encapsulation.RADIOTAP ? new PacketOffset(values.scratch(), 0) : PacketOffset.at(0);
        PacketOffset payload = new PacketOffset(values.scratch(), 0);
        return new HeaderOffsets(encapsulation, frame, null, payload, SNAP, LLC, 0, false, null, null);
    }

    /** {@return the formula, after stores of the offsets that it reads} */
    static BooleanFormula stored(BooleanFormula formula, HeaderOffsets offsets, ValueTable values) {
        Value payload = offsets.linkPayload().base();
        if (!offsets.encapsulation().isWireless() || payload == null) {
            return formula;
        }
        WirelessHeader header = new WirelessHeader(values, offsets);
        int read = BooleanFormula.slotsRead(formula);
        boolean isPayloadRead = (read & payload.slotsRead) != 0;
        BooleanFormula all = isPayloadRead ? and(header.storePayload(payload), formula) : formula;
        Value frame = offsets.linkHeader().base();
        if (frame == null || (!isPayloadRead && (read & frame.slotsRead) == 0)) {
            return all;
        }
        return and(new BooleanFormula.Store(frame, header.radiotapLength()), all);
    }

    private Value sum(Value value, int more) {
        return values.binary(AluOp.ADD, value, values.constant(more));
    }

    private BooleanFormula isSet(Value value, int bit) {
        return not(equal(values.binary(AluOp.AND, value, values.constant(bit)), 0));
    }

    /** {@return the length of the radiotap header, which is little-endian} */
    private Value radiotapLength() {
        Value high = values.binary(AluOp.LSH, values.load(1, null, 3), values.constant(8));
        return values.binary(AluOp.OR, high, values.load(1, null, 2));
    }

    /** {@return the store of where the payload begins, which is after the QoS field of data frames that have one} */
    private BooleanFormula storePayload(Value payload) {
        Value control =
                values.load(1, offsets.linkHeader().base(), offsets.linkHeader().offset());
        return or(
                and(
                        isSet(control, DATA_FRAME),
                        not(isSet(control, CONTROL_FRAME)),
                        or(
                                and(isSet(control, QOS), storeEnd(payload, LENGTH + QOS_LENGTH)),
                                storeEnd(payload, LENGTH))),
                new BooleanFormula.Store(payload, end(LENGTH)));
    }

    private Value end(int length) {
        Value frame = offsets.linkHeader().base();
        return frame == null ? values.constant(length) : sum(frame, length);
    }

    private BooleanFormula storeEnd(Value payload, int length) {
        BooleanFormula store = new BooleanFormula.Store(payload, end(length));
        if (offsets.linkHeader().base() == null) {
            return store;
        }
        Value padded = values.binary(AluOp.AND, sum(end(length), 3), values.constant(-4));
        return or(and(isPadded(), new BooleanFormula.Store(payload, padded)), store);
    }

    /** {@return whether the radiotap header says that the payload begins at a multiple of four} */
    private BooleanFormula isPadded() {
        Value present = values.load(1, null, PRESENT);
        Value extended = values.load(1, null, PRESENT + 3);
        return and(
                isSet(present, HAS_FLAGS),
                not(isSet(extended, IS_EXTENDED)),
                or(
                        and(isSet(present, HAS_TIMESTAMP), isSet(values.load(1, null, FIELDS + 8), DATA_PAD)),
                        and(not(isSet(present, HAS_TIMESTAMP)), isSet(values.load(1, null, FIELDS), DATA_PAD))));
    }
}
