package io.github.nettybpf.core;

import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What a filter looks at: bytes, and what is known beside them.
 *
 * <p>Filters ask for bytes only inside {@code 0..length()}, so the methods need no check of their own beyond what memory
 * safety asks for; a compiled filter may ask for bytes that turn out not to matter. A packet may be changed or reused between two runs; during a run it stays as it is. None of the
 * methods should allocate, and none may throw.
 */
public interface Packet {
    /** An {@link #extension} that is not known here. A program that reads it ends with verdict 0. */
    long NOT_KNOWN = -1;

    /** An {@link #extension} of the network interface, and there is none. A program that reads it ends and returns A. */
    long NO_DEVICE = -2;

    /** {@return how many bytes can be loaded}, from offset 0. */
    int length();

    /** {@return how many bytes the packet had on the wire}, which is what the extension {@code len} reads; unsigned. */
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
     * {@return the packet from its network header on}, for loads at SKF_NET_OFF, or null if that is not there: such loads
     * then end the program with verdict 0.
     */
    default @Nullable Packet network() {
        return null;
    }

    /**
     * {@return the packet from its link-layer header on}, for loads at SKF_LL_OFF, or null if that is not there: such
     * loads then end the program with verdict 0.
     */
    default @Nullable Packet linkLayer() {
        return null;
    }

    /**
     * {@return the value of an extension, 0..0xffffffff}, or {@link #NOT_KNOWN} or {@link #NO_DEVICE}. What can be found
     * without the kernel is answered here: {@code len}, {@code rand}, {@code xor_x}, {@code nla} and {@code nlan}.
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
     * {@return the bytes at this offset, big-endian and unsigned, or -1 if they are not all there} The offset counts from
     * the {@link OffsetBase} that it names. Programs that are interpreted and the code that {@link Filter#compile} generates
     * call this for every load that is not certain to lie in the packet itself; where it gives -1 they end with verdict 0.
     *
     * @param packet the packet
     * @param offset the offset as the instruction has it, X included
     * @param size 1, 2 or 4 bytes
     */
    static long load(Packet packet, int offset, int size) {
        Packet window = packet;
        int start = offset;
        if (offset < 0) {
            if (offset >= OffsetBase.SKF_NET_OFF) {
                window = packet.network();
                start = offset - OffsetBase.SKF_NET_OFF;
            } else if (offset >= OffsetBase.SKF_LL_OFF) {
                window = packet.linkLayer();
                start = offset - OffsetBase.SKF_LL_OFF;
            } else {
                return -1;
            }
        }
        if (window == null || start > window.length() - size) {
            return -1;
        }
        return switch (size) {
            case 1 -> window.u8(start);
            case 2 -> window.u16(start);
            case 4 -> Integer.toUnsignedLong(window.u32(start));
            default -> throw new IllegalArgumentException("size " + size + " (expected: 1, 2 or 4)");
        };
    }

    /**
     * {@return a packet of these bytes, as a unix datagram socket would show it}: the network header is at offset 0, a
     * link-layer header is not there. The array is not copied.
     *
     * @param bytes the bytes
     */
    static Packet of(byte[] bytes) {
        return new BytesPacket(bytes);
    }

    /**
     * {@return a packet of a part of an array}, otherwise like {@link #of(byte[])}.
     *
     * @param bytes the array, which is not copied
     * @param offset where the packet begins
     * @param length how many bytes it has
     * @throws IndexOutOfBoundsException if that is not inside the array
     */
    static Packet of(byte[] bytes, int offset, int length) {
        return new SlicePacket(bytes, offset, length);
    }
}
