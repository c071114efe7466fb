package io.github.nettybpf.netty.source;

import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.address.AddressSet;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The source address of one packet after another, read as {@link SourceCode} lets the kernel read it. An IPv4 address is
 * kept as the v4-mapped IPv6 address. Belongs to one event loop.
 */
public final class Source {
    static final int ETHERNET_HEADER = 14;
    static final int ETHERTYPE = 12;
    static final int ETHERTYPE_IPV4 = 0x0800;
    static final int ETHERTYPE_IPV6 = 0x86dd;
    static final int IPV4_SOURCE = 12;
    static final int IPV6_SOURCE = 8;
    static final int VLAN_TAG = 4;

    /** How many tags a frame may have in its bytes, besides the one that the kernel takes out. */
    static final int MOST_VLAN_TAGS = 2;

    private static final long MAPPED = 0xffff_0000_0000L;

    private enum Kind {
        /** The packet has no source address. */
        NONE,
        /** It may have one. */
        UNKNOWN,
        KNOWN
    }

    private Kind kind = Kind.UNKNOWN;
    private boolean isIpv4;
    private long high;
    private long low;

    /** {@return whether the ethertype announces a VLAN tag: 802.1Q, 802.1ad, and what came before that} */
    static boolean isVlan(int ethertype) {
        return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
    }

    /** Takes the address of a datagram's sender; null if that is not known. */
    public void read(@Nullable InetSocketAddress sender) {
        InetAddress address = sender == null ? null : sender.getAddress();
        if (address == null) {
            kind = Kind.UNKNOWN;
            return;
        }
        if (address instanceof Inet4Address) {
            // The JVM's compiler leaves out this array: its bytes are read one by one, apart from those of the other
            // kind.
            byte[] bytes = address.getAddress();
            take((int) word(bytes, 0));
        } else {
            byte[] bytes = address.getAddress();
            take(word(bytes, 0) << 32 | word(bytes, 4), word(bytes, 8) << 32 | word(bytes, 12));
        }
    }

    private static long word(byte[] bytes, int at) {
        return (bytes[at] & 0xffL) << 24
                | (bytes[at + 1] & 0xffL) << 16
                | (bytes[at + 2] & 0xffL) << 8
                | (bytes[at + 3] & 0xffL);
    }

    /**
     * Reads the IP header of a packet.
     *
     * @param placement {@link Placement#ETHERNET} or {@link Placement#IP}: what offset 0 is
     */
    public void read(Packet packet, Placement placement) {
        kind = Kind.NONE;
        if (placement == Placement.ETHERNET) {
            readFrame(packet);
        } else if (packet.length() > 0) {
            int version = packet.u8(0) >>> 4;
            if (version == 4) {
                readIpv4(packet, 0);
            } else if (version == 6) {
                readIpv6(packet, 0);
            }
        }
    }

    private void readFrame(Packet frame) {
        int skipped = 0;
        for (int tags = 0; tags <= MOST_VLAN_TAGS; tags++) {
            if (frame.length() < ETHERNET_HEADER + skipped) {
                return;
            }
            int ethertype = frame.u16(ETHERTYPE + skipped);
            if (ethertype == ETHERTYPE_IPV4) {
                readIpv4(frame, ETHERNET_HEADER + skipped);
                return;
            } else if (ethertype == ETHERTYPE_IPV6) {
                readIpv6(frame, ETHERNET_HEADER + skipped);
                return;
            } else if (!isVlan(ethertype)) {
                return;
            }
            skipped += VLAN_TAG;
        }
    }

    private void readIpv4(Packet packet, int header) {
        int at = header + IPV4_SOURCE;
        if (packet.length() >= at + 4) {
            take(packet.u32(at));
        }
    }

    private void readIpv6(Packet packet, int header) {
        int at = header + IPV6_SOURCE;
        if (packet.length() >= at + 16) {
            take(two(packet, at), two(packet, at + 8));
        }
    }

    private static long two(Packet packet, int at) {
        return (long) packet.u32(at) << 32 | Integer.toUnsignedLong(packet.u32(at + 4));
    }

    private void take(int address) {
        kind = Kind.KNOWN;
        isIpv4 = true;
        high = 0;
        low = MAPPED | Integer.toUnsignedLong(address);
    }

    private void take(long highHalf, long lowHalf) {
        kind = Kind.KNOWN;
        isIpv4 = false;
        high = highHalf;
        low = lowHalf;
    }

    /** {@return whether the rule wants the source} What may have any source is wanted only if all are. */
    public boolean isWantedBy(SourceRule rule) {
        return switch (kind) {
            case NONE -> rule.wantsNone();
            case UNKNOWN -> rule.wantsAll();
            case KNOWN -> isIpv4 ? rule.wantsIpv4((int) low) : rule.wantsIpv6(high, low);
        };
    }

    /** {@return whether the source is known, and in the set} */
    boolean isIn(AddressSet set) {
        return kind == Kind.KNOWN && set.containsIpv6(high, low);
    }

    long high() {
        return high;
    }

    long low() {
        return low;
    }
}
