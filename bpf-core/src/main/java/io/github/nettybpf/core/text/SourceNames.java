package io.github.nettybpf.core.text;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The names of numbers that programs in the syntax of C use. Source: include/uapi/linux/bpf_common.h, filter.h,
 * if_ether.h, in.h, seccomp.h and audit.h of the kernel, and net/ethernet.h of the C library.
 */
final class SourceNames {
    private static final Map<String, Long> NUMBERS = new HashMap<>();

    static {
        String[] classes = {"LD", "LDX", "ST", "STX", "ALU", "JMP", "RET", "MISC"};
        define("BPF_", 0, 1, classes);
        define("BPF_", 0, 8, "W", "H", "B");
        define("BPF_", 0, 0x20, "IMM", "ABS", "IND", "MEM", "LEN", "MSH");
        define("BPF_", 0, 0x10, "ADD", "SUB", "MUL", "DIV", "OR", "AND", "LSH", "RSH", "NEG", "MOD", "XOR");
        define("BPF_", 0, 0x10, "JA", "JEQ", "JGT", "JGE", "JSET");
        define("BPF_", 0, 8, "K", "X", "A");
        define("BPF_", 0, 0x80, "TAX", "TXA");
        String[] extensions = {
            "PROTOCOL",
            "PKTTYPE",
            "IFINDEX",
            "NLATTR",
            "NLATTR_NEST",
            "MARK",
            "QUEUE",
            "HATYPE",
            "RXHASH",
            "CPU",
            "ALU_XOR_X",
            "VLAN_TAG",
            "VLAN_TAG_PRESENT",
            "PAY_OFFSET",
            "RANDOM",
            "VLAN_TPID"
        };
        define("SKF_AD_", 0, 4, extensions);
        define("SKF_", -0x1000, 0, "AD_OFF");
        for (String prefix : new String[] {"SKF_", "BPF_"}) {
            define(prefix, -0x100000, 0, "NET_OFF");
            define(prefix, -0x200000, 0, "LL_OFF");
        }
        for (String prefix : new String[] {"ETH_P_", "ETHERTYPE_"}) {
            define(prefix, 0x800, 0, "IP");
            define(prefix, 0x806, 0, "ARP");
            define(prefix, 0x86dd, 0, "IPV6");
        }
        define("ETHERTYPE_", 0x8100, 0, "VLAN");
        define("ETH_P_", 0x8100, 0, "8021Q");
        define("ETH_P_", 0x88a8, 0, "8021AD");
        define("ETH_P_", 0x888e, 0, "PAE");
        define("ETH_P_", 0x88cc, 0, "LLDP");
        define("ETH_P_", 0x88f7, 0, "1588");
        define("IPPROTO_", 1, 1, "ICMP", "IGMP");
        define("IPPROTO_", 6, 0, "TCP");
        define("IPPROTO_", 17, 0, "UDP");
        define("IPPROTO_", 41, 0, "IPV6");
        define("IPPROTO_", 47, 0, "GRE");
        define("IPPROTO_", 50, 1, "ESP", "AH");
        define("IPPROTO_", 58, 0, "ICMPV6");
        define("IPPROTO_", 132, 0, "SCTP");
        define("SECCOMP_RET_", 0, 0, "KILL", "KILL_THREAD");
        define("SECCOMP_RET_", 0x30000, 0x20000, "TRAP", "ERRNO");
        define("SECCOMP_RET_", 0x7fc00000L, 0, "USER_NOTIF");
        define("SECCOMP_RET_", 0x7ff00000L, 0, "TRACE");
        define("SECCOMP_RET_", 0x7ffc0000L, 0, "LOG");
        define("SECCOMP_RET_", 0x7fff0000L, 0, "ALLOW");
        define("SECCOMP_RET_", 0x80000000L, 0, "KILL_PROCESS");
        define("AUDIT_ARCH_", 0x40000003L, 0, "I386");
        define("AUDIT_ARCH_", 0x40000028L, 0, "ARM");
        define("AUDIT_ARCH_", 0xc000003eL, 0, "X86_64");
        define("AUDIT_ARCH_", 0xc00000b7L, 0, "AARCH64");
        define("", 0xffffffffL, 0, "UINT_MAX", "UINT32_MAX");
    }

    private SourceNames() {}

    /** Gives the names numbers that are the step apart. */
    private static void define(String prefix, long first, long step, String... names) {
        for (int i = 0; i < names.length; i++) {
            NUMBERS.put(prefix + names[i], first + i * step);
        }
    }

    /** {@return the number, or null if there is no such name} */
    static @Nullable Long number(String name) {
        return NUMBERS.get(name);
    }
}
