package io.github.nettybpf.expression.lower;

import java.util.List;
import java.util.Map;

/** The numbers of protocols, as IEEE and IANA assigned them. */
final class ProtocolNumbers {
    /** IP protocols. */
    static final int TCP = 6;

    static final int UDP = 17;
    static final int SCTP = 132;
    static final int ICMP6 = 58;
    static final int AH = 51;
    static final int ESP = 50;

    /** The IPv6 fragment header. */
    static final int FRAGMENT = 44;

    /** Ethernet types. */
    static final int IP = 0x0800;

    static final int ARP = 0x0806;
    static final int RARP = 0x8035;
    static final int IP6 = 0x86dd;
    static final int DECNET = 0x6003;
    static final int ATALK = 0x809b;
    static final int AARP = 0x80f3;
    static final int IPX = 0x8137;
    static final int LOOPBACK = 0x9000;
    static final int VLAN = 0x8100;
    static final int QINQ = 0x88a8;
    static final int QINQ_OLD = 0x9100;
    static final int MPLS = 0x8847;
    static final int PPPOE_DISCOVERY = 0x8863;
    static final int PPPOE_SESSION = 0x8864;

    /** Transparent Ethernet bridging: a whole frame is carried. */
    static final int BRIDGED_FRAME = 0x6558;

    /** LLC service access points. */
    static final int SAP_IP = 0x06;

    static final int SAP_IPX = 0xe0;
    static final int SAP_NETBEUI = 0xf0;
    static final int SAP_ISO = 0xfe;
    static final int SAP_STP = 0x42;

    /** The greatest number in the type field of an Ethernet frame that is a length. */
    static final int MAX_LENGTH = 1500;

    /** MPLS in PPP. */
    static final int PPP_MPLS = 0x0281;

    /** Ethernet types, and LLC service access points, which are below 1501, by the words of the language. */
    static final Map<String, Integer> LINK_TYPES = Map.ofEntries(
            Map.entry("ip", IP),
            Map.entry("arp", ARP),
            Map.entry("rarp", RARP),
            Map.entry("ip6", IP6),
            Map.entry("atalk", ATALK),
            Map.entry("aarp", AARP),
            Map.entry("decnet", DECNET),
            Map.entry("sca", 0x6007),
            Map.entry("lat", 0x6004),
            Map.entry("mopdl", 0x6001),
            Map.entry("moprc", 0x6002),
            Map.entry("loopback", LOOPBACK),
            Map.entry("iso", SAP_ISO),
            Map.entry("stp", SAP_STP),
            Map.entry("ipx", SAP_IPX),
            Map.entry("netbeui", SAP_NETBEUI));

    /** PPP's numbers for Ethernet types and LLC service access points. */
    static final Map<Integer, Integer> PPP = Map.of(
            IP, 0x0021, IP6, 0x0057, DECNET, 0x0027, ATALK, 0x0029, 0x0600, 0x0025, SAP_ISO, 0x0023, SAP_STP, 0x0031,
            SAP_IPX, 0x002b);

    /** Protocols in IPv4 and IPv6 that are a word of the language. */
    static final Map<String, Integer> IP_PROTOCOLS =
            Map.of("sctp", SCTP, "tcp", TCP, "udp", UDP, "pim", 103, "ah", AH, "esp", ESP);

    /** Those in IPv4 only. */
    static final Map<String, Integer> IP4_PROTOCOLS = Map.of("icmp", 1, "igmp", 2, "igrp", 9, "vrrp", 112, "carp", 112);

    /** ISO network layer protocols (NLPID, ISO/IEC TR 9577). */
    static final int ISIS = 0x83;

    static final Map<String, Integer> ISO = Map.of("clnp", 0x81, "esis", 0x82, "isis", ISIS);

    /** The PDU types of IS-IS, by the words for groups of them. */
    static final Map<String, List<Integer>> ISIS_TYPES = Map.of(
            "l1", List.of(26, 24, 18, 15, 17),
            "l2", List.of(27, 25, 20, 16, 17),
            "iih", List.of(17, 16, 15),
            "lsp", List.of(18, 20),
            "snp", List.of(27, 26, 24, 25),
            "csnp", List.of(24, 25),
            "psnp", List.of(26, 27));

    private ProtocolNumbers() {}
}
