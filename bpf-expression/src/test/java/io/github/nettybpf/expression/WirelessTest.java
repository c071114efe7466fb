package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.expression.FilterExpression.Options;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expressions for IEEE 802.11 frames. {@link LibpcapTest} compares many more with libpcap. */
class WirelessTest {
    private static final String ADDRESSES = "020000000001020000000002020000000003" + "1000";
    private static final String SNAP = "aaaa030000000800";
    private static final String UDP = "4500001c000000004011000001020304050607080035003500080000";
    private static final Map<String, String> FRAMES = Map.of(
            "beacon", "80000000" + ADDRESSES + "0000000000000000",
            "ack", "d4000000" + "020000000001",
            "data", "08000000" + ADDRESSES + SNAP + UDP,
            "to ap", "08010000" + ADDRESSES + SNAP + UDP,
            "from ap", "08020000" + ADDRESSES + SNAP + UDP,
            "relayed", "08030000" + ADDRESSES + "020000000004" + SNAP,
            "qos", "88000000" + ADDRESSES + "0000" + SNAP + UDP,
            "null", "48010000" + ADDRESSES);

    /** The same after a radiotap header: without flags, with flags, and with a time stamp and padding. */
    private static String radiotap(int kind, String name) {
        String frame = FRAMES.getOrDefault(name, "");
        return switch (kind) {
            case 0 -> "0000080000000000" + frame;
            case 1 -> "000009000200000000" + frame;
            default ->
                "0000140003000000" + "0011223344556677" + "20000000"
                        + (frame.startsWith("88") ? frame.substring(0, 52) + "0000" + frame.substring(52) : frame);
        };
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "type mgt | beacon",
                "type mgt subtype beacon | beacon",
                "subtype beacon | beacon",
                "wlan type 0 subtype 0x80 | beacon",
                "type ctl | ack",
                "subtype ack | ack",
                "type data | data, to ap, from ap, relayed, qos, null",
                "type data subtype qos-data | qos",
                "dir nods | beacon, ack, data, qos",
                "dir tods | to ap, null",
                "direction fromds | from ap",
                "dir dstods | relayed",
                "wlan addr1 2:0:0:0:0:1 | beacon, ack, data, to ap, from ap, relayed, qos, null",
                "wlan addr2 2:0:0:0:0:2 | beacon, data, to ap, from ap, relayed, qos, null",
                "wlan addr3 2:0:0:0:0:3 | beacon, data, to ap, from ap, relayed, qos, null",
                "wlan address4 2:0:0:0:0:4 | relayed",
                "wlan ra 2:0:0:0:0:1 | data, to ap, from ap, relayed, qos, null",
                "wlan ta 2:0:0:0:0:2 | data, to ap, from ap, relayed, qos, null",
                "wlan src 2:0:0:0:0:2 | beacon, data, to ap, qos, null",
                "wlan src 2:0:0:0:0:3 | from ap",
                "wlan src 2:0:0:0:0:4 | relayed",
                "ether dst 2:0:0:0:0:1 | beacon, data, from ap, qos",
                "wlan dst 2:0:0:0:0:3 | to ap, relayed, null",
                "wlan host 2:0:0:0:0:3 or 2:0:0:0:0:9 | to ap, from ap, relayed, null",
                "ip | data, to ap, from ap, qos",
                "udp port 53 and src host 1.2.3.4 | data, to ap, from ap, qos",
                "llc | data, to ap, from ap, relayed, qos, null",
                "wlan[0] = 0x88 | qos"
            })
    void selects(String expression, String frames) {
        Filter plain = Filter.interpret(
                FilterExpression.of(expression, LinkType.IEEE802_11, Options.DEFAULT.withoutOptimizer())
                        .program());
        Filter filter = Filter.interpret(FilterExpression.compile(expression, LinkType.IEEE802_11));
        Filter tapped = Filter.interpret(FilterExpression.compile(expression, LinkType.IEEE802_11_RADIO));
        for (String name : FRAMES.keySet()) {
            boolean isSelected = (", " + frames + ",").contains(", " + name + ",");
            Packet packet = Packet.of(HexFormat.of().parseHex(FRAMES.getOrDefault(name, "")));
            assertEquals(isSelected, filter.run(packet) != 0, name);
            assertEquals(isSelected, plain.run(packet) != 0, name);
            for (int kind = 0; kind < 3; kind++) {
                Packet withHeader = Packet.of(HexFormat.of().parseHex(radiotap(kind, name)));
                assertEquals(isSelected, tapped.run(withHeader) != 0, name + " after radiotap header " + kind);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "type foo | column 6: 'foo' (expected: control, ctl, data, management, mgt)",
                "type 9 | column 6: '9' (expected: a number with no other bits than 0x0c)",
                "type mgt subtype rts | column 18: 'rts' (expected: assoc-req, assoc-resp, assocreq, assocresp, atim, auth, authentication, beacon, deauth, deauthentication, disassoc, disassociation, probe-req, probe-resp, probereq, proberesp, reassoc-req, reassoc-resp, reassocreq, reassocresp)",
                "dir 4 | column 5: '4' (expected: a number with no other bits than 0x03)",
                "dir down | column 5: 'down' (expected: dstods, fromds, nods, tods)",
                "addr1 2:0:0:0:0:1 | column 7: addr1, addr2, addr3, addr4, ra or ta before this (expected: wlan before it, and a hardware address of an 802.11 frame)",
                "wlan addr1 net 10 | column 16: addr1, addr2, addr3, addr4, ra or ta before this (expected: wlan before it, and a hardware address of an 802.11 frame)",
                "inbound | column 1: 'inbound' (expected: dir, wlan src or wlan dst; 802.11 frames do not say it)",
                "ifindex 1 | column 1: 'ifindex' (expected: no interface; 802.11 frames do not say it)",
                "mpls | column 1: 'mpls' (expected: Ethernet frames; this is 802.11)",
                "radio[0] = 1 | column 1: 'radio[' (expected: a capture with radiotap headers, IEEE802_11_RADIO)"
            })
    void refuses(String expression, String message) {
        ExpressionException e = assertThrows(
                ExpressionException.class, () -> FilterExpression.compile(expression, LinkType.IEEE802_11));
        assertEquals(message, "column " + e.column() + ": " + e.problem());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "type mgt subtype beacon | 802.11 frame of type mgt and subtype beacon",
                "dir tods | 802.11 direction tods",
                "wlan addr4 2:0:0:0:0:1 | fourth address 2:0:0:0:0:1 (ether)",
                "wlan ra 2:0:0:0:0:1 | receiver address 2:0:0:0:0:1 (ether)"
            })
    void explains(String expression, String english) {
        assertEquals(
                english,
                FilterExpression.of(expression, LinkType.IEEE802_11, Options.DEFAULT)
                        .explain()
                        .strip());
    }
}
