package io.github.nettybpf.netty;

import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The readable bytes of a buffer as a packet. One is used for packet after packet, by the event loop alone; it neither
 * retains nor releases the buffer. There is a class for each way to read memory, so that a compiled filter knows it.
 */
abstract class BufferPacket implements Packet {
    private static final int ETHERNET_HEADER = 14;

    final Placement placement;

    private BufferPacket(Placement placement) {
        this.placement = placement;
    }

    /** {@return what is behind an Ethernet header} */
    abstract BufferPacket behindHeader(int header);

    @Override
    public final Packet network() {
        return placement == Placement.ETHERNET ? behindHeader(ETHERNET_HEADER) : this;
    }

    @Override
    public final @Nullable Packet linkLayer() {
        return placement == Placement.ETHERNET ? this : null;
    }

    /** {@return the buffer, or what it wraps}: loads are big-endian, whatever the buffer's own order. */
    @SuppressWarnings("deprecation") // A message can come in a buffer whose order was swapped, deprecated or not.
    static ByteBuf bigEndian(ByteBuf buffer) {
        return buffer.order() == ByteOrder.BIG_ENDIAN ? buffer : buffer.order(ByteOrder.BIG_ENDIAN);
    }

    private static @Nullable Placement behind(Placement placement) {
        return placement == Placement.ETHERNET ? Placement.IP : null;
    }

    /** In an array. */
    static final class InArray extends BufferPacket {
        private final @Nullable InArray network;
        private byte[] array = Memory.NOTHING;
        private int start;
        private int length;

        InArray(Placement placement) {
            super(placement);
            Placement behind = behind(placement);
            network = behind == null ? null : new InArray(behind);
        }

        void show(ByteBuf shown) {
            show(shown.array(), shown.arrayOffset() + shown.readerIndex(), shown.readableBytes());
        }

        private void show(byte[] bytes, int from, int count) {
            // A store of a reference is dear, and pooled buffers share an array.
            if (array != bytes) {
                array = bytes;
            }
            start = from;
            length = count;
        }

        void clear() {
            show(Memory.NOTHING, 0, 0);
            if (network != null) {
                network.clear();
            }
        }

        @Override
        BufferPacket behindHeader(int header) {
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

    /** Outside the heap, at an address. */
    static final class AtAddress extends BufferPacket {
        private final @Nullable AtAddress network;
        private long address;
        private int length;

        AtAddress(Placement placement) {
            super(placement);
            Placement behind = behind(placement);
            network = behind == null ? null : new AtAddress(behind);
        }

        void show(ByteBuf shown) {
            show(shown.memoryAddress() + shown.readerIndex(), shown.readableBytes());
        }

        private void show(long from, int count) {
            address = from;
            length = count;
        }

        @Override
        BufferPacket behindHeader(int header) {
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

    /** In any buffer, as a composite one. */
    static final class InBuffer extends BufferPacket {
        private final @Nullable InBuffer network;
        private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
        private int start;
        private int length;

        InBuffer(Placement placement) {
            super(placement);
            Placement behind = behind(placement);
            network = behind == null ? null : new InBuffer(behind);
        }

        void show(ByteBuf shown) {
            show(bigEndian(shown), shown.readerIndex(), shown.readableBytes());
        }

        private void show(ByteBuf shown, int from, int count) {
            buffer = shown;
            start = from;
            length = count;
        }

        void clear() {
            show(Unpooled.EMPTY_BUFFER, 0, 0);
            if (network != null) {
                network.clear();
            }
        }

        @Override
        BufferPacket behindHeader(int header) {
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
