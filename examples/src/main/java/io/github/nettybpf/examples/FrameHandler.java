package io.github.nettybpf.examples;

import io.github.nettybpf.packet.PacketFrame;
import io.github.nettybpf.packet.PacketInterfaceEvent;
import io.github.nettybpf.packet.PacketLossEvent;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * The last handler in the pipeline of a packet channel. Malformed frames, events of the interface and exceptions
 * are reported.
 */
abstract class FrameHandler extends SimpleChannelInboundHandler<PacketFrame> {
    final Consumer<Event> out;

    FrameHandler(Consumer<Event> out) {
        this.out = out;
    }

    /** Handles a frame, which is released afterwards. */
    abstract void read(ChannelHandlerContext ctx, PacketFrame frame) throws MalformedPacketException;

    /** {@return what the handler knows by now, for a report at the end or on a signal} Called on the event loop. */
    List<Event> report() {
        return List.of();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, PacketFrame frame) {
        try {
            read(ctx, frame);
        } catch (MalformedPacketException e) {
            out.accept(Event.of("malformed", "malformed, " + e.getMessage(), frame)
                    .with("problem", String.valueOf(e.getMessage())));
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof PacketInterfaceEvent change) {
            out.accept(Event.of("interface", "interface " + change)
                    .with("change", change.name().toLowerCase(Locale.ROOT)));
        } else if (event instanceof PacketLossEvent loss) {
            out.accept(Event.of("lost", "lost " + loss.lost() + " frames, the ring was full")
                    .with("frames", loss.lost())
                    .with("total", loss.total()));
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        out.accept(Event.of("exception", cause.toString()).with("problem", cause.toString()));
    }
}
