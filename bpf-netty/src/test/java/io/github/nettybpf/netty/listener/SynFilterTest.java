package io.github.nettybpf.netty.listener;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RandomPrograms;
import io.github.nettybpf.expression.FilterExpression;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is dropped of a listener's segments: a SYN that the user's program accepts, and nothing else. */
class SynFilterTest {
    private static final int FLAGS = 13;

    private static Program parse(String program) {
        return Program.parse(program.replace("; ", "\n"));
    }

    /** A TCP segment after its IP header. */
    private static final class Segment implements Packet {
        private final byte[] ip;
        private final byte[] tcp;

        Segment(byte[] ip, byte[] tcp) {
            this.ip = ip;
            this.tcp = tcp;
        }

        private Packet content() {
            return Packet.of(tcp);
        }

        @Override
        public int length() {
            return tcp.length;
        }

        @Override
        public int u8(int offset) {
            return content().u8(offset);
        }

        @Override
        public int u16(int offset) {
            return content().u16(offset);
        }

        @Override
        public int u32(int offset) {
            return content().u32(offset);
        }

        @Override
        public Packet network() {
            byte[] all = new byte[ip.length + tcp.length];
            System.arraycopy(ip, 0, all, 0, ip.length);
            System.arraycopy(tcp, 0, all, ip.length, tcp.length);
            return Packet.of(all);
        }

        @Override
        public long extension(Extension extension, int a, int x) {
            return switch (extension) {
                case LEN, XOR_X -> Packet.super.extension(extension, a, x);
                default -> extension.name().length();
            };
        }

        boolean isSyn() {
            return (tcp[FLAGS] & 0x12) == 0x02;
        }

        @Override
        public String toString() {
            return HexFormat.of().formatHex(ip) + " " + HexFormat.of().formatHex(tcp);
        }
    }

    private static Segment segment(Random random, int ipHeader) {
        byte[] ip = new byte[ipHeader];
        random.nextBytes(ip);
        ip[0] = (byte) (ipHeader == 40 ? 0x60 : 0x40 | ipHeader / 4);
        byte[] tcp = new byte[20 + random.nextInt(30)];
        random.nextBytes(tcp);
        if (random.nextInt(4) > 0) {
            tcp[FLAGS] = (byte) ((tcp[FLAGS] & ~0x10) | 0x02);
        }
        return new Segment(ip, tcp);
    }

    private static long compare(long seed, int programs) {
        RandomPrograms source = RandomPrograms.deterministic(seed);
        List<Supplier<Program>> kinds = List.of(source::program, source::tests, source::chains);
        Random random = new Random(seed);
        long dropped = 0;
        for (int i = 0; i < programs; i++) {
            Program program = kinds.get(i % kinds.size()).get();
            SynFilter filter;
            try {
                filter = new SynFilter(program);
            } catch (IllegalArgumentException refused) {
                continue;
            }
            boolean loadsIndirectly = program.instructions().stream().anyMatch(LoadIndirect.class::isInstance);
            Filter unwanted = Filter.interpret(program);
            Filter kernel = Filter.interpret(filter.kernel());
            for (int n = 0; n < 12; n++) {
                int ipHeader = n % 3 == 0 ? 20 : n % 3 == 1 ? 40 : 24 + 4 * random.nextInt(10);
                Segment segment = segment(random, ipHeader);
                boolean expected = segment.isSyn() && unwanted.run(segment) != 0;
                int verdict = kernel.run(segment);
                Supplier<String> what = () -> "seed " + seed + "\n" + program + segment;
                if (ipHeader == 20 && !loadsIndirectly) {
                    assertEquals(expected ? 0 : -1, verdict, what);
                } else {
                    // Guards may find a packet too short that is not: after options, and where X wraps around.
                    assertTrue(verdict == -1 || (verdict == 0 && expected), what);
                }
                dropped += verdict == 0 ? 1 : 0;
            }
        }
        return dropped;
    }

    @Test
    void onlySynsThatTheProgramAcceptsAreDropped() {
        long seed = System.nanoTime();
        long dropped = compare(seed, 1_000);
        assertTrue(dropped > 100, () -> "seed " + seed + ": only " + dropped);
    }

