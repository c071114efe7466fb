package io.github.nettybpf.expression.lower;

/** The header that a packet begins with, which decides where its other headers are and what names their types. */
public enum Encapsulation {
    /** An Ethernet header: DLT_EN10MB. */
    ETHERNET("ethernet"),
    /** An IPv4 or IPv6 header, told apart by its version: DLT_RAW. */
    RAW("raw IP"),
    /** The header of a Linux cooked capture: DLT_LINUX_SLL. */
    SLL("Linux cooked capture"),
    /** Version 2 of that header: DLT_LINUX_SLL2. */
    SLL2("Linux cooked capture"),
    /** The address family, little-endian: DLT_NULL. */
    NULL("BSD loopback"),
    /** The address family, big-endian: DLT_LOOP. */
    LOOP("BSD loopback"),
    /** A PPP protocol number, which is in a PPPoE session. */
    PPP("PPP"),
    /** The UDP header, as a UDP socket's filter sees it. */
    UDP("a UDP socket"),
    /** The TCP header, as a TCP socket's filter sees it. */
    TCP("a TCP socket"),
    /** Bytes that no header is known of. */
    PAYLOAD("payload");

    /** What messages call it. */
    final String shown;

    Encapsulation(String shown) {
        this.shown = shown;
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
