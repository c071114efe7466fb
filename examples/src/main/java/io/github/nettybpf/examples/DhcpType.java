package io.github.nettybpf.examples;

import java.util.Optional;

/** The type of a DHCP message: option 53 (RFC 2132, 9.6; from 9 on RFC 3203, 4388, 6926 and 7724). */
enum DhcpType {
    DISCOVER(1),
    OFFER(2),
    REQUEST(3),
    DECLINE(4),
    ACK(5),
    NAK(6),
    RELEASE(7),
    INFORM(8),
    FORCERENEW(9),
    LEASEQUERY(10),
    LEASEUNASSIGNED(11),
    LEASEUNKNOWN(12),
    LEASEACTIVE(13),
    BULKLEASEQUERY(14),
    LEASEQUERYDONE(15),
    ACTIVELEASEQUERY(16),
    LEASEQUERYSTATUS(17),
    TLS(18);

    private static final DhcpType[] TYPES = values();

    final int code;

    DhcpType(int code) {
        this.code = code;
    }

    static Optional<DhcpType> of(int code) {
        return code >= 1 && code <= TYPES.length ? Optional.of(TYPES[code - 1]) : Optional.empty();
    }
}
