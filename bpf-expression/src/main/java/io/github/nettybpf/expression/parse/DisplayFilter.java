package io.github.nettybpf.expression.parse;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Knows Wireshark's display filters, a different language, and says how pcap-filter(7) writes what they test. Source:
 * https://www.wireshark.org/docs/dfref/.
 */
final class DisplayFilter {
    /** What stands before the value of a field, and what the value is, in words. */
    private record Form(String before, String value) {}

    private static final Form ADDRESS = new Form("host", "ADDRESS");
    private static final Form SOURCE = new Form("src host", "ADDRESS");
    private static final Form DESTINATION = new Form("dst host", "ADDRESS");

    private static final Map<String, Form> FORMS = Map.ofEntries(
            Map.entry("ip.addr", ADDRESS),
            Map.entry("ip.host", ADDRESS),
            Map.entry("ip.src", SOURCE),
            Map.entry("ip.src_host", SOURCE),
            Map.entry("ip.dst", DESTINATION),
            Map.entry("ip.dst_host", DESTINATION),
            Map.entry("ip.proto", new Form("ip proto", "NUMBER")),
            Map.entry("ip.ttl", new Form("ip[8] =", "NUMBER")),
            Map.entry("ip.len", new Form("ip[2:2] =", "NUMBER")),
            Map.entry("ip.id", new Form("ip[4:2] =", "NUMBER")),
            Map.entry("ipv6.addr", ADDRESS),
            Map.entry("ipv6.src", SOURCE),
            Map.entry("ipv6.dst", DESTINATION),
            Map.entry("ipv6.nxt", new Form("ip6 proto", "NUMBER")),
            Map.entry("eth.addr", new Form("ether host", "ADDRESS")),
            Map.entry("eth.src", new Form("ether src", "ADDRESS")),
            Map.entry("eth.dst", new Form("ether dst", "ADDRESS")),
            Map.entry("eth.type", new Form("ether proto", "NUMBER")),
            Map.entry("tcp.port", new Form("tcp port", "PORT")),
            Map.entry("tcp.srcport", new Form("tcp src port", "PORT")),
            Map.entry("tcp.dstport", new Form("tcp dst port", "PORT")),
            Map.entry("tcp.flags", new Form("tcp[tcpflags] =", "NUMBER")),
            Map.entry("tcp.window_size_value", new Form("tcp[14:2] =", "NUMBER")),
            Map.entry("udp.port", new Form("udp port", "PORT")),
            Map.entry("udp.srcport", new Form("udp src port", "PORT")),
            Map.entry("udp.dstport", new Form("udp dst port", "PORT")),
            Map.entry("udp.length", new Form("udp[4:2] =", "NUMBER")),
            Map.entry("sctp.port", new Form("sctp port", "PORT")),
            Map.entry("sctp.srcport", new Form("sctp src port", "PORT")),
            Map.entry("sctp.dstport", new Form("sctp dst port", "PORT")),
            Map.entry("icmp.type", new Form("icmp[icmptype] =", "NUMBER")),
            Map.entry("icmp.code", new Form("icmp[icmpcode] =", "NUMBER")),
            Map.entry("icmpv6.type", new Form("icmp6[icmp6type] =", "NUMBER")),
            Map.entry("arp.opcode", new Form("arp[6:2] =", "NUMBER")),
            Map.entry("arp.src.proto_ipv4", new Form("arp src host", "ADDRESS")),
            Map.entry("arp.dst.proto_ipv4", new Form("arp dst host", "ADDRESS")),
            Map.entry("vlan.id", new Form("vlan", "NUMBER")),
            Map.entry("mpls.label", new Form("mpls", "NUMBER")),
            Map.entry("geneve.vni", new Form("geneve", "NUMBER")),
            Map.entry("frame.len", new Form("len =", "NUMBER")),
            Map.entry("frame.interface_id", new Form("ifindex", "NUMBER")));

    /** Flags of TCP, each of which is a field. */
    private static final Map<String, String> FLAGS = Map.of(
            "tcp.flags.fin", "tcp-fin",
            "tcp.flags.syn", "tcp-syn",
            "tcp.flags.reset", "tcp-rst",
            "tcp.flags.push", "tcp-push",
            "tcp.flags.ack", "tcp-ack",
            "tcp.flags.urg", "tcp-urg",
            "tcp.flags.ece", "tcp-ece",
            "tcp.flags.cwr", "tcp-cwr");

    private static final Set<String> EQUAL = Set.of("==", "=", "eq");
    private static final Set<String> NOT_EQUAL = Set.of("!=", "ne");
    private static final Set<String> OTHERS =
            Set.of(">", "<", ">=", "<=", "gt", "lt", "ge", "le", "contains", "matches", "in", "~");

    private DisplayFilter() {}

    /** {@return whether the token may be a field: a name of several parts} */
    static boolean isField(Token token) {
        return token.kind() == Token.Kind.WORD && token.text().indexOf('.') > 0;
    }

    /**
     * {@return how to write it, as the end of a message, or null if the tokens are no part of a display filter}
     *
     * @param field the token that may be a field
     * @param after the four tokens after it
     */
    static @Nullable String hint(Token field, List<Token> after) {
        String name = field.text();
        Token operator = after.get(0);
        Token value = after.get(1);
        Form form = FORMS.get(name);
        String flag = FLAGS.get(name);
        String sign = operator.text();
        boolean compared = EQUAL.contains(sign) || NOT_EQUAL.contains(sign) || OTHERS.contains(sign);
        if (form == null && flag == null && !compared) {
            return null;
        }
        String write = "";
        if (flag != null) {
            boolean set = EQUAL.contains(sign) != value.text().matches("0|[Ff]alse|FALSE");
            write = "tcp[tcpflags] & " + flag + (set ? " != 0" : " = 0");
        } else if (form != null) {
            write = written(
                    form, sign, value, after.get(2).is("/") ? after.get(3).text() : "");
        }
        return "; that is a Wireshark display filter" + (write.isEmpty() ? "" : ": write '" + write + "'");
    }

    private static String written(Form form, String sign, Token value, String prefix) {
        boolean known =
                switch (value.kind()) {
                    case NUMBER, IPV4, IPV6, MAC, SET -> true;
                    case WORD, ESCAPED, SIGN, END -> false;
                };
        String shown = known ? Spelling.shortened(value.text()) : form.value;
        boolean computed = form.before.endsWith("=");
        if (computed && (OTHERS.contains(sign) || NOT_EQUAL.contains(sign)) && sign.matches("[<>=!]+")) {
            return form.before.substring(0, form.before.length() - 1) + sign + " " + shown;
        }
        String before = prefix.isEmpty() ? form.before : form.before.replace("host", "net");
        String suffix = prefix.isEmpty() ? "" : "/" + Spelling.shortened(prefix);
        return (NOT_EQUAL.contains(sign) ? "not " : "") + before + " " + shown + suffix;
    }
}
