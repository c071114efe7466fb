package io.github.nettybpf.expression;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.expression.lower.Encapsulation;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * What a captured packet begins with. The constants have the names of libpcap's {@code DLT_} values; the numbers are
 * the {@code LINKTYPE_} values of capture files. Source: https://www.tcpdump.org/linktypes.html.
 */
public enum LinkType {
    /** An Ethernet header. */
    EN10MB(1, Encapsulation.ETHERNET),
    /** An IPv4 or IPv6 header. */
    RAW(101, Encapsulation.RAW),
    /** The header of a Linux "cooked" capture, version 1. */
    LINUX_SLL(113, Encapsulation.SLL),
    /** The header of a Linux "cooked" capture, version 2. */
    LINUX_SLL2(276, Encapsulation.SLL2),
    /** The address family in the byte order of the machine that captured, which has to be little-endian. */
    NULL(0, Encapsulation.NULL),
    /** The address family in network byte order. A {@link #NULL} capture of a big-endian machine is the same. */
    LOOP(108, Encapsulation.LOOP),
    /** A PPP header, in HDLC-like framing. */
    PPP(9, Encapsulation.PPP_FRAME),
    /** A PPPoE header of a session. */
    PPP_ETHER(51, Encapsulation.PPPOE),
    /** A Cisco HDLC header. */
    C_HDLC(104, Encapsulation.C_HDLC),
    /** A Frame Relay header of four bytes, the last of which is an NLPID. */
    FRELAY(107, Encapsulation.FRELAY),
    /** The header of Solaris IPNET. */
    IPNET(226, Encapsulation.IPNET),
    /** An IEEE 802.11 header. */
    IEEE802_11(105, Encapsulation.WIRELESS),
    /** A radiotap header, and an IEEE 802.11 header. */
    IEEE802_11_RADIO(127, Encapsulation.RADIOTAP),
    /**
     * A header that expressions do not know: they may test {@code len} and bytes of the packet, {@code link[...]}. The
     * number of this constant is -1, which no capture file has.
     */
    OTHER(-1, Encapsulation.OTHER);

    final Encapsulation encapsulation;

    private final int number;

    LinkType(int number, Encapsulation encapsulation) {
        this.number = number;
        this.encapsulation = encapsulation;
    }

    /**
     * {@return the link type of a name, or empty if there is none} Case does not matter; {@code ethernet} and {@code
     * ether} are {@link #EN10MB}, and {@code radiotap} is {@link #IEEE802_11_RADIO}.
     *
     * @param name the name of a constant
     */
    public static Optional<LinkType> of(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        if (upper.equals("ETHERNET") || upper.equals("ETHER")) {
            return Optional.of(EN10MB);
        } else if (upper.equals("RADIOTAP")) {
            return Optional.of(IEEE802_11_RADIO);
        }
        return Arrays.stream(values()).filter(type -> type.name().equals(upper)).findFirst();
    }

    /**
     * {@return the link type of a number in capture files, or empty if expressions do not know it} Besides {@link
     * #number}, {@link #RAW} has 12 and 14, which some systems wrote for it, and 228 and 229, for only IPv4 and only
     * IPv6; {@link #PPP} has 50.
     *
     * @param number a {@code LINKTYPE_} value
     */
    public static Optional<LinkType> ofNumber(int number) {
        return switch (number) {
            case 12, 14, 228, 229 -> Optional.of(RAW);
            case 50 -> Optional.of(PPP);
            case -1 -> Optional.empty();
            default ->
                Arrays.stream(values()).filter(type -> type.number == number).findFirst();
        };
    }

    /** {@return the number in capture files, a {@code LINKTYPE_} value, or -1} */
    public int number() {
        return number;
    }

    /** {@return how many bytes precede the network header, or -1 if that depends on the packet} */
    public int headerLength() {
        return encapsulation.headerLength();
    }

    /** {@return the placement with the same header at offset 0, or empty if there is none} */
    Optional<Placement> placement() {
        return switch (this) {
            case EN10MB -> Optional.of(Placement.ETHERNET);
            case RAW -> Optional.of(Placement.IP);
            default -> Optional.empty();
        };
    }
}
