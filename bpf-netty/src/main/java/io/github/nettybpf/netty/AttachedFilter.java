package io.github.nettybpf.netty;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.github.nettybpf.netty.code.PredicateForm;
import io.github.nettybpf.netty.observe.FilterEvents;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The filter that one handler has in its channel's socket: attached, replaced, detached, and what it has dropped. A
 * socket has one filter, so among several handlers one owns it. For the event loop, but for {@link #drops}.
 */
final class AttachedFilter {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(BpfFilterHandler.class);

    /** Whose filter the channel's socket has. */
    private static final AttributeKey<AttachedFilter> OWNER = AttributeKey.valueOf(AttachedFilter.class, "OWNER");

    private final Channel channel;
    private final DropCounter drops;
    private boolean isUnproved;

    /** The program of the socket's filter, or null if that is not of this handler. */
    private volatile @Nullable Program program;

    AttachedFilter(Channel channel) {
        this.channel = channel;
        this.drops = new DropCounter(channel);
    }

    /** {@return whether the socket has a filter of this handler} */
    boolean isAttached() {
        return program != null;
    }

    /** {@return whether the socket has a filter that may cut packets} */
    boolean cuts() {
        Program present = program;
        return present != null && !PredicateForm.isExact(present, PredicateForm.longestPacket(channel));
    }

    /** {@return whether the socket may have a filter that could be neither read back nor detached} */
    boolean isUnproved() {
        return isUnproved;
    }

    /** {@return whether another handler owns the socket's filter} */
    boolean isOwnedByAnother() {
        AttachedFilter owner = owner();
        return owner != null && owner != this;
    }

    private @Nullable AttachedFilter owner() {
        return channel.attr(OWNER).get();
    }

    /** Throws if the socket's filter is another handler's, or was attached by hand. */
    void requireFree() {
        if (owner() == this) {
            return;
        }
        if (owner() != null) {
            throw OffloadRules.notApplicable("another handler has the socket's filter");
        }
        try {
            if (SocketFilters.isAttached(channel)) {
                throw OffloadRules.notApplicable("the socket has a filter already, and not from a handler");
            }
        } catch (LinkageError e) {
            throw unlinked(e);
        }
    }

    /** Something of Netty's native transport is missing, or of another version. */
    private static SocketFilterException unlinked(LinkageError e) {
        return new SocketFilterException(Reason.UNSUPPORTED, "Netty's native transport does not fit: " + e, e);
    }

    /**
     * Attaches the program in place of the one that is there.
     *
     * @throws SocketFilterException if the socket does not have the program afterwards: it has the one from before, or
     *     none if {@link #isAttached} says so
     */
    void attach(Program program) {
        FilterEvents.Attach attach = FilterEvents.get().attach(channel, program);
        try {
            attachUntold(program);
        } catch (SocketFilterException e) {
            attach.end(String.valueOf(e.getMessage()));
            throw e;
        }
        attach.end(null);
    }

    private void attachUntold(Program program) {
        try {
            if (!isAttached()) {
                drops.start();
            }
            SocketFilters.attach(channel, program);
        } catch (LinkageError e) {
            throw unlinked(e);
        } catch (SocketFilterException e) {
            if (e.reason() == Reason.NOT_INSTALLED) {
                detachUnproved(e);
            }
            throw e;
        }
        this.program = program;
        channel.attr(OWNER).set(this);
    }

    /** What the socket has now is unknown: it must not filter while the pipeline judges. */
    private void detachUnproved(SocketFilterException unproved) {
        drops();
        forget();
        try {
            SocketFilters.detach(channel);
        } catch (SocketFilterException e) {
            // The filter of a socket that was closed meanwhile is gone with it.
            if (e.reason() != Reason.NOT_ATTACHED && channel.isOpen()) {
                isUnproved = true;
                throw new SocketFilterException(
                        Reason.NOT_INSTALLED,
                        unproved.getMessage() + "; and it may stay, because of " + e.getMessage(),
                        unproved);
            }
        }
    }

    /** Detaches the filter, or throws and leaves it there. */
    void detach() {
        drops();
        SocketFilters.detach(channel);
        forget();
    }

    /** Detaches the filter if the channel is open; that it cannot be detached is only logged. */
    void detachQuietly() {
        drops();
        forget();
        if (!channel.isOpen()) {
            return;
        }
        try {
            SocketFilters.detach(channel);
        } catch (SocketFilterException e) {
            if (e.reason() != Reason.NOT_ATTACHED) {
                LOGGER.warn("{} may keep a filter that its handler does not know", channel, e);
            }
        }
    }

    /**
     * {@return whether nothing may be done with the filter now, so that the action is done later}
     *
     * @param current tells the handler's executor, which runs the action: it is another one once the channel is
     *     registered with another event loop
     */
    boolean isPostponed(Supplier<EventExecutor> current, Runnable action) {
        ChannelFuture bind = channel instanceof FilteredChannel filtered ? filtered.bindUnderWay() : null;
        if (bind == null || bind.isDone()) {
            return false;
        }
        bind.addListener(bound -> {
            EventExecutor executor = current.get();
            if (executor.inEventLoop() || executor.isShutdown()) {
                action.run();
            } else {
                executor.execute(action);
            }
        });
        return true;
    }

    /** Gives up the socket's filter: the handler is gone. */
    void release() {
        if (isAttached()) {
            detachQuietly();
        }
        forget();
    }

    private void forget() {
        program = null;
        channel.attr(OWNER).compareAndSet(this, null);
    }

    /** {@return how many packets the kernel has dropped while it had this filter} From any thread. */
    long drops() {
        return drops.count(isAttached());
    }
}
