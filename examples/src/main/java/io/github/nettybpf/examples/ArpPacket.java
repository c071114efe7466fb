package io.github.nettybpf.examples;

import io.netty.buffer.ByteBuf;

/** An ARP request or reply for IPv4 on Ethernet (RFC 826); {@code from} is the address that the frame came from. */
record ArpPacket(Mac from, int operation, Mac sender, Ip4 senderIp, Mac target, Ip4 targetIp) {
    static final int REQUEST = 1;
    static final int REPLY = 2;
    private static final int LENGTH = 42;

    /** Reads a whole Ethernet frame; what follows the packet is padding. */
    static ArpPacket parse(ByteBuf buffer) throws MalformedPacketException {
        ByteBuf frame = buffer.slice();
        if (frame.readableBytes() < LENGTH) {
            throw new MalformedPacketException("ARP: " + frame.readableBytes() + " bytes (expected: >= 42)");
        }
        if (frame.getUnsignedShort(12) != 0x0806) {
            throw new MalformedPacketException(
                    String.format("ARP: Ethernet type 0x%04x (expected: 0x0806)", frame.getUnsignedShort(12)));
        }
        if (frame.getInt(14) != 0x0001_0800 || frame.getUnsignedShort(18) != 0x0604) {
            throw new MalformedPacketException(String.format(
                    "ARP: addresses 0x%08x %04x (expected: 0x00010800 0604, Ethernet and IPv4)",
                    frame.getInt(14), frame.getUnsignedShort(18)));
        }
        int operation = frame.getUnsignedShort(20);
        if (operation != REQUEST && operation != REPLY) {
            throw new MalformedPacketException("ARP: operation " + operation + " (expected: 1 or 2)");
        }
        return new ArpPacket(
                Mac.at(frame, 6),
                operation,
                Mac.at(frame, 22),
                Ip4.at(frame, 28),
                Mac.at(frame, 32),
                Ip4.at(frame, 38));
    }

    /** {@return whether the sender claims an address} A probe (RFC 5227) does not. */
    boolean claims() {
        return !senderIp.isAny();
    }

    @Override
    public String toString() {
        String text;
        if (!claims()) {
            text = "probe: who has " + targetIp + "? asks " + sender;
        } else if (senderIp.equals(targetIp)) {
            text = "announcement: " + senderIp + " is at " + sender;
        } else if (operation == REQUEST) {
            text = "request: who has " + targetIp + "? asks " + senderIp + " at " + sender;
        } else {
            text = "reply: " + senderIp + " is at " + sender + ", for " + targetIp + " at " + target;
        }
        return from.equals(sender) ? text : text + ", sent by " + from;
    }
}
