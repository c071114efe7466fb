package io.github.nettybpf.packet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.DefaultByteBufHolder;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A frame that a {@link PacketChannel} received or is to send, and what is known beside its bytes. Whoever gets one from a
 * channel releases it; not for use by several threads at once.
 *
 * <p>The content of a channel of type {@link PacketChannel.Type#RAW} begins with the link-layer header, that of
 * {@link PacketChannel.Type#DGRAM} with the network header.
 */
public final class PacketFrame extends DefaultByteBufHolder {
    /** The kernel's status bits. */
    static final int STATUS_CHECKSUM_NOT_READY = 1 << 3;

    static final int STATUS_VLAN_VALID = 1 << 4;
    static final int STATUS_VLAN_TPID_VALID = 1 << 6;

    /** Our own, above all of the kernel's. */
    static final int STATUS_VLAN_IN_CONTENT = 1 << 27;

    /** Where the content began when the frame was made: the writer index behind it tells how much is held. */
    private final int start;

    private final int wireLength;
    private final int status;
    private final long timestampNanos;

    /** The tag's control information, and its protocol above that; 0 of none. */
    private final int vlan;

    private final int networkOffset;

    /** The kernel's {@code struct sockaddr_ll} as it lies in memory: family, protocol and interface; 0 of a frame to send. */
    private final long link;

    /** Hardware type, packet type, and length and first half of the hardware address. */
    private final long hardware;

    private final int hardwareRest;

    /** Whether anybody may want to know who touched it: what a channel makes is no leak detector's. */
    private final boolean traced;

    /** What the channel is bound to, which has the interface's name; null of a frame to send. */
    private final @Nullable PacketAddress local;

    /** Made when it is asked for. */
    private @Nullable PacketAddress address;

    /**
     * A frame to send.
     *
     * @param content the bytes, owned by the frame from now on
     * @param address through which interface and, on a channel of type {@link PacketChannel.Type#DGRAM}, to whom and as
     *     what protocol
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

    /**
     * A frame that came.
     *
     * @param memory where the kernel's {@code struct sockaddr_ll} is, in native order
     * @param link where it begins in it
     */
    PacketFrame(
            ByteBuf content,
            int wireLength,
            int status,
            long timestampNanos,
            int vlan,
            int networkOffset,
            ByteBuffer memory,
            int link,
            PacketAddress local) {
        super(content);
        this.start = content.readerIndex();
        this.wireLength = wireLength;
        this.status = status;
        this.timestampNanos = timestampNanos;
        this.vlan = vlan;
        this.networkOffset = networkOffset;
        this.link = memory.getLong(link);
        this.hardware = memory.getLong(link + Long.BYTES);
        this.hardwareRest = memory.getInt(link + 2 * Long.BYTES);
        this.traced = false;
        this.local = local;
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

    /** Then it has an address from the beginning. */
    private boolean isToSend() {
        return local == null;
    }

    /** {@return who sent the frame, where it came in and as what}; of a frame to send: what it was made with. */
    public PacketAddress address() {
        PacketAddress known = address;
        if (known == null) {
            boolean named = local != null && local.interfaceIndex() == interfaceIndex();
            known = new PacketAddress(
                    named ? local.interfaceName() : null,
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

    /** {@return how many bytes the frame had on the wire}, from where its content begins; a tag put back included. */
    public int wireLength() {
        return wireLength;
    }

    /** {@return when the kernel received it, in nanoseconds since 1970-01-01 UTC}; 0 of a frame to send. */
    public long timestampNanos() {
        return timestampNanos;
    }

    /** {@return whether the frame came with a VLAN tag}, which the kernel took out of its bytes. */
    public boolean hasVlan() {
        return (status & STATUS_VLAN_VALID) != 0;
    }

    /** {@return the tag control information of the VLAN tag}: priority, DEI and VLAN id; 0 if there is none. */
    public int vlanTci() {
        return vlan & 0xffff;
    }

    /** {@return the tag protocol identifier of the VLAN tag}, as 0x8100; 0 if there is none. */
    public int vlanTpid() {
        return vlan >>> 16;
    }

    /** {@return whether the VLAN tag was put back into the content}; see {@link PacketChannelOption#PUT_VLAN_BACK}. */
    public boolean hasVlanInContent() {
        return (status & STATUS_VLAN_IN_CONTENT) != 0;
    }

    /** {@return whether the content is shorter than the frame was on the wire}, as a filter's verdict can make it. */
    public boolean isTruncated() {
        return Integer.compareUnsigned(content().writerIndex() - start, wireLength) < 0;
    }

    /**
     * {@return whether the checksum inside is unfinished}: this host sends the frame, and leaves the checksum to the
     * interface.
     */
    public boolean isChecksumNotReady() {
        return (status & STATUS_CHECKSUM_NOT_READY) != 0;
    }

    /** {@return where in the content the network header begins}, or -1 if that is not known. */
    public int networkOffset() {
        return networkOffset;
    }

    /** {@return {@link PacketAddress#interfaceIndex} of the address}, without making one. */
    public int interfaceIndex() {
        return isToSend() ? address().interfaceIndex() : NativeHalves.second(link);
    }

    /** {@return {@link PacketAddress#protocol} of the address}, without making one. */
    public int protocol() {
        return isToSend() ? address().protocol() : NativeHalves.bigEndian(NativeHalves.first(link)) & 0xffff;
    }

    /** {@return {@link PacketAddress#hardwareType} of the address}, without making one. */
    public int hardwareType() {
        return isToSend() ? address().hardwareType() : NativeHalves.first(NativeHalves.first(hardware));
    }

    /** {@return {@link PacketAddress#packetType} of the address}, without making one. */
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
        return super.equals(other) && address().equals(((PacketFrame) other).address());
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
