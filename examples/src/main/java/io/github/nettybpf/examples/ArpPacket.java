package io.github.nettybpf.examples;

import io.netty.buffer.ByteBuf;
import java.util.Locale;

/**
 * A packet of ARP (RFC 826), RARP (RFC 903) or InARP (RFC 2390) for IPv4 on Ethernet; {@code from} is the address that
 * the frame came from.
 */
record ArpPacket(Mac from, Operation operation, Mac sender, Ip4 senderIp, Mac target, Ip4 targetIp) {
    private static final int LENGTH = 42;
    private static final int ARP = 0x0806;
    private static final int RARP = 0x8035;

    /** What a packet is, and how its frame says so. */
    enum Operation {
        REQUEST(ARP, 1),
        REPLY(ARP, 2),
        RARP_REQUEST(RARP, 3),
        RARP_REPLY(RARP, 4),
        INARP_REQUEST(ARP, 8),
        INARP_REPLY(ARP, 9);

        private static final Operation[] ALL = values();

        private final int ethernetType;
        private final int code;

        Operation(int ethernetType, int code) {
            this.ethernetType = ethernetType;
            this.code = code;
        }

        private static Operation of(int ethernetType, int code) throws MalformedPacketException {
            for (Operation operation : ALL) {
                if (operation.ethernetType == ethernetType && operation.code == code) {
                    return operation;
                }
            }
            throw new MalformedPacketException(
                    ethernetType == ARP
                            ? "ARP: operation " + code + " (expected: 1, 2, 8 or 9)"
                            : "RARP: operation " + code + " (expected: 3 or 4)");
        }
    }

    /** Reads a whole Ethernet frame; what follows the packet is padding. */
    static ArpPacket parse(ByteBuf buffer) throws MalformedPacketException {
        ByteBuf frame = buffer.slice();
        if (frame.readableBytes() < LENGTH) {
            throw new MalformedPacketException("ARP: " + frame.readableBytes() + " bytes (expected: >= 42)");
        }
        int ethernetType = frame.getUnsignedShort(12);
        if (ethernetType != ARP && ethernetType != RARP) {
            throw new MalformedPacketException(
                    String.format("ARP: Ethernet type 0x%04x (expected: 0x0806 or 0x8035)", ethernetType));
        }
        if (frame.getInt(14) != 0x0001_0800 || frame.getUnsignedShort(18) != 0x0604) {
            throw new MalformedPacketException(String.format(
                    "ARP: addresses 0x%08x %04x (expected: 0x00010800 0604, Ethernet and IPv4)",
                    frame.getInt(14), frame.getUnsignedShort(18)));
        }
        return new ArpPacket(
                Mac.at(frame, 6),
                Operation.of(ethernetType, frame.getUnsignedShort(20)),
                Mac.at(frame, 22),
                Ip4.at(frame, 28),
                Mac.at(frame, 32),
                Ip4.at(frame, 38));
    }

    /**
     * {@return whether the sender claims an address} A probe (RFC 5227) does not, and neither does a RARP request, whose
     * sender asks for its own.
     */
    boolean claims() {
        return !senderIp.isAny() && operation != Operation.RARP_REQUEST;
    }

    /** {@return whether the sender wants to know if it may have the target address (RFC 5227, 2.1.1)} */
    boolean isProbe() {
        return operation == Operation.REQUEST && senderIp.isAny();
    }

    boolean isAnnouncement() {
        return (operation == Operation.REQUEST || operation == Operation.REPLY)
                && claims()
                && senderIp.equals(targetIp);
    }

    /** {@return what it is, in a word} */
    String kind() {
        return isProbe()
                ? "probe"
                : isAnnouncement()
                        ? "announcement"
                        : operation.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    @Override
    public String toString() {
        String text = kind() + ": ";
        if (isProbe()) {
            text += "who has " + targetIp + "? asks " + sender;
        } else if (isAnnouncement()) {
            text += senderIp + " is at " + sender;
        } else {
            text += switch (operation) {
                case REQUEST -> "who has " + targetIp + "? asks " + senderIp + " at " + sender;
                case REPLY -> senderIp + " is at " + sender + ", for " + targetIp + " at " + target;
                case RARP_REQUEST -> "which address has " + target + "? asks " + sender;
                case RARP_REPLY -> target + " has " + targetIp + ", says " + senderIp + " at " + sender;
                case INARP_REQUEST -> "which address has " + target + "? asks " + senderIp + " at " + sender;
                case INARP_REPLY -> sender + " has " + senderIp + ", for " + targetIp + " at " + target;
            };
        }
        return from.equals(sender) ? text : text + ", sent by " + from;
    }
}
