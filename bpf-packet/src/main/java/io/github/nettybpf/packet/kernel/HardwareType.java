package io.github.nettybpf.packet.kernel;

import java.util.Map;

/** Hardware types of interfaces (ARPHRD_*, linux/if_arp.h). They determine the link-layer header of frames. */
public final class HardwareType {
    private static final int ETHERNET = 1;
    private static final int LOOPBACK = 772;

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(32, "infiniband"),
            Map.entry(280, "can"),
            Map.entry(512, "ppp"),
            Map.entry(519, "rawip"),
            Map.entry(768, "ipip"),
            Map.entry(769, "ip6tnl"),
            Map.entry(776, "sit"),
            Map.entry(778, "gre"),
            Map.entry(801, "ieee802.11"),
            Map.entry(803, "radiotap"),
            Map.entry(823, "ip6gre"),
            Map.entry(824, "netlink"),
            Map.entry(0xfffe, "none"));

    private HardwareType() {}

    /** {@return whether frames begin with an Ethernet header} The loopback's do, with addresses of zeros. */
    public static boolean hasEthernetHeader(int type) {
        return type == ETHERNET || type == LOOPBACK;
    }

    /** {@return the number, and the name of a type that is known here} */
    public static String name(int type) {
        String name = NAMES.get(type);
        return name == null ? Integer.toString(type) : type + " (" + name + ")";
    }
}
