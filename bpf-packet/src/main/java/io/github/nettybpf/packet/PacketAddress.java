package io.github.nettybpf.packet;

import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The address of a packet socket ({@code struct sockaddr_ll}, packet(7)): a network interface, the protocol (ethertype)
 * to receive or to send and, for a received frame, its packet type and the sender's hardware address. Immutable.
 *
 * <p>Interfaces are looked up by name when a channel is bound, in the channel's own network namespace.
 */
public final class PacketAddress extends SocketAddress {
    /** The {@link #protocol} that means all protocols (ETH_P_ALL). */
    public static final int ALL_PROTOCOLS = 3;

    /** The {@link #packetType} of a frame to this host (PACKET_HOST). */
    public static final int HOST = 0;

    /** The {@link #packetType} of a broadcast frame (PACKET_BROADCAST). */
    public static final int BROADCAST = 1;

    /** The {@link #packetType} of a multicast frame (PACKET_MULTICAST). */
    public static final int MULTICAST = 2;

    /**
     * The {@link #packetType} of a frame to another host, received because of {@link PacketChannelOption#PROMISCUOUS}
     * (PACKET_OTHERHOST).
     */
    public static final int OTHER_HOST = 3;

    /** The {@link #packetType} of a frame that this host sends (PACKET_OUTGOING). */
    public static final int OUTGOING = 4;

    /** The {@link #interfaceIndex} of an address whose interface name was not looked up yet. */
    public static final int UNKNOWN_INTERFACE = -1;

    static final int BYTES = 20;
    private static final int AF_PACKET = 17;
    private static final int LONGEST_NAME = 15;
    private static final int LONGEST_HARDWARE_ADDRESS = 8;
    private static final int ANY_INTERFACE = 0;

    private static final long serialVersionUID = 1L;

    /** The name that the address was created with. */
    private final @Nullable String interfaceName;

    /** The index, {@link #UNKNOWN_INTERFACE}, or 0 for any interface. */
    private final int interfaceIndex;

    /** The ethertype. */
    private final int protocol;

    /** The ARPHRD_* number. */
    private final int hardwareType;

    /** One of {@link #HOST} to {@link #OUTGOING}. */
    private final int packetType;

    /** The address's first byte is in the highest bits. */
    private final long hardwareAddress;

    /** The number of bytes in use, 0 to 8. */
    private final int hardwareAddressLength;

    PacketAddress(
            @Nullable String interfaceName,
            int interfaceIndex,
            int protocol,
            int hardwareType,
            int packetType,
            long hardwareAddress,
            int hardwareAddressLength) {
        this.interfaceName = interfaceName;
        this.interfaceIndex = interfaceIndex;
        this.protocol = protocol;
        this.hardwareType = hardwareType;
        this.packetType = packetType;
        this.hardwareAddress = hardwareAddress;
        this.hardwareAddressLength = Math.min(hardwareAddressLength, LONGEST_HARDWARE_ADDRESS);
    }

    /**
     * {@return the address of one interface, for all protocols}
     *
     * @param interfaceName 1 to 15 bytes in UTF-8, such as {@code eth0}
     * @throws IllegalArgumentException if no interface can have that name
     */
    public static PacketAddress of(String interfaceName) {
        int length = interfaceName.getBytes(StandardCharsets.UTF_8).length;
        // Of a name with a colon, the kernel would look up what is before it.
        if (length == 0
                || length > LONGEST_NAME
                || interfaceName.chars().anyMatch(c -> c <= ' ' || c == '/' || c == ':' || c == 0x7f)) {
            throw new IllegalArgumentException("interface '" + interfaceName
                    + "' (expected: 1 to 15 bytes in UTF-8, without blanks, slashes and colons)");
        }
        return new PacketAddress(interfaceName, UNKNOWN_INTERFACE, ALL_PROTOCOLS, 0, HOST, 0, 0);
    }

    /** {@return the address of all interfaces, also of those that are created later, for all protocols} */
    public static PacketAddress any() {
        return new PacketAddress(null, ANY_INTERFACE, ALL_PROTOCOLS, 0, HOST, 0, 0);
    }

    /**
     * {@return this address for one protocol} A channel that is bound to it receives only frames of that protocol, and
     * none that this host sends. The kernel does not tell such a channel the VLAN of a frame: it receives those of all
     * VLANs for which the interface has no VLAN device, as {@link #OTHER_HOST} and without a tag. To receive the frames of
     * one VLAN, or only untagged ones, use an address for all protocols, and a program that tests the ethertype and is
     * restricted by {@link io.github.nettybpf.netty.Vlan}.
     *
     * @param ethertype 1 to 0xffff, such as 0x0806 for ARP; {@link #ALL_PROTOCOLS} for all
     */
    public PacketAddress withProtocol(int ethertype) {
        // A socket that is bound to protocol 0 receives nothing, without an error.
        if (ethertype < 1 || ethertype > 0xffff) {
            throw new IllegalArgumentException("ethertype " + ethertype + " (expected: 1..65535)");
        }
        return new PacketAddress(
                interfaceName,
                interfaceIndex,
                ethertype,
                hardwareType,
                packetType,
                hardwareAddress,
                hardwareAddressLength);
    }

