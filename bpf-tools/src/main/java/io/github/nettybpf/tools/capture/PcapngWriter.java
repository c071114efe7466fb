package io.github.nettybpf.tools.capture;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes packets of captures to one pcapng capture, which can hold what pcap cannot: several interfaces and link types,
 * and time stamps of any unit. Options of packets, such as comments, are lost.
 *
 * <p>The byte order is that of the first packet's capture. A new section is begun for a packet whose link type has its
 * header in host order if its capture has the other byte order, and for an interface when the section is full.
 */
public final class PcapngWriter implements AutoCloseable {
    private static final int FRAME = 12;
    private static final int PACKET_HEADER = 28;
    private static final CaptureInterface NONE = new CaptureInterface(-1, ByteOrder.LITTLE_ENDIAN, "", 0, 0);

    private final OutputStream out;
    private final byte[] header = new byte[PACKET_HEADER];
    private final byte[] end = new byte[8];
    private final Map<CaptureInterface, Integer> interfaces = new HashMap<>();
    private CaptureInterface lastOrigin;
    private int lastId;

    /** The byte order of the current section, null before the first. */
    private @Nullable ByteOrder order;

    /**
     * A writer at the beginning of a stream.
     *
     * @param out the stream, which {@link #close} closes; it need not be buffered
     */
    public PcapngWriter(OutputStream out) {
        this.out = new BufferedOutputStream(out, 1 << 16);
        this.lastOrigin = NONE;
    }

    private void begin(ByteOrder sectionOrder) throws IOException {
        order = sectionOrder;
        interfaces.clear();
        lastOrigin = NONE;
        byte[] section = new byte[28];
        ByteBuffer fields = buffer(section);
        fields.putInt(0x0a0d0d0a).putInt(28).putInt(0x1a2b3c4d);
        fields.putShort((short) 1).putShort((short) 0).putLong(-1).putInt(28);
        out.write(section);
    }

    private ByteBuffer buffer(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(Objects.requireNonNull(order));
    }

    /**
     * Writes a packet.
     *
     * @param packet the packet
     * @param most the bytes to keep of it at most, unsigned: a verdict
     * @throws IOException if it cannot be written
     */
    public void write(CapturedPacket packet, int most) throws IOException {
        int captured = (int) Math.min(Integer.toUnsignedLong(most), packet.length());
        int padding = -captured & 3;
        int length = FRAME + 20 + captured + padding;
        long stamp = packet.stamp();
        CaptureInterface origin = packet.origin();
        if (order == null
                || (LinkTypes.isHostOrder(origin.linkType()) && !origin.order().equals(order))) {
            begin(origin.order());
        }
        int id = id(origin);
        ByteBuffer fields = buffer(header).putInt(6).putInt(length).putInt(id);
        fields.putInt((int) (stamp >>> 32)).putInt((int) stamp).putInt(captured).putInt(packet.wireLength());
        out.write(header);
        out.write(packet.array(), packet.arrayStart(), captured);
        buffer(end).putInt(0).putInt(length);
        out.write(end, 4 - padding, padding + 4);
    }

    private int id(CaptureInterface origin) throws IOException {
        if (!origin.equals(lastOrigin)) {
            Integer known = interfaces.get(origin);
            if (known == null) {
                if (interfaces.size() == PcapngFormat.MAX_INTERFACES) {
                    begin(Objects.requireNonNull(order));
                }
                known = interfaces.size();
                interfaces.put(origin, known);
                describe(origin);
            }
            lastId = known;
            lastOrigin = origin;
        }
        return lastId;
    }

    private void describe(CaptureInterface origin) throws IOException {
        byte[] name = origin.name().getBytes(StandardCharsets.UTF_8);
        int nameOption = name.length == 0 ? 0 : 4 + name.length + (-name.length & 3);
        int length = FRAME + 8 + nameOption + 8 + 12 + 4;
        byte[] description = new byte[length];
        ByteBuffer block = buffer(description);
        block.putInt(1).putInt(length);
        block.putShort((short) origin.linkType()).putShort((short) 0).putInt(0); // no limit to the length of packets
        if (name.length > 0) {
            block.putShort((short) 2).putShort((short) name.length).put(name);
            block.position(block.position() + (-name.length & 3));
        }
        block.putShort((short) 9).putShort((short) 1).put((byte) origin.resolution());
        block.position(block.position() + 3);
        block.putShort((short) 14).putShort((short) 8).putLong(origin.timeOffset());
        block.putInt(0).putInt(length);
        out.write(description);
    }

    /**
     * Describes an interface if no packet has been written: tcpdump opens no capture without one.
     *
     * @param origin where the packets were captured that are not written
     * @throws IOException if it cannot be written
     */
    public void describeIfEmpty(CaptureInterface origin) throws IOException {
        if (order == null) {
            begin(origin.order());
            id(origin);
        }
    }

    /** Closes the stream. Without packets, it writes an empty capture: a section header, and an Ethernet interface. */
    @Override
    public void close() throws IOException {
        describeIfEmpty(new CaptureInterface(LinkTypes.EN10MB, ByteOrder.LITTLE_ENDIAN, "", 6, 0));
        out.close();
    }
}
