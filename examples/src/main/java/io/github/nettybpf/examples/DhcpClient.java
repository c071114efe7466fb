package io.github.nettybpf.examples;

import java.util.Optional;

/**
 * A client as a server knows it (RFC 2131, 2): by its identifier or, where one of two messages has none, by its hardware
 * address. So a boot loader and the system that it starts have one lease, and a RELEASE may lack the identifier.
 *
 * @param id the client identifier in hexadecimal
 */
record DhcpClient(Optional<String> id, Chaddr hardware) {
    /** {@return whether there is anything to know the client by} */
    boolean isKnown() {
        return id.isPresent() || hardware.length() > 0;
    }

    /** {@return whether both are the same client} */
    boolean is(DhcpClient other) {
        return (id.isPresent() && other.id.isPresent()) ? id.equals(other.id) : hardware.equals(other.hardware);
    }

    /** {@return this client with the other's identifier, if this one has none} */
    DhcpClient with(DhcpClient other) {
        return new DhcpClient(id.or(other::id), hardware);
    }
}
