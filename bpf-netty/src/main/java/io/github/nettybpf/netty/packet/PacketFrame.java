package io.github.nettybpf.netty.packet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.DefaultByteBufHolder;
import java.net.SocketAddress;
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

    private static final int ETHERTYPE_VLAN = 0x8100;

    /** What is known beside the bytes; shared by copies. */
    private final Facts facts;

    /** Where the content began when the frame was made: the writer index behind it tells how much is held. */
    private final int start;

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
        this.address = address;
        this.facts = new Facts(content.readableBytes(), address);
        this.start = content.readerIndex();
    }

    PacketFrame(ByteBuf content, Facts facts) {
        super(content);
        this.facts = facts;
        this.start = content.readerIndex();
    }

    private PacketFrame(ByteBuf content, Facts facts, @Nullable PacketAddress address) {
        super(content);
        this.facts = facts;
        this.address = address;
        this.start = content.readerIndex();
    }

    /** What the kernel told of a frame. */
    static final class Facts {
        final int wireLength;
        final long timestampNanos;
        final int status;
        final int vlanTci;
        final int vlanTpid;
        final int networkOffset;
        final int interfaceIndex;
        final int protocol;
        final int hardwareType;
        final int packetType;
        final int hardwareAddressLength;
        final long hardwareAddress;
        final @Nullable PacketAddress local;

        Facts(
                int wireLength,
                long timestampNanos,
                int status,
                int vlanTci,
                int vlanTpid,
                int networkOffset,
                int interfaceIndex,
                int protocol,
                int hardwareType,
                int packetType,
                int hardwareAddressLength,
                long hardwareAddress,
                PacketAddress local) {
            this.wireLength = wireLength;
            this.timestampNanos = timestampNanos;
            this.status = status;
            this.vlanTci = vlanTci;
            this.vlanTpid = vlanTpid;
            this.networkOffset = networkOffset;
            this.interfaceIndex = interfaceIndex;
            this.protocol = protocol;
            this.hardwareType = hardwareType;
            this.packetType = packetType;
            this.hardwareAddressLength = hardwareAddressLength;
            this.hardwareAddress = hardwareAddress;
            this.local = local;
        }

        private Facts(int wireLength, PacketAddress address) {
            this.wireLength = wireLength;
            this.timestampNanos = 0;
            this.status = 0;
            this.vlanTci = 0;
            this.vlanTpid = 0;
            this.networkOffset = -1;
            this.interfaceIndex = address.interfaceIndex();
            this.protocol = address.protocol();
            this.hardwareType = address.hardwareType();
            this.packetType = address.packetType();
            this.hardwareAddressLength = 0;
            this.hardwareAddress = 0;
            this.local = null;
        }
    }

    /** {@return who sent the frame, where it came in and as what}; of a frame to send: what it was made with. */
    public PacketAddress address() {
        PacketAddress known = address;
        if (known == null) {
            PacketAddress local = facts.local;
            boolean named = local != null && local.interfaceIndex() == facts.interfaceIndex;
            known = new PacketAddress(
                    named ? local.interfaceName() : null,
                    facts.interfaceIndex,
                    facts.protocol,
                    facts.hardwareType,
                    facts.packetType,
                    facts.hardwareAddress,
                    facts.hardwareAddressLength);
            address = known;
        }
        return known;
    }

    /** {@return how many bytes the frame had on the wire}, from where its content begins; a tag put back included. */
    public int wireLength() {
        return facts.wireLength;
    }

    /** {@return when the kernel received it, in nanoseconds since 1970-01-01 UTC}; 0 of a frame to send. */
    public long timestampNanos() {
        return facts.timestampNanos;
    }

    /** {@return whether the frame came with a VLAN tag}, which the kernel took out of its bytes. */
    public boolean hasVlan() {
        return (facts.status & STATUS_VLAN_VALID) != 0;
    }

    /** {@return the tag control information of the VLAN tag}: priority, DEI and VLAN id; 0 if there is none. */
    public int vlanTci() {
        return hasVlan() ? facts.vlanTci : 0;
    }

    /** {@return the tag protocol identifier of the VLAN tag}, as 0x8100; 0 if there is none. */
    public int vlanTpid() {
        if (!hasVlan()) {
            return 0;
        }
        return (facts.status & STATUS_VLAN_TPID_VALID) != 0 ? facts.vlanTpid : ETHERTYPE_VLAN;
    }

    /** {@return whether the VLAN tag was put back into the content}; see {@link PacketChannelOption#PUT_VLAN_BACK}. */
    public boolean hasVlanInContent() {
        return (facts.status & STATUS_VLAN_IN_CONTENT) != 0;
    }

    /** {@return whether the content is shorter than the frame was on the wire}, as a filter's verdict can make it. */
    public boolean isTruncated() {
        return Integer.compareUnsigned(content().writerIndex() - start, facts.wireLength) < 0;
    }

    /**
     * {@return whether the checksum inside is unfinished}: this host sends the frame, and leaves the checksum to the
     * interface.
     */
    public boolean isChecksumNotReady() {
        return (facts.status & STATUS_CHECKSUM_NOT_READY) != 0;
    }

    /** {@return where in the content the network header begins}, or -1 if that is not known. */
    public int networkOffset() {
        return facts.networkOffset;
    }

    /** {@return {@link PacketAddress#interfaceIndex} of the address}, without making one. */
    public int interfaceIndex() {
        return facts.interfaceIndex;
    }

    /** {@return {@link PacketAddress#protocol} of the address}, without making one. */
    public int protocol() {
        return facts.protocol;
    }

    /** {@return {@link PacketAddress#hardwareType} of the address}, without making one. */
    public int hardwareType() {
        return facts.hardwareType;
    }

    /** {@return {@link PacketAddress#packetType} of the address}, without making one. */
    public int packetType() {
        return facts.packetType;
    }

    @Override
    public PacketFrame replace(ByteBuf content) {
        return new PacketFrame(content, facts, address);
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
        super.touch();
        return this;
    }

    @Override
    public PacketFrame touch(Object hint) {
        super.touch(hint);
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
        return "PacketFrame(" + from + ", " + Integer.toUnsignedString(facts.wireLength) + " bytes, "
                + contentToString() + ')';
    }
}
