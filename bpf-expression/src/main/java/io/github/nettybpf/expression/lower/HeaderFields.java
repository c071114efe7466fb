package io.github.nettybpf.expression.lower;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;

/**
 * The fields of a packet's headers as values.
 *
 * @param values where the values are from
 * @param offsets where the headers are
 */
record HeaderFields(ValueTable values, HeaderOffsets offsets) {
    Encapsulation encapsulation() {
        return offsets.encapsulation();
    }

    boolean isSocket() {
        return offsets.isSocket();
    }

    boolean isEthernet() {
        return offsets.isEthernet();
    }

    /** {@return whether frames have hardware addresses that can be tested, and an LLC header} */
    boolean hasHardwareAddresses() {
        return isEthernet() || encapsulation().isWireless();
    }

    /** {@return what messages call the link-layer header} */
    String shown() {
        return offsets.encapsulation().shown;
    }

    Value load(int size, PacketOffset offset) {
        return values.load(size, offset.base(), offset.offset());
    }

    /** {@return bytes of the link-layer header} */
    Value linkHeader(int size, int offset) {
        return load(size, offsets.linkHeader().plus(offset));
    }

    /** {@return the type of what the frame carries} */
    Value linkType(int size) {
        PacketOffset type = offsets.linkType();
        if (type == null) {
            throw new IllegalStateException(shown() + " has no type");
        }
        return load(size, type);
    }

    /** {@return bytes after the link-layer header} */
    Value linkPayload(int size, int offset) {
        return load(size, offsets.linkPayload().plus(offset));
    }

    /** {@return the byte after the type of what the frame carries, the first of the payload if there is no type} */
    Value afterLinkType() {
        PacketOffset type = offsets.linkType();
        return type == null ? linkPayload(1, 0) : load(1, type.plus(2));
    }

    /** {@return bytes of the network header} */
    Value network(int size, int offset) {
        return load(size, offsets.networkHeader().plus(offset));
    }

    /** {@return bytes of the network header in a frame with an LLC header and no SNAP header} */
    Value networkNoSnap(int size, int offset) {
        return linkPayload(size, offsets.networkNoSnap() + offset);
    }

    /** {@return where the transport header after an IPv4 header is} */
    PacketOffset transport4() {
        if (isSocket()) {
            return PacketOffset.at(0);
        }
        PacketOffset header = offsets.networkHeader();
        if (header.base() == null) {
            return new PacketOffset(values.headerLength(header.offset()), header.offset());
        }
        Value words = values.binary(AluOp.AND, load(1, header), values.constant(15));
        Value length = values.binary(AluOp.LSH, words, values.constant(2));
        return new PacketOffset(values.binary(AluOp.ADD, header.base(), length), header.offset());
    }

    /** {@return where the transport header after an IPv6 header without extension headers is} */
    PacketOffset transport6() {
        return isSocket() ? PacketOffset.at(0) : offsets.networkHeader().plus(40);
    }

    /** {@return how long the outermost VLAN tag in the frame is: 4, or 0 if the kernel has stripped it} */
    Value tagLength() {
        Value stripped = values.extension(Extension.VLAN_AVAIL);
        Value inFrame = values.binary(AluOp.XOR, stripped, values.constant(1));
        return values.binary(AluOp.LSH, inFrame, values.constant(2));
    }

    /** {@return whether there is a link-layer header, which a tunnel can lack} */
    BooleanFormula hasLinkHeader() {
        Value frame = offsets.tunnelFrame();
        Value payload = offsets.tunnel();
        if (frame == null || payload == null) {
            return BooleanFormula.TRUE;
        }
        return BooleanFormula.not(BooleanFormula.equal(values.relation(Value.Kind.EQUAL, frame, payload), 1));
    }
}
