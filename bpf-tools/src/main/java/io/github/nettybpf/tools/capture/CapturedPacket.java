package io.github.nettybpf.tools.capture;

import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.PacketKinds;
import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.netty.pcapng.PcapngBlocks;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A packet of a capture, as a packet socket would show it to a program: its length on the wire is that of the record,
 * and its network header follows the link-layer header, where the length of that is known from the link type.
 * Extensions that the kernel keeps outside the packet (mark, queue and so on) are not in a capture, and not known here.
 *
 * <p>{@link CaptureReader} has one object, which {@link CaptureReader#next} overwrites; {@link #copy} returns one that
 * stays.
 */
public final class CapturedPacket implements Packet {
    /** This class, for filters that are compiled with code specialised for it. */
    public static final PacketKinds KINDS = PacketKinds.of(MethodHandles.lookup(), List.of(CapturedPacket.class));

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final int ETHERNET_HEADER = 14;
    private static final int TYPE_AT = 12;
    private static final int TAG = 4;

    private byte[] bytes;
    private int start;
    private int length;
    private int wireLength;
    private long number;
    private long stamp;
    private CaptureInterface origin;
    private int optionsStart;
    private int optionsEnd;
    private @Nullable NetworkPart network;

    CapturedPacket(CaptureInterface origin) {
        this.bytes = new byte[0];
        this.origin = origin;
    }

    /**
     * {@return a packet that is in no file, as the first of a capture, all of its bytes captured}
     *
     * @param linkType the link type
     * @param bytes the packet, which is not copied
     */
    public static CapturedPacket of(LinkType linkType, byte[] bytes) {
        int number = linkType.number();
        CapturedPacket packet = new CapturedPacket(new CaptureInterface(number, ByteOrder.LITTLE_ENDIAN, "", 0, 0));
        packet.set(packet.origin, 0, bytes.length, bytes, 0, bytes.length);
        return packet;
    }

    /** Overwrites this with the next packet. The array is not copied. */
    void set(CaptureInterface from, long time, int onWire, byte[] in, int at, int captured) {
        origin = from;
        stamp = time;
        wireLength = onWire;
        bytes = in;
        start = at;
        length = captured;
        optionsStart = 0;
        optionsEnd = 0;
        number++;
    }

    /** Takes the options of a pcapng block, which are in the array of the packet. */
    void setOptions(int from, int to) {
        optionsStart = from;
        optionsEnd = to;
    }

    /** {@return the number of the packet in its capture, from 1} */
    public long number() {
        return number;
    }

    /** {@return the interface that it was captured on} */
    public CaptureInterface origin() {
        return origin;
    }

    /** {@return the time when it was captured, 1970-01-01 if the capture has none} */
    public Instant time() {
        return origin.time(stamp);
    }

    /** {@return the time stamp as it is in the capture, unsigned, in units of the {@link #origin}} */
    long stamp() {
        return stamp;
    }

    /** {@return the captured bytes, copied} */
    public byte[] toByteArray() {
        return Arrays.copyOfRange(bytes, start, start + length);
    }

    /** {@return a copy that the reader does not overwrite} */
    public CapturedPacket copy() {
        CapturedPacket copy = new CapturedPacket(origin);
        byte[] kept = Arrays.copyOf(toByteArray(), length + optionsEnd - optionsStart);
        System.arraycopy(bytes, optionsStart, kept, length, optionsEnd - optionsStart);
        copy.set(origin, stamp, wireLength, kept, 0, length);
        copy.setOptions(length, kept.length);
        copy.number = number;
        return copy;
    }

    /** {@return the first comment of the packet, which only pcapng has, or empty if there is none} */
    public Optional<String> comment() {
        ByteBuffer options =
                ByteBuffer.wrap(bytes, optionsStart, optionsEnd - optionsStart).order(origin.order());
        while (options.remaining() >= 4) {
            int code = options.getShort() & 0xffff;
            int size = options.getShort() & 0xffff;
            if (code == 0 || size > options.remaining()) {
                break;
            }
            if (code == PcapngBlocks.COMMENT) {
                return Optional.of(new String(bytes, options.position(), size, StandardCharsets.UTF_8));
            }
            options.position(Math.min(options.limit(), options.position() + ((size + 3) & ~3)));
        }
        return Optional.empty();
    }

    byte[] array() {
        return bytes;
    }

    int arrayStart() {
        return start;
    }

    /** {@return how many bytes were captured} */
    @Override
    public int length() {
        return length;
    }

    @Override
    public int wireLength() {
        return wireLength;
    }

    @Override
    public int u8(int offset) {
        return bytes[start + offset] & 0xff;
    }

    @Override
    public int u16(int offset) {
        return (short) SHORT.get(bytes, start + offset) & 0xffff;
    }

    @Override
    public int u32(int offset) {
        return (int) INT.get(bytes, start + offset);
    }

    @Override
    public @Nullable Packet network() {
        int at = networkOffset();
        if (at < 0 || at > length) {
            return null;
        }
        NetworkPart part = network;
        if (part == null) {
            part = new NetworkPart();
            network = part;
        }
        part.from = at;
        return part;
    }

    @Override
    public @Nullable Packet linkLayer() {
        return origin.linkType() == LinkTypes.EN10MB ? this : null;
    }

    /**
     * {@return the offset of the network header, or -1 if it is not known} The kernel removes the outer VLAN tag before a
     * packet socket sees the packet, and libpcap inserts it again.
     */
    int networkOffset() {
        if (origin.linkType() != LinkTypes.EN10MB) {
            return LinkTypes.headerLength(origin.linkType());
        }
        if (length < ETHERNET_HEADER + TAG) {
            return ETHERNET_HEADER;
        }
        int type = u16(TYPE_AT);
        return type == 0x8100 || type == 0x88a8 ? ETHERNET_HEADER + TAG : ETHERNET_HEADER;
    }

    /** The packet from its network header on. */
    private final class NetworkPart implements Packet {
        private int from;

        @Override
        public int length() {
            return length - from;
        }

        @Override
        public int u8(int offset) {
            return CapturedPacket.this.u8(from + offset);
        }

        @Override
        public int u16(int offset) {
            return CapturedPacket.this.u16(from + offset);
        }

        @Override
        public int u32(int offset) {
            return CapturedPacket.this.u32(from + offset);
        }
    }
}
