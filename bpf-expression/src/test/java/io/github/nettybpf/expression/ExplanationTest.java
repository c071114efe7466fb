package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.expression.FilterExpression.Options;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@link FilterExpression#explain} says of an expression. */
class ExplanationTest {
    /** What an expression says in words; lines are separated by '/'. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = ';', quoteCharacter = '"', textBlock = """
                    tcp src port 80 or 443         ; any of/  source port 80 (tcp)/  source port 443 (tcp)
                    tcp or udp and not port 53     ; all of/  any of/    protocol tcp in ip or ip6/    protocol udp in ip or ip6/  not/    source or destination port 53 (tcp, udp or sctp)
                    vlan 5 and ether host 1:2:3:4:5:6 ; all of/  VLAN tag 5, and the tests after it are about what is inside/  source or destination address 1:2:3:4:5:6 (ether)
                    dst net 10.0.0.0/8             ; destination address in 10.0.0.0/8 (ip, arp or rarp)
                    src and dst net 2001:db8::/32  ; source and destination address in 2001:db8::/32 (ip6)
                    portrange ftp-ssh              ; source or destination port in ftp-ssh (tcp)
                    port http or domain            ; any of/  source or destination port http (tcp)/  source or destination port domain (tcp, udp or sctp)
                    mpls and host 10.0.0.1         ; all of/  MPLS label, and the tests after it are about what is inside/  source or destination address 10.0.0.1 (ip)
                    icmp or arp                    ; any of/  protocol icmp in ip/  protocol arp
                    ip proto \\tcp                 ; protocol tcp in ip
                    proto 6                        ; protocol 6 in ip or ip6
                    ip[6:2] & 0x1fff != 0          ; (ip[6:2] & 8191) != 0
                    -len + 1 * 2 < tcp[tcpflags]   ; (-len + (1 * 2)) < tcp[13:1]
                    less 100                       ; len <= 100
                    ip broadcast or broadcast      ; any of/  ip broadcast destination/  ether broadcast destination
                    geneve 7                       ; Geneve tunnel 7, and the tests after it are about what is inside
                    greater 0                      ; len >= 0
                    vlan 0                         ; VLAN tag 0, and the tests after it are about what is inside
                    vlan                           ; VLAN tag, and the tests after it are about what is inside
                    mpls 16                        ; MPLS label 16, and the tests after it are about what is inside
                    pppoes 7                       ; PPPoE session 7, and the tests after it are about what is inside
                    pppoed                         ; PPPoE discovery
                    ifindex 3                      ; interface index 3
                    llc                            ; LLC frame
                    ip6 multicast                  ; ip6 multicast destination
                    not outbound                   ; not/  outbound
                    host 10.0.0.1                  ; source or destination address 10.0.0.1 (ip, arp or rarp)
                    arp src host 10.0.0.1          ; source address 10.0.0.1 (arp)
                    decnet host 1.5                ; source or destination address 1.5 (decnet)
                    ether proto \\arp              ; protocol arp in ether
                    tcp dst port ssh or 9          ; any of/  destination port ssh (tcp)/  destination port 9 (tcp)
                    arp[6] != 1 and len > 9 and len >= 9 and len <= 9 ; all of/  arp[6:1] != 1/  len > 9/  len >= 9/  len <= 9
                    ether[0:4] = 1                 ; ether[0:4] = 1
                    llc ui and inbound             ; all of/  LLC frame of type ui/  inbound
                    """)
    void explains(String expression, String words) {
        FilterExpression compiled = FilterExpression.of(
                expression,
                LinkType.EN10MB,
                Options.DEFAULT.withNetmask(0xffffff00).withRejectingAll());
        assertEquals(words.replaceAll("/(?=  |any|all|not)", "\n").replace("\\", "") + "\n", compiled.explain());
    }

    /** Lines that are deeper than 30 say so instead of being indented further. */
    @Test
    void explainsWhatIsDeep() {
        String text = FilterExpression.of(
                        "not (tcp and (".repeat(16) + "udp" + "))".repeat(16), LinkType.EN10MB, Options.DEFAULT)
                .explain();
        List<String> lines = text.lines().toList();
        assertEquals("  ".repeat(30) + "not", lines.get(45));
        assertEquals("  ".repeat(30) + "[31] all of", lines.get(46));
        assertEquals("  ".repeat(30) + "[32] protocol tcp in ip or ip6", lines.get(47));
    }

    @Test
    void explainsForSockets() {
        assertEquals(
                "any of\n  source address 10.0.0.1 (ip)\n  destination port 53 (udp)\n",
                FilterExpression.of("src host 10.0.0.1 or dst port 53", Placement.UDP_SOCKET, Options.DEFAULT)
                        .explain());
        assertEquals(
                "any of\n  source or destination address 10.0.0.1 (ip)\n  protocol arp: never, with raw IP\n",
                FilterExpression.of("host 10.0.0.1 or arp", LinkType.RAW, Options.DEFAULT)
                        .explain());
        assertEquals(
                "protocol udp: always, with a UDP socket\n",
                FilterExpression.of("udp", Placement.UDP_SOCKET, Options.DEFAULT)
                        .explain());
        assertEquals(
                "every packet\n",
                FilterExpression.of("", LinkType.RAW, Options.DEFAULT).explain());
    }
}
