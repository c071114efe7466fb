package io.github.nettybpf.expression.lower;

/** The header that a packet begins with, which decides where its other headers are and what names their types. */
public enum Encapsulation {
    /** An Ethernet header: DLT_EN10MB. */
    ETHERNET("ethernet", 14),
    /** An IPv4 or IPv6 header, told apart by its version: DLT_RAW. */
    RAW("raw IP", 0),
    /** The header of a Linux cooked capture: DLT_LINUX_SLL. */
    SLL("Linux cooked capture", 16),
    /** Version 2 of that header: DLT_LINUX_SLL2. */
    SLL2("Linux cooked capture", 20),
    /** The address family, little-endian: DLT_NULL. */
    NULL("BSD loopback", 4),
    /** The address family, big-endian: DLT_LOOP. */
    LOOP("BSD loopback", 4),
    /** A PPP protocol number, which is in a PPPoE session. */
    PPP("PPP", 2),
    /** PPP in HDLC-like framing (RFC 1662): DLT_PPP. */
    PPP_FRAME("PPP", 4),
    /** A PPPoE session without its Ethernet header: DLT_PPP_ETHER. */
    PPPOE("PPPoE", 8),
    /** Cisco HDLC, with an Ethernet type: DLT_C_HDLC. */
    C_HDLC("Cisco HDLC", 4),
    /** Frame Relay with two bytes of address and an NLPID (RFC 2427): DLT_FRELAY. */
    FRELAY("Frame Relay", 4),
    /** The header of Solaris IPNET: DLT_IPNET. */
    IPNET("IPNET", 24),
    /** An IEEE 802.11 header, whose length depends on the frame: DLT_IEEE802_11. */
    WIRELESS("802.11", -1),
    /** A radiotap header before that: DLT_IEEE802_11_RADIO. */
    RADIOTAP("802.11", -1),
    /** A link layer that is not known. */
    OTHER("this link type", 0),
    /** The UDP header, as a UDP socket's filter sees it. */
    UDP("a UDP socket", 0),
    /** The TCP header, as a TCP socket's filter sees it. */
    TCP("a TCP socket", 0),
    /** Bytes that no header is known of. */
    PAYLOAD("payload", 0);

    /** What messages call it. */
    final String shown;

    private final int headerLength;

    Encapsulation(String shown, int headerLength) {
        this.shown = shown;
        this.headerLength = headerLength;
    }

    /** {@return how long the link-layer header is, 0 if there is none, -1 if it depends on the packet} */
    public int headerLength() {
        return headerLength;
    }

    /** {@return whether nothing is known of the headers: neither of those of the network nor of those below it} */
    boolean hasNoHeaders() {
        return this == PAYLOAD || this == OTHER;
    }

    /** {@return whether the type of what is carried is a PPP protocol number} */
    boolean isPpp() {
        return this == PPP || this == PPP_FRAME || this == PPPOE;
    }

    /** {@return whether the link-layer header is that of 802.11} */
    boolean isWireless() {
        return this == WIRELESS || this == RADIOTAP;
    }

    /** {@return whether packets begin with the transport header of a socket} */
    boolean isSocket() {
        return this == UDP || this == TCP;
    }

    /** {@return the IP protocol number of the transport header that a socket's packets begin with} */
    int socketProtocol() {
        return switch (this) {
            case UDP -> ProtocolNumbers.UDP;
            case TCP -> ProtocolNumbers.TCP;
            default -> throw new IllegalStateException(shown + " is not a socket");
        };
    }

    /** {@return the name of that protocol} */
    String socketProtocolName() {
        return socketProtocol() == ProtocolNumbers.UDP ? "udp" : "tcp";
    }
}
