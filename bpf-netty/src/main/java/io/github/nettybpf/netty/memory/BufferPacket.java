package io.github.nettybpf.netty.memory;

import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The readable bytes of a buffer as a packet. One is used for packet after packet, by the event loop alone; it neither
 * retains nor releases the buffer. There is a class for each way to read memory, because a compiled filter is
 * specialised by the class of its packets.
 */
public abstract class BufferPacket implements Packet {
    private static final int ETHERNET_HEADER = 14;

    /** Direct as all that take its place, so that HotSpot sees one class. */
    public static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    final Placement placement;

    private BufferPacket(Placement placement) {
        this.placement = placement;
    }

    /** {@return the bytes after the link-layer header, which is that long} */
    abstract BufferPacket afterHeader(int header);

    @Override
    public final Packet network() {
        return placement == Placement.ETHERNET ? afterHeader(ETHERNET_HEADER) : this;
    }

    @Override
    public final @Nullable Packet linkLayer() {
        return placement == Placement.ETHERNET ? this : null;
    }

    /** {@return the buffer, or the one that it wraps} Loads are big-endian, whatever the buffer's own order. */
    @SuppressWarnings("deprecation") // A message can come in a buffer whose order was swapped, deprecated or not.
    public static ByteBuf bigEndian(ByteBuf buffer) {
        return buffer.order() == ByteOrder.BIG_ENDIAN ? buffer : buffer.order(ByteOrder.BIG_ENDIAN);
    }

    /** {@return the placement of the bytes after the link-layer header, or null if there is no such header} */
    private static @Nullable Placement inner(Placement placement) {
        return placement == Placement.ETHERNET ? Placement.IP : null;
    }

    /** Bytes in an array. */
    public static final class InArray extends BufferPacket {
        private final @Nullable InArray network;
        private byte[] array = Memory.NOTHING;
        private int start;
        private int length;

        /** Shows nothing yet. */
        public InArray(Placement placement) {
            super(placement);
            Placement inner = inner(placement);
            network = inner == null ? null : new InArray(inner);
        }

        /** Takes the readable bytes of a buffer. */
        public void show(ByteBuf shown) {
            show(shown.array(), shown.arrayOffset() + shown.readerIndex(), shown.readableBytes());
        }

        private void show(byte[] bytes, int from, int count) {
            // Storing a reference costs a write barrier, and pooled buffers share an array.
            if (array != bytes) {
                array = bytes;
            }
            start = from;
            length = count;
        }

        /** Drops the reference to the bytes. */
        public void clear() {
            show(Memory.NOTHING, 0, 0);
            if (network != null) {
                network.clear();
            }
        }

        @Override
        BufferPacket afterHeader(int header) {
            if (network == null) {
                return this;
            }
            network.show(array, start + header, Math.max(0, length - header));
            return network;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public int u8(int offset) {
            return Memory.u8(array, start + offset);
        }

        @Override
        public int u16(int offset) {
            return Memory.u16(array, start + offset);
        }

        @Override
        public int u32(int offset) {
            return Memory.u32(array, start + offset);
        }
    }

    /** Bytes in native memory, at an address. */
    public static final class AtAddress extends BufferPacket {
        private final @Nullable AtAddress network;
        private long address;
        private int length;

        /** Shows nothing yet. */
        public AtAddress(Placement placement) {
            super(placement);
            Placement inner = inner(placement);
            network = inner == null ? null : new AtAddress(inner);
        }

        /** Takes the readable bytes of a buffer. */
        public void show(ByteBuf shown) {
            show(shown.memoryAddress() + shown.readerIndex(), shown.readableBytes());
        }

        private void show(long from, int count) {
            address = from;
            length = count;
        }

        @Override
        BufferPacket afterHeader(int header) {
            if (network == null) {
                return this;
            }
            network.show(address + header, Math.max(0, length - header));
            return network;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public int u8(int offset) {
            return Memory.u8(address + offset);
        }

        @Override
        public int u16(int offset) {
            return Memory.u16(address + offset);
        }

        @Override
        public int u32(int offset) {
            return Memory.u32(address + offset);
        }
    }

    /** Bytes in native memory, in a {@link ByteBuffer}. */
    public static final class InNioBuffer extends BufferPacket {
        private final @Nullable InNioBuffer network;
        private ByteBuffer buffer = NOTHING;
        private int start;
        private int length;

        /** Shows nothing yet. */
        public InNioBuffer(Placement placement) {
            super(placement);
            Placement inner = inner(placement);
            network = inner == null ? null : new InNioBuffer(inner);
        }

        /** Takes the readable bytes of a buffer. */
        public void show(ByteBuf shown) {
            int readable = shown.readableBytes();
            ByteBuffer bytes = shown.internalNioBuffer(shown.readerIndex(), readable);
            show(bytes, bytes.position(), readable);
        }

        @SuppressWarnings("ReferenceEquality") // of the object, not of its bytes
        private void show(ByteBuffer bytes, int from, int count) {
            if (buffer != bytes) {
                buffer = bytes;
            }
            start = from;
            length = count;
        }

        /** Drops the reference to the bytes. */
        public void clear() {
            show(NOTHING, 0, 0);
            if (network != null) {
                network.clear();
            }
        }

        @Override
        BufferPacket afterHeader(int header) {
            if (network == null) {
                return this;
            }
            network.show(buffer, start + header, Math.max(0, length - header));
            return network;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public int u8(int offset) {
            return buffer.get(start + offset) & 0xff;
        }

        @Override
        public int u16(int offset) {
            return buffer.getShort(start + offset) & 0xffff;
        }

        @Override
        public int u32(int offset) {
            return buffer.getInt(start + offset);
        }
    }

    /** Bytes of any buffer, for example a composite one. */
    public static final class InBuffer extends BufferPacket {
        private final @Nullable InBuffer network;
        private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
        private int start;
        private int length;

        /** Shows nothing yet. */
        public InBuffer(Placement placement) {
            super(placement);
            Placement inner = inner(placement);
            network = inner == null ? null : new InBuffer(inner);
        }

        /** Takes the readable bytes of a buffer. */
        public void show(ByteBuf shown) {
            show(bigEndian(shown), shown.readerIndex(), shown.readableBytes());
        }

        private void show(ByteBuf shown, int from, int count) {
            buffer = shown;
            start = from;
            length = count;
        }

        /** Drops the reference to the bytes. */
        public void clear() {
            show(Unpooled.EMPTY_BUFFER, 0, 0);
            if (network != null) {
                network.clear();
            }
        }

        @Override
        BufferPacket afterHeader(int header) {
            if (network == null) {
                return this;
            }
            network.show(buffer, start + header, Math.max(0, length - header));
            return network;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public int u8(int offset) {
            return buffer.getUnsignedByte(start + offset);
        }

        @Override
        public int u16(int offset) {
            return buffer.getUnsignedShort(start + offset);
        }

        @Override
        public int u32(int offset) {
            return buffer.getInt(start + offset);
        }
    }
}
