package io.github.nettybpf.expression;

import java.util.Random;

/** Makes expressions that libpcap and this compiler understand alike. */
final class RandomExpressions {
    private static final String[] HOSTS = {
        "10.0.0.1", "10.0.0.2", "192.168.1.1", "224.0.0.5", "255.255.255.255", "127.0.0.1", "10.1", "192.168.1"
    };
    private static final String[] NETS = {
        "10.0.0.0/8",
        "192.168.0.0/16",
        "10",
        "192.168",
        "10.0.0.0/30",
        "10.0.0.0 mask 255.0.255.0",
        "0.0.0.0/0",
        "224.0.0.0/4",
        "10.0.0.1/32"
    };
    private static final String[] HOSTS6 = {"2001:db8::1", "fe80::1", "::1", "ff02::1", "2001:db8::2"};
    private static final String[] NETS6 = {"2001:db8::/32", "fe80::/10", "ff00::/8", "2001:db8::/127", "2001:db8::1"};
    private static final String[] MACS = {
        "00:11:22:33:44:55", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:05", "1:2:3:4:5:6", "00:99:22:33:44:55"
    };
    private static final String[] PORTS = {"22", "53", "80", "443", "1024", "65535", "0"};
    private static final String[] SERVICES = {"domain", "kerberos", "sunrpc", "ldap", "ntp"};
    private static final String[] DIRECTIONS = {"", "", "src ", "dst ", "src or dst ", "src and dst "};
    private static final String[] IP = {
        "ip", "ip6", "tcp", "udp", "icmp", "icmp6", "sctp", "igmp", "pim", "ah", "esp", "vrrp", "igrp", "carp"
    };
    private static final String[] LINKS = {
        "arp", "rarp", "stp", "ipx", "netbeui", "atalk", "aarp", "decnet", "lat", "sca", "moprc", "mopdl", "iso",
        "clnp", "esis", "isis", "l1", "l2", "iih", "lsp", "snp", "csnp", "psnp"
    };
    private static final String[] LOADS = {"ip", "ip6", "tcp", "udp", "icmp", "icmp6", "sctp", "igmp", "link", "arp"};
    private static final String[] FLAGS = {"tcp-syn", "tcp-ack", "icmp-echo", "0x0f", "1", "255", "0", "2", "0x4000"};
    private static final String[] OPERATORS = {"+", "-", "*", "/", "%", "&", "|", "^"};
    private static final String[] COMPARISONS = {"=", "==", "!=", "<", ">", "<=", ">="};

    private final Random random;
    private final LinkType type;
    private final boolean live;
    private int moves;

    /**
     * Whether the term is after {@code geneve} or {@code pppoes}, where libpcap does not find the metadata of a packet.
     */
    private boolean inside;

    /** For live captures, all expressions begin with {@code vlan}: docs/expressions.md tells why. */
    RandomExpressions(Random random, LinkType type, boolean live) {
        this.random = random;
        this.type = type;
        this.live = live;
    }

