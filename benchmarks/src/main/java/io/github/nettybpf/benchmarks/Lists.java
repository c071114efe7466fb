package io.github.nettybpf.benchmarks;

import java.util.Random;
import java.util.stream.IntStream;

/** What programs look for, what packets contain, and what is looked up by hand: the same values for all three. */
final class Lists {
    static final int UDP_HEADER = 8;
    static final int DHCP_COOKIE = 0x63825363;
    static final int DHCP_COOKIE_AT = UDP_HEADER + 236;

    /** Addresses, in no order. */
    static final int[] HOSTS = random(100, 1, 0x0a000000, 0x0affffff);

    /** Ports, in no order. */
    static final int[] PORTS = random(100, 2, 1024, 32767);

    /** Addresses, each with a {@link #verdict}, in no order. */
    static final int[] VERDICT_HOSTS = random(2000, 3, 0x0a000000, 0x0affffff);

    private Lists() {}

    /** {@return the verdict on what comes from a host} There are seven. */
    static int verdict(int indexOfHost) {
        return 64 * (1 + indexOfHost % 7);
    }

    /** {@return that many addresses, in no order} */
    static int[] hosts(int count) {
        return random(count, 4, 0x0a000000, 0x0affffff);
    }

    /** {@return that many ports, in no order} */
    static int[] ports(int count) {
        return random(count, 5, 1024, 32767);
    }

    private static int[] random(int count, long seed, int from, int to) {
        IntStream values = new Random(seed).ints(from, to);
        return values.distinct().limit(count).toArray();
    }
}
