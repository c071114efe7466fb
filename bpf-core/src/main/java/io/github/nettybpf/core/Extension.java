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
    LEN(-1, 0xffff_ffffL),
    /** The protocol as in the Ethernet header, {@code skb->protocol}, in host order. */
    PROTO(0, 0xffff),
    /** The packet type: 0 to this host, 1 broadcast, 2 multicast, 3 to another host, 4 outgoing. */
    TYPE(4, 7),
    /** The index of the network interface. Without one the program ends and returns A. */
    IFIDX(8, 0x7fff_ffff),
    /** The offset of the Netlink attribute of type X, searched from offset A; 0 if there is none. */
    NLA(12, 0xffff_ffffL),
    /**
     * The offset of the Netlink attribute of type X that is nested in the attribute at offset A; 0 if there is none.
     */
    NLAN(16, 0xffff_ffffL),
    /** The packet's mark, as iptables sets it. */
    MARK(20, 0xffff_ffffL),
    /** The receive queue. */
    QUEUE(24, 0xffff),
    /** The hardware type of the interface (ARPHRD_*). Without an interface the program ends and returns A. */
    HATYPE(28, 0xffff),
    /** The receive hash. */
    RXHASH(32, 0xffff_ffffL),
    /** The number of the CPU that runs the filter. */
    CPU(36, 0x7fff_ffff),
    /** {@code A <- A ^ X}. Accepted by the kernel, but not known to bpf_asm. */
    XOR_X(40, 0xffff_ffffL),
    /** The VLAN tag control information that was taken out of the frame. */
    VLAN_TCI(44, 0xffff),
    /** 1 if a VLAN tag was taken out of the frame, otherwise 0. */
    VLAN_AVAIL(48, 1),
    /** The offset of the payload after the transport header, as the kernel's flow dissector finds it. */
    POFF(52, 0xffff_ffffL),
    /** A random number. */
    RAND(56, 0xffff_ffffL),
    /** The TPID of the VLAN tag that was taken out of the frame, in host order. */
    VLAN_TPID(60, 0xffff);

    /** Absolute loads from here up are extensions. */
    static final int SKF_AD_OFF = -0x1000;

    private static final Extension[] VALUES = values();

    /** The distance from SKF_AD_OFF; -1 for {@link #LEN}. */
    final int number;

    private final long maximum;
    private final String mnemonic;

    Extension(int number, long maximum) {
        this.number = number;
        this.maximum = maximum;
        this.mnemonic = name().toLowerCase(Locale.ROOT);
    }

    /** {@return the name in bpf_asm notation, for example {@code vlan_tci}} */
    public String mnemonic() {
        return mnemonic;
    }

    /**
     * {@return the greatest value that the kernel can give, unsigned} Some are of fewer than 32 bits. Source: struct
     * sk_buff and struct net_device of the kernel.
     */
    public long maximum() {
        return maximum;
    }

    /** {@return whether this is a property of the network interface, so that there may be none to read} */
    boolean isOfDevice() {
        return this == IFIDX || this == HATYPE;
    }

    /** {@return the extension that an absolute load from {@code offset} reads, or null if it reads none} */
    static @Nullable Extension atOffset(int offset) {
        int number = offset - SKF_AD_OFF;
        boolean isExtension = offset >= SKF_AD_OFF && offset < 0 && number % 4 == 0 && number <= 60;
        return isExtension ? VALUES[1 + number / 4] : null;
    }
}
