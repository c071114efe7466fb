package io.github.nettybpf.expression;

import java.util.Random;

/**
 * Makes expressions that say of a socket's datagrams what they say of whole packets: nothing of lengths or other
 * protocols.
 */
final class RandomSocketExpressions {
    private static final String[] DIRECTIONS = {"", "", "src ", "dst ", "src or dst ", "src and dst "};
    private static final String[] HOSTS = {"10.0.0.1", "10.0.0.2", "192.0.2.7", "10.9.8.7"};
    private static final String[] NETS = {"10.0.0.0/8", "192.0.2.0/24", "10.0.0.0/31", "10", "10.0.0.0 mask 255.0.0.255"
    };
    private static final String[] HOSTS6 = {"2001:db8::1", "2001:db8::2", "fe80::7", "2001:db8:0:1::1"};
    private static final String[] NETS6 = {"2001:db8::/32", "2001:db8::/64", "fe80::/10", "2001:db8::/127"};
    private static final String[] PORTS = {"53", "67", "5353", "1024", "65535", "0"};
    private static final String[] COMPARISONS = {"=", "!=", "<", ">", "<=", ">="};

    private final Random random;

    /** udp or tcp */
    private final String transport;

    RandomSocketExpressions(Random random, String transport) {
        this.random = random;
        this.transport = transport;
    }

    private String any(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    String next() {
        return expression(random.nextInt(4));
    }

    private String expression(int depth) {
        StringBuilder text = new StringBuilder(term(depth));
        for (int n = random.nextInt(4); n > 0; n--) {
            text.append(any(" and ", " or ")).append(term(depth));
        }
        return text.toString();
    }

    private String term(int depth) {
        String not = any("", "", "", "not ");
        return not + (depth > 0 && random.nextBoolean() ? "(" + expression(depth - 1) + ")" : primitive());
    }

    private String primitive() {
        return switch (random.nextInt(10)) {
            case 0 -> any("", "ip ") + any(DIRECTIONS) + "host " + list(HOSTS);
            case 1 -> any("", "ip ") + any(DIRECTIONS) + "net " + any(NETS);
            case 2 -> any("", "ip6 ") + any(DIRECTIONS) + "host " + list(HOSTS6);
            case 3 -> any("", "ip6 ") + any(DIRECTIONS) + "net " + list(NETS6);
            case 4, 5 -> any("", transport + " ") + any(DIRECTIONS) + "port " + list(PORTS);
            case 6 -> any("", transport + " ") + any(DIRECTIONS) + "portrange " + any(PORTS) + "-" + any(PORTS);
            case 7 -> any("ip", "ip6", transport, "ip proto \\" + transport, "ip6 proto \\" + transport);
            case 8 -> any("ip multicast", "ip6 multicast", "ip broadcast");
            default -> value(random.nextInt(3)) + " " + any(COMPARISONS) + " " + value(random.nextInt(2));
        };
    }

    private String list(String[] choices) {
        StringBuilder list = new StringBuilder(any(choices));
        for (int n = random.nextInt(3) == 0 ? random.nextInt(30) : 0; n > 0; n--) {
            list.append(" or ").append(any(choices));
        }
        return list.toString();
    }

    private String value(int depth) {
        if (depth > 0) {
            return value(depth - 1) + any(" + ", " - ", " & ", " | ", " * ") + value(depth - 1);
        }
        String header = any("ip", "ip6", transport);
        return switch (random.nextInt(4)) {
            case 0 -> Integer.toString(random.nextInt(256));
            case 1 -> header + "[" + any("ip[0] & 0xf", transport + "[1] & 7", "3 + 4") + any("", ":2", ":4") + "]";
            default -> header + "[" + random.nextInt(32) + any("", ":1", ":2", ":4") + "]";
        };
    }
}
