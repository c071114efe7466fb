package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.DecisionFilter;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.expression.parse.Parser;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which part of an expression each instruction of its program is for. */
class OriginsTest {
    private static final Options OPTIONS = Options.DEFAULT
            .withNetmask(0xffffff00)
            .withRejectingAll()
            .withSet("blocked", AddressSet.of("10.0.0.1", "10.1.0.0/16", "2001:db8::/32"))
            .withSet("none", AddressSet.EMPTY);

    private static Program compile(String where, String expression, Options options) {
        for (Placement placement : Placement.values()) {
            if (placement.name().equals(where)) {
                return FilterExpression.of(expression, placement, options).program();
            }
        }
        return FilterExpression.of(expression, LinkType.of(where).orElseThrow(), options)
                .program();
    }

    /** {@return the origins of all instructions; where several have the same one, how many} */
    private static String origins(Program program) {
        List<String> all = new ArrayList<>();
        for (int pc = 0; pc < program.size(); ) {
            String origin = program.origin(pc).orElse("-");
            int n = 0;
            while (pc < program.size() && program.origin(pc).orElse("-").equals(origin)) {
                n++;
                pc++;
            }
            all.add(n + "x " + origin);
        }
        return String.join("; ", all);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    one test after another            | UDP_SOCKET| src net 10.0.0.0/8 and dst port 53                          | 6x src net 10.0.0.0/8; 2x dst port 53; 2x -
                    what is inherited is written out  | UDP_SOCKET| port 53 or 80                                               | 1x port 53, port 80; 1x port 53; 1x port 80; 1x port 53, port 80; 1x port 53; 1x port 80; 2x -
                    in parentheses, too               | UDP_SOCKET| dst port (53 or (80))                                       | 1x dst port 53, dst port 80; 1x dst port 53; 1x dst port 80; 2x -
                    one blank between words           | UDP_SOCKET| " src  net\t10.0.0.0 mask  255.0.0.0"                       | 6x src net 10.0.0.0 mask 255.0.0.0; 2x -
                    what is negated is said to be     | UDP_SOCKET| not dst port 53 and src port not 67                         | 2x not dst port 53; 2x not src port 67; 2x -
                    twice is not at all               | UDP_SOCKET| not (dst port 53 or not src port 67)                        | 2x not dst port 53; 2x src port 67; 2x -
                    and of a direction is             | UDP_SOCKET| src and dst port 53                                         | 4x src and dst port 53; 2x -
                    tests of the version are shared   | UDP_SOCKET| src net 10.0.0.0/8 and dst net 11.0.0.0/8                   | 3x src net 10.0.0.0/8, dst net 11.0.0.0/8; 3x src net 10.0.0.0/8; 3x dst net 11.0.0.0/8; 2x -
                    adjacent ports are one range      | UDP_SOCKET| dst port 20 or 21 or 22 or 23 or 80                         | 1x dst port 20, dst port 21, dst port 22 and 2 more; 1x dst port 80; 2x dst port 20, dst port 21, dst port 22 and 1 more; 2x -
                    a range rules out what is left    | UDP_SOCKET| dst portrange 10-20 or dst port 30 or dst port 31           | 2x dst portrange 10-20, dst port 30, dst port 31; 1x dst port 30, dst port 31; 2x dst portrange 10-20; 2x -
                    low bits are cleared              | UDP_SOCKET| dst net 10.1.0.0/16 or 10.3.0.0/16 or 10.5.0.0/16 or 10.7.0.0/16| 5x dst net 10.1.0.0/16, dst net 10.3.0.0/16, dst net 10.5.0.0/16 and 1 more; 1x dst net 10.1.0.0/16; 1x dst net 10.3.0.0/16; 1x dst net 10.5.0.0/16; 1x dst net 10.7.0.0/16; 2x -
                    a set is one test                 | UDP_SOCKET| src net @blocked and len > 100                              | 10x src net @blocked; 2x len > 100; 2x -
                    an empty set has no instruction   | UDP_SOCKET| src net (@none or 10.0.0.1/32)                              | 5x src net 10.0.0.1/32; 2x -
                    the same test twice               | UDP_SOCKET| dst port 53 and len > 9 or dst port 53 and len < 5          | 2x dst port 53; 2x len > 9, len < 5; 2x -
                    a test that always holds has none | UDP_SOCKET| udp and port 53                                             | 4x port 53; 2x -
                    nothing is tested                 | UDP_SOCKET| udp                                                         | 1x -
                    nothing is written                | UDP_SOCKET| ""                                                          | 1x -
                    no packet passes                  | UDP_SOCKET| port 53 and not port 53                                     | 1x -
                    computed values                   | UDP_SOCKET| udp[8:2] & 0x10 != 0 or (udp[9]) = 3 or udp[4:2]>udp[10:2]  | 2x udp[8:2] & 0x10 != 0; 2x (udp[9]) = 3; 4x udp[4:2]>udp[10:2]; 2x -
                    two values of one mask            | UDP_SOCKET| udp[8] & 0xf != 0 and udp[8] & 0xf != 5                     | 2x udp[8] & 0xf != 0, udp[8] & 0xf != 5; 1x udp[8] & 0xf != 5; 1x udp[8] & 0xf != 0; 2x -
                    a mask of no bit and of all        | UDP_SOCKET | udp[8:4] & 0 = len - 7 or udp[4:4] & 0xffffffff = 9 | 6x udp[8:4] & 0 = len - 7; 3x udp[4:4] & 0xffffffff = 9; 2x -
                    a payload                         | PAYLOAD   | link[0] = 7 and len >= 10 and byte 3 & 7                    | 2x link[0] = 7; 2x len >= 10; 2x byte 3 & 7; 2x -
                    a service by its name             | TCP_SOCKET| tcp dst port https and tcp[tcpflags] & tcp-syn != 0         | 2x tcp dst port https; 2x tcp[tcpflags] & tcp-syn != 0; 2x -
                    tests of protocols are shared     | EN10MB    | host 10.0.0.1 and tcp port 80 and not tcp port 443          | 2x host 10.0.0.1, tcp port 80, not tcp port 443; 4x tcp port 80, not tcp port 443; 4x host 10.0.0.1; 2x tcp port 80, not tcp port 443; 1x tcp port 80; 3x not tcp port 443; 2x tcp port 80; 2x -
                    a load that several tests use     | EN10MB    | udp port 53 and not src net 10.0.0.0/8 or icmp              | 2x udp port 53, not src net 10.0.0.0/8, icmp; 7x udp port 53; 1x udp port 53, icmp; 1x icmp; 8x udp port 53; 3x not src net 10.0.0.0/8; 2x -
                    an escaped name                   | IP        | proto \\udp or ip6 proto 58                                  | 2x proto \\udp, ip6 proto 58; 1x proto \\udp; 4x proto \\udp, ip6 proto 58; 1x ip6 proto 58; 2x proto \\udp; 2x -
                    what moves the headers            | EN10MB    | vlan 5 and ip proto \\tcp                                    | 7x vlan 5; 4x ip proto \\tcp; 2x -
                    metadata                          | ETHERNET  | vlan 5 and inbound and ifindex 7                            | 4x vlan 5; 1x -; 7x vlan 5; 2x inbound; 2x ifindex 7; 2x -
                    a long address                    | RAW       | dst host 2001:db8::1 or src net 2001:db8::/33               | 3x dst host 2001:db8::1, src net 2001:db8::/33; 8x dst host 2001:db8::1; 4x src net 2001:db8::/33; 2x -
                    a hardware address                | ETHERNET  | ether src 1:2:3:4:5:6 or ether multicast                    | 4x ether src 1:2:3:4:5:6; 2x ether multicast; 2x -
                    offsets that the program stores   | IEEE802_11| ip and wlan dst 1:2:3:4:5:6                                 | 3x ip, wlan dst 1:2:3:4:5:6; 3x ip; 1x -; 2x ip; 3x ip, wlan dst 1:2:3:4:5:6; 3x ip; 3x ip, wlan dst 1:2:3:4:5:6; 5x wlan dst 1:2:3:4:5:6; 1x -; 4x wlan dst 1:2:3:4:5:6; 2x -
                    """)
    void instructionsAreForTheTestsThatTheyDecide(String rule, String where, String expression, String origins) {
        assertEquals(origins, origins(compile(where, expression, OPTIONS)), rule);
    }

    /** The example of docs/expressions.md. */
    @Test
    void theExampleOfTheDocumentation() {
        Program dns = FilterExpression.compile("src net 10.0.0.0/8 and dst port 53", Placement.UDP_SOCKET);
        StringBuilder text = new StringBuilder();
        for (int pc = 0; pc < dns.size(); pc++) {
            String line = String.format(
                    "(%03d) %-25s%s",
                    pc, dns.instructions().get(pc), dns.origin(pc).orElse(""));
            text.append(line.strip()).append('\n');
        }
        assertEquals("""
                (000) ldb [4293918720]         src net 10.0.0.0/8
                (001) jge #80, 7, 0            src net 10.0.0.0/8
                (002) jge #64, 0, 6            src net 10.0.0.0/8
                (003) ld [4293918732]          src net 10.0.0.0/8
                (004) jge #184549376, 4, 0     src net 10.0.0.0/8
                (005) jge #167772160, 0, 3     src net 10.0.0.0/8
                (006) ldh [2]                  dst port 53
                (007) jeq #53, 0, 1            dst port 53
                (008) ret #262144
                (009) ret #0
                """, text.toString());
    }

    /** What decides is told by the part of the expression, and whether the packet is as it wants. */
    @Test
    void decisionsAreToldByTheExpression() {
        Program program =
                FilterExpression.compile("dst port 53 and not src port 67 and udp[8] = 1", Placement.UDP_SOCKET);
        DecisionFilter filter = DecisionFilter.interpret(program);
        List<String> rules = new ArrayList<>();
        for (String packet : List.of(
                "0001003500090000" + "01", "0001003500090000" + "02", "00430035", "00010036", "", "0001003500080000")) {
            int decision = filter.decide(Packet.of(HexFormat.of().parseHex(packet)));
            rules.add(filter.decisions().get(decision).rule(program));
        }
        assertEquals(
                List.of(
                        "udp[8] = 1: yes",
                        "udp[8] = 1: no",
                        "not src port 67: no",
                        "dst port 53: no",
                        "dst port 53: the packet is too short",
                        "udp[8] = 1: the packet is too short"),
                rules);
    }

    @Test
    void withoutTheOptimizerEachTestHasItsOwn() {
        Program program = compile("IP", "udp port 53 or 67", OPTIONS.withoutOptimizer());
        List<Integer> ports = IntStream.range(0, program.size())
                .filter(pc -> program.instructions().get(pc) instanceof Instruction.JumpIf jump
                        && (jump.val() == 53 || jump.val() == 67))
                .boxed()
                .toList();
        assertEquals(8, ports.size());
        for (int pc : ports) {
            int port = ((Instruction.JumpIf) program.instructions().get(pc)).val();
            assertEquals(Optional.of("udp port " + port), program.origin(pc), () -> "instruction " + pc);
        }
    }

    /** A program says the same of where it is meant to run, and it equals one that knows nothing of its source. */
    @Test
    void anotherPlacementKeepsThem() {
        Program program = compile("RAW", "udp dst port 53", OPTIONS);
        assertEquals(Optional.of(Placement.IP), program.placement());
        assertEquals(Optional.of("udp dst port 53"), program.origin(0));
        assertEquals(
                Optional.of("udp dst port 53"), program.at(Placement.UDP_SOCKET).origin(0));
        assertEquals(Program.of(program.instructions()), program);
    }

    /** A resolver that gives other addresses each time is asked once: the origins are those of the program. */
    @Test
    void hostsAreResolvedOnce() throws UnknownHostException {
        List<String> asked = new ArrayList<>();
        Options options = Options.DEFAULT.withResolver(name -> {
            asked.add(name);
            try {
                return List.of(InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) asked.size()}));
            } catch (UnknownHostException e) {
                throw new IllegalStateException(e);
            }
        });
        FilterExpression expression =
                FilterExpression.of("src host a.example or dst host b.example", Placement.UDP_SOCKET, options);
        assertEquals(
                "3x src host a.example, dst host b.example; 2x src host a.example; 2x dst host b.example; 2x -",
                origins(expression.program()));
        assertEquals(List.of("a.example", "b.example"), asked);
    }

    @ParameterizedTest
    @EnumSource(RandomLists.class)
    void longListsHaveThem(RandomLists kind) {
        long seed = Long.getLong("bpf.seed", 1);
        for (int size : new int[] {5, 40}) {
            check("EN10MB", kind.list(new Random(seed + size), size), OPTIONS);
        }
    }

    /** Each comparison of a long list names the hosts that it decides. */
    @Test
    void aLongListIsBisected() {
        String hosts = IntStream.range(0, 1000)
                .mapToObj(i -> "10.0." + i / 50 + "." + 5 * (i % 50))
                .collect(Collectors.joining(" or ", "dst host ", ""));
        Program program = compile("UDP_SOCKET", hosts, OPTIONS);
        Set<String> named = new TreeSet<>();
        for (int pc = 0; pc < program.size(); pc++) {
            if (program.instructions().get(pc) instanceof Instruction.JumpIf jump
                    && jump.val() >>> 24 == 10
                    && jump.cond() == JumpCondition.JEQ) {
                String host = "dst host 10.0." + (jump.val() >>> 8 & 255) + "." + (jump.val() & 255);
                assertEquals(Optional.of(host), program.origin(pc));
                named.add(host);
            }
        }
        assertEquals(1000, named.size());
        assertEquals(
                Optional.of("dst host 10.0.0.0, dst host 10.0.0.5, dst host 10.0.0.10 and 997 more"),
                program.origin(0));
    }

    @ParameterizedTest
    @EnumSource(LinkType.class)
    void everyJumpHasOne(LinkType type) {
        long seed = Long.getLong("bpf.seed", 1);
        for (long own = seed; own < seed + 30; own++) {
            checkLinkType(own, type);
        }
    }

    @Test
    void everyJumpOfASocketHasOne() {
        long seed = Long.getLong("bpf.seed", 1);
        for (long own = seed; own < seed + 100; own++) {
            checkSockets(own);
        }
    }

    @Test
    void everyJumpOfASetHasOne() {
        long seed = Long.getLong("bpf.seed", 1);
        for (long own = seed; own < seed + 60; own++) {
            checkSets(own);
        }
    }

    @Test
    @Tag("soak")
    void forLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("origins, first seed " + seed);
        for (; System.nanoTime() < end; seed++) {
            for (LinkType type : LinkType.values()) {
                checkLinkType(seed, type);
            }
            checkSockets(seed);
            checkSets(seed);
            RandomLists[] lists = RandomLists.values();
            check("EN10MB", lists[Math.floorMod(seed, lists.length)].list(new Random(seed), 150), OPTIONS);
        }
    }

    private static void checkLinkType(long seed, LinkType type) {
        String expression = new RandomExpressions(new Random(seed), type, false).next();
        check(type.name(), expression, OPTIONS);
        check(type.name(), expression, OPTIONS.withoutOptimizer());
    }

    private static void checkSockets(long seed) {
        check("UDP_SOCKET", new RandomSocketExpressions(new Random(seed), "udp").next(), OPTIONS);
        check("TCP_SOCKET", new RandomSocketExpressions(new Random(seed), "tcp").next(), OPTIONS);
        check("ETHERNET", new RandomExpressions(new Random(seed), LinkType.EN10MB, true).next(), OPTIONS);
    }

    private static void checkSets(long seed) {
        Options options = OPTIONS.withSet("a", new RandomSets(new Random(seed)).next())
                .withSet("b", new RandomSets(new Random(-seed)).next());
        check("EN10MB", "src net @a and not (dst host @b or 10.0.0.1) or udp port 53", options);
        check("UDP_SOCKET", "host @a or src and dst net @b", options);
    }

    /** Checks that each conditional jump has an origin, and that each origin is of tests of the text. */
    private static void check(String where, String expression, Options options) {
        Program program;
        try {
            program = compile(where, expression, options);
        } catch (ExpressionException e) {
            return; // too many instructions, or a test that the link type does not have
        }
        Set<String> terms = new TreeSet<>(Parser.terms(expression));
        terms.addAll(terms.stream().map(term -> "not " + term).toList());
        for (int pc = 0; pc < program.size(); pc++) {
            Instruction instruction = program.instructions().get(pc);
            int number = pc;
            Supplier<String> at = () -> where + ": " + expression + ", instruction " + number;
            Optional<String> origin = program.origin(pc);
            if (instruction.isReturn() || instruction instanceof Instruction.Jump) {
                assertEquals(Optional.empty(), origin, at);
                continue;
            }
            assertTrue(origin.isPresent() || !(instruction instanceof Instruction.ConditionalJump), at);
            assertTrue(origin.isPresent() || !(instruction instanceof Instruction.PacketLoad), at);
            String[] named =
                    origin.orElse("").replaceFirst(" and [0-9]+ more$", "").split(", ", -1);
            if (origin.isPresent()) {
                assertTrue(terms.containsAll(List.of(named)), () -> at.get() + ": " + origin.get());
                assertEquals(named.length, Set.of(named).size(), at);
                assertFalse(named.length > 3, at);
            }
        }
    }
}
