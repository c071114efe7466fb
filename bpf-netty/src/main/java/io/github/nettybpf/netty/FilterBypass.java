package io.github.nettybpf.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import org.jspecify.annotations.Nullable;

/**
 * The short way past a {@link BpfFilterHandler} that has nothing to do but to count, because the kernel filters:
 * walking the pipeline to the handler costs more than the handler does. A channel that reads very many messages takes
 * it. For the event loop alone.
 */
public final class FilterBypass {
    private final ChannelHandlerContext ctx;
    private final Runnable count;
    private boolean open;

    FilterBypass(ChannelHandlerContext ctx, Runnable count) {
        this.ctx = ctx;
        this.count = count;
    }

    /**
     * {@return the way past the handler that comes first in the pipeline, or null if that is no filter handler or
     * belongs to another thread}
     *
     * @param pipeline the channel's pipeline
     */
    public static @Nullable FilterBypass of(ChannelPipeline pipeline) {
        ChannelHandlerContext first = pipeline.firstContext();
        return first != null
                        && first.handler() instanceof BpfFilterHandler handler
                        && first.executor().inEventLoop()
                ? handler.bypass()
                : null;
    }

    /** Opens the way, or closes it: it is open while the handler passes everything on. */
    void setOpen(boolean open) {
        this.open = open;
    }

    /**
     * Hands the message to what comes after the filter handler, if it has nothing to judge and is still the first of
     * the pipeline.
     *
     * @param first the first of the pipeline: a handler before the filter handler sees all messages
     * @param message what the channel received
     * @return false if the message has to go through the pipeline
     */
    public boolean pass(@Nullable ChannelHandlerContext first, Object message) {
        if (!open || first != ctx) {
            return false;
        }
        count.run();
        try {
            ctx.fireChannelRead(message);
        } catch (RuntimeException e) {
            // As Netty does for a handler that throws: here, an executor after it that takes no more.
            ctx.fireExceptionCaught(e);
        }
        return true;
    }
}