    /**
     * {@return this address with the hardware address of a receiver} Frames that a channel of type {@link
     * PacketChannel.Type#DGRAM} sends need one.
     *
     * @param address up to 8 bytes, copied
     */
    public PacketAddress withHardwareAddress(byte... address) {
        if (address.length > LONGEST_HARDWARE_ADDRESS) {
            throw new IllegalArgumentException("hardware address of " + address.length + " bytes (expected: 0..8)");
        }
        byte[] padded = new byte[LONGEST_HARDWARE_ADDRESS];
        System.arraycopy(address, 0, padded, 0, address.length);
        long packed = ByteBuffer.wrap(padded).getLong();
        return new PacketAddress(
                interfaceName, interfaceIndex, protocol, hardwareType, packetType, packed, address.length);
    }

    /**
     * {@return the interface's index, 0 for any interface, or {@link #UNKNOWN_INTERFACE} if the name was not looked up}
     */
    public int interfaceIndex() {
        return interfaceIndex;
    }

    /** {@return the interface's name, or null if only its index is known or the address is for any interface} */
    public @Nullable String interfaceName() {
        return interfaceName;
    }

    /** {@return the ethertype} For a received frame, the kernel reports the one after a VLAN tag that it removed. */
    public int protocol() {
        return protocol;
    }

    /** {@return the hardware type of the interface (ARPHRD_*): 1 for Ethernet, 772 for the loopback} */
    public int hardwareType() {
        return hardwareType;
    }

    /**
     * {@return the packet type, which tells to whom a frame was sent: {@link #HOST}, {@link #BROADCAST}, {@link
     * #MULTICAST}, {@link #OTHER_HOST} or {@link #OUTGOING}}
     */
    public int packetType() {
        return packetType;
    }

    /**
     * {@return a copy of the hardware address: for a received frame the sender's, for a bound channel that of its
     * interface}
     */
    public byte[] hardwareAddress() {
        byte[] copy = new byte[hardwareAddressLength];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = hardwareByte(i);
        }
        return copy;
    }

    /** {@return the length of the hardware address in bytes} */
    int hardwareAddressLength() {
        return hardwareAddressLength;
    }

    private byte hardwareByte(int index) {
        return (byte) (hardwareAddress >>> (56 - 8 * index));
    }

    PacketAddress withInterface(int index) {
        return new PacketAddress(
                interfaceName, index, protocol, hardwareType, packetType, hardwareAddress, hardwareAddressLength);
    }

    /** {@return the address as a {@code struct sockaddr_ll}} */
    byte[] encode() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.nativeOrder());
        bytes.putShort((short) AF_PACKET);
        bytes.put((byte) (protocol >> 8)).put((byte) protocol);
        bytes.putInt(interfaceIndex).putShort((short) hardwareType);
        bytes.put((byte) packetType).put((byte) hardwareAddressLength);
        bytes.order(ByteOrder.BIG_ENDIAN).putLong(hardwareAddress);
        return bytes.array();
    }

    /**
     * {@return the address that a {@code struct sockaddr_ll} contains, with an interface name that the caller knows}
     */
    static PacketAddress decode(byte[] encoded, @Nullable String interfaceName) {
        ByteBuffer bytes = ByteBuffer.wrap(encoded).order(ByteOrder.nativeOrder());
        int protocol = (bytes.get(2) & 0xff) << 8 | (bytes.get(3) & 0xff);
        return new PacketAddress(
                interfaceName,
                bytes.getInt(4),
                protocol,
                bytes.getShort(8) & 0xffff,
                bytes.get(10) & 0xff,
                bytes.order(ByteOrder.BIG_ENDIAN).getLong(12),
                bytes.get(11) & 0xff);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PacketAddress that
                && interfaceIndex == that.interfaceIndex
                && Objects.equals(interfaceName, that.interfaceName)
                && protocol == that.protocol
                && hardwareType == that.hardwareType
                && packetType == that.packetType
                && hardwareAddress == that.hardwareAddress
                && hardwareAddressLength == that.hardwareAddressLength;
    }

    @Override
    public int hashCode() {
        return Objects.hash(interfaceName, interfaceIndex, protocol, packetType, hardwareAddress);
    }

    /** {@return the name of the interface, or what is known of it instead} */
    String interfaceText() {
        if (interfaceName != null) {
            return interfaceName;
        }
        return interfaceIndex == ANY_INTERFACE ? "any interface" : "interface " + interfaceIndex;
    }

    /** {@return a description, such as {@code eth0, ethertype 0x0806, 02:00:00:00:00:01}} */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(interfaceText());
        if (protocol != ALL_PROTOCOLS) {
            text.append(String.format(Locale.ROOT, ", ethertype 0x%04x", protocol));
        }
        for (int i = 0; i < hardwareAddressLength; i++) {
            text.append(String.format(Locale.ROOT, i == 0 ? ", %02x" : ":%02x", hardwareByte(i)));
        }
        return text.toString();
    }
}
