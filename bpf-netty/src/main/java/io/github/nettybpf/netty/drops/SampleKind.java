package io.github.nettybpf.netty.drops;

import io.github.nettybpf.core.Placement;

/**
 * How samples are written to a file, which describes each kind as an interface of its own.
 *
 * @param linkType the LINKTYPE_ number
 * @param placement what offset 0 was to the program
 */
record SampleKind(int linkType, Placement placement) {
    private static final int ETHERNET = 1;
    private static final int RAW = 101;
    private static final int USER0 = 147;

    /** A datagram of a UDP socket. */
    static final SampleKind DATAGRAM = new SampleKind(RAW, Placement.UDP_SOCKET);

    /** {@return the kind of a sample} */
    static SampleKind of(DroppedPacket packet) {
        boolean isInternet = packet.isDatagram()
                && (packet.sender().isPresent() || packet.recipient().isPresent());
        int linkType =
                switch (packet.placement()) {
                    case ETHERNET -> ETHERNET;
                    case IP, UDP_SOCKET -> RAW;
                    case PAYLOAD -> isInternet ? RAW : USER0;
                    case TCP_SOCKET -> USER0;
                };
        return new SampleKind(linkType, packet.placement());
    }

    /** {@return whether IP and UDP headers precede the content} */
    boolean hasMadeUpHeaders() {
        return linkType == RAW && placement != Placement.IP;
    }

    /** {@return what the packets are, for people} */
    String description() {
        if (hasMadeUpHeaders()) {
            String start = placement == Placement.UDP_SOCKET ? "UDP header" : "payload";
            return "UDP datagrams, with IP and UDP headers made up from the addresses; programs see them from the "
                    + start + " on";
        }
        return switch (linkType) {
            case ETHERNET -> "Ethernet frames";
            case RAW -> "IP packets";
            default -> "content without headers";
        };
    }

    /** {@return why the packet was dropped, for people} */
    String comment(DroppedPacket packet) {
        StringBuilder comment = new StringBuilder(packet.reason().text());
        if (!packet.rule().isEmpty()) {
            comment.append(": ").append(packet.rule());
        }
        boolean isDrop =
                switch (packet.reason()) {
                    case PROGRAM, NOT_KNOWN, SOURCE_DENIED, SOURCE_NOT_ALLOWED -> true;
                    case SHADOW_DROPS, SHADOW_KEEPS, SHADOW_CUTS -> false;
                };
        if (isDrop && packet.isPassedOn()) {
            comment.append("; passed on nevertheless: a dry run");
        }
        if (packet.oneIn() > 1) {
            comment.append("; 1 in ").append(packet.oneIn());
        }
        if (hasMadeUpHeaders()) {
            comment.append("; IP and UDP header made up from the addresses");
        }
        return comment.toString();
    }
}
