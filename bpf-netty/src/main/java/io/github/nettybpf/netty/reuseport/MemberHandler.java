package io.github.nettybpf.netty.reuseport;

import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.listener.ListenerFilter;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketChannel;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts what one member receives and, if that is wanted, what another member should have received. */
final class MemberHandler extends ChannelInboundHandlerAdapter {
    private final int slot;

    /** The group's steering of the moment, or null if datagrams are only counted. */
    private final @Nullable Check check;

    private final SteeredDatagram datagram = SteeredDatagram.empty();
    private final Counts counts;

    /** What the members of one slot have received; they come one after the other. */
    static final class Counts {
        volatile long received;
        volatile long misrouted;
    }

    /** Tells the steering that is in force. */
    @FunctionalInterface
    interface Check {
        SlotFunction function();
    }

    MemberHandler(int slot, Counts counts, @Nullable Check check) {
        this.slot = slot;
        this.counts = counts;
        this.check = check;
    }

    /** Puts the handler after a filter, which must be the first to filter in the kernel, or else at the beginning. */
    void addTo(Channel channel) {
        for (Map.Entry<String, ChannelHandler> entry : channel.pipeline()) {
            if (entry.getValue() instanceof BpfFilterHandler || entry.getValue() instanceof ListenerFilter) {
                channel.pipeline().addAfter(entry.getKey(), null, this);
                return;
            }
        }
        channel.pipeline().addFirst(this);
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // only this event loop writes it
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        counts.received++;
        Check steering = check;
        if (steering != null && isElsewhere(msg, steering.function())) {
            counts.misrouted++;
        }
        ctx.fireChannelRead(msg);
    }

    private boolean isElsewhere(Object msg, SlotFunction function) {
        if (msg instanceof DatagramPacket packet) {
            datagram.show(packet.content(), packet.sender(), packet.recipient());
            int expected = function.find(datagram);
            datagram.clear();
            return expected >= 0 && expected != slot;
        } else if (msg instanceof SocketChannel connection && connection.remoteAddress() != null) {
            int expected =
                    function.find(SteeredDatagram.ofConnection(connection.remoteAddress(), connection.localAddress()));
            return expected >= 0 && expected != slot;
        }
        return false;
    }
}
