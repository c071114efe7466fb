package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.Program;

/** The programs that are measured; each engine runs each. Public because the code that JMH makes names it. */
public enum Workload {
    ARP("ARP", """
                ldh [12]
                jne #0x806, drop
                ret #262144
        drop:   ret #0
        """),

    /** What libpcap makes of {@code port 22} on Ethernet: ports of TCP, UDP and SCTP, over IPv4 and IPv6. */
    PORT_22("port 22", """
                ldh [12]
                jeq #0x86dd, ipv6, other
        ipv6:   ldb [20]
                jeq #132, ports6, tcp6
        tcp6:   jeq #6, ports6, udp6
        udp6:   jeq #17, ports6, drop
        ports6: ldh [54]
                jeq #22, keep, dst6
        dst6:   ldh [56]
                jeq #22, keep, drop
        other:  jeq #0x800, ipv4, drop
        ipv4:   ldb [23]
                jeq #132, first, tcp4
        tcp4:   jeq #6, first, udp4
        udp4:   jeq #17, first, drop
        first:  ldh [20]
                jset #0x1fff, drop, ports4
        ports4: ldxb 4*([14]&0xf)
                ldh [x + 14]
                jeq #22, keep, dst4
        dst4:   ldh [x + 16]
                jeq #22, keep, drop
        keep:   ret #262144
        drop:   ret #0
        """);

    private final String expression;
    private final String text;

    Workload(String expression, String text) {
        this.expression = expression;
        this.text = text;
    }

    Program program() {
        return Program.parse(text);
    }

    /** {@return what the table calls it} */
    String title() {
        return expression + ", " + program().size() + " insns";
    }
}
