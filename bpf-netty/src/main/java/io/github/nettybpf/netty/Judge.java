package io.github.nettybpf.netty;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.PacketKinds;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.packet.PacketFrame;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.Channel;
import io.netty.channel.socket.DatagramPacket;
import java.lang.invoke.MethodHandles;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A program with the packets that it is shown in a pipeline. Used by one event loop. */
final class Judge {
    /** Instead of a number of bytes. */
    static final int DROP = -1;

    /** Instead of a number of bytes: the program asked for what is not known of this packet. */
    static final int UNKNOWN = -2;

    private static final PacketKinds BUFFERS =
            PacketKinds.of(MethodHandles.lookup(), List.of(BufferPacket.AtAddress.class, BufferPacket.InArray.class));
    private static final PacketKinds DATAGRAMS =
            PacketKinds.of(MethodHandles.lookup(), List.of(UdpPacket.AtAddress.class, UdpPacket.InArray.class));

    final Program program;
    private final Placement placement;
    private final Filter filter;

    /** For datagrams whose header is not all known: a compiled filter may read bytes that its verdict does not need. */
    private @Nullable Filter careful;

    private final BufferPacket.AtAddress atAddress;
    private final BufferPacket.InArray inArray;
    private final BufferPacket.InBuffer inBuffer;
    private final UdpPacket.AtAddress datagramAtAddress;
    private final UdpPacket.InArray datagramInArray;
    private final UdpPacket.InBuffer datagramInBuffer;
    private final FramePacket framePacket;

    Judge(Program program, Placement placement) {
        this(program, placement, Filter.of(program, kinds(placement)));
    }

    Judge(Program program, Placement placement, Filter filter) {
        this.program = program;
        this.placement = placement;
        this.filter = filter;
        this.atAddress = new BufferPacket.AtAddress(placement);
        this.inArray = new BufferPacket.InArray(placement);
        this.inBuffer = new BufferPacket.InBuffer(placement);
        boolean looksAtIp = program.offsetBases().contains(OffsetBase.NETWORK)
                || program.extensions().contains(Extension.PROTO);
        this.datagramAtAddress = new UdpPacket.AtAddress(looksAtIp);
        this.datagramInArray = new UdpPacket.InArray(looksAtIp);
        this.datagramInBuffer = new UdpPacket.InBuffer(looksAtIp);
        this.framePacket = new FramePacket(placement);
    }

    /** {@return what filters for the placement are shown} */
    static PacketKinds kinds(Placement placement) {
        return placement == Placement.UDP_SOCKET ? DATAGRAMS : BUFFERS;
    }

    /** {@return how many bytes of the content to keep}, or {@link #DROP} or {@link #UNKNOWN}. */
    int keep(Channel channel, Object message, ByteBuf content) {
        if (placement == Placement.UDP_SOCKET) {
            return keepDatagram(channel, message, content);
        } else if (message instanceof PacketFrame frame && placement != Placement.PAYLOAD) {
            return keepFrame(frame, content);
        }
        int verdict = judge(content);
        return verdict == 0 ? DROP : placement.kept(verdict, content.readableBytes());
    }

    private int keepFrame(PacketFrame frame, ByteBuf content) {
        framePacket.show(frame, content);
        int verdict = filter.run(framePacket);
        int kept = verdict == 0 ? DROP : framePacket.withTag(placement.kept(verdict, framePacket.length()));
        framePacket.clear();
        return kept;
    }

    private int judge(ByteBuf content) {
        if (Memory.isAddressable(content)) {
            atAddress.show(content);
            return filter.run(atAddress);
        } else if (content.hasArray()) {
            inArray.show(content);
            return filter.run(inArray);
        }
        inBuffer.show(content);
        try {
            return filter.run(inBuffer);
        } finally {
            inBuffer.clear();
        }
    }

    private int keepDatagram(Channel channel, Object message, ByteBuf content) {
        if (Memory.isAddressable(content)) {
            datagramAtAddress.show(content);
            return keep(channel, message, datagramAtAddress);
        } else if (content.hasArray()) {
            datagramInArray.show(content);
            return keep(channel, message, datagramInArray);
        }
        datagramInBuffer.show(content);
        try {
            return keep(channel, message, datagramInBuffer);
        } finally {
            datagramInBuffer.clear();
        }
    }

    private int keep(Channel channel, Object message, UdpPacket datagram) {
        SocketAddress sender = null;
        SocketAddress recipient = null;
        // The class first: to ask one object about several interfaces again and again is slow on many JVMs.
        if (message instanceof DatagramPacket packet) {
            sender = packet.sender();
            recipient = packet.recipient();
        } else if (message instanceof AddressedEnvelope<?, ?> envelope) {
            sender = envelope.sender();
            recipient = envelope.recipient();
        }
        datagram.showAddresses(
                internet(sender == null ? channel.remoteAddress() : sender),
                internet(recipient == null ? channel.localAddress() : recipient));
        if (!datagram.isComplete()) {
            return kept(careful().run(datagram), datagram);
        }
        return kept(filter.run(datagram), datagram);
    }

    private Filter careful() {
        if (careful == null) {
            careful = Filter.interpret(program);
        }
        return careful;
    }

    private int kept(int verdict, UdpPacket datagram) {
        if (datagram.readUnknown()) {
            return UNKNOWN;
        }
        int length = datagram.length();
        if (Integer.compareUnsigned(verdict, length) >= 0) {
            return length - UdpPacket.HEADER;
        }
        return verdict == 0 ? DROP : placement.kept(verdict, length) - UdpPacket.HEADER;
    }

    /** Lets go of what is held of packets, which somebody else may use from now on. */
    void rest() {
        inArray.clear();
        datagramInArray.clear();
    }

    private static @Nullable InetSocketAddress internet(@Nullable SocketAddress address) {
        return address instanceof InetSocketAddress internet ? internet : null;
    }
}
