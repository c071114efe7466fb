package io.github.nettybpf.expression;

import io.github.nettybpf.core.AluOp;
import org.jspecify.annotations.Nullable;

/**
 * Where the headers are. {@code vlan}, {@code mpls}, {@code pppoes} and {@code geneve} move them for everything that is
 * written behind.
 */
final class Layout {
    /** What the type field means. */
    enum Link {
        ETHERNET("ethernet"),
        RAW("raw IP"),
        SLL("Linux cooked capture"),
        SLL2("Linux cooked capture"),
        NULL("BSD loopback"),
        LOOP("BSD loopback"),
        PPP("PPP"),
        UDP("a UDP socket"),
        TCP("a TCP socket"),
        PAYLOAD("payload");

        final String shown;

        Link(String shown) {
            this.shown = shown;
        }
    }

    /** SKF_NET_OFF: the network header, where that is known to the kernel. */
    private static final int NETWORK = -0x100000;

    private final Values values;
    Link link;
    Place header = Place.at(0);

    @Nullable
    Place type;

    Place payload;

    /** The network header, from the payload. */
    int network;

    /** The network header from the payload in frames with a length field. */
    int networkNoSnap;

    int labels;
    int tags;
    boolean tunnelled;

    Layout(Values values, Link link) {
        this.values = values;
        this.link = link;
        int typeAt = -1;
        int payloadAt = 0;
        switch (link) {
            case ETHERNET -> {
                typeAt = 12;
                payloadAt = 14;
                networkNoSnap = 3;
            }
            case SLL -> {
                typeAt = 14;
                payloadAt = 16;
            }
            case SLL2 -> {
                typeAt = 0;
                payloadAt = 20;
            }
            case NULL, LOOP -> {
                typeAt = 0;
                payloadAt = 4;
            }
            case UDP, TCP -> payloadAt = NETWORK;
            case RAW, PPP, PAYLOAD -> {}
        }
        this.type = typeAt < 0 ? null : Place.at(typeAt);
        this.payload = Place.at(payloadAt);
    }

    /** {@return whether offset 0 is the transport header of a socket} */
    boolean isSocket() {
        return link == Link.UDP || link == Link.TCP;
    }

    /** {@return whether the hardware header is Ethernet's} */
    boolean isEthernet() {
        return link == Link.ETHERNET;
    }

    /** {@return whether the type is Ethernet's, and in a fixed place} */
    boolean hasEthernetTypes() {
        boolean ethernet = link == Link.ETHERNET || link == Link.SLL || link == Link.SLL2;
        return ethernet && payload.base() == null;
    }

    Value load(int size, Place place) {
        return values.load(size, place.base(), place.offset());
    }

    Value header(int size, int offset) {
        return load(size, header.plus(offset));
    }

    /** {@return the type of what the frame carries} */
    Value type(int size) {
        if (type == null) {
            throw new IllegalStateException(link.shown + " has no type");
        }
        return load(size, type);
    }

    Value payload(int size, int offset) {
        return load(size, payload.plus(offset));
    }

    Value network(int size, int offset) {
        return load(size, payload.plus(network + offset));
    }

    Value networkNoSnap(int size, int offset) {
        return load(size, payload.plus(networkNoSnap + offset));
    }

    /** {@return where the network header is, from the beginning of the packet} */
    Place networkHeader() {
        return payload.plus(network);
    }

    /** {@return where the transport header behind an IPv4 header is} */
    Place transport4() {
        if (isSocket()) {
            return Place.at(0);
        }
        Place header = networkHeader();
        if (header.base() == null) {
            return new Place(values.headerLength(header.offset()), header.offset());
        }
        Value nibble = values.binary(AluOp.AND, load(1, header), values.constant(15));
        Value length = values.binary(AluOp.LSH, nibble, values.constant(2));
        return new Place(values.binary(AluOp.ADD, header.base(), length), header.offset());
    }

    /** {@return where the transport header behind an IPv6 header is} */
    Place transport6() {
        return isSocket() ? Place.at(0) : networkHeader().plus(40);
    }

    void moveBehindTag() {
        payload = payload.plus(4);
        type = type == null ? null : type.plus(4);
        tags++;
    }

    void moveBehindLabel() {
        network += 4;
        networkNoSnap += 4;
        labels++;
    }

    void moveIntoPpp() {
        link = Link.PPP;
        header = networkHeader().plus(6);
        type = header;
        payload = header.plus(2);
        network = 0;
        networkNoSnap = 0;
    }
}
