package io.github.nettybpf.netty;

import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The readable bytes of a buffer as a packet. One is used for packet after packet, by the event loop alone; it neither
 * retains nor releases the buffer.
 */
final class BufferPacket implements Packet {
    private static final int ETHERNET_HEADER = 14;

    private final Placement placement;
    private final @Nullable BufferPacket network;
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int start;
    private int length;

    BufferPacket(Placement placement) {
        this.placement = placement;
        this.network = placement == Placement.ETHERNET ? new BufferPacket(Placement.IP) : null;
    }

    void show(ByteBuf shown) {
        show(bigEndian(shown), shown.readerIndex());
        length = shown.readableBytes();
        if (network != null) {
            network.show(buffer, start + ETHERNET_HEADER);
            network.length = Math.max(0, length - ETHERNET_HEADER);
        }
    }

    /** {@return the buffer, or what it wraps}: loads are big-endian, whatever the buffer's own order. */
    @SuppressWarnings("deprecation") // A message can come in a buffer whose order was swapped, deprecated or not.
    static ByteBuf bigEndian(ByteBuf buffer) {
        return buffer.order() == ByteOrder.BIG_ENDIAN ? buffer : buffer.order(ByteOrder.BIG_ENDIAN);
    }

    private void show(ByteBuf shown, int from) {
        buffer = shown;
        start = from;
    }

    /** Lets go of the buffer, which may be reused by somebody else from now on. */
    void clear() {
        show(Unpooled.EMPTY_BUFFER, 0);
        length = 0;
        if (network != null) {
            network.clear();
        }
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

    @Override
    public Packet network() {
        return network == null ? this : network;
    }

    @Override
    public @Nullable Packet linkLayer() {
        return placement == Placement.ETHERNET ? this : null;
    }
}
