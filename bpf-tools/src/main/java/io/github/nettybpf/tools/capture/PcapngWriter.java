package io.github.nettybpf.tools.capture;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes packets of captures as one pcapng capture, which keeps what pcap has no room for: packets of several interfaces
 * and link types, and time stamps in whatever unit they are in. Options of packets, such as comments, are not kept.
 */
public final class PcapngWriter implements AutoCloseable {
    private static final int FRAME = 12;
    private static final int PACKET_HEADER = 28;

    private final OutputStream out;
    private final byte[] header = new byte[PACKET_HEADER];
    private final byte[] end = new byte[8];
    private final Map<CaptureInterface, Integer> interfaces = new HashMap<>();
    private CaptureInterface lastOrigin;
    private int lastId;

    /**
     * A writer that has written nothing yet but the header of the file.
     *
     * @param out the stream, which {@link #close} closes; need not be buffered
     * @throws IOException if it cannot be written
     */
    public PcapngWriter(OutputStream out) throws IOException {
        this.out = new BufferedOutputStream(out, 1 << 16);
        this.lastOrigin = new CaptureInterface(-1, ByteOrder.LITTLE_ENDIAN, "", 0, 0);
        byte[] section = new byte[28];
        ByteBuffer fields = buffer(section);
        fields.putInt(0x0a0d0d0a).putInt(28).putInt(0x1a2b3c4d);
        fields.putShort((short) 1).putShort((short) 0).putLong(-1).putInt(28);
        this.out.write(section);
    }

    private static ByteBuffer buffer(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Writes a packet.
     *
     * @param packet the packet
     * @param most the bytes of it to keep at most, unsigned: a verdict
     * @throws IOException if it cannot be written
     */
    public void write(CapturedPacket packet, int most) throws IOException {
        int captured = (int) Math.min(Integer.toUnsignedLong(most), packet.length());
        int padding = -captured & 3;
        int length = FRAME + 20 + captured + padding;
        long stamp = packet.stamp();
        int id = id(packet.origin());
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

    @Override
    public void close() throws IOException {
        out.close();
    }
}
