package io.github.nettybpf.examples;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The settings of a DHCP server.
 *
 * @param network its address, and the length of the network's prefix
 * @param pool the addresses that it leases
 * @param leaseSeconds the longest lease, and the one of clients that ask for none
 * @param routers what clients send to other networks through; may be empty
 * @param dns may be empty
 * @param domain the domain of the clients' names; may be empty
 */
record DhcpSettings(Network network, Range pool, int leaseSeconds, List<Ip4> routers, List<Ip4> dns, String domain) {
    private static final int LARGEST_POOL = 1024;

    /** So that T1, half of it, is less than T2, seven eighths, and that less than the lease. */
    private static final int SHORTEST_LEASE = 4;

    /** So that a reply fits into 576 bytes, which every client takes. */
    private static final int MOST_ADDRESSES = 8;

    private static final int LONGEST_DOMAIN = 128;
    private static final Pattern DOMAIN = Pattern.compile("([A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63})*)?");

    /** An address of a host, and the length of its network's prefix. */
    record Network(Ip4 address, int prefix) {
        Network {
            check(prefix >= 1 && prefix <= 30, "prefix " + prefix, "1..30");
        }

        /** Reads {@code ADDRESS/PREFIX}. */
        static Network parse(String text) {
            int slash = text.indexOf('/');
            check(slash > 0, Printable.quoted(text), "ADDRESS/PREFIX, such as 192.0.2.1/24");
            String prefix = text.substring(slash + 1);
            check(prefix.matches("[0-9]{1,2}"), Printable.quoted(prefix), "a prefix, 1..30");
            return new Network(Ip4.parse(text.substring(0, slash)), Integer.parseInt(prefix));
        }

        Ip4 mask() {
            return new Ip4(-1 << (32 - prefix));
        }

        Ip4 broadcast() {
            return new Ip4(address.bits() | ~mask().bits());
        }

        boolean contains(Ip4 other) {
            return ((other.bits() ^ address.bits()) & mask().bits()) == 0;
        }

        private void checkHost(Ip4 host) {
            Ip4 first = new Ip4(address.bits() & mask().bits());
            check(
                    host.compareTo(first) > 0 && host.compareTo(broadcast()) < 0,
                    host,
                    "a host's address in " + first + "/" + prefix);
        }

        @Override
        public String toString() {
            return address + "/" + prefix;
        }
    }

    /** Addresses from the first to the last one. */
    record Range(Ip4 first, Ip4 last) {
        Range {
            check(first.compareTo(last) <= 0, "pool " + first + " to " + last, "the lower address first");
            int size = last.bits() - first.bits() + 1;
            check(size >= 1 && size <= LARGEST_POOL, "pool " + first + " to " + last, "<= 1024 addresses");
        }

        /** Reads {@code FIRST-LAST}. */
        static Range parse(String text) {
            int dash = text.indexOf('-');
            check(dash > 0, Printable.quoted(text), "FIRST-LAST, such as 192.0.2.100-192.0.2.199");
            return new Range(Ip4.parse(text.substring(0, dash)), Ip4.parse(text.substring(dash + 1)));
        }
    }

    DhcpSettings {
        network.checkHost(network.address());
        network.checkHost(pool.first());
        network.checkHost(pool.last());
        check(
                network.address().compareTo(pool.first()) < 0
                        || network.address().compareTo(pool.last()) > 0,
                "pool " + pool.first() + " to " + pool.last(),
                "without the server's own " + network.address());
        check(leaseSeconds >= SHORTEST_LEASE, "lease of " + leaseSeconds + " seconds", "4..2147483647");
        routers.forEach(network::checkHost);
        check(routers.size() <= MOST_ADDRESSES, routers.size() + " routers", "<= 8");
        check(dns.size() <= MOST_ADDRESSES, dns.size() + " DNS servers", "<= 8");
        check(
                domain.length() <= LONGEST_DOMAIN && DOMAIN.matcher(domain).matches(),
                "domain " + Printable.quoted(domain),
                "letters, digits, hyphens and dots, at most 128");
    }

    Ip4 address() {
        return network.address();
    }

    Ip4 mask() {
        return network.mask();
    }

    Ip4 broadcast() {
        return network.broadcast();
    }

    boolean isLocal(Ip4 other) {
        return network.contains(other);
    }

    private static void check(boolean holds, Object what, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(what + " (expected: " + expected + ")");
        }
    }
}
