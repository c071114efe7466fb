package io.github.nettybpf.benchmarks;

import java.util.Random;
import java.util.stream.IntStream;

/** The values that programs look for, packets contain, and the code by hand looks up. */
final class Lists {
    static final int UDP_HEADER = 8;
    static final int DHCP_COOKIE = 0x63825363;
    static final int DHCP_COOKIE_AT = UDP_HEADER + 236;

    /** Addresses, in random order. */
    static final int[] HOSTS = random(100, 1, 0x0a000000, 0x0affffff);

    /** Ports, in random order. */
    static final int[] PORTS = random(100, 2, 1024, 32767);

    /** Addresses, each with a {@link #verdict}, in random order. */
    static final int[] VERDICT_HOSTS = random(2000, 3, 0x0a000000, 0x0affffff);

    private Lists() {}

    /** {@return the verdict on packets of a host, one of seven} */
    static int verdict(int indexOfHost) {
        return 64 * (1 + indexOfHost % 7);
    }

    /** {@return this number of addresses, in random order} */
    static int[] hosts(int count) {
        return random(count, 4, 0x0a000000, 0x0affffff);
    }

    /** {@return this number of ports, in random order} */
    static int[] ports(int count) {
        return random(count, 5, 1024, 32767);
    }

    private static int[] random(int count, long seed, int from, int to) {
        IntStream values = new Random(seed).ints(from, to);
        return values.distinct().limit(count).toArray();
    }
}
