package io.github.nettybpf.benchmarks;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The programs of {@link Workload} as a Java programmer would write them by hand. */
final class ByHand {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final int KEEP = 262144;

    private static final Set<Integer> HOSTS = new HashSet<>();
    private static final BitSet PORTS = new BitSet();
    private static final Map<Integer, Integer> VERDICTS = new HashMap<>();

    static {
        Arrays.stream(Lists.HOSTS).forEach(HOSTS::add);
        Arrays.stream(Lists.PORTS).forEach(PORTS::set);
        for (int i = 0; i < Lists.VERDICT_HOSTS.length; i++) {
            VERDICTS.put(Lists.VERDICT_HOSTS[i], Lists.verdict(i));
        }
    }

    private ByHand() {}

    static int arp(byte[] frame) {
        return frame.length >= 14 && u16(frame, 12) == 0x806 ? KEEP : 0;
    }

    static int port22(byte[] frame) {
        if (frame.length < 14) {
            return 0;
        }
        int type = u16(frame, 12);
        int ports;
        if (type == 0x86dd) {
            if (frame.length < 21 || !hasPorts(frame[20])) {
                return 0;
            }
            ports = 54;
        } else if (type == 0x800) {
            if (frame.length < 24 || !hasPorts(frame[23]) || (u16(frame, 20) & 0x1fff) != 0) {
                return 0;
            }
            ports = 14 + 4 * (frame[14] & 0xf);
        } else {
            return 0;
        }
        if (frame.length < ports + 2) {
            return 0;
        }
        return u16(frame, ports) == 22 || (frame.length >= ports + 4 && u16(frame, ports + 2) == 22) ? KEEP : 0;
    }

    static int dhcp(byte[] packet) {
        boolean wanted = packet.length >= Lists.DHCP_COOKIE_AT + 4
                && u16(packet, 2) == 67
                && packet[8] == 1
                && packet[9] == 1
                && packet[10] == 6
                && u32(packet, Lists.DHCP_COOKIE_AT) == Lists.DHCP_COOKIE;
        return wanted ? -1 : 0;
    }

    static int hostsAndPorts(byte[] frame) {
        if (frame.length < 34
                || u16(frame, 12) != 0x800
                || !hasPorts(frame[23])
                || (u16(frame, 20) & 0x1fff) != 0
                || !(HOSTS.contains(u32(frame, 26)) || HOSTS.contains(u32(frame, 30)))) {
            return 0;
        }
        int ports = 14 + 4 * (frame[14] & 0xf);
        if (frame.length < ports + 2) {
            return 0;
        }
        return PORTS.get(u16(frame, ports)) || (frame.length >= ports + 4 && PORTS.get(u16(frame, ports + 2)))
                ? KEEP
                : 0;
    }

    static int sourceHosts(byte[] frame) {
        return frame.length >= 30 && u16(frame, 12) == 0x800 && HOSTS.contains(u32(frame, 26)) ? KEEP : 0;
    }

    static int arithmetic(byte[] frame) {
        int ports = 14 + 4 * (frame[14] & 0xf);
        if (frame.length < Math.max(34, ports + 4)) {
            return 0;
        }
        int addresses = (u32(frame, 26) ^ u32(frame, 30)) * 0x9e3779b1;
        int sum = (addresses ^ (addresses >>> 15)) + 0x7f4a7c15 + u32(frame, ports) * 0x85ebca77;
        sum -= (frame.length & 0x7ff) / 10;
        int turned = Integer.rotateRight(sum, sum);
        int rest = Integer.remainderUnsigned(turned, u16(frame, 16) | 1) * 0xc2b2ae3d;
        return Integer.remainderUnsigned(rest ^ turned, 1000) << 1;
    }

    static int verdictHosts(byte[] frame) {
        return frame.length < 30 ? 0 : VERDICTS.getOrDefault(u32(frame, 26), 0);
    }

    static boolean hasPorts(byte protocol) {
        return protocol == 6 || protocol == 17 || protocol == (byte) 132;
    }

    private static int u16(byte[] bytes, int offset) {
        return (short) SHORT.get(bytes, offset) & 0xffff;
    }

    private static int u32(byte[] bytes, int offset) {
        return (int) INT.get(bytes, offset);
    }
}
