package io.github.nettybpf.expression;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a captured packet begins with. The constants carry the names of libpcap's {@code DLT_} values. */
public enum LinkType {
    /** An Ethernet header. */
    EN10MB,
    /** An IPv4 or IPv6 header. */
    RAW,
    /** The header of a Linux "cooked" capture, version 1. */
    LINUX_SLL,
    /** The header of a Linux "cooked" capture, version 2. */
    LINUX_SLL2,
    /** The address family in the byte order of the machine that captured; here little-endian is taken for granted. */
    NULL,
    /** The address family in network byte order. */
    LOOP;

    /**
     * {@return the link type of this name}, whatever the case; {@code ethernet} and {@code ether} are EN10MB.
     *
     * @param name the name
     */
    public static Optional<LinkType> of(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        if (upper.equals("ETHERNET") || upper.equals("ETHER")) {
            return Optional.of(EN10MB);
        }
        return Arrays.stream(values()).filter(type -> type.name().equals(upper)).findFirst();
    }
}
