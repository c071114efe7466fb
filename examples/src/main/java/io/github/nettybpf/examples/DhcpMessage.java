package io.github.nettybpf.examples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A BOOTP packet with DHCP options (RFC 2131, 2); the names of the fields are those of the RFC. A packet without the
 * cookie is plain BOOTP (RFC 951), and has no options.
 */
record DhcpMessage(int op, Chaddr chaddr, int xid, int flags, Ip4 ciaddr, Ip4 yiaddr, Ip4 giaddr, DhcpOptions options) {
    static final int SERVER_PORT = 67;
    static final int CLIENT_PORT = 68;
    static final int BOOTREQUEST = 1;
    static final int BOOTREPLY = 2;
    private static final int BROADCAST_FLAG = 0x8000;
    private static final int COOKIE = 0x63825363;
    private static final int VENDOR = 236;
    private static final int OPTIONS = 240;
    private static final int LONGEST_CLIENT_ID = 255;
    private static final long FOR_EVER = 0xffff_ffffL;

    /** The shortest packet that old relays and clients accept (RFC 1542, 2.1). */
    private static final int SHORTEST = 300;

    /** Reads the payload of a UDP datagram. */
    static DhcpMessage parse(ByteBuf payload) throws MalformedPacketException {
        ByteBuf packet = payload.slice();
        if (packet.readableBytes() < VENDOR) {
            throw new MalformedPacketException("BOOTP: " + packet.readableBytes() + " bytes (expected: >= 236)");
        }
        int op = packet.getUnsignedByte(0);
        if (op != BOOTREQUEST && op != BOOTREPLY) {
            throw new MalformedPacketException("BOOTP: op " + op + " (expected: 1 or 2)");
        }
        int length = packet.getUnsignedByte(2);
        if (length > Chaddr.FIELD) {
            throw new MalformedPacketException("BOOTP: hardware length " + length + " (expected: <= 16)");
        }
        boolean dhcp = packet.readableBytes() >= OPTIONS && packet.getInt(VENDOR) == COOKIE;
        return new DhcpMessage(
                op,
                new Chaddr(packet.getUnsignedByte(1), length, packet.getLong(28), packet.getLong(36)),
                packet.getInt(4),
                packet.getUnsignedShort(10),
                Ip4.at(packet, 12),
                Ip4.at(packet, 16),
                Ip4.at(packet, 24),
                dhcp ? DhcpOptions.parse(packet) : new DhcpOptions());
    }

