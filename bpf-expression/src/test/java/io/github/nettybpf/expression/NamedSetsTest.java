package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.expression.FilterExpression.Options;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sets of addresses that expressions name. */
class NamedSetsTest {
    private static final Options OPTIONS = Options.DEFAULT
            .withSet("blocked", AddressSet.of("10.0.0.1", "10.1.0.0/16", "2001:db8::/32"))
            .withSet("v4", AddressSet.of("192.0.2.1-192.0.2.2"))
            .withSet("v6", AddressSet.of("::1"))
            .withSet("none", AddressSet.EMPTY)
            .withSet("lists/a-b_c.txt", AddressSet.of("0.0.0.0/0", "::/0"));

    private static FilterExpression of(String expression) {
        return FilterExpression.of(expression, LinkType.EN10MB, OPTIONS);
    }

    /** Two expressions that have the same program. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = ';', textBlock = """
                    a list of its prefixes      ; src net @blocked                ; src net 10.0.0.1/32 or src net 10.1.0.0/16 or src net 2001:db8::/32
                    host is net                 ; src host @blocked               ; src net @blocked
                    so is what no kind means    ; dst @blocked                    ; dst net @blocked
                    either direction            ; net @blocked                    ; net 10.0.0.1/32 or net 10.1.0.0/16 or net 2001:db8::/32
                    part of a list              ; src net (@v4 or 10.0.0.0/8)     ; src net 192.0.2.1/32 or src net 192.0.2.2/32 or src net 10.0.0.0/8
                    at the end of a list        ; src net 10.0.0.0/8 or @v4       ; src net 10.0.0.0/8 or src net 192.0.2.1/32 or src net 192.0.2.2/32
                    two in a list               ; host @v4 or @v6                 ; net 192.0.2.1/32 or net 192.0.2.2/32 or net ::1/128
                    negated                     ; not src net @v4                 ; not (src net 192.0.2.1/32 or src net 192.0.2.2/32)
                    among what is excluded      ; not src @v4 and not src 10.0.0.1 ; not src net 192.0.2.1/32 and not src net 192.0.2.2/32 and not src 10.0.0.1
                    beside other tests          ; tcp and dst net @v4 and port 80 ; tcp and (dst net 192.0.2.1/32 or dst net 192.0.2.2/32) and port 80
                    of IPv4                     ; ip src net @blocked             ; ip src net 10.0.0.1/32 or ip src net 10.1.0.0/16
                    of IPv6                     ; ip6 src net @blocked            ; ip6 src net 2001:db8::/32
                    of ARP                      ; arp net @v4                     ; arp net 192.0.2.1/32 or arp net 192.0.2.2/32
                    both ends in the set        ; src and dst net @v4             ; (src net 192.0.2.1/32 or src net 192.0.2.2/32) and (dst net 192.0.2.1/32 or dst net 192.0.2.2/32)
                    after a tag                 ; vlan and src net @v4            ; vlan and (src net 192.0.2.1/32 or src net 192.0.2.2/32)
                    no blank is needed          ; !src net @v4&&(tcp)             ; not src net @v4 and tcp
                    all addresses               ; src net @lists/a-b_c.txt        ; src net 0.0.0.0/0 or src net ::/0
                    none in a list              ; src net @none or 10.0.0.0/8     ; src net 10.0.0.0/8
                    none is excluded            ; tcp and not net @none           ; tcp
                    """)
    void means(String rule, String expression, String same) {
        assertEquals(of(same).program(), of(expression).program(), rule);
        Options plain = OPTIONS.withoutOptimizer();
        assertEquals(
                FilterExpression.of(same, LinkType.EN10MB, plain).program(),
                FilterExpression.of(expression, LinkType.EN10MB, plain).program(),
                rule);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    net @bloked              | column 5: '@bloked' (expected: a set that is bound: @blocked, @v4, @v6, @none, @lists/a-b_c.txt; did you mean 'blocked'?)
                    host @./block.txt        | column 6: '@./block.txt' (expected: a set that is bound: @blocked, @v4, @v6, @none, @lists/a-b_c.txt; an expression reads no file)
                    tcp and src port @v4     | column 18: '@v4' (expected: a port; a set has addresses, for host and net)
                    portrange @v4            | column 11: '@v4' (expected: a port; a set has addresses, for host and net)
                    port (80 or @v4)         | column 13: '@v4' (expected: a port; a set has addresses, for host and net)
                    ip proto @v4             | column 10: '@v4' (expected: the number or name of a protocol)
                    gateway @v4              | column 9: '@v4' (expected: host or net instead of 'gateway' before it)
                    ether src host @v4       | column 16: '@v4' (expected: a hardware address; a set has IP addresses)
                    addr1 @v4                | column 7: '@v4' (expected: a hardware address; a set has IP addresses)
                    tcp net @v4              | column 9: '@v4' (expected: ip, ip6, arp, rarp or nothing instead of 'tcp' before it)
                    decnet host @v4          | column 13: '@v4' (expected: ip, ip6, arp, rarp or nothing instead of 'decnet' before it)
                    @v4                      | column 1: '@v4' (expected: host or net before it)
                    ip @v4                   | column 4: '@v4' (expected: host, net, port or proto between 'ip' and it)
                    net @v4 mask 255.0.0.0   | column 9: 'mask' (expected: 'and', 'or' or the end)
                    net @                    | column 5: '@' (expected: the name of a set after it: letters, digits, '_', '-', '.' and '/')
                    net @ v4                 | column 5: '@' (expected: the name of a set after it: letters, digits, '_', '-', '.' and '/')
                    net @v4@v6               | column 8: '@v6' (expected: 'and', 'or' or the end)
                    ip.src == @v4            | column 1: 'ip.src' (expected: a protocol, host, net, port, a comparison, 'not' or '('; that is a Wireshark display filter: write 'src host @v4')
                    src net @none            | column 1: expression rejects all packets (expected: one that some packet passes)
                    ip6 net @v4              | column 1: expression rejects all packets (expected: one that some packet passes)
                    tcp and arp net @v6      | column 1: expression rejects all packets (expected: one that some packet passes)
                    """)
    void refuses(String expression, String message) {
        ExpressionException e = assertThrows(ExpressionException.class, () -> of(expression));
        assertEquals(message, "column " + e.column() + ": " + e.problem());
    }

    @Test
    void saysThatNoSetIsBound() {
        ExpressionException e =
                assertThrows(ExpressionException.class, () -> FilterExpression.compile("net @x", LinkType.RAW));
        assertEquals(
                "column 5: '@x' (expected: a set that is bound; none is)", "column " + e.column() + ": " + e.problem());
        Options many = Options.DEFAULT;
        for (int i = 0; i < 12; i++) {
            many = many.withSet("set" + i, AddressSet.EMPTY);
        }
        Options all = many;
        e = assertThrows(ExpressionException.class, () -> FilterExpression.of("net @other", LinkType.RAW, all));
        assertEquals(
                "column 5: '@other' (expected: a set that is bound: @set0, @set1, @set2, @set3, @set4, @set5, @set6, @set7,"
                        + " @set8, @set9 and 2 more)",
                "column " + e.column() + ": " + e.problem());
    }

    /** Where a list would be refused, a set without addresses is, too: else a list could not lose its last one. */
    @ParameterizedTest
    @ValueSource(strings = {"blocked", "v4", "v6", "none"})
    void isRefusedWhereNoAddressIs(String set) {
        ExpressionException e = assertThrows(
                ExpressionException.class, () -> FilterExpression.of("not host @" + set, Placement.PAYLOAD, OPTIONS));
        assertEquals(
                "column 10: an address (expected: len, less, greater or link[...]; a payload has no headers)",
                "column " + e.column() + ": " + e.problem());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = ';', textBlock = """
                    src net @blocked          ; EN10MB ; source address in the set blocked (3 prefixes) (ip, arp, rarp or ip6)
                    src net @blocked          ; RAW    ; source address in the set blocked (3 prefixes) (ip or ip6)
                    host @v4                  ; EN10MB ; source or destination address in the set v4 (2 prefixes) (ip, arp or rarp)
                    host @v4                  ; RAW    ; source or destination address in the set v4 (2 prefixes) (ip)
                    src and dst net @v6       ; EN10MB ; source and destination address in the set v6 (1 prefix) (ip6)
                    ip dst net @blocked       ; EN10MB ; destination address in the set blocked (3 prefixes) (ip)
                    tcp or ip6 net @v4        ; EN10MB ; any of/  protocol tcp in ip or ip6/  source or destination address in the set v4 (2 prefixes): never
                    tcp or net @none          ; EN10MB ; any of/  protocol tcp in ip or ip6/  source or destination address in the set none (0 prefixes): never
                    tcp or arp net @v4        ; RAW    ; any of/  protocol tcp in ip or ip6/  source or destination address in the set v4 (2 prefixes) (arp): never, with raw IP
                    vlan and not src net @v4  ; EN10MB ; all of/  VLAN tag, and the tests after it are about what is inside/  not/    source address in the set v4 (2 prefixes) (ip, arp or rarp)
                    """)
    void explains(String expression, LinkType type, String explained) {
        FilterExpression compiled = FilterExpression.of(expression, type, OPTIONS);
        assertEquals(explained.replace("/", "\n") + "\n", compiled.explain());
        assertEquals(expression, compiled.toString());
    }

