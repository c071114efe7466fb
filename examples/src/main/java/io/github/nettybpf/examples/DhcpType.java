package io.github.nettybpf.examples;

import java.util.Optional;

/** The type of a DHCP message: option 53 (RFC 2132, 9.6). */
enum DhcpType {
    DISCOVER(1),
    OFFER(2),
    REQUEST(3),
    DECLINE(4),
    ACK(5),
    NAK(6),
    RELEASE(7),
    INFORM(8);

    private static final DhcpType[] TYPES = values();

    final int code;

    DhcpType(int code) {
        this.code = code;
    }

    static Optional<DhcpType> of(int code) {
        return code >= 1 && code <= TYPES.length ? Optional.of(TYPES[code - 1]) : Optional.empty();
    }
}
