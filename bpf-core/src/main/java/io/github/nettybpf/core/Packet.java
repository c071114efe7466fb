package io.github.nettybpf.core;

import io.github.nettybpf.core.kernel.NetlinkAttributes;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The input of a filter: the bytes of a packet, and facts about it that are not in its bytes.
 *
 * <p>Filters read bytes only inside {@code 0..length()}, so the methods need no checks beyond those of memory safety. A
 * compiled filter may read bytes that do not affect the verdict. A packet may be changed or reused between two runs,
 * but not during a run. The methods should not allocate, and must not throw.
 */
public interface Packet {
    /** The value of an {@link #extension} that is not known. A program that reads it ends with verdict 0. */
    long NOT_KNOWN = -1;

    /**
     * The value of an {@link #extension} of the network interface, if there is no interface. A program that reads it
     * ends with verdict A.
     */
    long NO_DEVICE = -2;

    /** {@return the number of bytes that can be loaded, from offset 0} */
    int length();

    /** {@return the length of the packet on the wire, unsigned, which the extension {@code len} reads} */
    default int wireLength() {
        return length();
    }

    /**
     * {@return the byte at the offset, 0..255}
     *
     * @param offset 0..length() - 1
     */
    int u8(int offset);

    /**
     * {@return the two bytes from the offset, big-endian, 0..65535}
     *
     * @param offset 0..length() - 2
     */
    int u16(int offset);

    /**
     * {@return the four bytes from the offset, big-endian}
     *
     * @param offset 0..length() - 4
     */
    int u32(int offset);

    /**
     * {@return the packet from its network header on, for loads at {@link OffsetBase#SKF_NET_OFF}, or null if there is
     * none} If there is none, such loads end the program with verdict 0.
     */
    default @Nullable Packet network() {
        return null;
    }

    /**
     * {@return the packet from its link-layer header on, for loads at {@link OffsetBase#SKF_LL_OFF}, or null if there
     * is none} If there is none, such loads end the program with verdict 0.
     */
    default @Nullable Packet linkLayer() {
        return null;
    }

    /**
     * {@return the value of an extension, 0 to its {@link Extension#maximum}, or {@link #NOT_KNOWN}, or for {@code
     * ifidx} and {@code hatype} {@link #NO_DEVICE}} The default implementation computes the extensions that need no
     * kernel, which are always known: {@code len}, {@code rand}, {@code xor_x}, {@code nla} and {@code nlan}.
     *
     * <p>A greater value, or another of the negative ones, can lead to a verdict that {@link Program#verdicts} lacks.
     *
     * @param extension the extension
     * @param a the A register
     * @param x the X register
     */
    default long extension(Extension extension, int a, int x) {
        return switch (extension) {
            case LEN -> Integer.toUnsignedLong(wireLength());
            case RAND -> Integer.toUnsignedLong(ThreadLocalRandom.current().nextInt());
            case XOR_X -> Integer.toUnsignedLong(a ^ x);
            case NLA -> NetlinkAttributes.find(this, a, x);
            case NLAN -> NetlinkAttributes.findNested(this, a, x);
            default -> NOT_KNOWN;
        };
    }

    /**
     * {@return the bytes at this offset, big-endian and unsigned, or -1 if they are not all there} The offset counts
     * from the {@link OffsetBase} that it names. The code that {@link Filter#compile(Program)} generates and the
     * interpreter call this for loads whose offset may be negative; if it returns -1, the program ends with verdict 0.
     *
     * @param packet the packet
     * @param offset the offset of the load, X included
     * @param size 1, 2 or 4 bytes
     */
    static long load(Packet packet, int offset, int size) {
        Packet part = packet;
        int start = offset;
        if (offset < 0) {
            if (offset >= OffsetBase.SKF_NET_OFF) {
                part = packet.network();
                start = offset - OffsetBase.SKF_NET_OFF;
            } else if (offset >= OffsetBase.SKF_LL_OFF) {
                part = packet.linkLayer();
                start = offset - OffsetBase.SKF_LL_OFF;
            } else {
                return -1;
            }
        }
        if (part == null || start > part.length() - size) {
            return -1;
        }
        return switch (size) {
            case 1 -> part.u8(start);
            case 2 -> part.u16(start);
            case 4 -> Integer.toUnsignedLong(part.u32(start));
            default -> throw new IllegalArgumentException("size " + size + " (expected: 1, 2 or 4)");
        };
    }

    /**
     * {@return a packet of these bytes, as a unix datagram socket shows it} The network header is at offset 0, and
     * there is no link-layer header. The array is not copied.
     *
     * @param bytes the bytes
     */
    static Packet of(byte[] bytes) {
        return new BytesPacket(bytes);
    }

    /**
     * {@return a packet of a part of an array, otherwise as {@link #of(byte[])} does}
     *
     * @param bytes the array, which is not copied
     * @param offset where the packet starts
     * @param length how many bytes it has
     * @throws IndexOutOfBoundsException if the part is not inside the array
     */
    static Packet of(byte[] bytes, int offset, int length) {
        return new SlicePacket(bytes, offset, length);
    }
}
