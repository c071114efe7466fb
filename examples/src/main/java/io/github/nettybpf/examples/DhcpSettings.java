package io.github.nettybpf.examples;

/** The settings of a DHCP server: its interface, address and network, its pool, and the longest lease. */
record DhcpSettings(String interfaceName, Ip4 address, int prefix, Ip4 first, Ip4 last, int leaseSeconds) {
    static final String USAGE = "INTERFACE ADDRESS/PREFIX POOL-FIRST POOL-LAST [LEASE-SECONDS]";
    private static final int LARGEST_POOL = 1024;
    private static final int DEFAULT_LEASE = 3600;

    DhcpSettings {
        check(prefix >= 1 && prefix <= 30, "prefix " + prefix, "1..30");
        Ip4 network = new Ip4(address.bits() & mask(prefix).bits());
        Ip4 broadcast = broadcast(address, prefix);
        check(isHost(address, network, broadcast), address, "a host's address in " + network + "/" + prefix);
        check(isHost(first, network, broadcast), first, "a host's address in " + network + "/" + prefix);
        check(isHost(last, network, broadcast), last, "a host's address in " + network + "/" + prefix);
        check(first.compareTo(last) <= 0, "pool " + first + " to " + last, "the lower address first");
        int size = last.bits() - first.bits() + 1;
        check(size <= LARGEST_POOL, "pool of " + size + " addresses", "<= " + LARGEST_POOL);
        check(
                address.compareTo(first) < 0 || address.compareTo(last) > 0,
                "pool " + first + " to " + last,
                "without the server's own " + address);
        check(leaseSeconds >= 2, leaseSeconds + " seconds", "2..2147483647");
    }

    static DhcpSettings parse(String... args) {
        check(args.length == 4 || args.length == 5, args.length + " arguments", USAGE);
        int slash = args[1].indexOf('/');
        check(slash > 0, Printable.quoted(args[1]), "ADDRESS/PREFIX, as 192.0.2.1/24");
        return new DhcpSettings(
                args[0],
                Ip4.parse(args[1].substring(0, slash)),
                number(args[1].substring(slash + 1), "a prefix, 1..30"),
                Ip4.parse(args[2]),
                Ip4.parse(args[3]),
                args.length == 5 ? number(args[4], "seconds, 2..2147483647") : DEFAULT_LEASE);
    }

    Ip4 mask() {
        return mask(prefix);
    }

    Ip4 broadcast() {
        return broadcast(address, prefix);
    }

    boolean isLocal(Ip4 other) {
        return ((other.bits() ^ address.bits()) & mask().bits()) == 0;
    }

    private static Ip4 mask(int prefix) {
        return new Ip4(-1 << (32 - prefix));
    }

    private static Ip4 broadcast(Ip4 address, int prefix) {
        return new Ip4(address.bits() | ~mask(prefix).bits());
    }

    private static boolean isHost(Ip4 address, Ip4 network, Ip4 broadcast) {
        return address.compareTo(network) > 0 && address.compareTo(broadcast) < 0;
    }

    private static int number(String text, String expected) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(Printable.quoted(text) + " (expected: " + expected + ")", e);
        }
    }

    private static void check(boolean holds, Object what, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(what + " (expected: " + expected + ")");
        }
    }
}
