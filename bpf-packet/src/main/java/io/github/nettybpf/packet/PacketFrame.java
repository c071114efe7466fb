package io.github.nettybpf.packet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.DefaultByteBufHolder;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A frame that a {@link PacketChannel} received or is to send, with its metadata: address, length on the wire,
 * timestamp and VLAN tag. The receiver releases it. Not for use by several threads at once.
 *
 * <p>After its last release, neither the content nor the metadata of a received frame may be used: the channel uses the
 * object again, for another frame. What {@link #address} has returned stays valid.
 *
 * <p>The content of a channel of type {@link PacketChannel.Type#RAW} begins with the link-layer header, that of {@link
 * PacketChannel.Type#DGRAM} with the network header.
 */
public final class PacketFrame extends DefaultByteBufHolder {
    /** Bits of the kernel's status (TP_STATUS_*, linux/if_packet.h). */
    static final int STATUS_CHECKSUM_NOT_READY = 1 << 3;

    static final int STATUS_VLAN_VALID = 1 << 4;
    static final int STATUS_VLAN_TPID_VALID = 1 << 6;

    /** This library's own bit, above those of the kernel. */
    static final int STATUS_VLAN_IN_CONTENT = 1 << 27;

    /** The reader index that the content had at first: the distance to the writer index is the number of bytes kept. */
    private final int start;

    private int wireLength;
    private int status;
    private long timestampNanos;

    /** The VLAN tag: TPID in the upper half, TCI in the lower; 0 if there is none. */
    private int vlan;

    private int networkOffset;

    /**
     * The first 8 bytes of the kernel's {@code struct sockaddr_ll}, in native byte order: family, protocol and
     * interface; 0 in a frame to send.
     */
    private long link;

    /** The next 8 bytes: hardware type, packet type, and length and first half of the hardware address. */
    private long hardware;

    /** The last 4 bytes: the second half of the hardware address. */
    private int hardwareRest;

    /** Whether touch() reaches the content: Netty's leak detector does not track buffers that a channel makes. */
    private final boolean traced;

    /** The channel's address, which has the interface's name; null in a frame to send. */
    private final @Nullable PacketAddress local;

    /** Created on demand. */
    private @Nullable PacketAddress address;

    /**
     * Creates a frame to send.
     *
     * @param content the bytes, owned by the frame from now on
     * @param address the interface and, on a channel of type {@link PacketChannel.Type#DGRAM}, the protocol and the
     *     receiver's hardware address
     */
    public PacketFrame(ByteBuf content, PacketAddress address) {
        super(content);
        this.start = content.readerIndex();
        this.wireLength = content.readableBytes();
        this.status = 0;
        this.timestampNanos = 0;
        this.vlan = 0;
        this.networkOffset = -1;
        this.link = 0;
        this.hardware = 0;
        this.hardwareRest = 0;
        this.traced = true;
        this.local = null;
        this.address = Objects.requireNonNull(address, "address");
    }

    private PacketFrame(PacketAddress local, ByteBuf content) {
        super(content);
        this.start = content.readerIndex();
        this.traced = false;
        this.local = local;
    }

    /** {@return a frame of a channel with this address, which awaits its metadata} */
    static PacketFrame toReceive(ByteBuf content, PacketAddress local) {
        return new PacketFrame(local, content);
    }

    /**
     * {@return this frame, which now has the metadata of a received frame}
     *
     * @param memory memory that contains the kernel's {@code struct sockaddr_ll}, in native order
     * @param link the offset of that struct in the memory
     */
    PacketFrame received(
            int wireLength, int status, long timestampNanos, int vlan, int networkOffset, ByteBuffer memory, int link) {
        this.wireLength = wireLength;
        this.status = status;
        this.timestampNanos = timestampNanos;
        this.vlan = vlan;
        this.networkOffset = networkOffset;
        this.link = memory.getLong(link);
        this.hardware = memory.getLong(link + Long.BYTES);
        this.hardwareRest = memory.getInt(link + 2 * Long.BYTES);
        this.address = null;
        return this;
    }

    private PacketFrame(ByteBuf content, PacketFrame like) {
        super(content);
        this.start = content.readerIndex();
        this.wireLength = like.wireLength;
        this.status = like.status;
        this.timestampNanos = like.timestampNanos;
        this.vlan = like.vlan;
        this.networkOffset = like.networkOffset;
        this.link = like.link;
        this.hardware = like.hardware;
        this.hardwareRest = like.hardwareRest;
        this.traced = true;
        this.local = like.local;
        this.address = like.address;
    }

    /** {@return whether this is a frame to send, whose {@link #address} was given} */
    private boolean isToSend() {
        return local == null;
    }

    /**
     * {@return the address: for a received frame its interface, protocol, packet type and sender, for a frame to send
     * the one that it was created with}
     */
    public PacketAddress address() {
        PacketAddress known = address;
        if (known == null) {
            known = new PacketAddress(
                    local != null && local.interfaceIndex() == interfaceIndex() ? local.interfaceName() : null,
                    interfaceIndex(),
                    protocol(),
                    hardwareType(),
                    packetType(),
                    (long) NativeHalves.bigEndian(NativeHalves.second(hardware)) << 32
                            | Integer.toUnsignedLong(NativeHalves.bigEndian(hardwareRest)),
                    NativeHalves.bigEndian(NativeHalves.first(hardware)) & 0xff);
            address = known;
        }
        return known;
    }

    /**
     * {@return the length of the frame on the wire in bytes, from the first byte of the content on, including a VLAN
     * tag that was put back}
     */
    public int wireLength() {
        return wireLength;
    }

    /**
     * {@return the time at which the kernel received the frame, in nanoseconds since 1970-01-01 UTC, or 0 for a frame
     * to send}
     */
    public long timestampNanos() {
        return timestampNanos;
    }

    /** {@return whether the frame had a VLAN tag that the kernel or the network card removed from its bytes} */
    public boolean hasVlan() {
        return (status & STATUS_VLAN_VALID) != 0;
    }

    /**
     * {@return the tag control information (TCI) of the VLAN tag, which is priority, DEI and VLAN identifier, or 0 if
     * there is no tag}
     */
    public int vlanTci() {
        return vlan & 0xffff;
    }

    /** {@return the tag protocol identifier (TPID) of the VLAN tag, such as 0x8100, or 0 if there is no tag} */
    public int vlanTpid() {
        return vlan >>> 16;
    }

    /**
     * {@return whether the kernel does not tell the VLAN of this frame, because the channel is bound to one protocol: it
     * has cleared a tag}
     */
    boolean lacksVlan() {
        return local != null && local.protocol() != PacketAddress.ALL_PROTOCOLS;
    }

    /** {@return whether the VLAN tag was put back into the content, see {@link PacketChannelOption#PUT_VLAN_BACK}} */
    public boolean hasVlanInContent() {
        return (status & STATUS_VLAN_IN_CONTENT) != 0;
    }

    /**
     * {@return whether the content is shorter than the frame was on the wire, because a filter's verdict truncated it}
     */
    public boolean isTruncated() {
        return Integer.compareUnsigned(content().writerIndex() - start, wireLength) < 0;
    }

    /**
     * {@return whether the transport checksum in the frame is not computed yet (TP_STATUS_CSUMNOTREADY)} This host
     * sends the frame and leaves the checksum to the interface (checksum offload).
     */
    public boolean isChecksumNotReady() {
        return (status & STATUS_CHECKSUM_NOT_READY) != 0;
    }

    /** {@return the offset of the network header in the content, or -1 if it is not known} */
    public int networkOffset() {
        return networkOffset;
    }

    /** {@return the {@link PacketAddress#interfaceIndex} of the address, which is not created for it} */
    public int interfaceIndex() {
        return isToSend() ? address().interfaceIndex() : NativeHalves.second(link);
    }

    /** {@return the {@link PacketAddress#protocol} of the address, which is not created for it} */
    public int protocol() {
        return isToSend() ? address().protocol() : NativeHalves.bigEndian(NativeHalves.first(link)) & 0xffff;
    }

    /** {@return the {@link PacketAddress#hardwareType} of the address, which is not created for it} */
    public int hardwareType() {
        return isToSend() ? address().hardwareType() : NativeHalves.first(NativeHalves.first(hardware));
    }

    /** {@return the {@link PacketAddress#packetType} of the address, which is not created for it} */
    public int packetType() {
        return isToSend() ? address().packetType() : NativeHalves.bigEndian(NativeHalves.first(hardware)) >>> 8 & 0xff;
    }

    @Override
    public PacketFrame replace(ByteBuf content) {
        return new PacketFrame(content, this);
    }

    @Override
    public PacketFrame copy() {
        return (PacketFrame) super.copy();
    }

    @Override
    public PacketFrame duplicate() {
        return (PacketFrame) super.duplicate();
    }

    @Override
    public PacketFrame retainedDuplicate() {
        return (PacketFrame) super.retainedDuplicate();
    }

    @Override
    public PacketFrame retain() {
        super.retain();
        return this;
    }

    @Override
    public PacketFrame retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public PacketFrame touch() {
        if (traced) {
            super.touch();
        }
        return this;
    }

    @Override
    public PacketFrame touch(Object hint) {
        if (traced) {
            super.touch(hint);
        }
        return this;
    }

    /** {@return whether the other is a frame with the same content and address} */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PacketFrame frame
                && super.equals(frame)
                && address().equals(frame.address());
    }

    @Override
    public int hashCode() {
        return super.hashCode();
    }

    @Override
    public String toString() {
        SocketAddress from = address();
        return "PacketFrame(" + from + ", " + Integer.toUnsignedString(wireLength) + " bytes, " + contentToString()
                + ')';
    }
}
