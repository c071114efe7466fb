package io.github.nettybpf.expression.lower;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The offsets of the headers, for one term of an expression. Immutable: {@code vlan}, {@code mpls}, {@code pppoes} and
 * {@code geneve} make the offsets that the terms after them have.
 *
 * @param encapsulation what the link-layer header is
 * @param linkHeader the link-layer header (libpcap's {@code off_linkhdr})
 * @param linkType the field that says what the frame carries ({@code off_linktype}), or null if there is none
 * @param linkPayload what comes after the link-layer header ({@code off_linkpl})
 * @param network the network header, from {@code linkPayload} ({@code off_nl})
 * @param networkNoSnap the network header, from {@code linkPayload}, in frames with an LLC header and no SNAP header
 *     ({@code off_nl_nosnap})
 * @param mplsLabels how many MPLS labels precede the network header
 * @param tagStripped whether the kernel has stripped the outermost VLAN tag off the frame, if there was one
 * @param tunnel a value that is 0 if the packet has no tunnel that these offsets are inside of, or null outside of
 *     tunnels
 * @param tunnelFrame a value that differs from {@code tunnel} if the tunnel carries a frame and not its payload only,
 *     or null if it always carries what has a link-layer header
 */
record HeaderOffsets(
        Encapsulation encapsulation,
        PacketOffset linkHeader,
        @Nullable PacketOffset linkType,
        PacketOffset linkPayload,
        int network,
        int networkNoSnap,
        int mplsLabels,
        boolean tagStripped,
        @Nullable Value tunnel,
        @Nullable Value tunnelFrame) {
    /** SKF_NET_OFF: where the kernel knows the network header, loads from here on are relative to it. */
    private static final int NET_OFF = -0x100000;

    /** How long an LLC header is. */
    private static final int LLC = 3;

    /** How long a VLAN tag is, and an MPLS label. */
    private static final int TAG = 4;

    /** How long the PPPoE header is, before the PPP protocol number. */
    private static final int PPPOE = 6;

    /**
     * {@return the offsets for the first term of an expression}
     *
     * @param encapsulation what the packets begin with
     * @param live whether they come from a socket, for which the kernel strips VLAN tags
     * @param values where scratch slots are from, for headers whose length depends on the packet
     */
    static HeaderOffsets of(Encapsulation encapsulation, boolean live, ValueTable values) {
        return switch (encapsulation) {
            case ETHERNET -> of(encapsulation, PacketOffset.at(12), encapsulation.headerLength(), LLC, live);
            case SLL -> of(encapsulation, PacketOffset.at(14), encapsulation.headerLength(), 0, false);
            case SLL2, NULL, LOOP -> of(encapsulation, PacketOffset.at(0), encapsulation.headerLength(), 0, false);
            case UDP, TCP -> of(encapsulation, null, NET_OFF, 0, false);
            case PPP_FRAME, C_HDLC, FRELAY ->
                of(encapsulation, PacketOffset.at(2), encapsulation.headerLength(), 0, false);
            case PPPOE -> of(encapsulation, PacketOffset.at(6), encapsulation.headerLength(), 0, false);
            case IPNET -> of(encapsulation, PacketOffset.at(1), encapsulation.headerLength(), 0, false);
            case WIRELESS, RADIOTAP -> WirelessHeader.offsets(encapsulation, values);
            case RAW, PAYLOAD, OTHER -> of(encapsulation, null, 0, 0, false);
            case PPP -> throw new IllegalArgumentException("no packet begins with PPP");
        };
    }

    private static HeaderOffsets of(
            Encapsulation encapsulation,
            @Nullable PacketOffset linkType,
            int linkPayload,
            int networkNoSnap,
            boolean tagStripped) {
        PacketOffset payload = PacketOffset.at(linkPayload);
        return new HeaderOffsets(
                encapsulation, PacketOffset.at(0), linkType, payload, 0, networkNoSnap, 0, tagStripped, null, null);
    }

    /** {@return whether offset 0 is the transport header of a socket} */
    boolean isSocket() {
        return encapsulation.isSocket();
    }

    /** {@return whether the link-layer header is Ethernet's} */
    boolean isEthernet() {
        return encapsulation == Encapsulation.ETHERNET;
    }

    /** {@return whether the link type is an Ethernet type at a constant offset} */
    boolean hasEthernetTypes() {
        return switch (encapsulation) {
            case ETHERNET, SLL, SLL2 -> linkPayload.base() == null;
            default -> false;
        };
    }

    /** {@return the offset of the network header} */
    PacketOffset networkHeader() {
        return linkPayload.plus(network);
    }

    /** {@return the offsets after a VLAN tag that is in the frame} */
    HeaderOffsets afterTag() {
        return afterTag(linkType == null ? null : linkType.plus(TAG), linkPayload.plus(TAG));
    }

    /**
     * {@return the offsets after a VLAN tag that may be stripped}
     *
     * @param length the length of the tag in the frame, 0 if it is stripped
     */
    HeaderOffsets afterTag(Value length) {
        return afterTag(
                linkType == null ? null : new PacketOffset(length, linkType.offset()),
                new PacketOffset(length, linkPayload.offset()));
    }

    private HeaderOffsets afterTag(@Nullable PacketOffset type, PacketOffset payload) {
        return new HeaderOffsets(
                encapsulation,
                linkHeader,
                type,
                payload,
                network,
                networkNoSnap,
                mplsLabels,
                false,
                tunnel,
                tunnelFrame);
    }

    /** {@return the offsets after an MPLS label} */
    HeaderOffsets afterLabel() {
        return new HeaderOffsets(
                encapsulation,
                linkHeader,
                linkType,
                linkPayload,
                network + TAG,
                networkNoSnap + TAG,
                mplsLabels + 1,
                tagStripped,
                tunnel,
                tunnelFrame);
    }

    /** {@return the offsets inside a PPPoE session} */
    HeaderOffsets insidePppoe() {
        PacketOffset type = networkHeader().plus(PPPOE);
        return new HeaderOffsets(
                Encapsulation.PPP,
                type,
                type,
                type.plus(Encapsulation.PPP.headerLength()),
                0,
                0,
                mplsLabels,
                false,
                tunnel,
                null);
    }

    /**
     * {@return the offsets inside a Geneve tunnel, which carries a frame, or the payload of one}
     *
     * @param frame where the frame begins; its base is not 0 in a packet that has the tunnel
     * @param type where the type of the payload is, in the frame or in the Geneve header
     * @param payload where the payload begins; its base is that of the frame if there is no frame around it
     */
    HeaderOffsets insideGeneve(PacketOffset frame, PacketOffset type, PacketOffset payload) {
        return new HeaderOffsets(
                Encapsulation.ETHERNET,
                frame,
                type,
                payload,
                0,
                networkNoSnap,
                mplsLabels,
                false,
                payload.base(),
                frame.base());
    }

    // Written out: a record's own methods take the JVM some ten milliseconds when they are first called.
    @Override
    public boolean equals(@Nullable Object other) {
        return other == this
                || (other instanceof HeaderOffsets offsets
                        && encapsulation == offsets.encapsulation
                        && linkHeader.equals(offsets.linkHeader)
                        && Objects.equals(linkType, offsets.linkType)
                        && linkPayload.equals(offsets.linkPayload)
                        && network == offsets.network
                        && networkNoSnap == offsets.networkNoSnap
                        && mplsLabels == offsets.mplsLabels
                        && tagStripped == offsets.tagStripped
                        && Objects.equals(tunnel, offsets.tunnel)
                        && Objects.equals(tunnelFrame, offsets.tunnelFrame));
    }

    @Override
    public int hashCode() {
        return Objects.hash(
                encapsulation,
                linkHeader,
                linkType,
                linkPayload,
                network,
                networkNoSnap,
                mplsLabels,
                tagStripped,
                tunnel,
                tunnelFrame);
    }
}
