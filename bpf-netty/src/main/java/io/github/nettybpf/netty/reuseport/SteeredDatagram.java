package io.github.nettybpf.netty.reuseport;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Packet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A datagram as the kernel shows it to a steering program: offset 0 is the payload, the network header is the IP header,
 * with the transport header after it. The headers are made from the addresses, as if there were no IP options; what
 * these do not tell is not known, and {@link SlotFunction#slot} then says so. For one thread.
 */
public final class SteeredDatagram implements Packet {
    private static final int IPV4_HEADER = 20;
    private static final int IPV6_HEADER = 40;
    private static final int UDP_HEADER = 8;
    private static final int UDP = 17;
    private static final int TCP = 6;
    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;

    private final Network network = new Network();
    private ByteBuf payload = Unpooled.EMPTY_BUFFER;
    private int start;
    private int length;
    private int protocol = UDP;
    private boolean readUnknown;

    private SteeredDatagram() {}

    /** {@return a datagram without addresses and without payload, to be {@link #show shown} others} */
    static SteeredDatagram empty() {
        return new SteeredDatagram();
    }

    /**
     * {@return a UDP datagram}
     *
     * @param payload its bytes, from the reader index on; neither copied nor retained
     * @param sender whence it came
     * @param recipient where it went, of the same family
     */
    public static SteeredDatagram of(ByteBuf payload, InetSocketAddress sender, InetSocketAddress recipient) {
        SteeredDatagram datagram = new SteeredDatagram();
        datagram.show(payload, sender, recipient);
        return datagram;
    }

    /**
     * {@return the first segment of a TCP connection, a SYN without data}
     *
     * @param sender the client
     * @param recipient the listener, of the same family
     */
    public static SteeredDatagram ofConnection(InetSocketAddress sender, InetSocketAddress recipient) {
        SteeredDatagram segment = new SteeredDatagram();
        segment.protocol = TCP;
        segment.show(Unpooled.EMPTY_BUFFER, sender, recipient);
        return segment;
    }

    /** Takes another datagram; a recipient that is null or a wildcard is not known. */
    @SuppressWarnings("deprecation") // buffers of another order still come
    void show(ByteBuf shown, InetSocketAddress sender, @Nullable InetSocketAddress recipient) {
        payload = shown.order() == ByteOrder.BIG_ENDIAN ? shown : shown.order(ByteOrder.BIG_ENDIAN);
        start = shown.readerIndex();
        length = shown.readableBytes();
        network.make(sender, recipient);
        readUnknown = false;
    }

    /** Drops the reference to the payload. */
    void clear() {
        payload = Unpooled.EMPTY_BUFFER;
        length = 0;
    }

    boolean readUnknown() {
        return readUnknown;
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public int u8(int offset) {
        return payload.getUnsignedByte(start + offset);
    }

    @Override
    public int u16(int offset) {
        return payload.getUnsignedShort(start + offset);
    }

    @Override
    public int u32(int offset) {
        return payload.getInt(start + offset);
    }

    @Override
    public Packet network() {
        return network;
    }

    @Override
    public long extension(Extension extension, int a, int x) {
        switch (extension) {
            case LEN, XOR_X -> {
                return Packet.super.extension(extension, a, x);
            }
            case PROTO -> {
                return network.headerLength == IPV4_HEADER ? IPV4 : IPV6;
            }
            default -> {
                readUnknown = true;
                return 0;
            }
        }
    }

    /** The headers. */
    private final class Network implements Packet {
        private final byte[] bytes = new byte[IPV6_HEADER + UDP_HEADER];

        /** Bit i is set if byte i is known. */
        private long known;

        private int headerLength = IPV4_HEADER;

        void make(InetSocketAddress sender, @Nullable InetSocketAddress recipient) {
            Arrays.fill(bytes, (byte) 0);
            known = 0;
            InetAddress from = sender.getAddress();
            byte[] source = unmapped(from.getAddress());
            headerLength = source.length == 4 ? IPV4_HEADER : IPV6_HEADER;
            int addresses = headerLength - 2 * source.length;
            if (headerLength == IPV4_HEADER) {
                put(0, 1, 0x45);
                put(9, 1, protocol);
            } else {
                put(0, 1, 0x60);
                put(6, 1, protocol);
            }
            put(addresses, source);
            put(headerLength, 2, sender.getPort());
            if (recipient != null) {
                putRecipient(addresses + source.length, source.length, recipient);
            }
            if (protocol == UDP) {
                put(headerLength + 4, 2, UDP_HEADER + SteeredDatagram.this.length);
            }
        }

        private void putRecipient(int at, int size, InetSocketAddress recipient) {
            put(headerLength + 2, 2, recipient.getPort());
            InetAddress address = recipient.getAddress();
            byte[] destination = unmapped(address.getAddress());
            if (destination.length == size && !address.isAnyLocalAddress()) {
                put(at, destination);
            }
        }

        /** A packet from a v4-mapped address is an IPv4 packet. */
        private static byte[] unmapped(byte[] address) {
            boolean mapped = address.length == 16 && address[10] == -1 && address[11] == -1;
            for (int i = 0; mapped && i < 10; i++) {
                mapped = address[i] == 0;
            }
            return mapped ? Arrays.copyOfRange(address, 12, 16) : address;
        }

        private void put(int at, byte[] value) {
            System.arraycopy(value, 0, bytes, at, value.length);
            known |= ((1L << value.length) - 1) << at;
        }

        private void put(int at, int size, int value) {
            for (int i = 0; i < size; i++) {
                bytes[at + i] = (byte) (value >>> (8 * (size - 1 - i)));
                known |= 1L << (at + i);
            }
        }

        @Override
        public int length() {
            return headerLength + UDP_HEADER + SteeredDatagram.this.length;
        }

        @Override
        public int u8(int offset) {
            int end = headerLength + UDP_HEADER;
            if (offset >= end && protocol == UDP) {
                return SteeredDatagram.this.u8(offset - end);
            } else if (offset < end && (known >>> offset & 1) != 0) {
                return bytes[offset] & 0xff;
            }
            readUnknown = true;
            return 0;
        }

        @Override
        public int u16(int offset) {
            return u8(offset) << 8 | u8(offset + 1);
        }

        @Override
        public int u32(int offset) {
            return u16(offset) << 16 | u16(offset + 2);
        }
    }
}
