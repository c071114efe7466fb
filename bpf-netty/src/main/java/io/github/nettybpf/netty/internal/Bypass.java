package io.github.nettybpf.netty.internal;

import io.netty.channel.ChannelHandlerContext;
import io.netty.util.AttributeKey;
import org.jspecify.annotations.Nullable;

/**
 * A channel's way past a filter handler that has nothing to do, as the kernel filters: what the pipeline itself needs to
 * come to a handler and away from it is more than the handler does. For the event loop alone.
 */
public abstract class Bypass {
    /** Where the handler leaves it, and the channel finds it. */
    public static final AttributeKey<Bypass> KEY = AttributeKey.valueOf(Bypass.class, "KEY");

    private final ChannelHandlerContext ctx;
    private boolean open;

    /**
     * A way that is not open yet.
     *
     * @param ctx the handler's
     */
    protected Bypass(ChannelHandlerContext ctx) {
        this.ctx = ctx;
    }

    /**
     * Opens the way, or closes it.
     *
     * @param open whether the handler has nothing to do for now but to count
     */
    public final void setOpen(boolean open) {
        this.open = open;
    }

    /** {@return whether this is the handler's thread}, as it is not after a channel has moved and the handler has stayed. */
    public final boolean isHere() {
        return ctx.executor().inEventLoop();
    }

    /**
     * {@return whether the message was handed to what comes behind the handler}; if not, it belongs at the pipeline's head.
     *
     * @param first of the pipeline: whoever is before the handler sees all
     * @param message what the channel received
     */
    public final boolean handOn(@Nullable ChannelHandlerContext first, Object message) {
        if (!open || first != ctx) {
            return false;
        }
        count();
        try {
            ctx.fireChannelRead(message);
        } catch (RuntimeException e) {
            // As Netty does for a handler that throws: here, an executor behind it that takes no more.
            ctx.fireExceptionCaught(e);
        }
        return true;
    }

    /** One message is handed on. */
    protected abstract void count();
}
