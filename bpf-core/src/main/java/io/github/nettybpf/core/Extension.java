package io.github.nettybpf.core;

import io.github.nettybpf.core.Instruction.LoadExtension;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link LoadExtension} reads (an "ancillary load" of the kernel): facts about a packet that are not in its
 * bytes.
 *
 * <p>Source: include/uapi/linux/filter.h ({@code SKF_AD_*}) and Documentation/networking/filter.rst of the kernel. The
 * constants carry the names that bpf_asm uses.
 */
public enum Extension {
    /** The length of the packet on the wire, in bytes. It has its own opcode, and can be loaded into X too. */
    LEN(-1),
    /** The protocol as in the Ethernet header, {@code skb->protocol}, in host order. */
    PROTO(0),
    /** The packet type: 0 to this host, 1 broadcast, 2 multicast, 3 to another host, 4 outgoing. */
    TYPE(4),
    /** The index of the network interface. Without one the program ends and returns A. */
    IFIDX(8),
    /** The offset of the Netlink attribute of type X, searched from offset A; 0 if there is none. */
    NLA(12),
    /**
     * The offset of the Netlink attribute of type X that is nested in the attribute at offset A; 0 if there is none.
     */
    NLAN(16),
    /** The packet's mark, as iptables sets it. */
    MARK(20),
    /** The receive queue. */
    QUEUE(24),
    /** The hardware type of the interface (ARPHRD_*). Without an interface the program ends and returns A. */
    HATYPE(28),
    /** The receive hash. */
    RXHASH(32),
    /** The number of the CPU that runs the filter. */
    CPU(36),
    /** {@code A <- A ^ X}. Accepted by the kernel, but not known to bpf_asm. */
    XOR_X(40),
    /** The VLAN tag control information that was taken out of the frame. */
    VLAN_TCI(44),
    /** 1 if a VLAN tag was taken out of the frame, otherwise 0. */
    VLAN_AVAIL(48),
    /** The offset of the payload after the transport header, as the kernel's flow dissector finds it. */
    POFF(52),
    /** A random number. */
    RAND(56),
    /** The TPID of the VLAN tag that was taken out of the frame, in host order. */
    VLAN_TPID(60);

    /** Absolute loads from here up are extensions. */
    static final int SKF_AD_OFF = -0x1000;

    private static final Extension[] VALUES = values();

    /** The distance from SKF_AD_OFF; -1 for {@link #LEN}. */
    final int number;

    private final String mnemonic;

    Extension(int number) {
        this.number = number;
        this.mnemonic = name().toLowerCase(Locale.ROOT);
    }

    /** {@return the name in bpf_asm notation, for example {@code vlan_tci}} */
    public String mnemonic() {
        return mnemonic;
    }

    /** {@return the extension that an absolute load from {@code offset} reads, or null if it reads none} */
    static @Nullable Extension atOffset(int offset) {
        int number = offset - SKF_AD_OFF;
        boolean isExtension = offset >= SKF_AD_OFF && offset < 0 && number % 4 == 0 && number <= 60;
        return isExtension ? VALUES[1 + number / 4] : null;
    }
}
