package io.github.nettybpf.netty;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A program with the packets that it is shown in a pipeline. Used by one event loop. */
final class Judge {
    /** Instead of a number of bytes. */
    static final int DROP = -1;

    /** Instead of a number of bytes: the program asked for what is not known of this packet. */
    static final int UNKNOWN = -2;

    final Program program;
    private final Placement placement;
    private final Filter filter;
    private final BufferPacket packet;
    private final UdpPacket datagram = new UdpPacket();

    Judge(Program program, Placement placement) {
        this.program = program;
        this.placement = placement;
        this.filter = Filter.of(program);
        this.packet = new BufferPacket(placement);
    }

    /** {@return how many bytes of the content to keep}, or {@link #DROP} or {@link #UNKNOWN}. */
    int keep(Channel channel, Object message, ByteBuf content) {
        return placement == Placement.UDP_SOCKET ? keepDatagram(channel, message, content) : keepPacket(content);
    }

    private int keepPacket(ByteBuf content) {
        packet.show(content);
        int verdict = filter.run(packet);
        packet.clear();
        return verdict == 0 ? DROP : placement.kept(verdict, content.readableBytes());
    }

    private int keepDatagram(Channel channel, Object message, ByteBuf content) {
        SocketAddress sender = null;
        SocketAddress recipient = null;
        if (message instanceof AddressedEnvelope<?, ?> envelope) {
            sender = envelope.sender();
            recipient = envelope.recipient();
        }
        datagram.show(
                content,
                internet(sender == null ? channel.remoteAddress() : sender),
                internet(recipient == null ? channel.localAddress() : recipient));
        int verdict = filter.run(datagram);
        boolean unknown = datagram.readUnknown();
        datagram.clear();
        if (unknown) {
            return UNKNOWN;
        }
        return verdict == 0
                ? DROP
                : placement.kept(verdict, UdpPacket.HEADER + content.readableBytes()) - UdpPacket.HEADER;
    }

    private static @Nullable InetSocketAddress internet(@Nullable SocketAddress address) {
        return address instanceof InetSocketAddress internet ? internet : null;
    }
}
