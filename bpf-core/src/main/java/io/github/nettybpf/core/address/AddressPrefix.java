package io.github.nettybpf.core.address;

import java.net.Inet4Address;
import java.net.InetAddress;

/**
 * The addresses that begin with the same bits.
 *
 * @param address the first of them
 * @param length how many bits they share: 0..32 for IPv4, 0..128 for IPv6
 */
public record AddressPrefix(InetAddress address, int length) {
    /** Requires a length that the address can have. */
    public AddressPrefix {
        int most = address instanceof Inet4Address ? 32 : 128;
        if (length < 0 || length > most) {
            throw new IllegalArgumentException("length " + length + " (expected: 0.." + most + ")");
        }
    }

    /** {@return the prefix as it is written in lists, such as 10.0.0.0/8} */
    @Override
    public String toString() {
        return address.getHostAddress() + "/" + length;
    }
}
