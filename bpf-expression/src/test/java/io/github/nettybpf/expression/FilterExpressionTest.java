package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.FilterExpression.Options;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FilterExpressionTest {
    /** Two expressions that say the same. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = ';', quoteCharacter = '"', textBlock = """
                    qualifiers are inherited          ; src host 10.0.0.1 or 10.0.0.2   ; src host 10.0.0.1 or src host 10.0.0.2
                    by a list in parentheses          ; tcp port (80 or 443)            ; tcp port 80 or tcp port 443
                    through parentheses               ; tcp port 80 or (443 or 8080)    ; tcp port 80 or tcp port 443 or tcp port 8080
                    past a parenthesis                ; port 80 and (tcp) and 443       ; port 80 and tcp and port 443
                    by what is negated                ; port 80 and not 443             ; port 80 and not port 443
                    not may stand behind qualifiers   ; port not 53                     ; not port 53
                    and and or bind equally           ; tcp or udp and port 53          ; (tcp or udp) and port 53
                    not binds closest                 ; not tcp and udp                 ; (not tcp) and udp
                    C spellings                       ; !tcp && (ip || ip6)             ; not tcp and (ip or ip6)
                    host is what no kind means        ; src 10.0.0.1                    ; src host 10.0.0.1
                    a short address is a network      ; net 10.1                        ; net 10.1.0.0/16
                    a number is a short address       ; net 10                          ; net 10.0.0.0/8
                    a mask                            ; net 10.0.0.0 mask 255.0.0.0     ; net 10.0.0.0/8
                    a service of both transports      ; port domain                     ; port 53
                    a service of one transport        ; port ssh                        ; tcp port 22
                    a range by names                  ; portrange ftp-ssh               ; tcp portrange 21-22
                    a range upside down               ; portrange 90-80                 ; portrange 80-90
                    a service of both by an alias     ; port syslog                     ; port 514
                    of tcp alone                      ; port http-alt                   ; tcp port 8080
                    of tcp alone, too                 ; port microsoft-ds               ; tcp port 445
                    a service of Debian's             ; port snmptrap                   ; port 162
                    of tcp alone, of Debian's         ; port redis                      ; tcp port 6379
                    of tcp alone, of Debian's, too    ; port git                        ; tcp port 9418
                    a service of IANA's registry      ; port irc                        ; port 194
                    a range by a name and a number    ; udp portrange smtp-25           ; udp port 25
                    names with hyphens                ; tcp portrange ftp-data-domain-s ; tcp portrange 20-853
                    the protocol 0                    ; proto \\ip                      ; proto 0
                    an alias of a protocol            ; proto OSPFIGP                   ; proto ospf
                    DECnet to the last node           ; decnet src 63.1023              ; decnet src 65535
                    an escaped name                   ; ip proto \\tcp                  ; ip proto 6
                    a range of lengths                ; less 100                        ; len <= 100
                    == of a byte                      ; byte 3 == 7                     ; ether[3] = 7
                    & of a byte                       ; byte 3 & 7                      ; ether[3] & 7 != 0
                    | of a byte                       ; byte 3 | 7                      ; ether[3] | 7 != 0
                    a byte of the link layer          ; byte 3 = 7                      ; ether[3] = 7
                    * before +                        ; len + 2 * 3 = 8                 ; len + (2 * 3) = 8
                    + before <<                       ; len << 1 + 1 = 8                ; len << 2 = 8
                    & before the other one            ; ip[0] & 1 | 2 = 3               ; (ip[0] & 1) | 2 = 3
                    % takes all that follows          ; len % 2 + 3 = 1                 ; len % 5 = 1
                    minus                             ; len = -1                        ; len = 0xffffffff
                    numbers                           ; len = 0x10                      ; len = 020
                    hardware addresses                ; ether host 0:1:2:3:4:5          ; ether host 000102030405
                    with dashes                       ; ether host 0-1-2-3-4-5          ; ether host 0001.0203.0405
                    IPv6                              ; host 2001:db8:0:0:0:0:0:1       ; host 2001:db8::1
                    """)
    void means(String rule, String expression, String same) {
        assertEquals(
                FilterExpression.compile(same, LinkType.EN10MB),
                FilterExpression.compile(expression, LinkType.EN10MB),
                rule);
    }

    /** What is refused, and how. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    tpc port 80         | column 1: 'tpc' (expected: a protocol, host, net, port, a comparison, 'not' or '('; did you mean 'tcp'?)
                    tcp prot 80         | column 5: 'prot' (expected: host, net, port or proto between 'tcp' and it; did you mean 'port'?)
                    port htpt           | column 6: 'htpt' (expected: 0..65535 or a service; did you mean 'http'?)
                    port 65536          | column 6: no port (expected: 0..65535 or a service)
                    tcp port tftp       | column 10: 'tftp' (expected: a service of the transport protocol before it; this is udp)
                    10.0.0.1            | column 1: '10.0.0.1' (expected: host, net or port before it)
                    ip 10.0.0.1         | column 4: '10.0.0.1' (expected: host, net, port or proto between 'ip' and it)
                    host 10.0.0.256     | column 6: '10.0.0.256' (expected: numbers 0..255 between the dots)
                    net 10.0.0.1/24     | column 5: '10.0.0.1/24' (expected: zeros after the prefix; did you mean '10.0.0.0/24'?)
                    net 10.0.0.0/33     | column 14: '33' (expected: the length of a prefix, 0..32)
                    host 10.0.0.0/8     | column 6: '10.0.0.0/8' (expected: net before a prefix or mask)
                    host example.com    | column 6: 'example.com' (expected: an address; hosts are not looked up without a resolver)
                    host 1::2::3        | column 6: '1::2::3' (expected: an IPv6 or a hardware address)
                    ip host ::1         | column 9: an IPv6 address after 'ip' (expected: ip6 before it)
                    host 0:1:2:3:4:5    | column 6: '0:1:2:3:4:5' after no protocol (expected: ether before a hardware address)
                    tcp and             | column 8: the end (expected: a protocol, host, net, port, a comparison, 'not' or '(')
                    (tcp                | column 5: the end (expected: 'and', 'or' or ')')
                    tcp)                | column 4: ')' (expected: 'and', 'or' or the end)
                    tcp udp             | column 5: 'udp' (expected: 'and', 'or' or the end)
                    ip[0                | column 5: the end (expected: an operator, ':' or ']')
                    ip[0:3] = 1         | column 6: '3' (expected: 1, 2 or 4)
                    ip[0]               | column 6: the end (expected: an operator or a comparison)
                    len / 0 = 1         | column 5: '/' by 0 (expected: another number)
                    len << 32 = 1       | column 5: '<<' by 32 (expected: 0..31)
                    port 80 = 1         | column 9: '=' (expected: 'and', 'or' or the end)
                    len = 4294967296    | column 7: '4294967296' (expected: a number below 2^32)
                    len = 08            | column 7: '08' (expected: octal digits after a 0)
                    host ä              | column 6: U+00E4 (expected: a word, a number, an address or an operator)
                    geneve 16777216     | column 1: 'geneve' (expected: 0..16777215 after it)
                    geneve and geneve and geneve and geneve and geneve | column 45: 'geneve' (expected: at most four tunnels in one expression)
                    vlan 4096           | column 1: 'vlan' (expected: 0..4095 after it)
                    ip broadcast        | column 4: 'broadcast' (expected: a netmask for 'ip broadcast')
                    host \\              | column 6: '\\' (expected: a name after it)
                    net 10.0.0.0 mask 8 | column 19: '8' (expected: a mask such as 255.255.0.0)
                    net 10.0.0.1 mask 255.0.0.0 | column 5: '10.0.0.1 mask 255.0.0.0' (expected: zeros after the prefix; did you mean '10.0.0.0 mask 255.0.0.0'?)
                    net 2001:db8::1/64  | column 5: '2001:db8::1/64' (expected: zeros after the prefix)
                    net ::1/127         | column 5: '::1/127' (expected: zeros after the prefix)
                    net ::/129          | column 8: '129' (expected: the length of a prefix, 0..128)
                    host ::/0           | column 6: '::/0' (expected: net before a prefix)
                    src proto 6         | column 5: 'proto' (expected: host, net, port or portrange after a direction)
                    src or tcp          | column 8: 'tcp' (expected: 'dst')
                    src                 | column 4: the end (expected: host, net, port, an address, a number, a name or '(')
                    port                | column 5: the end (expected: an address, a number, a name or '(')
                    port (80 or         | column 12: the end (expected: an address, a number, a name or '(')
                    port not            | column 9: the end (expected: an address, a number, a name or '(')
                    less tcp            | column 6: 'tcp' (expected: a number)
                    vlan (5             | column 8: the end (expected: ')')
                    tcp vlan            | column 5: 'vlan' (expected: host, net, port or proto after a protocol)
                    tcp broadcast       | column 5: 'broadcast' (expected: ether, ip or ip6 before it, or nothing)
                    llc x               | column 1: 'llc x' (expected: i, s, u, rr, rnr, rej, ui, ua, disc, dm, sabme, test, xid or frmr)
                    ah[0] = 1           | column 1: 'ah[' (expected: a protocol whose bytes can be reached, such as ip or tcp)
                    ip[1048576] = 1     | column 1: 'ip[1048576]' (expected: 0..1048575 between the brackets)
                    ip[-1] = 1          | column 1: 'ip[4294967295]' (expected: 0..1048575 between the brackets)
                    ether host 10.0.0.1 | column 12: 'ether' before this (expected: a hardware address)
                    ether net 1:2:3:4:5:6 | column 11: 'ether' before this (expected: a hardware address)
                    decnet host ::1     | column 13: this after 'decnet' (expected: AREA.NODE, at most 63.1023)
                    net example         | column 5: 'example' (expected: an address; networks are not looked up)
                    portrange ssh       | column 11: 'ssh' (expected: two ports with '-' between)
                    tcp host 10.0.0.1   | column 10: an IPv4 address after 'tcp' (expected: ip, arp or rarp before it)
                    ip port 80          | column 9: a port after 'ip' (expected: tcp, udp or sctp before it)
                    arp proto 6         | column 11: 'proto' after 'arp' (expected: ether, ip, ip6, iso or isis before it)
                    ip proto 10.0.0.1   | column 10: an address (expected: the number or name of a protocol)
                    ip proto tpc        | column 10: 'tpc' (expected: the number or name of a protocol; did you mean 'tcp'?)
                    mpls and arp        | column 10: a protocol other than IP inside MPLS (expected: ip or ip6)
                    mpls and vlan       | column 10: 'vlan' (expected: no VLAN after MPLS)
                    mpls 1048576        | column 1: 'mpls' (expected: 0..1048575 after it)
                    pppoes 65536        | column 1: 'pppoes' (expected: 0..65535 after it)
                    host 1:2:3:4:5:6:7:8:9 | column 6: '1:2:3:4:5:6:7:8:9' (expected: an IPv6 or a hardware address)
                    gateway 10.0.0.1    | column 9: gateway (expected: ether host ... and not host ...; libpcap 1.10 does not have it, either)
                    radio               | column 1: 'radio' (expected: a protocol that can be tested)
                    ip protochain 6     | column 15: 'protochain' (expected: proto; the program for it would jump backward, which the kernel refuses)
                    TCP PORT 80         | column 1: 'TCP' (expected: a protocol, host, net, port, a comparison, 'not' or '('; keywords are in lower case: 'tcp')
                    tcp PORT 80         | column 5: 'PORT' (expected: host, net, port or proto between 'tcp' and it; keywords are in lower case: 'port')
                    tcp AND udp         | column 5: 'AND' (expected: host, net, port or proto between 'tcp' and it; keywords are in lower case: 'and')
                    http                | column 1: 'http' (expected: a protocol, host, net, port, a comparison, 'not' or '('; did you mean 'port http'?)
                    tcp.port == 80      | column 1: 'tcp.port' (expected: a protocol, host, net, port, a comparison, 'not' or '('; that is a Wireshark display filter: write 'tcp port 80')
                    ip.src==            | column 1: 'ip.src' (expected: a protocol, host, net, port, a comparison, 'not' or '('; that is a Wireshark display filter: write 'src host ADDRESS')
                    ip.addr==10.0.0.0/8 | column 1: 'ip.addr' (expected: a protocol, host, net, port, a comparison, 'not' or '('; that is a Wireshark display filter: write 'net 10.0.0.0/8')
                    port 80 and ip.dst != 10.0.0.1 | column 13: 'ip.dst' (expected: a protocol, host, net, port, a comparison, 'not' or '('; that is a Wireshark display filter: write 'not dst host 10.0.0.1')
                    tcp.flags.syn == 1  | column 1: 'tcp.flags.syn' (expected: a protocol, host, net, port, a comparison, 'not' or '('; that is a Wireshark display filter: write 'tcp[tcpflags] & tcp-syn != 0')
                    frame.len > 100     | column 1: 'frame.len' (expected: a protocol, host, net, port, a comparison, 'not' or '('; that is a Wireshark display filter: write 'len > 100')
                    dns.qry.name == x   | column 1: 'dns.qry.name' (expected: a protocol, host, net, port, a comparison, 'not' or '('; that is a Wireshark display filter)
                    'tcp port 80'       | column 1: ''' (expected: a word, a number, an address or an operator; it is a quote: the shell takes quotes away, an expression has none)
                    \u201ctcp\u201d     | column 1: U+201C (expected: a word, a number, an address or an operator; it is a quote: leave it out)
                    tcp\u00a0port 80    | column 4: U+00A0 (expected: a word, a number, an address or an operator; it is a no-break space: write a space)
                    \uff08tcp\uff09     | column 1: U+FF08 (expected: a word, a number, an address or an operator; it is a full-width character: write '(')
                    \ufefftcp           | column 1: U+FEFF (expected: a word, a number, an address or an operator; it is a byte order mark: leave it out)
                    portrange 1\u20132  | column 12: U+2013 (expected: a word, a number, an address or an operator; it is a dash: write '-')
                    port {80, 443}      | column 6: '{' (expected: a word, a number, an address or an operator; it is a set: write (80 or 443), with the qualifiers before it)
                    port 80, 443        | column 8: ',' (expected: a word, a number, an address or an operator; it is a list: write 'or' between its elements)
                    tcp and udp         | column 1: expression rejects all packets (expected: one that some packet passes)
                    ip6 and tcp[tcpflags] & tcp-syn != 0 | column 1: expression rejects all packets (expected: one that some packet passes)
                    decnet src 64.1     | column 12: '64.1' (expected: AREA.NODE, at most 63.1023, after 'decnet')
                    decnet src 1.1024   | column 12: '1.1024' (expected: AREA.NODE, at most 63.1023, after 'decnet')
                    byte 3 != 7         | "column 8: '!=' (expected: '=', '<', '>', '&' or '|')"
                    type mgt            | column 1: 'type' (expected: 802.11 frames; this is ethernet)
                    vpi 5               | column 1: 'vpi' (expected: a protocol, host, net, port, a comparison, 'not' or '('; it is for link types that are not supported)
                    """)
    void refuses(String expression, String message) {
        ExpressionException e =
                assertThrows(ExpressionException.class, () -> FilterExpression.compile(expression, LinkType.EN10MB));
        assertEquals(message, "column " + e.column() + ": " + e.problem());
        assertEquals(message, "column " + e.column() + ": " + e.problem());
    }

    /** Programs for sockets. */
    @ParameterizedTest(name = "{0} | {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    UDP_SOCKET | dst port 53         | ldh [2]; jneq #53, l; ret #262144; l: ret #0
                    UDP_SOCKET | udp                 | ret #262144
                    UDP_SOCKET | udp[8] & 0x80 != 0  | ldb [8]; jset #0x80, t, l; t: ret #262144; l: ret #0
                    UDP_SOCKET | src host 10.0.0.1   | ldb [0xfff00000]; and #0xf0; jneq #0x40, l; ld [0xfff0000c]; jneq #0x0a000001, l; ret #262144; l: ret #0
                    TCP_SOCKET | tcp[tcpflags] = 2   | ldb [13]; jneq #2, l; ret #262144; l: ret #0
                    PAYLOAD    | link[0:2] = 0x1234  | ldh [0]; jneq #0x1234, l; ret #262144; l: ret #0
                    PAYLOAD    | greater 10          | ld len; jlt #10, l; ret #262144; l: ret #0
                    IP         | ip[9] = 17          | ldb [0]; and #0xf0; jneq #0x40, l; ldb [9]; jneq #17, l; ret #262144; l: ret #0
                    ETHERNET   | arp                 | ldh [12]; jneq #0x806, l; ret #262144; l: ret #0
                    """)
    void placement(Placement placement, String expression, String program) {
        Program expected = Program.parse(program.replace("; ", "\n"));
        Program compiled = FilterExpression.compile(expression, placement);
        assertEquals(expected.size(), compiled.size(), compiled::toString);
        assertEquals(expected.offsetBases(), compiled.offsetBases());
        assertEquals(Optional.of(placement), compiled.placement());
    }

    @ParameterizedTest
    @EnumSource(LinkType.class)
    void programsForCapturesHaveThePlacementWithTheSameHeader(LinkType linkType) {
        Optional<Placement> expected =
                switch (linkType) {
                    case EN10MB -> Optional.of(Placement.ETHERNET);
                    case RAW -> Optional.of(Placement.IP);
                    default -> Optional.empty();
                };
        assertEquals(expected, FilterExpression.compile("len > 1", linkType).placement());
    }

    @ParameterizedTest(name = "{0} | {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    UDP_SOCKET | ether host 0:1:2:3:4:5 | column 12: a hardware address (expected: an IP address; a UDP socket has none)
                    UDP_SOCKET | tcp port 80            | column 10: a port of another transport protocol (expected: a port alone; a UDP socket receives nothing else)
                    UDP_SOCKET | icmp                   | column 1: 'icmp' (expected: ip, ip6 or udp; a UDP socket receives nothing else)
                    UDP_SOCKET | ether[0] = 1           | column 1: the link layer (expected: ip, ip6 or the socket's own protocol; a UDP socket does not see it)
                    TCP_SOCKET | geneve                 | column 1: 'geneve' (expected: packets of UDP; a TCP socket receives none)
                    TCP_SOCKET | vlan 7                 | column 1: 'vlan' (expected: Ethernet frames; this is a TCP socket)
                    PAYLOAD    | host 10.0.0.1          | column 6: an address (expected: len, less, greater or link[...]; a payload has no headers)
                    PAYLOAD    | decnet host 1.5        | column 13: an address (expected: len, less, greater or link[...]; a payload has no headers)
                    UDP_SOCKET | ip proto 6             | column 10: protocol 6 (expected: 17; a UDP socket receives nothing else)
                    UDP_SOCKET | ether proto 0x800      | column 13: 'ether proto' (expected: ip, ip6 or a port; a UDP socket does not see the link layer)
                    UDP_SOCKET | arp host 10.0.0.1      | column 10: a protocol other than IP (expected: ip or ip6; a UDP socket receives nothing else)
                    PAYLOAD    | port 53                | column 6: a port (expected: len, less, greater or link[...]; a payload has no headers)
                    PAYLOAD    | inbound                | column 1: 'inbound' (expected: len, less, greater or link[...]; a payload has no headers)
                    PAYLOAD    | ifindex 1              | column 1: 'ifindex' (expected: len, less, greater or link[...]; a payload has no headers)
                    PAYLOAD    | broadcast              | column 1: 'broadcast' (expected: len, less, greater or link[...]; a payload has no headers)
                    PAYLOAD    | multicast              | column 1: 'multicast' (expected: len, less, greater or link[...]; a payload has no headers)
                    PAYLOAD    | proto 6                | column 7: proto (expected: len, less, greater or link[...]; a payload has no headers)
                    PAYLOAD    | tcp                    | column 1: 'tcp' (expected: len, less, greater or link[...]; a payload has no headers)
                    PAYLOAD    | ip[0] = 1              | column 1: 'ip[...]' (expected: len, less, greater or link[...]; a payload has no headers)
                    PAYLOAD    | host ::1               | column 6: an address (expected: len, less, greater or link[...]; a payload has no headers)
                    PAYLOAD    | pppoes                 | column 1: 'pppoes' (expected: Ethernet frames; this is payload)
                    UDP_SOCKET | pppoed                 | column 1: 'pppoed' (expected: Ethernet frames; this is a UDP socket)
                    IP         | llc                    | column 1: 'llc' (expected: Ethernet or 802.11 frames; this is raw IP)
                    IP         | mpls                   | column 1: 'mpls' (expected: Ethernet frames; this is raw IP)
                    IP         | ether broadcast        | column 7: 'broadcast' (expected: a link type with hardware addresses; raw IP has none)
                    """)
    void refusesThere(Placement placement, String expression, String message) {
        ExpressionException e =
                assertThrows(ExpressionException.class, () -> FilterExpression.compile(expression, placement));
        assertEquals(message, "column " + e.column() + ": " + e.problem());
    }

    @Test
    void resolvesNamesWithAResolver() throws UnknownHostException {
        InetAddress address = InetAddress.getByAddress(new byte[] {10, 0, 0, 1});
        FilterExpression named = FilterExpression.of(
                "dst host gateway-1.example.com and not src host other",
                LinkType.EN10MB,
                Options.DEFAULT.withResolver(name -> List.of(address)));
        assertEquals(
                FilterExpression.compile("dst host 10.0.0.1 and not src host 10.0.0.1", LinkType.EN10MB),
                named.program());
    }

    /** The example of docs/expressions.md. */
    @Test
    void ipBroadcastTakesANetmask() {
        Options options = Options.DEFAULT.withNetmask(0xffffff00);
        Program broadcasts =
                FilterExpression.of("ip broadcast", Placement.ETHERNET, options).program();
        ByteBuffer frame = ByteBuffer.allocate(34).putShort(12, (short) 0x800);
        assertEquals(
                262144,
                Filter.interpret(broadcasts)
                        .run(Packet.of(frame.putInt(30, 0x0a0000ff).array())));
        assertEquals(
                0,
                Filter.interpret(broadcasts)
                        .run(Packet.of(frame.putInt(30, 0x0a000001).array())));
    }

    @Test
    void anEmptyExpressionAcceptsEverything() {
        assertEquals(Program.parse("ret #262144"), FilterExpression.compile(" ", LinkType.RAW));
    }

    /** Two expressions that say the same on a live Ethernet socket, which does not show the outermost VLAN tag. */
    @Test
    void findsTagsThatAreStripped() {
        Program live = FilterExpression.compile("vlan 5 and ip", Placement.ETHERNET);
        assertEquals(
                FilterExpression.compile("ip", LinkType.EN10MB), FilterExpression.compile("ip", Placement.ETHERNET));
        assertTrue(live.toString().contains("ld #vlan_avail"), live::toString);
        assertTrue(live.toString().contains("ld #vlan_tci"), live::toString);
    }

    @ParameterizedTest
    @EnumSource(LinkType.class)
    void whatReadsNoHeaderWorksEverywhere(LinkType linkType) {
        assertEquals(
                Program.parse("ret #262144").raw(),
                FilterExpression.compile("", linkType).raw());
        for (String expression : new String[] {"len > 20", "greater 30", "link[0] & 1 = 0", "byte 1 > 2"}) {
            Filter filter = Filter.interpret(FilterExpression.compile(expression, linkType));
            byte[] longer = new byte[40];
            longer[1] = 3;
            assertEquals(262144, filter.run(Packet.of(longer)), expression);
            assertEquals(0, filter.run(Packet.of(new byte[] {1, 2})), expression);
        }
    }

    @ParameterizedTest(name = "{0} | {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    PPP       | tcp           | ff030021 450000140000000000060000 0a000001 0a000002
                    PPP       | ip6           | ff030057 60
                    PPP_ETHER | host 10.0.0.1 | 110000070016 0021 450000140000000000060000 0a000001 0a000002
                    C_HDLC    | src net 10    | 0f000800 450000140000000000060000 0a000001 0a000002
                    C_HDLC    | arp           | 0f000806
                    FRELAY    | dst 10.0.0.2  | 184103cc 450000140000000000060000 0a000001 0a000002
                    FRELAY    | iso           | 18410383
                    IPNET     | tcp           | 01020001 0000000000000000000000000000000000000000 450000140000000000060000 0a000001 0a000002
                    IPNET     | outbound      | 01020001
                    """)
    void otherLinkTypes(LinkType linkType, String expression, String packet) {
        byte[] bytes = HexFormat.of().parseHex(packet.replace(" ", ""));
        Filter filter = Filter.interpret(FilterExpression.compile(expression, linkType));
        assertEquals(262144, filter.run(Packet.of(bytes)));
        bytes[linkType == LinkType.IPNET ? 1 : linkType == LinkType.PPP_ETHER ? 7 : 3]++;
        bytes[linkType == LinkType.IPNET ? 3 : 0]++;
        assertEquals(0, filter.run(Packet.of(bytes)));
    }

    @Test
    void refusesHeadersThatAreNotKnown() {
        ExpressionException e =
                assertThrows(ExpressionException.class, () -> FilterExpression.compile("tcp", LinkType.OTHER));
        assertEquals(
                "column 1: 'tcp' (expected: len, less, greater or link[...]; the headers of this link type are not"
                        + " known)",
                "column " + e.column() + ": " + e.problem());
    }

    @Test
    void saysWhetherAllPacketsGetTheSameVerdict() {
        Options options = Options.DEFAULT.withRejectingAll();
        FilterExpression nothing = FilterExpression.of("arp", LinkType.RAW, options);
        assertTrue(nothing.rejectsAll());
        assertFalse(nothing.acceptsAll());
        assertTrue(FilterExpression.of("tcp and udp", LinkType.EN10MB, options.withoutOptimizer())
                .rejectsAll());
        FilterExpression everything = FilterExpression.of("udp", Placement.UDP_SOCKET, Options.DEFAULT);
        assertTrue(everything.acceptsAll());
        assertFalse(everything.rejectsAll());
        FilterExpression some = FilterExpression.of("udp", LinkType.RAW, Options.DEFAULT);
        assertFalse(some.acceptsAll());
        assertFalse(some.rejectsAll());
    }

    /** A test inside a tunnel is false for packets without the tunnel. */
    @Test
    void looksIntoTunnelsThatAreThere() {
        FilterExpression nothing =
                FilterExpression.of("not geneve and tcp", LinkType.EN10MB, Options.DEFAULT.withRejectingAll());
        assertEquals(Program.parse("ret #0"), nothing.program());
        assertEquals(
                FilterExpression.compile("not geneve", LinkType.EN10MB),
                FilterExpression.compile("not geneve and not tcp", LinkType.EN10MB));
    }

    /** The message shows the place: in the line of the problem, and in a part of a long line. */
    @Test
    void theMessageShowsThePlace() {
        ExpressionException e = assertThrows(
                ExpressionException.class,
                () -> FilterExpression.compile("udp port 53 and\n\tdst port prot\n or arp", LinkType.EN10MB));
        assertEquals(27, e.column());
        assertEquals(
                List.of("   dst port prot", "            ^"),
                e.getMessage().lines().skip(1).toList());
        String list = "port 1" + " or port 1".repeat(50) + " or port zz";
        ExpressionException far =
                assertThrows(ExpressionException.class, () -> FilterExpression.compile(list, LinkType.EN10MB));
        List<String> lines = far.getMessage().lines().toList();
        assertEquals("column " + far.column() + ": " + far.problem(), lines.get(0));
        assertEquals("zz", lines.get(1).substring(lines.get(2).indexOf('^')));
        assertEquals(38, lines.get(2).indexOf('^'));
    }
}