    /** {@return the message as the payload of a UDP datagram} The caller releases it. */
    ByteBuf encode(ByteBufAllocator allocator) {
        ByteBuf packet = allocator.buffer(SHORTEST);
        packet.writeByte(op).writeByte(chaddr.type()).writeByte(chaddr.length()).writeByte(0);
        packet.writeInt(xid).writeShort(0).writeShort(flags);
        packet.writeInt(ciaddr.bits()).writeInt(yiaddr.bits()).writeInt(0).writeInt(giaddr.bits());
        packet.writeLong(chaddr.first()).writeLong(chaddr.rest());
        packet.writeZero(64 + 128).writeInt(COOKIE);
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

    /** {@return the client identifier, of which the first 255 bytes count, unless it is empty} */
    Optional<byte[]> clientId() {
        return options.bytes(DhcpOptions.CLIENT_ID)
                .filter(id -> id.length > 0)
                .map(id -> Arrays.copyOf(id, Math.min(LONGEST_CLIENT_ID, id.length)));
    }

    /** {@return the client, as a server knows it} */
    DhcpClient client() {
        return new DhcpClient(clientId().map(HexFormat.of()::formatHex), chaddr);
    }

    /**
     * {@return the address to which a server sends this reply without a relay (RFC 2131, 4.1)} A client whose hardware
     * address cannot be that of one Ethernet interface is only reached by broadcasts.
     */
    Ip4 destination() {
        if (is(DhcpType.NAK)) {
            return Ip4.BROADCAST;
        }
        if (!ciaddr.isAny()) {
            return ciaddr;
        }
        boolean broadcast = (flags & BROADCAST_FLAG) != 0 || chaddr.station().isEmpty();
        return broadcast ? Ip4.BROADCAST : yiaddr;
    }

    /** {@return the name of the type} */
    String name() {
        Optional<Integer> code = options.octet(DhcpOptions.MESSAGE_TYPE);
        if (code.isEmpty()) {
            return op == BOOTREQUEST ? "BOOTREQUEST" : "BOOTREPLY";
        }
        return type().map(DhcpType::name).orElse("type " + code.get());
    }

    /** {@return the contents by name, in the order in which they are shown} Each value is a number, a list or a text. */
    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("type", name());
        fields.put("client", chaddr.toString());
        fields.put("xid", String.format(Locale.ROOT, "0x%08x", xid));
        clientId()
                .ifPresent(
                        id -> fields.put("client_id", HexFormat.ofDelimiter(":").formatHex(id)));
        options.text(DhcpOptions.HOST_NAME).ifPresent(name -> fields.put("hostname", name));
        options.text(DhcpOptions.VENDOR_CLASS).ifPresent(name -> fields.put("vendor_class", name));
        put(fields, "current", ciaddr);
        put(fields, "address", yiaddr);
        options.address(DhcpOptions.REQUESTED_ADDRESS).ifPresent(ip -> fields.put("requested", ip.toString()));
        options.seconds(DhcpOptions.LEASE_TIME).ifPresent(seconds -> fields.put("lease", seconds));
        options.address(DhcpOptions.SERVER_ID).ifPresent(ip -> fields.put("server", ip.toString()));
        put(fields, "router", options.addresses(DhcpOptions.ROUTER));
        put(fields, "dns", options.addresses(DhcpOptions.DNS));
        options.text(DhcpOptions.DOMAIN).ifPresent(name -> fields.put("domain", name));
        put(fields, "relay", giaddr);
        options.text(DhcpOptions.MESSAGE).ifPresent(text -> fields.put("message", text));
        if (!options.parameters().isEmpty()) {
            fields.put("asks_for", options.parameters());
        }
        return fields;
    }

    private static void put(Map<String, Object> fields, String name, Ip4 address) {
        if (!address.isAny()) {
            fields.put(name, address.toString());
        }
    }

    private static void put(Map<String, Object> fields, String name, List<Ip4> addresses) {
        if (!addresses.isEmpty()) {
            fields.put(name, addresses.stream().map(Ip4::toString).toList());
        }
    }

    /** {@return a description in one line of printable ASCII, for any contents} */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder(name()).append(", client ").append(chaddr);
        quoted(line, ", hostname ", DhcpOptions.HOST_NAME);
        append(line, ", current ", ciaddr);
        append(line, ", address ", yiaddr);
        options.address(DhcpOptions.REQUESTED_ADDRESS)
                .ifPresent(ip -> line.append(", requested ").append(ip));
        options.seconds(DhcpOptions.LEASE_TIME)
                .ifPresent(lease -> line.append(", lease ").append(lease == FOR_EVER ? "for ever" : lease + " s"));
        options.address(DhcpOptions.SERVER_ID)
                .ifPresent(ip -> line.append(", server ").append(ip));
        append(line, ", relay ", giaddr);
        quoted(line, ", message ", DhcpOptions.MESSAGE);
        return line.toString();
    }

    /** {@return what {@link #toString} leaves out, after a comma} */
    String details() {
        StringBuilder line = new StringBuilder(", xid ").append(fields().get("xid"));
        clientId().ifPresent(id -> line.append(", client id ")
                .append(HexFormat.ofDelimiter(":").formatHex(id)));
        quoted(line, ", vendor class ", DhcpOptions.VENDOR_CLASS);
        append(line, ", router", options.addresses(DhcpOptions.ROUTER));
        append(line, ", dns", options.addresses(DhcpOptions.DNS));
        quoted(line, ", domain ", DhcpOptions.DOMAIN);
        append(line, ", asks for", options.parameters());
        return line.toString();
    }

    private void quoted(StringBuilder line, String label, int code) {
        options.bytes(code).ifPresent(text -> line.append(label).append(Printable.quoted(text)));
    }

    private static void append(StringBuilder line, String label, Ip4 address) {
        if (!address.isAny()) {
            line.append(label).append(address);
        }
    }

    private static void append(StringBuilder line, String label, List<?> values) {
        if (!values.isEmpty()) {
            line.append(label);
            values.forEach(value -> line.append(' ').append(value));
        }
    }
}