    private String any(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** {@return an expression of up to some ten terms} */
    String next() {
        moves = 0;
        inside = false;
        if (isWireless()) {
            // libpcap gives a scratch slot of arithmetic to the offset of headers that are first read after it.
            return any("(ip or not ip) and ", "not ip6 and ", "not rarp and ", "not arp and ") + anywhere();
        }
        return anywhere();
    }

    private String anywhere() {
        if (live) {
            return any("vlan", "vlan 5", "not vlan", "vlan 6")
                    + any(" and ", " and ", " or ")
                    + expression(random.nextInt(3));
        }
        // The kernel refuses what libpcap makes of tests that look into a tunnel which may not be there.
        return switch (random.nextInt(8)) {
            case 0 -> any("geneve", "geneve 7", "udp and geneve", "geneve 7 and geneve") + " and " + inside();
            case 1 -> expression(1) + " and geneve and " + inside();
            default -> expression(random.nextInt(4));
        };
    }

    private String inside() {
        inside = true;
        return "(" + expression(random.nextInt(3)) + ")";
    }

    private String expression(int depth) {
        StringBuilder text = new StringBuilder(term(depth));
        for (int n = random.nextInt(4); n > 0; n--) {
            text.append(any(" and ", " or ", " && ", " || ")).append(term(depth));
        }
        return text.toString();
    }

    private String term(int depth) {
        String not = random.nextInt(5) == 0 ? any("not ", "!") : "";
        if (depth > 0 && random.nextInt(3) == 0) {
            return not + "(" + expression(depth - 1) + ")";
        }
        return not + primitive();
    }

    private String primitive() {
        if (isWireless() && random.nextInt(3) == 0) {
            return wireless();
        }
        return switch (random.nextInt(type == LinkType.EN10MB || isWireless() ? 16 : 12)) {
            case 0, 1 -> host();
            case 2 -> any("", "tcp ", "udp ", "sctp ", "") + any(DIRECTIONS) + port();
            case 3 ->
                any("", "tcp ")
                        + any(DIRECTIONS)
                        + any("port http", "port ssh", "port https", "portrange ftp-http", "portrange ssh-telnet");
            case 4 ->
                any("", "ip ", "ip6 ") + "proto "
                        + any("6", "17", "1", "58", "132", "\\\\tcp", "0", "44").replace("\\\\", "\\");
            case 5 ->
                inside || isWireless()
                        ? any("ip proto ospf", "ip6 proto ipv6-frag", "proto gre")
                        : any("inbound", "outbound", "ifindex 1", "ifindex 2");
            case 6 -> any(IP);
            case 7 -> relation();
            case 8 -> relation();
            case 9 -> any("less ", "greater ") + random.nextInt(120);
            case 10 -> any("ip multicast", "ip6 multicast", "ip broadcast", "len <= 60", "link[0] & 1 = 1");
            case 11 -> any(LINKS);
            case 12 ->
                any("ether host ", "ether src ", "ether dst ", "ether src and dst ", "ether src or dst ") + hardware();
            case 13 ->
                any(
                        "ether broadcast",
                        "ether multicast",
                        "broadcast",
                        "multicast",
                        "ether proto 0x800",
                        "ether proto 0x42",
                        "ether proto \\arp",
                        "llc",
                        "llc i",
                        "llc s",
                        "llc u",
                        "llc ui",
                        "llc rnr",
                        "decnet host 1.5",
                        "decnet src 10.1");
            default -> moves++ < 3 ? moving() : any(IP);
        };
    }

    private boolean isWireless() {
        return type == LinkType.IEEE802_11 || type == LinkType.IEEE802_11_RADIO;
    }

    private String wireless() {
        return switch (inside ? 0 : random.nextInt(6)) {
            case 1 -> "type " + any("mgt", "ctl", "data", "control", "8", "0x4");
            case 2 ->
                any(
                        "type mgt subtype beacon",
                        "type mgt subtype auth",
                        "type ctl subtype rts",
                        "type ctl subtype 0xc0",
                        "type data subtype null",
                        "wlan type data subtype qos-data");
            case 3 -> "subtype " + any("ack", "cts", "qos-data", "data", "probe-req", "qos", "deauth");
            case 4 -> any("dir ", "direction ") + any("nods", "tods", "fromds", "dstods", "1");
            case 5 -> any("broadcast", "multicast", "wlan[0] & 0x0c = 8", "link[len & 15] > 3");
            default ->
                inside
                        ? any(IP)
                        : any("wlan ", "ether ", "link ")
                                + any("addr1 ", "addr2 ", "address3 ", "addr4 ", "ra ", "ta ", "src ", "dst ", "host ")
                                + hardware().replace("and not ether", "and not wlan");
        };
    }

    private String moving() {
        if (isWireless()) {
            // libpcap reads the numbers after these in the LLC header.
            String moving = any("vlan", "pppoes", "pppoed");
            inside |= moving.equals("pppoes");
            return moving;
        }
        String moving = any("vlan", "vlan 5", "vlan and vlan", "mpls", "mpls 16", "pppoes", "pppoes 7", "pppoed");
        inside |= moving.startsWith("pppoes");
        return moving;
    }

    private String host() {
        String direction = any(DIRECTIONS);
        return switch (random.nextInt(4)) {
            case 0 -> any("", "ip6 ") + direction + "host " + any(HOSTS6);
            case 1 -> any("", "ip6 ") + direction + "net " + any(NETS6);
            case 2 -> any("", "ip ", "arp ", "rarp ") + direction + "net " + any(NETS);
            default -> any("", "ip ", "arp ", "rarp ") + direction + "host " + hosts();
        };
    }

    private String hosts() {
        String first = any(HOSTS);
        return switch (random.nextInt(6)) {
            case 0 -> first + " or " + any(HOSTS) + " or " + any(HOSTS);
            case 2 -> first + " or 10.0.0.2 or 192.168.1.77".repeat(10) + " or " + any(HOSTS);
            case 1 -> "(" + first + " or " + any(HOSTS) + ")";
            default -> first;
        };
    }

    private String hardware() {
        return switch (random.nextInt(5)) {
            case 0 -> any(MACS) + " or " + any(MACS) + " or " + any(MACS);
            case 1 -> "(" + any(MACS) + " or " + any(MACS) + ")";
            case 2 -> {
                StringBuilder list = new StringBuilder(any(MACS));
                for (int n = random.nextInt(60); n > 0; n--) {
                    String other = String.format(
                            "%x:11:22:33:%x:%x", random.nextInt(3), random.nextInt(80), random.nextInt(90));
                    list.append(" or ").append(random.nextInt(10) == 0 ? any(MACS) : other);
                }
                yield list.toString();
            }
            case 3 -> any(MACS) + " and not ether host " + any(MACS) + " and not ether host " + any(MACS);
            default -> any(MACS);
        };
    }

    private String port() {
        return switch (random.nextInt(6)) {
            case 4 -> "port " + any(SERVICES);
            case 5 -> "port " + any(SERVICES) + " or " + any(PORTS) + " or " + any(SERVICES);
            case 0 -> "portrange " + any(PORTS) + "-" + any(PORTS);
            case 1 -> "port " + any(PORTS) + " or " + any(PORTS);
            case 2 -> "port (" + any(PORTS) + " or " + any(PORTS) + " or " + any(PORTS) + ")";
            default -> "port " + any(PORTS);
        };
    }

    private String relation() {
        return value(random.nextInt(3)) + " " + any(COMPARISONS) + " " + value(random.nextInt(2));
    }

    private String value(int depth) {
        if (depth > 0) {
            return switch (random.nextInt(5)) {
                case 0 -> "(" + value(depth - 1) + ")";
                case 1 -> value(depth - 1) + any(" << ", " >> ") + random.nextInt(32);
                case 2 -> "-" + value(depth - 1);
                default -> value(depth - 1) + " " + any(OPERATORS) + " " + value(depth - 1);
            };
        }
        return switch (random.nextInt(4)) {
            case 0 -> any(FLAGS);
            case 1 -> "len";
            case 2 -> any(LOADS) + "[" + random.nextInt(24) + any("", ":1", ":2", ":4") + "]";
            default ->
                any(LOADS) + "[" + any("len & 15", "ip[0] & 0xf", "(ip[0] & 0xf) << 2", "3 + 4") + any("", ":2", ":4")
                        + "]";
        };
    }
}