    @Test
    @Tag("soak")
    void onlySynsThatTheProgramAcceptsAreDroppedForLong() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("soak.seconds", 60));
        long seed = System.nanoTime();
        System.out.println("SYN filters, first seed " + seed);
        long dropped = 0;
        for (; System.nanoTime() < end; seed++) {
            dropped += compare(seed, 1_000);
        }
        System.out.println("SYN filters: " + dropped + " segments dropped, no difference");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            an ordinary SYN                      | ret #1               | 02 | 0
            with ECN                             | ret #1               | c2 | 0
            a verdict of 0 keeps                 | ret #0               | 02 | -1
            the second segment of a handshake    | ret #1               | 12 | -1
            an acknowledgement                   | ret #1               | 10 | -1
            a reset                              | ret #1               | 04 | -1
            ret a that is 0                      | ret a                | 02 | -1
            ret a                                | ldb [13]; ret a      | 02 | 0
            a load past the end keeps            | ldb [20]; ret #1     | 02 | -1
            a load at the largest offset         | ldb [2147483647]; ret #1 | 02 | -1
            a load that goes beyond it           | ld [2147483646]; ret #1 | 02 | -1
            a length at the largest offset       | ldxb 4*([2147483647]&0xf); ret #1 | 02 | -1
            an indirect load from there          | ldx #1; ldb [x + 2147483647]; ret #1 | 02 | -1
            an indirect load past the end        | ldx #9; ldb [x + 11]; ret #1 | 02 | -1
            the last byte of the header          | ldb [19]; ret #1     | 02 | 0
            the byte before the header's end, through IP | ldb [0xfff00027]; ret #1 | 02 | 0
            past the end, through IP             | ldb [0xfff00028]; ret #1 | 02 | -1
            division by 0                        | ld #1; div x; ret #1 | 02 | -1
            the registers begin with 0           | jeq #0, yes, no; yes: ret #1; no: ret #0 | 02 | 0
            """)
    void theKernelsVerdict(String rule, String program, String flags, int verdict) {
        byte[] ip = new byte[20];
        ip[0] = 0x45;
        byte[] tcp = new byte[20];
        tcp[FLAGS] = (byte) Integer.parseInt(flags, 16);
        Program kernel = new SynFilter(parse(program)).kernel();
        assertEquals(verdict, Filter.interpret(kernel).run(new Segment(ip, tcp)));
        assertEquals(Placement.TCP_SOCKET, kernel.placement().orElseThrow());
    }

    /** What the kernel sees of a SYN to 192.0.2.1, or 2001:db8::1, port 443. */
    @ParameterizedTest(name = "{0} from {1}")
    @CsvSource(delimiter = '|', textBlock = """
            src net 10.0.0.0/8             | 10.1.2.3         | true
            src net 10.0.0.0/8             | 11.1.2.3         | false
            src net 10.0.0.0/8             | ::ffff:10.1.2.3  | true
            src net 10.0.0.0/8             | 2001:db8::a      | false
            src net 2001:db8::/64          | 2001:db8::a      | true
            src net 2001:db8::/64          | 2001:db8:1::a    | false
            not ip6                        | 10.1.2.3         | true
            not ip6                        | 2001:db8::a      | false
            dst host 192.0.2.1             | 10.1.2.3         | true
            dst host 2001:db8::1           | 2001:db8::a      | true
            tcp port 443                   | 10.1.2.3         | true
            src portrange 4000-4000        | 2001:db8::a      | true
            src portrange 4001-4002        | 2001:db8::a      | false
            """)
    void addressesAndPortsTell(String expression, String from, boolean unwanted) throws UnknownHostException {
        SynFilter filter = new SynFilter(FilterExpression.compile(expression, Placement.TCP_SOCKET));
        assertEquals("", filter.whyUnknownAfterAccept().orElse(""));
        InetAddress remote = InetAddress.getByName(from);
        String local = remote.getAddress().length == 4 ? "192.0.2.1" : "2001:db8::1";
        assertEquals(
                unwanted, filter.isUnwanted(new InetSocketAddress(remote, 4000), new InetSocketAddress(local, 443)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ldh [14]; ret a | insn 0: ldh [14]: an accepted connection has no TCP header but for its ports
            ld [1]; ret a | insn 0: ld [1]: an accepted connection has no TCP header but for its ports
            ldb [0]; tax; ldb [x + 0]; ret a | insn 2: ldb [x + 0]: an accepted connection has no TCP header but for its ports
            ld #len; ret a | insn 0: ld #len: an accepted connection does not know it of its SYN
            """)
    void whatAddressesAndPortsDoNotTellIsNotKnown(String program, String message) {
        assertEquals(
                message + " (expected: addresses and ports; or Offload.REQUIRED)",
                new SynFilter(parse(program)).whyUnknownAfterAccept().orElseThrow());
    }

    @Test
    void theIpHeaderTellsVersionAndAddresses() {
        assertEquals(
                "insn 0: ldb [4293918728]: a pipeline does not know the TTL of an IPv4 header (expected: version and"
                        + " addresses, after a test of the version; or Offload.REQUIRED)",
                new SynFilter(parse("ldb [0xfff00008]; ret a"))
                        .whyUnknownAfterAccept()
                        .orElseThrow());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ld [0xffe00000]; ret a | insn 0: ld [4292870144]: a TCP socket may have no link-layer header
            ld poff; ret a | insn 0: ld #poff: this extension has no meaning here
            """)
    void whatATcpSocketDoesNotKnowIsRefused(String program, String message) {
        Program parsed = parse(program);
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> new SynFilter(parsed))
                        .getMessage());
    }

    @Test
    void aProgramForAnotherPlacementIsRefused() {
        Program udp = Program.parse("ret #0").at(Placement.UDP_SOCKET);
        assertEquals(
                "the program is for placement UDP_SOCKET (expected: TCP_SOCKET)",
                assertThrows(IllegalArgumentException.class, () -> new SynFilter(udp))
                        .getMessage());
    }
}
