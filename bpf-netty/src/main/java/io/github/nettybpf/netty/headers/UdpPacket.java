package io.github.nettybpf.netty.headers;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.netty.memory.BufferPacket;
import io.github.nettybpf.netty.memory.Memory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A datagram as a UDP socket shows it to its filter: an 8-byte UDP header before the payload and, from SKF_NET_OFF on,
 * the IP header. Both are made from the addresses, which is all that a pipeline has of them. One is used for packet
 * after packet, by the event loop alone; it neither retains nor releases the buffer.
 *
 * <p>The checksum is 0. Anything else that is not known, which includes all that IP options and extension headers
 * change, is not made up: reading it sets {@link #readUnknown}, and the verdict does not count. There is a class for
 * each way to read memory, because a compiled filter is specialised by the class of its packets. Where {@link
 * #isComplete} does not hold, the interpreter runs the program: it reads no byte that the verdict does not depend on.
 *
 * <p>A reference is stored only where it changes, to save the write barrier of the garbage collector on every packet.
 */
public abstract class UdpPacket implements Packet {
    /** How many bytes the UDP header has. */
    public static final int HEADER = UdpHeaderReads.UDP_HEADER;

    private static final int PROTOCOL_UDP = 17;

    private final IpPacket ip = new IpPacket();
    private final HeaderUse use;
    private int length;
    private long header;
    private boolean knowsSender;
    private boolean knowsRecipient;
    private boolean readUnknown;

    private UdpPacket(HeaderUse use) {
        this.use = use;
    }

    /** Takes the content; {@link #showAddresses} makes the headers before it. */
    final void showContent(ByteBuf content) {
        length = HEADER + content.readableBytes();
    }

    /** Makes the headers; an address that is null is not known, or the program cannot read it. */
    public final void showAddresses(@Nullable InetSocketAddress from, @Nullable InetSocketAddress to) {
        knowsSender = from != null || !use.sender();
        knowsRecipient = to != null || !use.recipient();
        header = (long) port(from) << 48 | (long) port(to) << 32 | (length & 0xffffL) << 16;
        readUnknown = false;
        if (use.ip() || use.length()) {
            ip.sender = from;
            ip.recipient = to;
            ip.known = false;
        }
    }

    /** {@return whether both addresses are known, and with them all of the UDP header that the program reads} */
    public final boolean isComplete() {
        return knowsSender && knowsRecipient && (!use.length() || isIpv4());
    }

    private boolean isIpv4() {
        ip.find();
        return ip.source.length() == 4;
    }

    private static int port(@Nullable InetSocketAddress address) {
        return address == null ? 0 : address.getPort();
    }

    /** {@return whether something was read that is not known} */
    public final boolean readUnknown() {
        return readUnknown;
    }

    @Override
    public final int length() {
        return length;
    }

    /** {@return up to four bytes that begin in the UDP header and may end in the payload} */
    private int loadFromHeader(int offset, int size) {
        readUnknown |= (!knowsSender && offset < 2) || (!knowsRecipient && offset < 4 && offset + size > 2);
        // The length of an IPv6 jumbogram is 0 in its header: nothing else tells that it is one. What a compiled filter
        // reads of it before a test, for a branch that no packet takes, is not used.
        readUnknown |= use.length() && offset < 6 && offset + size > 4 && !isIpv4();
        if (offset + size <= HEADER) {
            return (int) (header >>> (Long.SIZE - Byte.SIZE * (offset + size)))
                    & (-1 >>> (Integer.SIZE - Byte.SIZE * size));
        }
        int value = 0;
        for (int at = offset; at < offset + size; at++) {
            value = value << 8 | u8(at);
        }
        return value;
    }

    @Override
    public final Packet network() {
        ip.find();
        return ip;
    }

    /** The kernel knows whether there is a link-layer header, and the pipeline does not. */
    @Override
    public final @Nullable Packet linkLayer() {
        readUnknown = true;
        return null;
    }

    @Override
    public final long extension(Extension extension, int a, int x) {
        switch (extension) {
            case LEN, RAND, XOR_X -> {
                return Packet.super.extension(extension, a, x);
            }
            case PROTO -> {
                ip.find();
                if (ip.source.length() > 0) {
                    return ip.source.length() == 4 ? UdpHeaderReads.IPV4 : UdpHeaderReads.IPV6;
                }
            }
            default -> {}
        }
        readUnknown = true;
        return NOT_KNOWN;
    }

    /** The datagram from its IP header on, as if that had no options. */
    private final class IpPacket implements Packet {
        /** The offset of the source address in an IPv4 header. */
        private static final int SOURCE = 12;

        private final IpAddress source = new IpAddress(true);
        private final IpAddress destination = new IpAddress(false);
        private @Nullable InetSocketAddress sender;
        private @Nullable InetSocketAddress recipient;
        private int headerLength;
        private boolean known;
        private boolean knowsDestination;

        void find() {
            if (known) {
                return;
            }
            known = true;
            knowsDestination = false;
            source.hold(sender);
            headerLength = source.length() == 4 ? 20 : 40;
        }

        @Override
        public int length() {
            if (source.length() == 0) {
                unknown();
            }
            return headerLength + UdpPacket.this.length;
        }

        @Override
        public int u8(int offset) {
            if (offset >= headerLength) {
                return unknown(); // IP options may precede it
            }
            return source.length() == 4 ? ipv4(offset) : source.length() == 16 ? ipv6(offset) : unknown();
        }

        @Override
        public int u16(int offset) {
            return u8(offset) << 8 | u8(offset + 1);
        }

        @Override
        public int u32(int offset) {
            if (offset == SOURCE && source.length() == 4) {
                return source.number();
            }
            return u16(offset) << 16 | u16(offset + 2);
        }

        private int ipv4(int offset) {
            return switch (offset) {
                case 0 -> firstByte(0x45);
                case 9 -> PROTOCOL_UDP;
                case 12, 13, 14, 15 -> source.u8(offset - 12);
                case 16, 17, 18, 19 -> destination(offset - 16, 4);
                default -> unknown();
            };
        }

        private int ipv6(int offset) {
            if (offset >= 24) {
                return destination(offset - 24, 16);
            } else if (offset >= 8) {
                return source.u8(offset - 8);
            }
            return offset == 0 ? firstByte(0x60) : unknown();
        }

        /** If the byte is read for its version, {@link UdpHeaderReads} has found that the rest does not matter. */
        private int firstByte(int byVersion) {
            return use.version() ? byVersion : unknown();
        }

        private int destination(int index, int size) {
            if (!knowsDestination) {
                knowsDestination = true;
                destination.hold(recipient);
            }
            return destination.length() == size ? destination.u8(index) : unknown();
        }

        private int unknown() {
            readUnknown = true;
            return 0;
        }
    }

    /** A datagram whose payload is in an array. */
    public static final class InArray extends UdpPacket {
        private byte[] array = Memory.NOTHING;
        private int start;

        /** Shows nothing yet. */
        public InArray(HeaderUse use) {
            super(use);
        }

        /** Takes the content of a datagram. */
        public void show(ByteBuf content) {
            showContent(content);
            start = content.arrayOffset() + content.readerIndex() - HEADER;
            byte[] shown = content.array();
            if (array != shown) {
                array = shown;
            }
        }

        /** Drops the reference to the content. */
        public void clear() {
            if (array != Memory.NOTHING) {
                array = Memory.NOTHING;
            }
        }

        @Override
        public int u8(int offset) {
            return offset >= HEADER ? Memory.u8(array, start + offset) : super.loadFromHeader(offset, 1);
        }

        @Override
        public int u16(int offset) {
            return offset >= HEADER ? Memory.u16(array, start + offset) : super.loadFromHeader(offset, 2);
        }

        @Override
        public int u32(int offset) {
            return offset >= HEADER ? Memory.u32(array, start + offset) : super.loadFromHeader(offset, 4);
        }
    }

    /** A datagram whose payload is in native memory, at an address. */
    public static final class AtAddress extends UdpPacket {
        private long start;

        /** Shows nothing yet. */
        public AtAddress(HeaderUse use) {
            super(use);
        }

        /** Takes the content of a datagram. */
        public void show(ByteBuf content) {
            showContent(content);
            start = content.memoryAddress() + content.readerIndex() - HEADER;
        }

        @Override
        public int u8(int offset) {
            return offset >= HEADER ? Memory.u8(start + offset) : super.loadFromHeader(offset, 1);
        }

        @Override
        public int u16(int offset) {
            return offset >= HEADER ? Memory.u16(start + offset) : super.loadFromHeader(offset, 2);
        }

        @Override
        public int u32(int offset) {
            return offset >= HEADER ? Memory.u32(start + offset) : super.loadFromHeader(offset, 4);
        }
    }

    /** A datagram whose payload is in native memory, in a {@link ByteBuffer}. */
    public static final class InNioBuffer extends UdpPacket {
        private ByteBuffer buffer = BufferPacket.NOTHING;
        private int start;

        /** Shows nothing yet. */
        public InNioBuffer(HeaderUse use) {
            super(use);
        }

        /** Takes the content of a datagram. */
        @SuppressWarnings("ReferenceEquality") // of the object, not of its bytes
        public void show(ByteBuf content) {
            showContent(content);
            ByteBuffer bytes = content.internalNioBuffer(content.readerIndex(), content.readableBytes());
            start = bytes.position() - HEADER;
            if (buffer != bytes) {
                buffer = bytes;
            }
        }

        /** Drops the reference to the content. */
        public void clear() {
            buffer = BufferPacket.NOTHING;
        }

        @Override
        public int u8(int offset) {
            return offset >= HEADER ? buffer.get(start + offset) & 0xff : super.loadFromHeader(offset, 1);
        }

        @Override
        public int u16(int offset) {
            return offset >= HEADER ? buffer.getShort(start + offset) & 0xffff : super.loadFromHeader(offset, 2);
        }

        @Override
        public int u32(int offset) {
            return offset >= HEADER ? buffer.getInt(start + offset) : super.loadFromHeader(offset, 4);
        }
    }

    /** A datagram whose payload is in any buffer, for example a composite one. */
    public static final class InBuffer extends UdpPacket {
        private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
        private int start;

        /** Shows nothing yet. */
        public InBuffer(HeaderUse use) {
            super(use);
        }

        /** Takes the content of a datagram. */
        public void show(ByteBuf content) {
            showContent(content);
            buffer = BufferPacket.bigEndian(content);
            start = content.readerIndex() - HEADER;
        }

        /** Drops the reference to the content. */
        public void clear() {
            buffer = Unpooled.EMPTY_BUFFER;
        }

        @Override
        public int u8(int offset) {
            return offset >= HEADER ? buffer.getUnsignedByte(start + offset) : super.loadFromHeader(offset, 1);
        }

        @Override
        public int u16(int offset) {
            return offset >= HEADER ? buffer.getUnsignedShort(start + offset) : super.loadFromHeader(offset, 2);
        }

        @Override
        public int u32(int offset) {
            return offset >= HEADER ? buffer.getInt(start + offset) : super.loadFromHeader(offset, 4);
        }
    }
}
