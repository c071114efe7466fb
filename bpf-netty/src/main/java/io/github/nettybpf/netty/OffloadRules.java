package io.github.nettybpf.netty;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelInitializer;
import java.util.Map;

/** The conditions under which the kernel may run a handler's program, because it gives the verdicts of the pipeline. */
final class OffloadRules {
    private OffloadRules() {}

    /**
     * Throws if the kernel may not run the handler's program.
     *
     * @param ctx the handler's context, whose position in the pipeline counts
     * @param placement what the program's offset 0 is
     * @param offload what the user wants
     * @throws SocketFilterException with the reason
     */
    static void require(ChannelHandlerContext ctx, Placement placement, Offload offload) {
        Channel channel = ctx.channel();
        if (offload == Offload.NEVER) {
            throw notApplicable("Offload.NEVER");
        }
        if (!SocketFilters.isSupported(channel)) {
            throw new SocketFilterException(
                    Reason.UNSUPPORTED,
                    channel.getClass().getSimpleName() + " takes no filter (expected: an epoll or io_uring channel)");
        }
        Placement own = SocketFilters.requirePlacement(channel);
        boolean movable = own == Placement.UDP_SOCKET && placement == Placement.PAYLOAD;
        if (own == Placement.TCP_SOCKET && offload != Offload.REQUIRED) {
            throw notApplicable("a filter of a stream socket sees segments and not what a pipeline reads from it");
        }
        if (own != placement && !movable) {
            throw notApplicable("the program is for placement " + placement + ", and the socket's is " + own);
        }
        if (own == Placement.UDP_SOCKET && SocketFilters.coalescesDatagrams(channel)) {
            throw notApplicable("UDP_GRO is on: the kernel would judge several datagrams at once");
        }
        if (ctx.executor() != channel.eventLoop()) {
            throw notApplicable("the handler has an executor of its own: what waits there to be judged is not known");
        }
        String before = handlerBefore(ctx);
        if (!before.isEmpty()) {
            throw notApplicable("the handler '" + before + "' comes first, and may change or hold back what the socket"
                    + " receives (expected: this handler as the first of the pipeline)");
        }
    }

    /** {@return the name of an inbound handler before this one, or the empty string if there is none} */
    private static String handlerBefore(ChannelHandlerContext ctx) {
        for (Map.Entry<String, ChannelHandler> entry : ctx.pipeline()) {
            if (entry.getValue() == ctx.handler()) {
                return "";
            }
            // An initializer is there only until it has done its work.
            if (entry.getValue() instanceof ChannelInboundHandler
                    && !(entry.getValue() instanceof ChannelInitializer<?>)) {
                return entry.getKey();
            }
        }
        return "";
    }

    static SocketFilterException notApplicable(String why) {
        return new SocketFilterException(Reason.NOT_APPLICABLE, why);
    }
}
