package io.github.nettybpf.tools.capture;

import io.github.nettybpf.netty.pcapng.PcapngBlocks;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteOrder;
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
    private static final CaptureInterface NONE = new CaptureInterface(-1, ByteOrder.LITTLE_ENDIAN, "", 0, 0);

    private final OutputStream out;
    private final Map<CaptureInterface, Integer> interfaces = new HashMap<>();
    private CaptureInterface lastOrigin;
    private int lastId;

    private final PcapngBlocks blocks = new PcapngBlocks();

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

    private void begin(ByteOrder sectionOrder) {
        order = sectionOrder;
        interfaces.clear();
        lastOrigin = NONE;
        blocks.section(sectionOrder).end();
    }

    private void flush() throws IOException {
        out.write(blocks.array(), 0, blocks.length());
        blocks.clear();
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
        CaptureInterface origin = packet.origin();
        if (order == null
                || (LinkTypes.isHostOrder(origin.linkType()) && !origin.order().equals(order))) {
            begin(origin.order());
        }
        blocks.packet(id(origin), packet.stamp(), captured, packet.wireLength())
                .data(packet.array(), packet.arrayStart(), captured)
                .end();
        flush();
    }

    private int id(CaptureInterface origin) {
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

    private void describe(CaptureInterface origin) {
        blocks.describe(origin.linkType());
        if (!origin.name().isEmpty()) {
            blocks.option(PcapngBlocks.INTERFACE_NAME, origin.name());
        }
        blocks.option(PcapngBlocks.INTERFACE_RESOLUTION, origin.resolution(), 1)
                .option(PcapngBlocks.INTERFACE_TIME_OFFSET, origin.timeOffset(), 8)
                .end();
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
            flush();
        }
    }

    /** Closes the stream. Without packets, it writes an empty capture: a section header, and an Ethernet interface. */
    @Override
    public void close() throws IOException {
        describeIfEmpty(new CaptureInterface(LinkTypes.EN10MB, ByteOrder.LITTLE_ENDIAN, "", 6, 0));
        out.close();
    }
}
