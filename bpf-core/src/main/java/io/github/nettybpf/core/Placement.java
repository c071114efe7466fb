package io.github.nettybpf.core;

/**
 * Where a program runs: what its offset 0 is, and how many bytes of a packet a verdict keeps at least. Measured on
 * Linux 6.18; packet(7), raw(7), udp(7) and unix(7) describe the sockets.
 */
public enum Placement {
    /** A frame of an AF_PACKET socket of type SOCK_RAW: offset 0 is the Ethernet header. */
    ETHERNET(0),
    /** A packet of a raw IPv4 socket, or of an AF_PACKET socket of type SOCK_DGRAM: offset 0 is the IP header. */
    IP(0),
    /** A datagram of a UDP socket: offset 0 is the UDP header, which every verdict but 0 keeps. */
    UDP_SOCKET(8),
    /** A segment of a TCP socket, handshake included: offset 0 is the TCP header, which every verdict but 0 keeps. */
    TCP_SOCKET(20),
    /** A message of a unix socket, or the content of any buffer in a pipeline: offset 0 is its first byte. */
    PAYLOAD(0);

    private final int alwaysKept;

    Placement(int alwaysKept) {
        this.alwaysKept = alwaysKept;
    }

    /**
     * {@return how many bytes every verdict but 0 keeps} For TCP this is the length of a header without options; the
     * kernel keeps the options too.
     */
    public int alwaysKept() {
        return alwaysKept;
    }

    /**
     * {@return how many bytes of the packet are kept} None are if the verdict is 0, which drops the packet.
     *
     * @param verdict the verdict, unsigned
     * @param length the length of the packet, from offset 0
     */
    public int kept(int verdict, int length) {
        if (verdict == 0) {
            return 0;
        }
        int wanted = verdict < 0 || verdict > length ? length : verdict;
        return Math.max(wanted, Math.min(alwaysKept, length));
    }
}
