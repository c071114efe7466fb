package io.github.nettybpf.netty;

import io.github.nettybpf.core.Placement;
import io.netty.channel.ChannelHandlerContext;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The handlers before a filter handler, looked through again when they may have changed. For the event loop. */
final class FrontHandlers {
    private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ChannelHandlerContext ctx;
    private final boolean areMeant;
    private @Nullable ChannelHandlerContext first;
    private String consumer = "";
    private long lookedAt;

    /**
     * The handlers before one.
     *
     * @param ctx the filter handler's context
     * @param areMeant whether it is on purpose that they come first
     */
    FrontHandlers(ChannelHandlerContext ctx, boolean areMeant) {
        this.ctx = ctx;
        this.areMeant = areMeant;
    }

    /** {@return the name of a handler that may consume what is received before the filter judges it, or the empty string} */
    String consumer() {
        look();
        return consumer;
    }

    private void look() {
        Placement own = SocketFilters.placement(ctx.channel());
        boolean isUsual = areMeant || own == null || own == Placement.TCP_SOCKET;
        first = ctx.pipeline().firstContext();
        lookedAt = System.nanoTime();
        consumer = isUsual ? "" : OffloadRules.consumerBefore(ctx);
    }

    /**
     * {@return whether there is another consumer than before} While the filter is the first of the pipeline, that takes a
     * comparison. To look through the handlers allocates: that is done when the first of the pipeline is another one, and
     * once a second while there are handlers before the filter.
     */
    boolean hasChanged() {
        ChannelHandlerContext present = ctx.pipeline().firstContext();
        boolean isSame = same(present, first) || (first == null && same(present, ctx));
        if (isSame && (same(present, ctx) || System.nanoTime() - lookedAt < AGAIN_NANOS)) {
            return false;
        }
        String before = consumer;
        look();
        return !consumer.equals(before);
    }

    @SuppressWarnings("ReferenceEquality") // contexts are objects of a pipeline, without values
    private static boolean same(@Nullable ChannelHandlerContext one, @Nullable ChannelHandlerContext other) {
        return one == other;
    }
}
