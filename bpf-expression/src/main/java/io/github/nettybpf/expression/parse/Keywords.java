package io.github.nettybpf.expression.parse;

import io.github.nettybpf.expression.parse.Token.Kind;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The keywords of the language, by what they are. */
public final class Keywords {
    /** The protocols that mean the link layer. */
    private static final Set<String> LINKS = Set.of("link", "ether", "ppp", "slip", "fddi", "tr", "wlan");

    /** Protocols with two names, and the one that the syntax tree has. */
    private static final Map<String, String> SYNONYMS = Map.of("es-is", "esis", "is-is", "isis");

    private static final Set<String> PROTOCOLS = union(List.of(
            LINKS,
            Set.of(
                    "ip", "arp", "rarp", "sctp", "tcp", "udp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp", "atalk",
                    "aarp", "decnet", "lat", "sca", "mopdl", "moprc", "ip6", "icmp6", "ah", "esp", "iso", "esis",
                    "es-is", "isis", "is-is", "l1", "l2", "iih", "lsp", "snp", "csnp", "psnp", "clnp", "stp", "ipx",
                    "netbeui", "radio")));

    /** Qualifiers and operators. */
    private static final Set<String> QUALIFIERS = Set.of(
            "src",
            "dst",
            "host",
            "net",
            "mask",
            "port",
            "portrange",
            "proto",
            "protochain",
            "gateway",
            "address1",
            "addr1",
            "address2",
            "addr2",
            "address3",
            "addr3",
            "address4",
            "addr4",
            "ra",
            "ta",
            "and",
            "or",
            "not");

    /** Tests with a name of their own: alone, after a protocol, or before a number. */
    static final Set<String> TESTS = Set.of(
            "broadcast",
            "multicast",
            "less",
            "greater",
            "byte",
            "inbound",
            "outbound",
            "ifindex",
            "vlan",
            "mpls",
            "pppoed",
            "pppoes",
            "geneve",
            "llc",
            "type",
            "subtype",
            "direction",
            "dir");

    /** Keywords of libpcap for link types that are not supported here. */
    static final Set<String> UNSUPPORTED = Set.of(
            "lane",
            "metac",
            "bcc",
            "oam",
            "oamf4",
            "oamf4ec",
            "oamf4sc",
            "sc",
            "ilmic",
            "vpi",
            "vci",
            "connectmsg",
            "metaconnect",
            "on",
            "ifname",
            "rset",
            "ruleset",
            "rnr",
            "rulenum",
            "srnr",
            "subrulenum",
            "reason",
            "action",
            "fisu",
            "lssu",
            "lsu",
            "msu",
            "hfisu",
            "hlssu",
            "hmsu",
            "sio",
            "opc",
            "dpc",
            "sls",
            "hsio",
            "hopc",
            "hdpc",
            "hsls");

    private static final Set<String> ALL = union(List.of(PROTOCOLS, QUALIFIERS, TESTS, Set.of("len", "length")));

    private Keywords() {}

    private static Set<String> union(List<Set<String>> sets) {
        Set<String> union = new HashSet<>();
        sets.forEach(union::addAll);
        return Set.copyOf(union);
    }

    /** {@return all keywords that are supported} */
    public static Set<String> all() {
        return ALL;
    }

    /** {@return whether the token is the name of a protocol} */
    static boolean isProtocol(Token token) {
        return token.kind() == Kind.WORD && PROTOCOLS.contains(token.text());
    }

    /** {@return whether the token is a keyword, so that it is no name unless it is escaped} */
    static boolean isKeyword(Token token) {
        return token.kind() == Kind.WORD && (ALL.contains(token.text()) || UNSUPPORTED.contains(token.text()));
    }

    /** {@return the name that the syntax tree has for a protocol} */
    static String protocol(String word) {
        return LINKS.contains(word) ? "link" : SYNONYMS.getOrDefault(word, word);
    }
}
