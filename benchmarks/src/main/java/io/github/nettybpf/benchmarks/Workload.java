package io.github.nettybpf.benchmarks;

import io.github.nettybpf.benchmarks.FrameMaker.Mix;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import java.util.Locale;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** The programs that are measured on every engine. Public because code that JMH generates refers to it. */
@SuppressWarnings("ImmutableEnumChecker") // the functions have no state
public enum Workload {
    ARP("ARP", FrameMaker::server, ByHand::arp, """
                ldh [12]
                jne #0x806, drop
                ret #262144
        drop:   ret #0
        """),

    /**
     * The program to which libpcap compiles {@code port 22} for Ethernet: ports of TCP, UDP and SCTP, over IPv4 and
     * IPv6.
     */
    PORT_22("port 22", FrameMaker::server, ByHand::port22, """
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
        """),

    /** Requests to a DHCP server. */
    DHCP("DHCP on a UDP socket", FrameMaker::dhcp, ByHand::dhcp, """
                ldh [2]
                jne #67, drop
                ldb [8]
                jne #1, drop
                ldb [9]
                jne #1, drop
                ldb [10]
                jne #6, drop
                ld [244]
                jne #0x63825363, drop
                ret #-1
        drop:   ret #0
        """),

    HOSTS_AND_PORTS(
            "100 hosts and 100 ports", FrameMaker::hostsAndPorts, ByHand::hostsAndPorts, Programs.hostsAndPorts()),

    SOURCE_HOSTS("100 source hosts", FrameMaker::sourceHosts, ByHand::sourceHosts, Programs.sourceHosts()),

    /** A hash of the IPv4 addresses, the ports and the length, as a sampler or a load balancer computes it. */
    ALU("arithmetic", FrameMaker::server, ByHand::arithmetic, """
                ld [26]
                st M[0]
                ld [30]
                st M[1]
                ldxb 4*([14]&0xf)
                ldh [x + 14]
                st M[2]
                ldh [x + 16]
                st M[3]
                ldx M[0]
                ld M[1]
                xor x
                mul #0x9e3779b1
                st M[4]
                rsh #15
                tax
                ld M[4]
                xor x
                add #0x7f4a7c15
                st M[4]
                ld M[2]
                lsh #16
                ldx M[3]
                or x
                mul #0x85ebca77
                ldx M[4]
                add x
                st M[5]
                ld len
                and #0x7ff
                div #10
                tax
                ld M[5]
                sub x
                st M[5]
                and #31
                tax
                ld M[5]
                rsh x
                st M[6]
                ld #32
                sub x
                and #31
                tax
                ld M[5]
                lsh x
                ldx M[6]
                or x
                st M[7]
                ldh [16]
                or #1
                tax
                ld M[7]
                mod x
                mul #0xc2b2ae3d
                ldx M[7]
                xor x
                mod #1000
                lsh #1
                ret a
        """),

    SCORING("scoring", FrameMaker::server, null, Scoring.text()),

    /** A verdict for each of 2,000 source addresses: a chain of comparisons. */
    VERDICT_HOSTS("2,000 verdicts", FrameMaker::verdictHosts, ByHand::verdictHosts, Programs.verdictHosts());

    private final String name;
    private final Mix mix;
    private final @Nullable ToIntFunction<byte[]> byHand;
    private final String text;

    Workload(String name, Mix mix, @Nullable ToIntFunction<byte[]> byHand, String text) {
        this.name = name;
        this.mix = mix;
        this.byHand = byHand;
        this.text = text;
    }

    Program program() {
        return Program.parse(text);
    }

    Frames frames() {
        return new Frames(mix);
    }

    /** {@return what the program's offset 0 is} */
    Placement placement() {
        return this == DHCP ? Placement.UDP_SOCKET : Placement.ETHERNET;
    }

    /** {@return hand-written Java code that gives the same verdicts, or null if there is none} */
    @Nullable
    ToIntFunction<byte[]> byHand() {
        return byHand;
    }

    /**
     * {@return the number of frames in a round} It is small enough that all engines have many turns, and large enough
     * that the cache contents left by the other engines do not matter.
     */
    int framesPerRound() {
        int all = Frames.COUNT * Frames.ROUNDS;
        return program().size() <= 64 ? all : all / 8;
    }

    /** {@return the name in the table} */
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
