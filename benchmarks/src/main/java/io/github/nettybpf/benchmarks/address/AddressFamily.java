package io.github.nettybpf.benchmarks.address;

/** Which addresses there are. Public because code that JMH generates refers to it. */
public enum AddressFamily {
    /** IPv4, all over its addresses. */
    IPV4("IPv4"),
    /** IPv6, all over 2000::/3. */
    IPV6("IPv6"),
    /** IPv6, in 64 random networks of 32 bits. */
    IPV6_CLUSTERS("IPv6, in 64 networks"),
    /** Half IPv4, half IPv6. */
    BOTH("half IPv4, half IPv6");

    final String title;

    AddressFamily(String title) {
        this.title = title;
    }
}
