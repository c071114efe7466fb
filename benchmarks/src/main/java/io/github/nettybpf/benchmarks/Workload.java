package io.github.nettybpf.benchmarks;

import io.github.nettybpf.benchmarks.FrameMaker.Mix;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import java.util.Locale;

/** The programs that are measured; each engine runs each. Public because the code that JMH makes names it. */
@SuppressWarnings("ImmutableEnumChecker") // the functions have no state
public enum Workload {
    ARP("ARP", FrameMaker::server, """
                ldh [12]
                jne #0x806, drop
                ret #262144
        drop:   ret #0
        """),

    /** What libpcap makes of {@code port 22} on Ethernet: ports of TCP, UDP and SCTP, over IPv4 and IPv6. */
    PORT_22("port 22", FrameMaker::server, """
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

    private final String name;
    private final Mix mix;
    private final String text;

    Workload(String name, Mix mix, String text) {
        this.name = name;
        this.mix = mix;
        this.text = text;
    }

    Program program() {
        return Program.parse(text);
    }

    Frames frames() {
        return new Frames(mix);
    }

    /**
     * {@return how many frames make a round}: few enough that all engines take many turns, and enough that what the others
     * left in the caches does not count.
     */
    int framesPerRound() {
        int all = Frames.COUNT * Frames.ROUNDS;
        return program().size() <= 64 ? all : all / 8;
    }

    /** {@return what the table calls it} */
    String title() {
        Program program = program();
        Filter filter = Filter.interpret(program);
        long kept = frames().frames.stream()
                .filter(frame -> filter.run(Packet.of(frame)) != 0)
                .count();
        return String.format(
                Locale.ROOT,
                "%s, %,d insns, keeps %d %%",
                name,
                program.size(),
                Math.round(100.0 * kept / Frames.COUNT));
    }
}
