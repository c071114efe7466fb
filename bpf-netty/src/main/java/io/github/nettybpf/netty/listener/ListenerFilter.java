package io.github.nettybpf.netty.listener;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.netty.SocketFilters;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Lets a TCP listener answer no SYN that a program accepts: {@code new
 * ServerBootstrap().handler(ListenerFilter.dropping(program))}. The program is one for {@link Placement#TCP_SOCKET}, such as
 * the filter expression {@code src net 192.0.2.0/24} compiled for it.
 *
 * <p>On epoll and io_uring the kernel drops a segment that has SYN and not ACK and that the program accepts, and nothing
 * else: a client that is unwanted gets no answer, and no established connection can ever stall, though each accepted socket
 * inherits the filter. The kernel then runs it on every segment of the connection, four instructions for most: {@link
 * Builder#detachOnAccept} takes it off. A segment that the program fails to judge, because a load is past its end, passes.
 * Linux asks for CAP_NET_ADMIN in the network namespace for a filter of a TCP socket.
 *
 * <p>Where the kernel does not filter, and with {@link Offload#NEVER}, connections of those clients are reset as soon as they
 * have been accepted, before any handler sees them: the client has been answered then, and the connection is in nobody's
 * way. A program that reads of a SYN what an accepted connection does not tell, everything but addresses and ports, fails the
 * bind there. With {@link Offload#REQUIRED} the bind fails wherever the kernel does not filter.
 *
 * <p>One handler may serve several listeners. For use by any thread.
 *
 * <p>Source: socket(7); tcp_filter in net/ipv4/tcp_ipv4.c, and sk_clone in net/core/sock.c of the kernel (what an accepted
 * socket inherits).
 */
@Sharable
public final class ListenerFilter extends ChannelDuplexHandler {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(ListenerFilter.class);

    private final SynFilter filter;
    private final Offload offload;
    private final boolean detachOnAccept;

    /** For each listener why the kernel does not filter, or the empty string if it does. */
    private final Map<Channel, String> listeners = new ConcurrentHashMap<>();

    private final LongAdder resets = new LongAdder();

    private ListenerFilter(Builder builder) {
        this.filter = builder.filter;
        this.offload = builder.offload;
        this.detachOnAccept = builder.detachOnAccept;
    }

    /**
     * {@return a handler for listeners, in the kernel where that is possible}
     *
     * @param unwanted accepts the SYNs to drop; for {@link Placement#TCP_SOCKET}, where offset 0 is the TCP header and
     *     SKF_NET_OFF the IP header
     * @throws IllegalArgumentException if the program is for another placement, reads what a TCP socket does not know, or
     *     becomes longer than the kernel takes
     */
    public static ListenerFilter dropping(Program unwanted) {
        return builder(unwanted).build();
    }

    /**
     * {@return a builder of a handler for listeners}
     *
     * @param unwanted accepts the SYNs to drop, as for {@link #dropping}
     * @throws IllegalArgumentException as {@link #dropping} does
     */
    public static Builder builder(Program unwanted) {
        return new Builder(new SynFilter(unwanted));
    }

    /** Builds a {@link ListenerFilter}. For one thread. */
    public static final class Builder {
        private final SynFilter filter;
        private Offload offload = Offload.AUTO;
        private boolean detachOnAccept;

        private Builder(SynFilter filter) {
            this.filter = filter;
        }

        /**
         * Sets what to do where the kernel does not filter; the default is {@link Offload#AUTO}: reset what is accepted.
         *
         * @param offload what the application wants
         * @return this
         */
        public Builder offload(Offload offload) {
            this.offload = offload;
            return this;
        }

        /**
         * Sets whether accepted sockets lose the filter that they inherit: one system call for each connection, instead of
         * four instructions for each segment. The default is not to.
         *
         * @param detachOnAccept whether to detach it
         * @return this
         */
        public Builder detachOnAccept(boolean detachOnAccept) {
            this.detachOnAccept = detachOnAccept;
            return this;
        }

        /** {@return the handler} */
        public ListenerFilter build() {
            return new ListenerFilter(this);
        }
    }

    /** {@return the program that the kernel gets, which {@link SocketFilters#attach} can attach too} */
    public Program program() {
        return filter.kernel();
    }

    /** {@return whether the kernel filters for a listener} False also where the listener does not have this handler. */
    public boolean isInKernel(Channel listener) {
        return whyNotInKernel(listener).isEmpty();
    }

    /** {@return why the kernel does not filter for a listener, or the empty string if it does} */
    public String whyNotInKernel(Channel listener) {
        return listeners.getOrDefault(listener, "no listener, or not bound yet");
    }

    /**
     * {@return how many connections have been reset after they were accepted, of all listeners} What the kernel drops counts
     * in {@link SocketFilters#drops} of the listener.
     */
    public long resetConnections() {
        return resets.sum();
    }

    /** {@return how long the program is and how many listeners it filters for, in the kernel and not} */
    @Override
    public String toString() {
        long inKernel = listeners.values().stream().filter(String::isEmpty).count();
        return "ListenerFilter(" + program().size() + " instructions, listeners: " + inKernel + " in the kernel, "
                + (listeners.size() - inKernel) + " not)";
    }

    @Override
    public void bind(ChannelHandlerContext ctx, SocketAddress localAddress, ChannelPromise promise) {
        try {
            start(ctx.channel());
        } catch (ChannelException e) {
            promise.setFailure(e);
            ctx.close();
            return;
        }
        ctx.bind(localAddress, promise);
    }

    /** A listener that is bound already is filtered from now on. */
    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        if (ctx.channel().isActive()) {
            try {
                start(ctx.channel());
            } catch (ChannelException e) {
                ctx.close();
                throw e;
            }
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        String why = listeners.remove(ctx.channel());
        if (why != null && why.isEmpty() && ctx.channel().isOpen()) {
            SocketFilters.detach(ctx.channel());
        }
    }

    private void start(Channel listener) {
        if (!(listener instanceof ServerSocketChannel)) {
            throw new ChannelException(
                    "a listener filter on " + listener.getClass().getSimpleName()
                            + " (expected: ServerBootstrap.handler with a TCP server channel)");
        } else if (listeners.containsKey(listener)) {
            return; // a second bind, after one that has failed
        }
        String why = offload == Offload.NEVER ? "Offload.NEVER" : whyNotAttached(listener);
        if (!why.isEmpty()) {
            Optional<String> unknown = filter.whyUnknownAfterAccept();
            if (unknown.isPresent()) {
                throw new ChannelException(why + "; and " + unknown.get());
            } else if (offload != Offload.NEVER) {
                LOGGER.warn("{}: unwanted connections are reset after they were accepted: {}", listener, why);
            }
        }
        listeners.put(listener, why);
    }

    private String whyNotAttached(Channel listener) {
        try {
            if (SocketFilters.read(listener).isPresent()) {
                throw new ChannelException("the socket has a filter already");
            }
            SocketFilters.attach(listener, filter.kernel());
            return "";
        } catch (ChannelException e) {
            if (offload == Offload.REQUIRED) {
                throw e;
            }
            return String.valueOf(e.getMessage());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        String why = listeners.get(ctx.channel());
        if (msg instanceof SocketChannel accepted && why != null) {
            if (!why.isEmpty() && isUnwanted(accepted)) {
                reset(accepted);
                return;
            } else if (why.isEmpty() && detachOnAccept) {
                detach(accepted);
            }
        }
        ctx.fireChannelRead(msg);
    }

    /** A connection whose addresses are not known is unwanted: it has been reset already. */
    private boolean isUnwanted(SocketChannel accepted) {
        InetSocketAddress remote = accepted.remoteAddress();
        InetSocketAddress local = accepted.localAddress();
        return remote == null || local == null || filter.isUnwanted(remote, local);
    }

    /** With a reset no state of the connection remains in this system. */
    private void reset(SocketChannel accepted) {
        resets.increment();
        try {
            accepted.config().setOption(ChannelOption.SO_LINGER, 0);
        } catch (ChannelException e) {
            LOGGER.debug("{} is closed without a reset", accepted, e);
        }
        accepted.unsafe().closeForcibly();
    }

    private static void detach(SocketChannel accepted) {
        try {
            SocketFilters.detach(accepted);
        } catch (ChannelException e) {
            LOGGER.debug("{} keeps the filter of its listener, which drops nothing there", accepted, e);
        }
    }
}
