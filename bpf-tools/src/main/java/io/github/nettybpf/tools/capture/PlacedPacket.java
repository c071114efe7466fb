package io.github.nettybpf.tools.capture;

import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.PacketKinds;
import io.github.nettybpf.core.Placement;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A captured packet as a socket shows it to its filter: offset 0 is where the placement says, and padding after the IP
 * packet is not there. A packet of one of the link types for users is content without headers. One is
 * used for packet after packet.
 */
public final class PlacedPacket implements Packet {
    /** This class, for filters that are compiled with code specialised for it. */
    public static final PacketKinds KINDS = PacketKinds.of(MethodHandles.lookup(), List.of(PlacedPacket.class));

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final int UDP_HEADER = 8;

    private final Placement placement;
    private CapturedPacket packet;
    private byte[] bytes = {};
    private int start;
    private int offset;
    private int length;
    private int wireLength;

    /**
     * No packet yet.
     *
     * @param placement what offset 0 is
     */
    public PlacedPacket(Placement placement) {
        this.placement = placement;
        this.packet = new CapturedPacket(new CaptureInterface(LinkTypes.EN10MB, ByteOrder.BIG_ENDIAN, "", 0, 0));
    }

    /** {@return the placement} */
    public Placement placement() {
        return placement;
    }

    /** {@return whether a packet has what the placement begins with; if so, it is the one that is shown now} */
    public boolean show(CapturedPacket captured) {
        int from = 0;
        int end = Integer.MAX_VALUE;
        if (!LinkTypes.isUser(captured.origin().linkType())) {
            IpHeader header = IpHeader.of(captured);
            from = offset(captured, header);
            end = header == null || placement == Placement.ETHERNET ? end : header.end();
        }
        if (from < 0 || from > captured.length()) {
            return false;
        }
        packet = captured;
        bytes = captured.array();
        start = captured.arrayStart() + from;
        offset = from;
        length = Math.max(0, Math.min(captured.length(), end) - from);
        wireLength = (int) Math.max(length, Math.min(Integer.toUnsignedLong(captured.wireLength()), end) - from);
        return true;
    }

    private int offset(CapturedPacket captured, @Nullable IpHeader header) {
        return switch (placement) {
            case ETHERNET -> captured.origin().linkType() == LinkTypes.EN10MB ? 0 : -1;
            case IP -> captured.networkOffset();
            case UDP_SOCKET -> transport(header, IpHeader.UDP);
            case TCP_SOCKET -> transport(header, IpHeader.TCP);
            case PAYLOAD -> {
                int udp = transport(header, IpHeader.UDP);
                yield udp < 0 ? -1 : udp + UDP_HEADER;
            }
        };
    }

    private static int transport(@Nullable IpHeader header, int protocol) {
        return header == null || header.protocol() != protocol ? -1 : header.transport();
    }

    /** {@return what a packet has to have to be shown, for messages} */
    public String needs() {
        return switch (placement) {
            case ETHERNET -> "Ethernet header";
            case IP -> "IP header";
            case UDP_SOCKET, PAYLOAD -> "UDP header";
            case TCP_SOCKET -> "TCP header";
        };
    }

    /** {@return how many bytes a verdict keeps of the captured packet, headers before offset 0 included, unsigned} */
    public int kept(int verdict) {
        return offset + placement.kept(verdict, length);
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public int wireLength() {
        return wireLength;
    }

    @Override
    public int u8(int at) {
        return bytes[start + at] & 0xff;
    }

    @Override
    public int u16(int at) {
        return (short) SHORT.get(bytes, start + at) & 0xffff;
    }

    @Override
    public int u32(int at) {
        return (int) INT.get(bytes, start + at);
    }

    @Override
    public @Nullable Packet network() {
        return packet.network();
    }

    @Override
    public @Nullable Packet linkLayer() {
        return packet.linkLayer();
    }
}