    /** The example of docs/expressions.md. */
    @Test
    void readsAList(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("block.txt"), "10.0.0.0/8\n2001:db8::1-2001:db8::9 # guests\n");
        Options options = Options.DEFAULT.withSet("blocked", AddressSet.parse(file));
        Program wanted = FilterExpression.of("udp and not src net @blocked", Placement.UDP_SOCKET, options)
                .program();
        Filter filter = Filter.interpret(wanted);
        byte[] other = {9, 0, 0, 1};
        byte[] ipv6 = new byte[16];
        ByteBuffer.wrap(ipv6).putInt(0x20010db8).put(15, (byte) 9);
        assertEquals(0, filter.run(udp(AddressedPacket.IP, new byte[] {10, 1, 2, 3}, other)));
        assertEquals(262144, filter.run(udp(AddressedPacket.IP, other, new byte[] {10, 1, 2, 3})));
        assertEquals(0, filter.run(udp(AddressedPacket.IP6, ipv6, new byte[16])));
        assertEquals(262144, filter.run(udp(AddressedPacket.IP6, new byte[16], ipv6)));
    }

    private static Packet udp(int carrier, byte[] source, byte[] destination) {
        return new AddressedPacket(carrier, source, destination).ofSocket(true);
    }

    @Test
    void whatIsInNoSetPassesAll() {
        FilterExpression all = of("not src net @none");
        assertTrue(all.acceptsAll());
        FilterExpression nothing = FilterExpression.of("net @none", LinkType.EN10MB, OPTIONS.withRejectingAll());
        assertTrue(nothing.rejectsAll());
        assertFalse(nothing.acceptsAll());
    }

    @Test
    void namesAreBound() {
        assertEquals(
                List.of("blocked", "v4", "v6", "none", "lists/a-b_c.txt"),
                List.copyOf(OPTIONS.sets().keySet()));
        AddressSet other = AddressSet.of("10.0.0.9");
        Options again = OPTIONS.withSet("v4", other)
                .withNetmask(0xff000000)
                .withoutOptimizer()
                .withRejectingAll();
        assertEquals(other, again.sets().get("v4"));
        assertEquals(AddressSet.of("192.0.2.1-192.0.2.2"), OPTIONS.sets().get("v4"));
        assertThrows(UnsupportedOperationException.class, () -> again.sets().clear());
        for (String name : new String[] {"", "a b", "@a", "ä", "a\n"}) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> OPTIONS.withSet(name, other));
            assertEquals(
                    "'" + name + "' (expected: a name for a set: letters, digits, '_', '-', '.' and '/')",
                    e.getMessage());
        }
    }

    @Test
    void listsTheNamesOfAnExpression() {
        assertEquals(
                List.of("b", "/etc/a.txt"),
                List.copyOf(FilterExpression.setNames("src net @b or not(dst host @/etc/a.txt)and net @b")));
        assertEquals(List.of(), List.copyOf(FilterExpression.setNames("tcp port 80 and proto \\a@b")));
        assertEquals(
                "column 5: '@' (expected: the name of a set after it: letters, digits, '_', '-', '.' and '/')\n"
                        + "  net @!\n      ^",
                assertThrows(ExpressionException.class, () -> FilterExpression.setNames("net @!"))
                        .getMessage());
    }

    /** {@return scattered addresses of so many bytes} */
    private static AddressSet hosts(int count, int bytes) throws UnknownHostException {
        AddressSet.Builder builder = AddressSet.builder();
        for (int i = 0; i < count; i++) {
            byte[] address = new byte[bytes];
            address[0] = 0x20;
            ByteBuffer.wrap(address).putInt(bytes - 4, i * (Integer.MAX_VALUE / count * 2));
            builder.add(InetAddress.getByAddress(address));
        }
        return builder.build();
    }

    /** A million prefixes are refused before anything is made of them. */
    @ParameterizedTest
    @ValueSource(ints = {4, 16})
    void aSetOfAMillionIsRefused(int bytes) throws UnknownHostException {
        AddressSet million = hosts(1_000_000, bytes);
        assertEquals(1_000_000, million.rangeCount());
        Options options = Options.DEFAULT.withSet("million", million);
        ExpressionException e = assertThrows(
                ExpressionException.class,
                () -> FilterExpression.of("tcp and src net @million", Placement.ETHERNET, options));
        assertEquals(
                "column 17: '@million' has 1,000,000 ranges of addresses, too many for the 4096 instructions of a program"
                        + " (expected: about 1,800 IPv4 or 320 IPv6 hosts, twice as many after 'src' or 'dst'; AddressFilterHandler"
                        + " and BpfFilterHandler.builder(...).denySources take sets of any size)",
                "column " + e.column() + ": " + e.problem());
    }

    @Test
    void aSetThatJustDoesNotFitIsRefused() throws UnknownHostException {
        Options options = Options.DEFAULT.withSet("many", hosts(3_000, 4));
        assertTrue(FilterExpression.of("src net @many", Placement.IP, options)
                        .program()
                        .size()
                > 3_000);
        ExpressionException e =
                assertThrows(ExpressionException.class, () -> FilterExpression.of("net @many", Placement.IP, options));
        assertEquals(
                "column 1: an expression that takes more instructions than a program can have (expected: at most 4096; with"
                        + " sets, about 1,800 IPv4 or 320 IPv6 hosts, twice as many after 'src' or 'dst'; AddressFilterHandler"
                        + " and BpfFilterHandler.builder(...).denySources take sets of any size)",
                "column " + e.column() + ": " + e.problem());
    }

    /** Ranges whose ends are of no prefix: some 27 prefixes each. */
    @Test
    void aSetOfRangesFitsByItsRanges() {
        List<String> ranges = new ArrayList<>();
        Random random = new Random(1);
        for (int i = 0; i < 1_800; i++) {
            int first = i * 2_300_000 + random.nextInt(500_000);
            int last = first + 1_000_000 + random.nextInt(500_000);
            ranges.add(dotted(first) + "-" + dotted(last));
        }
        AddressSet set = AddressSet.of(ranges.toArray(String[]::new));
        assertEquals(1_800, set.rangeCount());
        assertTrue(set.prefixCount() > 36_000, () -> set.toString());
        Program program = FilterExpression.of("src net @x", Placement.IP, Options.DEFAULT.withSet("x", set))
                .program();
        assertTrue(program.size() < 3_800, () -> program.size() + " instructions");
    }

    private static String dotted(int address) {
        return (address >>> 24) + "." + (address >> 16 & 255) + "." + (address >> 8 & 255) + "." + (address & 255);
    }

    /** Each mention counts: the expression would be as long with the prefixes in it. */
    @Test
    void tooManyPrefixesAreRefused() {
        AddressSet odd = AddressSet.of("0.0.0.1-255.255.255.254", "::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe");
        assertEquals(2, odd.rangeCount());
        assertEquals(62 + 254, odd.prefixCount());
        Options options = Options.DEFAULT.withSet("odd", odd);
        String expression = "net @odd" + " or net @odd".repeat(250);
        ExpressionException e =
                assertThrows(ExpressionException.class, () -> FilterExpression.of(expression, LinkType.RAW, options));
        assertEquals(
                "column 2489: with '@odd', sets have 65,728 prefixes here, too many for the 4096 instructions of a program"
                        + " (expected: about 1,800 IPv4 or 320 IPv6 hosts, twice as many after 'src' or 'dst'; AddressFilterHandler"
                        + " and BpfFilterHandler.builder(...).denySources take sets of any size)",
                "column " + e.column() + ": " + e.problem());
    }
}
