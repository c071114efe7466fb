package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Growth;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.expression.code.CodeGenerator;
import io.github.nettybpf.expression.code.WorkBudget;
import io.github.nettybpf.expression.lower.Encapsulation;
import io.github.nettybpf.expression.lower.Lowering;
import io.github.nettybpf.expression.parse.Parser;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Deep, long and senseless expressions: a program or an error, with work that grows about as they do. */
class LimitsTest {
    /** The verdict for packets that an expression accepts. */
    private static final int ACCEPT = 262144;

    private static final int DEEP = 10_000;
    private static final int LONG = 5_000;

    private static final String[] WORDS = {
        "tcp",
        "port",
        "host",
        "(",
        ")",
        "and",
        "or",
        "not",
        "10.0.0.1",
        "80",
        "ip",
        "[",
        "]",
        "0",
        "=",
        "+",
        "-",
        "&",
        "net",
        "/",
        "8",
        "src",
        "dst",
        "::1",
        "@x",
        "vlan",
        "mpls",
        "pppoes",
        "len",
        "%",
        "ether",
        "1:2:3:4:5:6",
        "proto",
        "llc",
        "\\tcp",
        "portrange",
        "1-2",
        "gateway",
        "geneve",
        "mask",
        "less",
        "broadcast",
        "!",
        "<<",
        ":",
        "byte",
        "decnet",
        "icmp6",
        "iso",
        "isis",
        "tcpflags",
        "x",
        "ifindex",
        "inbound",
        "protochain",
        "0x10",
        "1.2",
        "\\",
        "ü",
        "\u0000"
    };

    private static Program compile(String expression) {
        return FilterExpression.compile(expression, LinkType.EN10MB);
    }

    /** Compiles, or has the expression refused. */
    private static void tryCompile(String expression) {
        try {
            compile(expression);
        } catch (ExpressionException e) {
            assertTrue(e.getMessage().startsWith("column "), "column " + e.column() + ": " + e.problem());
        }
    }

    private static String nested(String open, String middle, String close, int depth) {
        return open.repeat(depth) + middle + close.repeat(depth);
    }

    @ParameterizedTest
    @CsvSource({
        "(, tcp, )",
        "not (, tcp, )",
        "tcp port (, 80, )",
        "-, len = 1, ''",
        "(tcp and , tcp, )",
        "(tcp or (tcp and , tcp, ))",
        "+ 1, = 20001, ''",
        "ip[, 0, ]",
        "(, '', ''"
    })
    void workGrowsWithTheDepth(String open, String middle, String close) {
        Growth.assertNearlyLinear(open + middle + close, DEEP, depth -> {
            String start = open.startsWith("tcp port") ? "tcp port " : open.startsWith("+") ? "len " : "";
            String expression = nested(open.replace("tcp port ", ""), middle, close, depth);
            return () -> tryCompile(start + expression);
        });
    }

    @Test
    void parenthesesMayBeNested() {
        Program tcp = compile("tcp");
        assertEquals(tcp, compile("(".repeat(DEEP) + "tcp" + ")".repeat(DEEP)));
        assertEquals(tcp, compile("not (".repeat(DEEP) + "tcp" + ")".repeat(DEEP)));
        assertEquals(compile("tcp port 80"), compile("tcp port " + "(".repeat(DEEP) + "80" + ")".repeat(DEEP)));
        assertEquals(compile("len = 1"), compile("(".repeat(DEEP) + "len" + ")".repeat(DEEP) + " = 1"));
        assertEquals(compile("len = 1"), compile("len = " + "(".repeat(DEEP) + "1" + ")".repeat(DEEP)));
        assertEquals(compile("len = 1"), compile("-".repeat(DEEP) + "len = 1"));
        assertEquals(tcp, compile("(tcp and ".repeat(DEEP) + "tcp" + ")".repeat(DEEP)));
        assertEquals(5, compile("len " + "+ 1".repeat(DEEP) + " = 20001").size());
        FilterExpression alternating = FilterExpression.of(
                "(tcp or (tcp and ".repeat(DEEP) + "tcp" + "))".repeat(DEEP), LinkType.EN10MB, Options.DEFAULT);
        assertEquals(tcp, alternating.program());
        assertEquals(4 * DEEP + 1, alternating.explain().lines().count());
        assertThrows(ExpressionException.class, () -> compile("(".repeat(DEEP)));
        assertThrows(ExpressionException.class, () -> compile("ip[".repeat(DEEP) + "0" + "]".repeat(DEEP) + " = 0"));
    }

    @Test
    void tenThousandHostsInARowFit() {
        String list = IntStream.range(0, 10_000)
                .mapToObj(i -> "10.1." + (i >> 8) + "." + (i & 255))
                .collect(Collectors.joining(" or "));
        Program program = compile("src host " + list);
        assertTrue(program.size() < 20, program::toString);
    }

    @Test
    void tenThousandScatteredHostsAreTooMany() {
        String list = hosts(10_000).stream().map(LimitsTest::dotted).collect(Collectors.joining(" or "));
        ExpressionException e = assertThrows(ExpressionException.class, () -> compile("src host " + list));
        assertEquals(
                "column 1: an expression that takes more instructions than a program can have (expected: at most 4096)",
                "column " + e.column() + ": " + e.problem());
    }

    private static List<Integer> hosts(int n) {
        Random random = new Random(n);
        Set<Integer> hosts = new HashSet<>();
        while (hosts.size() < n) {
            hosts.add(random.nextInt());
        }
        List<Integer> list = new ArrayList<>(hosts);
        Collections.shuffle(list, random);
        return list;
    }

