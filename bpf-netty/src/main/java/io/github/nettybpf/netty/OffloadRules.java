package io.github.nettybpf.netty;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.github.nettybpf.netty.code.UdpRelocation;
import io.github.nettybpf.netty.source.SourceRule;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The conditions under which the kernel may run a handler's program, because it gives the verdicts of the pipeline. */
final class OffloadRules {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(BpfFilterHandler.class);

    /** Why everything passes. */
    static final String DRY_RUN = "a dry run: nothing is filtered, and what would be dropped is counted";

    /** What is said of a program beside which there is no room for samples. */
    static final String NOT_SAMPLED = "; what the kernel drops is not sampled";

    private OffloadRules() {}

    /** {@return what is said of a program that lets samples pass} */
    static String sampled(int oneIn) {
        return "; one packet in " + oneIn + " passes the kernel, as a sample";
    }

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
        String before = readerBefore(ctx);
        if (!before.isEmpty()) {
            throw notApplicable("the handler '" + before + "' comes first, and may change or hold back what the socket"
                    + " receives (expected: this handler as the first of the pipeline)");
        }
    }

    /** {@return the name of a handler before this one that is called for messages, or the empty string if there is none} */
    private static String readerBefore(ChannelHandlerContext ctx) {
        return before(ctx, OffloadRules::reads);
    }

    /** {@return the name of such a handler that is no filter of ours, or the empty string if there is none} */
    static String consumerBefore(ChannelHandlerContext ctx) {
        return before(ctx, handler -> !(handler instanceof BpfFilterHandler) && reads(handler));
    }

    private static String before(ChannelHandlerContext ctx, Predicate<ChannelHandler> counts) {
        for (Map.Entry<String, ChannelHandler> entry : ctx.pipeline()) {
            if (entry.getValue() == ctx.handler()) {
                return "";
            }
            // An initializer is there only until it has done its work.
            if (entry.getValue() instanceof ChannelInboundHandler
                    && !(entry.getValue() instanceof ChannelInitializer<?>)
                    && counts.test(entry.getValue())) {
                return entry.getKey();
            }
        }
        return "";
    }

    /** {@return whether Netty calls the handler for messages} It skips methods that only pass on, by an annotation. */
    private static boolean reads(ChannelHandler handler) {
        return READS.get(handler.getClass());
    }

    /** Netty's own annotation, which is not public; a user's one may have the same simple name. */
    private static final String SKIP = ChannelHandler.class.getPackageName() + ".ChannelHandlerMask$Skip";

    private static final ClassValue<Boolean> READS = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> handler) {
            try {
                Method read = handler.getMethod("channelRead", ChannelHandlerContext.class, Object.class);
                return Arrays.stream(read.getAnnotations())
                        .noneMatch(each -> each.annotationType().getName().equals(SKIP));
            } catch (NoSuchMethodException | SecurityException e) {
                LOGGER.debug("{} may read", handler, e);
                return true;
            }
        }
    };

    /** {@return what a handler judges that comes after this one} */
    static String afterHandler(String before) {
        return "only what the handler '" + before
                + "' passes on is judged, because it comes first (expected: this handler as"
                + " the first of the pipeline, or builder(program).afterOtherHandlers(true))";
    }

    /** {@return what is not judged where the kernel filters and this handler was put before} */
    static String notJudgedAgain(String before) {
        return "; what the handler '" + before + "', which was put before this one, passes on is not judged again";
    }

    /**
     * {@return the program as the socket takes it: moved, if it is for the payload and the socket is UDP}
     *
     * @param own what offset 0 is to the socket's filter
     * @throws SocketFilterException if it cannot be moved
     */
    static Program onSocket(Program program, Placement placement, Placement own) {
        if (placement == own) {
            return program;
        }
        try {
            return UdpRelocation.of(program);
        } catch (IllegalArgumentException e) {
            throw notApplicable(String.valueOf(e.getMessage()));
        }
    }

    /** {@return what it fails with that the kernel has to judge by all sources} */
    static SocketFilterException tooMany(SourceRule sources) {
        return notApplicable("the kernel cannot have all of the sources: " + sources.deciding()
                + " (expected: Offload.AUTO, or some thousand prefixes at most)");
    }

    /** Tells once that nobody has said what a program is for that sees datagrams. */
    static void warnOfDatagrams(Channel channel) {
        LOGGER.warn(
                "{} judges the payload of datagrams, as placement PAYLOAD is its default (expected: a program with"
                        + " a placement, or builder(program).placement(...))",
                channel);
    }

    /** {@return what a pipeline is told of the first packet whose program read what is not known} */
    static SocketFilterException readUnknown() {
        return notApplicable(
                "a packet was dropped because the program read of it what a pipeline does not know (expected:"
                        + " ports, payload and addresses; the destination only where the socket is not bound to the"
                        + " wildcard); further ones are only counted");
    }

    static SocketFilterException notApplicable(String why) {
        return new SocketFilterException(Reason.NOT_APPLICABLE, why);
    }

    /**
     * {@return what a replacement on a closed channel fails with}
     *
     * @param failure what failed because the channel was closed meanwhile, if anything
     */
    static SocketFilterException closed(@Nullable Throwable failure) {
        return new SocketFilterException(Reason.NOT_APPLICABLE, "the channel is closed", failure);
    }
}
