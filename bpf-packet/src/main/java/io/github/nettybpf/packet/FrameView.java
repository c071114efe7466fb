package io.github.nettybpf.packet;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.netty.PacketView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A frame of a packet channel as its socket shows it to a filter: with what the kernel told of it, and without a VLAN tag
 * in the bytes, should one have been put back. One is used for frame after frame, by the event loop alone; it neither
 * retains nor releases.
 */
final class FrameView implements PacketView {
    private static final PacketFrame NONE = new PacketFrame(Unpooled.EMPTY_BUFFER, PacketAddress.any());
    private static final int TAG = 4;
    private static final int TAG_OFFSET = 12;

    private final boolean cooked;
    private final Network network = new Network();
    private PacketFrame frame = NONE;
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int start;
    private int length;

    /** How many bytes the tag in the content takes. */
    private int tag;

    FrameView(Placement placement) {
        cooked = placement == Placement.IP;
    }

    @Override
    public boolean show(Object message, ByteBuf content) {
        if (!(message instanceof PacketFrame received)) {
            return false;
        }
        show(received, content);
        return true;
    }

    private void show(PacketFrame shown, ByteBuf content) {
        frame = shown;
        buffer = bigEndian(content);
        start = content.readerIndex();
        tag = shown.hasVlanInContent() && content.readableBytes() >= TAG_OFFSET + TAG ? TAG : 0;
        length = content.readableBytes() - tag;
    }

    /** {@return the buffer, or what it wraps} Loads are big-endian, whatever the buffer's own order. */
    @SuppressWarnings("deprecation") // A message can come in a buffer whose order was swapped, deprecated or not.
    private static ByteBuf bigEndian(ByteBuf content) {
        return content.order() == ByteOrder.BIG_ENDIAN ? content : content.order(ByteOrder.BIG_ENDIAN);
    }

    @Override
    public void clear() {
        show(NONE, Unpooled.EMPTY_BUFFER);
    }

    @Override
    public int contentBytes(int kept) {
        return kept > TAG_OFFSET ? kept + tag : kept;
    }

    /** {@return where the byte is in the buffer} */
    private int at(int offset) {
        return start + (offset < TAG_OFFSET ? offset : offset + tag);
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public int wireLength() {
        return frame.wireLength() - tag;
    }

    @Override
    public int u8(int offset) {
        return buffer.getUnsignedByte(at(offset));
    }

    @Override
    public int u16(int offset) {
        return offset == TAG_OFFSET - 1 ? u8(offset) << 8 | u8(offset + 1) : buffer.getUnsignedShort(at(offset));
    }

    @Override
    public int u32(int offset) {
        boolean divided = offset < TAG_OFFSET && offset > TAG_OFFSET - 4;
        return divided ? u16(offset) << 16 | u16(offset + 2) : buffer.getInt(at(offset));
    }

    @Override
    public @Nullable Packet network() {
        int base = frame.networkOffset() - tag;
        if (base < 0) {
            return null;
        }
        network.base = base;
        return network;
    }

    @Override
    public @Nullable Packet linkLayer() {
        return cooked ? null : this;
    }

    @Override
    public long extension(Extension extension, int a, int x) {
        return switch (extension) {
            case PROTO -> isUntoldVlan() ? NOT_KNOWN : frame.protocol();
            case TYPE -> frame.packetType();
            case IFIDX -> Integer.toUnsignedLong(frame.interfaceIndex());
            case HATYPE -> frame.hardwareType();
            case VLAN_AVAIL -> isUntoldVlan() ? NOT_KNOWN : frame.hasVlan() ? 1 : 0;
            case VLAN_TCI -> isUntoldVlan() ? NOT_KNOWN : frame.vlanTci();
            case VLAN_TPID -> isUntoldVlan() ? NOT_KNOWN : frame.vlanTpid();
            default -> PacketView.super.extension(extension, a, x);
        };
    }

    /**
     * Without a link-layer header the kernel tells of a frame that this host sends what its tag says, be the tag beside the
     * bytes, where a filter sees it, or in them.
     */
    private boolean isUntoldVlan() {
        return cooked && frame.hasVlan() && frame.packetType() == PacketAddress.OUTGOING;
    }

    /** The same from its network header on. */
    private final class Network implements Packet {
        private int base;

        @Override
        public int length() {
            return Math.max(0, length - base);
        }

        @Override
        public int u8(int offset) {
            return FrameView.this.u8(base + offset);
        }

        @Override
        public int u16(int offset) {
            return FrameView.this.u16(base + offset);
        }

        @Override
        public int u32(int offset) {
            return FrameView.this.u32(base + offset);
        }
    }
}
