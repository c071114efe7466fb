package io.github.nettybpf.expression.lower;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import org.jspecify.annotations.Nullable;

/**
 * Where the headers are. {@code vlan}, {@code mpls}, {@code pppoes} and {@code geneve} move them for everything that is
 * written behind.
 */
public final class Layout {
    /** What the type field means. */
    public enum Link {
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

    private final ValueTable values;

    /** Whether the kernel took the outermost VLAN tag out of the frame, if it had one, and tells it beside the frame. */
    private final boolean live;

    Link link;
    PacketOffset header = PacketOffset.at(0);

    @Nullable
    PacketOffset type;

    PacketOffset payload;

    /** The network header, from the payload. */
    int network;

    /** The network header from the payload in frames with a length field. */
    int networkNoSnap;

    int labels;
    int tags;

    /** What is not 0 if the headers are where they are said to be, inside a tunnel; null if that is certain. */
    @Nullable
    Value inside;

    /** In a tunnel, the beginnings of the frame and of its payload, which are the same if the frame has no header. */
    private @Nullable Value frame;

    private @Nullable Value content;

    Layout(ValueTable values, Link link, boolean live) {
        this.values = values;
        this.live = live;
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
        this.type = typeAt < 0 ? null : PacketOffset.at(typeAt);
        this.payload = PacketOffset.at(payloadAt);
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

    Value load(int size, PacketOffset place) {
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
    PacketOffset networkHeader() {
        return payload.plus(network);
    }

    /** {@return where the transport header behind an IPv4 header is} */
    PacketOffset transport4() {
        if (isSocket()) {
            return PacketOffset.at(0);
        }
        PacketOffset header = networkHeader();
        if (header.base() == null) {
            return new PacketOffset(values.headerLength(header.offset()), header.offset());
        }
        Value nibble = values.binary(AluOp.AND, load(1, header), values.constant(15));
        Value length = values.binary(AluOp.LSH, nibble, values.constant(2));
        return new PacketOffset(values.binary(AluOp.ADD, header.base(), length), header.offset());
    }

    /** {@return where the transport header behind an IPv6 header is} */
    PacketOffset transport6() {
        return isSocket() ? PacketOffset.at(0) : networkHeader().plus(40);
    }

    void moveBehindTag() {
        payload = payload.plus(4);
        type = type == null ? null : type.plus(4);
        tags++;
    }

    /** {@return whether the next VLAN tag, if there is one, may be beside the frame instead of in it} */
    boolean losesTags() {
        return live && tags == 0 && link == Link.ETHERNET && header.base() == null && header.offset() == 0;
    }

    /** Moves behind a tag if it is in the frame, which is decided where the program runs. */
    void moveBehindTagIfThere() {
        Value taken = values.extension(Extension.VLAN_AVAIL);
        Value inFrame = values.binary(AluOp.XOR, taken, values.constant(1));
        Value length = values.binary(AluOp.LSH, inFrame, values.constant(2));
        payload = new PacketOffset(length, payload.offset());
        type = type == null ? null : new PacketOffset(length, type.offset());
        tags++;
    }

    void moveBehindLabel() {
        network += 4;
        networkNoSnap += 4;
        labels++;
    }

    /** Moves to what a tunnel carries, which is a frame or only its payload, but has a type in any case. */
    void moveIntoFrame(PacketOffset frameAt, PacketOffset typeAt, PacketOffset payloadAt) {
        link = Link.ETHERNET;
        header = frameAt;
        type = typeAt;
        payload = payloadAt;
        network = 0;
        frame = frameAt.base();
        content = payloadAt.base();
        inside = content;
    }

    /** {@return whether there is a hardware header} */
    BooleanFormula hasHardwareHeader() {
        if (frame == null || content == null) {
            return BooleanFormula.TRUE;
        }
        return BooleanFormula.not(BooleanFormula.equal(values.relation(Value.Kind.EQUAL, frame, content), 1));
    }

    void moveIntoPpp() {
        frame = null;
        link = Link.PPP;
        header = networkHeader().plus(6);
        type = header;
        payload = header.plus(2);
        network = 0;
        networkNoSnap = 0;
    }
}
