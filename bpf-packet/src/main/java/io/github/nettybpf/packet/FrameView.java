package io.github.nettybpf.packet;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.netty.PacketView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Shows a received frame to a program as the kernel shows the packet (skb) to a socket filter: with its extensions, and
 * without the VLAN tag that {@link PacketChannelOption#PUT_VLAN_BACK} inserted into the bytes. One view is reused for
 * every frame, on the event loop alone; it neither retains nor releases frames.
 */
final class FrameView implements PacketView {
    private static final PacketFrame NONE = new PacketFrame(Unpooled.EMPTY_BUFFER, PacketAddress.any());

    /** The extensions that tell the VLAN tag which the kernel has removed from a frame. */
    static final Set<Extension> TELLS_VLAN =
            Collections.unmodifiableSet(EnumSet.of(Extension.VLAN_AVAIL, Extension.VLAN_TCI, Extension.VLAN_TPID));

    private static final int TAG = 4;
    private static final int TAG_OFFSET = 12;

    private final boolean hasLinkHeader;
    private final Network network = new Network();
    private PacketFrame frame = NONE;
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int start;
    private int length;

    /** How many bytes of the content are a VLAN tag that was put back: 4 or 0. */
    private int tag;

    FrameView(Placement placement) {
        hasLinkHeader = placement == Placement.ETHERNET;
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

    /** {@return the buffer, or a big-endian view of it} Loads are in network byte order. */
    @SuppressWarnings("deprecation") // Handlers may still pass buffers of either order.
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

    /** {@return the buffer index of the packet's byte} */
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
        return hasLinkHeader ? this : null;
    }

    @Override
    public long extension(Extension extension, int a, int x) {
        return switch (extension) {
            case PROTO -> isAmbiguousTag() ? NOT_KNOWN : frame.protocol();
            case TYPE -> frame.packetType();
            case IFIDX -> Integer.toUnsignedLong(frame.interfaceIndex());
            case HATYPE -> frame.hardwareType();
            case VLAN_AVAIL -> isAmbiguousTag() || frame.lacksVlan() ? NOT_KNOWN : frame.hasVlan() ? 1 : 0;
            case VLAN_TCI -> isAmbiguousTag() || frame.lacksVlan() ? NOT_KNOWN : frame.vlanTci();
            case VLAN_TPID -> isAmbiguousTag() || frame.lacksVlan() ? NOT_KNOWN : frame.vlanTpid();
            default -> PacketView.super.extension(extension, a, x);
        };
    }

    /**
     * For an outgoing frame on a SOCK_DGRAM socket, the kernel reports the VLAN tag both when it is in the metadata of
     * the packet, where a filter's extensions see it, and when it is in the bytes, where they do not.
     */
    private boolean isAmbiguousTag() {
        return !hasLinkHeader && frame.hasVlan() && frame.packetType() == PacketAddress.OUTGOING;
    }

    /** The frame from its network header on (SKF_NET_OFF). */
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
