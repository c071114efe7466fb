package io.github.nettybpf.packet;

import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An address of a packet socket ({@code struct sockaddr_ll}): a network interface, what protocol to receive or send there
 * and, of a frame, who sent it. Immutable.
 *
 * <p>Interfaces are looked up by name when a channel is bound, in the channel's own network namespace.
 */
public final class PacketAddress extends SocketAddress {
    /** The {@link #protocol} that stands for all (ETH_P_ALL). */
    public static final int ALL_PROTOCOLS = 3;

    /** The {@link #packetType} of a frame to this host. */
    public static final int HOST = 0;

    /** The {@link #packetType} of a broadcast. */
    public static final int BROADCAST = 1;

    /** The {@link #packetType} of a multicast. */
    public static final int MULTICAST = 2;

    /** The {@link #packetType} of a frame to somebody else, as PROMISCUOUS shows. */
    public static final int OTHER_HOST = 3;

    /** The {@link #packetType} of a frame that this host sends. */
    public static final int OUTGOING = 4;

    /** The {@link #interfaceIndex} of an address that names an interface which was not looked up yet. */
    public static final int UNKNOWN_INTERFACE = -1;

    static final int BYTES = 20;
    private static final int AF_PACKET = 17;
    private static final int LONGEST_NAME = 15;
    private static final int LONGEST_HARDWARE_ADDRESS = 8;
    private static final int ANY_INTERFACE = 0;

    private static final long serialVersionUID = 1L;

    /** The name that the address was made with. */
    private final @Nullable String interfaceName;

    /** Or {@link #UNKNOWN_INTERFACE}, or 0 for any. */
    private final int interfaceIndex;

    /** Ethertype. */
    private final int protocol;

    /** ARPHRD number. */
    private final int hardwareType;

    /** PACKET_HOST and so on. */
    private final int packetType;

    /** The first byte in the highest bits. */
    private final long hardwareAddress;

    /** 0 to 8. */
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
     * @param interfaceName 1 to 15 bytes, as {@code eth0}
     * @throws IllegalArgumentException if that can be no interface's name
     */
    public static PacketAddress of(String interfaceName) {
        boolean named = !interfaceName.isEmpty() && interfaceName.length() <= LONGEST_NAME;
        if (!named || interfaceName.chars().anyMatch(c -> c <= ' ' || c == '/' || c > '~')) {
            throw new IllegalArgumentException(
                    "interface '" + interfaceName + "' (expected: 1 to 15 characters, no blanks, no slashes)");
        }
        return new PacketAddress(interfaceName, UNKNOWN_INTERFACE, ALL_PROTOCOLS, 0, HOST, 0, 0);
    }

    /** {@return the address of all interfaces, present and to come, for all protocols} */
    public static PacketAddress any() {
        return new PacketAddress(null, ANY_INTERFACE, ALL_PROTOCOLS, 0, HOST, 0, 0);
    }

    /**
     * {@return this address for one protocol}. A channel that is bound to it receives only frames of that protocol, and none
     * that the host itself sends.
     *
     * @param ethertype 1 to 0xffff, as 0x0806 for ARP; {@link #ALL_PROTOCOLS} for all
     */
    public PacketAddress withProtocol(int ethertype) {
        // Protocol 0 receives nothing, and looks as if it did.
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
     * {@return this address with the hardware address of a receiver}, for frames that a channel of type
     * {@link PacketChannel.Type#DGRAM} sends.
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

    /** {@return the interface's index}, 0 for any, or {@link #UNKNOWN_INTERFACE} if it was not looked up. */
    public int interfaceIndex() {
        return interfaceIndex;
    }

    /** {@return the interface's name}, or null if only its index is known, or none. */
    public @Nullable String interfaceName() {
        return interfaceName;
    }

    /** {@return the ethertype}; of a frame the one that the kernel found, behind a VLAN tag. */
    public int protocol() {
        return protocol;
    }

    /** {@return the kind of interface}, as ARP numbers it: 1 for Ethernet, 772 for the loopback. */
    public int hardwareType() {
        return hardwareType;
    }

    /** {@return to whom a frame was sent}: {@link #HOST}, {@link #BROADCAST}, {@link #OUTGOING} and so on. */
    public int packetType() {
        return packetType;
    }

    /** {@return a copy of the hardware address}: of a frame the sender's, of a bound channel its own. */
    public byte[] hardwareAddress() {
        byte[] copy = new byte[hardwareAddressLength];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = hardwareByte(i);
        }
        return copy;
    }

    /** {@return how many bytes the hardware address has} */
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

    /** {@return {@code struct sockaddr_ll}} */
    byte[] encode() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.nativeOrder());
        bytes.putShort((short) AF_PACKET);
        bytes.put((byte) (protocol >> 8)).put((byte) protocol);
        bytes.putInt(interfaceIndex).putShort((short) hardwareType);
        bytes.put((byte) packetType).put((byte) hardwareAddressLength);
        bytes.order(ByteOrder.BIG_ENDIAN).putLong(hardwareAddress);
        return bytes.array();
    }

    /** {@return what {@code struct sockaddr_ll} says}, with the name that the reader knows. */
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

    /** {@return for people, as {@code eth0, ethertype 0x0806, 02:00:00:00:00:01}} */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        if (interfaceName != null) {
            text.append(interfaceName);
        } else {
            text.append(interfaceIndex == ANY_INTERFACE ? "any interface" : "interface " + interfaceIndex);
        }
        if (protocol != ALL_PROTOCOLS) {
            text.append(String.format(Locale.ROOT, ", ethertype 0x%04x", protocol));
        }
        for (int i = 0; i < hardwareAddressLength; i++) {
            text.append(String.format(Locale.ROOT, i == 0 ? ", %02x" : ":%02x", hardwareByte(i)));
        }
        return text.toString();
    }
}
