package io.github.nettybpf.examples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalLong;

/** A BOOTP packet with DHCP options (RFC 2131, 2), for Ethernet; the names of the fields are those of the RFC. */
record DhcpMessage(int op, int xid, int flags, Ip4 ciaddr, Ip4 yiaddr, Ip4 giaddr, Mac chaddr, DhcpOptions options) {
    static final int SERVER_PORT = 67;
    static final int CLIENT_PORT = 68;
    static final int BOOTREQUEST = 1;
    static final int BOOTREPLY = 2;
    private static final int BROADCAST_FLAG = 0x8000;
    private static final int COOKIE = 0x63825363;
    private static final int OPTIONS = 240;

    /** The shortest packet that old relays and clients accept (RFC 1542, 2.1). */
    private static final int SHORTEST = 300;

    /** Reads the payload of a UDP datagram. */
    static DhcpMessage parse(ByteBuf payload) throws MalformedPacketException {
        ByteBuf packet = payload.slice();
        if (packet.readableBytes() < OPTIONS) {
            throw new MalformedPacketException("BOOTP: " + packet.readableBytes() + " bytes (expected: >= 240)");
        }
        int op = packet.getUnsignedByte(0);
        if (op != BOOTREQUEST && op != BOOTREPLY) {
            throw new MalformedPacketException("BOOTP: op " + op + " (expected: 1 or 2)");
        }
        if (packet.getUnsignedByte(1) != 1 || packet.getUnsignedByte(2) != Mac.LENGTH) {
            throw new MalformedPacketException("BOOTP: hardware type " + packet.getUnsignedByte(1) + ", length "
                    + packet.getUnsignedByte(2) + " (expected: 1 and 6, Ethernet)");
        }
        if (packet.getInt(236) != COOKIE) {
            throw new MalformedPacketException(
                    String.format("BOOTP: cookie 0x%08x (expected: 0x63825363)", packet.getInt(236)));
        }
        return new DhcpMessage(
                op,
                packet.getInt(4),
                packet.getUnsignedShort(10),
                Ip4.at(packet, 12),
                Ip4.at(packet, 16),
                Ip4.at(packet, 24),
                Mac.at(packet, 28),
                DhcpOptions.parse(packet));
    }

    /** {@return the message as the payload of a UDP datagram} The caller releases it. */
    ByteBuf encode(ByteBufAllocator allocator) {
        ByteBuf packet = allocator.buffer(SHORTEST);
        packet.writeByte(op).writeByte(1).writeByte(Mac.LENGTH).writeByte(0);
        packet.writeInt(xid).writeShort(0).writeShort(flags);
        packet.writeInt(ciaddr.bits()).writeInt(yiaddr.bits()).writeInt(0).writeInt(giaddr.bits());
        chaddr.write(packet);
        packet.writeZero(10 + 64 + 128).writeInt(COOKIE);
        options.write(packet);
        packet.writeZero(Math.max(0, SHORTEST - packet.readableBytes()));
        return packet;
    }

    /** {@return the type, or empty for plain BOOTP and for types that {@link DhcpType} lacks} */
    Optional<DhcpType> type() {
        return options.octet(DhcpOptions.MESSAGE_TYPE).flatMap(DhcpType::of);
    }

    boolean is(DhcpType type) {
        return type().equals(Optional.of(type));
    }

    /** {@return the identity of the client for a server: the client identifier, or else the hardware address} */
    String client() {
        Optional<byte[]> id = options.bytes(DhcpOptions.CLIENT_ID).filter(bytes -> bytes.length > 0);
        return id.map(HexFormat.of()::formatHex).orElse(chaddr.toString());
    }

    /** {@return the address to which a server sends this reply without a relay (RFC 2131, 4.1)} */
    Ip4 destination() {
        if (is(DhcpType.NAK)) {
            return Ip4.BROADCAST;
        }
        if (!ciaddr.isAny()) {
            return ciaddr;
        }
        return (flags & BROADCAST_FLAG) != 0 ? Ip4.BROADCAST : yiaddr;
    }

    /** {@return the name of the type} */
    String name() {
        Optional<Integer> code = options.octet(DhcpOptions.MESSAGE_TYPE);
        if (code.isEmpty()) {
            return op == BOOTREQUEST ? "BOOTREQUEST" : "BOOTREPLY";
        }
        return type().map(DhcpType::name).orElse("type " + code.get());
    }

    /** {@return a description in one line, for any contents} */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder(name()).append(", client ").append(chaddr);
        options.quoted(DhcpOptions.HOST_NAME)
                .ifPresent(name -> line.append(", hostname ").append(name));
        append(line, ", current ", ciaddr);
        append(line, ", address ", yiaddr);
        options.address(DhcpOptions.REQUESTED_ADDRESS)
                .ifPresent(ip -> line.append(", requested ").append(ip));
        OptionalLong lease = options.seconds(DhcpOptions.LEASE_TIME);
        if (lease.isPresent()) {
            line.append(", lease ").append(lease.getAsLong() == 0xffff_ffffL ? "for ever" : lease.getAsLong() + " s");
        }
        options.address(DhcpOptions.SERVER_ID)
                .ifPresent(ip -> line.append(", server ").append(ip));
        append(line, ", relay ", giaddr);
        options.quoted(DhcpOptions.MESSAGE)
                .ifPresent(text -> line.append(", message ").append(text));
        return line.toString();
    }

    private static void append(StringBuilder line, String label, Ip4 address) {
        if (!address.isAny()) {
            line.append(label).append(address);
        }
    }
}
