package io.github.nettybpf.expression.parse;

import io.github.nettybpf.expression.parse.Token.Kind;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The keywords. */
public final class Keywords {
    private static final Set<String> LINKS = Set.of("link", "ether", "ppp", "slip", "fddi", "tr", "wlan");

    /** Protocols by what they are called, and what they are called in the tree. */
    private static final Map<String, String> SYNONYMS = Map.of("es-is", "esis", "is-is", "isis");

    private static final Set<String> PROTOCOLS = union(List.of(
            LINKS,
            Set.of(
                    "ip", "arp", "rarp", "sctp", "tcp", "udp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp", "atalk",
                    "aarp", "decnet", "lat", "sca", "mopdl", "moprc", "ip6", "icmp6", "ah", "esp", "iso", "esis",
                    "es-is", "isis", "is-is", "l1", "l2", "iih", "lsp", "snp", "csnp", "psnp", "clnp", "stp", "ipx",
                    "netbeui", "radio")));

    private static final Set<String> PREPOSITIONS = Set.of(
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
            "and",
            "or",
            "not");

    /** Tests that stand alone, or behind a protocol, or in front of a number. */
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
            "llc");

    /** What libpcap knows and this compiler does not: for other link types. */
    static final Set<String> FOREIGN = Set.of(
            "type",
            "subtype",
            "direction",
            "dir",
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

    private static final Set<String> ALL = union(List.of(PROTOCOLS, PREPOSITIONS, TESTS, Set.of("len", "length")));

    private Keywords() {}

    private static Set<String> union(List<Set<String>> sets) {
        Set<String> union = new HashSet<>();
        sets.forEach(union::addAll);
        return Set.copyOf(union);
    }

    public static Set<String> all() {
        return ALL;
    }

    static boolean isProtocol(Token token) {
        return token.kind() == Kind.WORD && PROTOCOLS.contains(token.text());
    }

    /** {@return whether the word is taken, so that no name can be spelled like it} */
    static boolean isKeyword(Token token) {
        return token.kind() == Kind.WORD && (ALL.contains(token.text()) || FOREIGN.contains(token.text()));
    }

    /** {@return the one name of a protocol that may have several} */
    static String protocol(String word) {
        return LINKS.contains(word) ? "link" : SYNONYMS.getOrDefault(word, word);
    }
}