    private static String dotted(int address) {
        return (address >>> 24) + "." + (address >> 16 & 255) + "." + (address >> 8 & 255) + "." + (address & 255);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 10, 100, 1000, 1500})
    void listsFindEachOfTheirHostsAndNoOther(int n) {
        List<Integer> hosts = hosts(n);
        String list = hosts.stream().map(LimitsTest::dotted).collect(Collectors.joining(" or "));
        Program program = FilterExpression.compile("host " + list, Placement.IP);
        Filter filter = Filter.interpret(program);
        Set<Integer> set = new HashSet<>(hosts);
        Random random = new Random(n);
        for (int host : hosts) {
            for (int other : new int[] {host, host + 1, host - 1, random.nextInt()}) {
                int verdict = set.contains(other) ? ACCEPT : 0;
                assertEquals(verdict, filter.run(ip(other, 0)), () -> dotted(other));
                assertEquals(verdict, filter.run(ip(0, other)), () -> dotted(other));
            }
        }
    }

    private static Packet ip(int source, int destination) {
        ByteBuffer packet = ByteBuffer.allocate(20);
        packet.putInt(0x45000014).putLong(0).putInt(source).putInt(destination);
        return Packet.of(packet.array());
    }

    /** {@return the term, of which each in a list is like others or like none} */
    private static String list(String term, int terms, String operator) {
        return IntStream.range(0, terms)
                .mapToObj(i -> String.format(term, i % 100, i, i >> 8, i & 255, i * 31 & 255))
                .collect(Collectors.joining(operator));
    }

    /**
     * Numbers from 0 to 99 come again and again in the first ones; the hardware addresses of the last two share
     * nothing.
     */
    private static Stream<String> listTerms() {
        return Stream.of(
                "ip[%d] = 7",
                "tcp port %d",
                "ether host 1:2:3:4:5:%d",
                "host 2001:db8::%d",
                "vlan",
                "net 10.%d",
                "portrange 1-%d",
                "not port %d",
                "len %% 7 = %d",
                "ip[%2$d] = 7",
                "tcp port %2$d",
                "portrange 1-%2$d",
                "len %% 8192 = %2$d",
                "host 2001:db8::%2$x",
                "src net 2001:db8:%2$x::/48",
                "ether host 1:2:3:4:%3$x:%4$x",
                "ether dst %3$x:%4$x:3:4:5:6",
                "ether host %5$x:%4$x:3:4:%3$x:%4$x",
                "not ether src %5$x:%4$x:3:4:%3$x:%4$x");
    }

    @ParameterizedTest
    @MethodSource("listTerms")
    void workGrowsWithTheList(String term) {
        assertGrowsWithTheList(term, LONG);
    }

    @ParameterizedTest
    @MethodSource("listTerms")
    @Tag("soak")
    void workGrowsWithALongList(String term) {
        assertGrowsWithTheList(term, 2 * LONG);
    }

    private static void assertGrowsWithTheList(String term, int most) {
        for (String operator : new String[] {" or ", " and "}) {
            Growth.assertNearlyLinear(term + operator, most, terms -> {
                String expression = list(term, terms, operator);
                return () -> tryCompile(expression);
            });
        }
    }

    /** What is refused takes no more than the bounded work. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "(host 10.%3$d.%4$d.1 and host 10.77.%4$d.%3$d)",
                "not (host 10.%3$d.%4$d.1 and host 9.%5$d.%4$d.%3$d and port %2$d)",
                "(src host 10.%3$d.%4$d.1 and dst port %2$d)",
                "(host 2001:db8:%2$x:%5$x::%4$x and port %2$d)",
                "ip[%1$d] = %4$d",
                "portrange 1-%2$d",
                "src host %4$d.%5$d.%3$d.%4$d"
            })
    void refusalsTakeBoundedWork(String term) {
        String expression = list(term, LONG, term.startsWith("not") ? " and " : " or ");
        WorkBudget budget = new WorkBudget(CodeGenerator.MAX_WORK);
        List<Lowering.Lowered> forms = Stream.of(false, true)
                .map(shared -> Lowering.lower(
                        Objects.requireNonNull(Parser.parse(expression)),
                        Encapsulation.ETHERNET,
                        false,
                        Options.DEFAULT,
                        shared))
                .toList();
        int size = CodeGenerator.shortest(forms, budget).size();
        assertTrue(budget.spent() <= CodeGenerator.MAX_WORK * 5 / 4, () -> size + ": " + budget.spent());
    }

    @Test
    void junkIsRefused() {
        assertTrue(compiledOfJunk(5, 50_000) > 25);
    }

    @Test
    @Tag("soak")
    void junkIsRefusedForLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("junk expressions, first seed " + seed);
        for (; System.nanoTime() < end; seed++) {
            compiledOfJunk(seed, 50_000);
        }
    }

    /** {@return how many of the expressions can be compiled} */
    private static int compiledOfJunk(long seed, int expressions) {
        Random random = new Random(seed);
        int compiled = 0;
        for (int i = 0; i < expressions; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(12); n >= 0; n--) {
                if (random.nextInt(8) == 0) {
                    text.append((char) random.nextInt(random.nextBoolean() ? 128 : 0x10000));
                } else {
                    text.append(WORDS[random.nextInt(WORDS.length)]).append(random.nextInt(6) == 0 ? "" : " ");
                }
            }
            try {
                Placement placement = random.nextBoolean() ? Placement.UDP_SOCKET : Placement.ETHERNET;
                FilterExpression.compile(text.toString(), placement);
                compiled++;
            } catch (ExpressionException e) {
                assertTrue(e.column() >= 1 && e.column() <= text.length() + 1, () -> "seed " + seed + ": " + text);
            }
        }
        return compiled;
    }
}
