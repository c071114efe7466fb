package io.github.nettybpf.netty;

import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.net.SocketAddress;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The filtering of one channel. It is in exactly one {@link FilterState}, which says what happens to a packet and where
 * the program runs; {@link #enter} alone changes it. For the event loop, but for {@link #location} and {@link #drops}.
 */
final class ChannelFilter {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(BpfFilterHandler.class);

    /** A state that was entered: each is another object, so that a timer knows whether its state has ended. */
    private static final class Status {
        final FilterState state;

        /** Why, for people. */
        final String reason;

        /** Completed when the state that this one leads to is entered, or cannot be; null if none waits. */
        final @Nullable Promise<Void> replaced;

        Status(FilterState state, String reason, @Nullable Promise<Void> replaced) {
            this.state = state;
            this.reason = reason;
            this.replaced = replaced;
        }
    }

    private final ChannelHandlerContext ctx;
    private final Channel channel;
    private final Placement placement;
    private final Offload offload;
    private final boolean lossyHandover;
    private final AttachedFilter socket;
    private final ReceiveQueue queue;
    private final FilterBypass bypass;
    private PipelineFilter pipeline;
    private boolean complained;
    private String ownReason = ""; // without what is said of handlers before this one
    private boolean isClaimPending;
    private final FrontHandlers front;
    private volatile Status status =
            new Status(FilterState.UNDECIDED, "the channel is neither bound nor connected", null);

    ChannelFilter(
            ChannelHandlerContext ctx,
            Program program,
            Placement placement,
            Offload offload,
            boolean lossyHandover,
            boolean afterOtherHandlers,
            FilterBypass bypass) {
        this.ctx = ctx;
        this.channel = ctx.channel();
        this.placement = placement;
        this.offload = offload;
        this.lossyHandover = lossyHandover;
        this.bypass = bypass;
        this.front = new FrontHandlers(ctx, afterOtherHandlers);
        this.socket = new AttachedFilter(channel);
        this.queue = new ReceiveQueue(channel, () -> status);
        this.pipeline = PipelineFilter.of(program, placement, channel);
    }

    ChannelHandlerContext context() {
        return ctx;
    }

    FilterBypass bypass() {
        return bypass;
    }

    /** {@return where the program runs, and why} From any thread. */
    FilterLocationEvent location() {
        Status current = status;
        return new FilterLocationEvent(current.state.location, current.reason);
    }

    /** {@return how many packets the kernel has dropped while it had the filter} From any thread. */
    long drops() {
        return socket.drops();
    }

    /** {@return whether nothing was complained about before} */
    boolean isFirstComplaint() {
        boolean first = !complained;
        complained = true;
        return first;
    }

    /**
     * {@return how many bytes of the content to keep, or {@link PipelineFilter#DROP} or {@link PipelineFilter#UNKNOWN}}
     */
    int keep(Object message, ByteBuf content) {
        FilterState.Action action = status.state.action;
        if (action == FilterState.Action.JUDGE) {
            return pipeline.keepOrRelease(message, content);
        }
        return action == FilterState.Action.PASS ? content.readableBytes() : PipelineFilter.DROP;
    }

    /** Drops the references to packets that others may use from now on. */
    void releaseReferences() {
        pipeline.releaseReferences();
    }

    private Status enter(FilterState state, String reason) {
        return enter(state, reason, null);
    }

    /**
     * Changes the state, and returns what is present then. Listeners that are told of it may change it again at once.
     *
     * @param replaced told when the state that this one leads to is entered
     */
    private Status enter(FilterState state, String reason, @Nullable Promise<Void> replaced) {
        Status old = status;
        Status entered = new Status(state, reason, replaced);
        status = entered;
        bypass.setOpen(state.action == FilterState.Action.PASS);
        LOGGER.log(state.logLevel(offload), "{} filters in {}: {}", channel, state.location, reason);
        // In a task of its own: what listeners do, as another replacement, is not to happen within this change.
        try {
            ctx.executor().execute(() -> announce(old, entered));
        } catch (RejectedExecutionException ended) {
            announce(old, entered);
        }
        return entered;
    }

    private void announce(Status old, Status entered) {
        if (old.replaced != null && old.state == FilterState.DRAINING && entered.state == FilterState.KERNEL) {
            old.replaced.trySuccess(null);
        } else if (old.replaced != null) {
            old.replaced.tryFailure(OffloadRules.notApplicable("the program was not put in force: " + entered.reason));
        }
        if (entered.state != FilterState.REMOVED) {
            ctx.fireUserEventTriggered(new FilterLocationEvent(entered.state.location, entered.reason));
        }
    }

    /** The kernel has judged everything; what a handler that comes first passes on instead is nobody's. */
    private void enterKernel(String reason) {
        ownReason = reason;
        String before = front.consumer();
        if (before.isEmpty()) {
            enter(FilterState.KERNEL, reason);
        } else {
            enter(FilterState.KERNEL, reason + OffloadRules.notJudgedAgain(before));
            LOGGER.warn("{}: {}", channel, status.reason);
        }
    }

    /** The pipeline judges what is received, or what a handler passes on that comes first and may consume. */
    private void enterPipeline(String reason) {
        ownReason = reason;
        String before = front.consumer();
        if (before.isEmpty()) {
            enter(FilterState.PIPELINE, reason);
        } else {
            enter(FilterState.AFTER_HANDLER, OffloadRules.afterHandler(before));
        }
    }

    void readComplete() {
        releaseReferences();
        noticeFrontHandlers();
    }

    /** Notices a handler that was put before this one since, or removed; one that passes on no event, by a read. */
    void noticeFrontHandlers() {
        if (isClaimPending || !front.hasChanged()) {
            return;
        }
        if (is(FilterState.PIPELINE) || is(FilterState.AFTER_HANDLER)) {
            enterPipeline(ownReason);
        } else if (is(FilterState.KERNEL)) {
            enterKernel(ownReason);
        }
    }

    private boolean is(FilterState state) {
        return status.state == state;
    }

    /** {@return the address that the channel has or will have} A connect without one keeps that of the bind. */
    private @Nullable SocketAddress own(@Nullable SocketAddress given) {
        return given == null ? channel.localAddress() : given;
    }

    /** {@return whether it is decided where the program runs} */
    boolean isDecided() {
        return !is(FilterState.UNDECIDED);
    }

    /**
     * Attaches the filter while the socket can have nothing queued, and so by the program as it is.
     *
     * @return why the channel must not be bound or connected, or null
     */
    @Nullable
    SocketFilterException startBeforeBind(@Nullable SocketAddress localAddress) {
        if (is(FilterState.FAILED)) {
            return OffloadRules.notApplicable(status.reason);
        } else if (isDecided()) {
            boolean inPipeline = is(FilterState.PIPELINE) || is(FilterState.AFTER_HANDLER);
            return !inPipeline
                    ? null
                    : PipelineSupport.whyNot(pipeline.program, placement, channel, own(localAddress))
                            .map(OffloadRules::notApplicable)
                            .orElse(null);
        }
        SocketFilterException failure = attachOrStay(localAddress, true);
        if (failure != null) {
            enter(FilterState.FAILED, String.valueOf(failure.getMessage()));
        }
        return failure;
    }

    /**
     * Attaches the filter to the socket of an active channel, which may have packets queued, and may be receiving. If
     * the handler takes the place of another, that one still has the socket's filter, and gives it up in this turn of
     * the event loop: until then the pipeline judges. What goes wrong fails the channel: Netty takes a handler that
     * throws out of the pipeline, and the channel would go on without it.
     */
    void startOnActive() {
        if (!socket.isOwnedByAnother()) {
            claim();
            return;
        }
        Status waiting = enter(FilterState.PIPELINE, "another handler has the socket's filter");
        isClaimPending = true;
        ctx.executor().execute(() -> {
            isClaimPending = false;
            if (waiting.equals(status) && channel.isOpen()) {
                claim();
            }
        });
    }

    private void claim() {
        Throwable failure;
        try {
            failure = attachOrStay(channel.localAddress(), SocketFilters.isUnbound(channel));
        } catch (RuntimeException | Error e) {
            failure = e;
        }
        if (failure != null) {
            fail(failure);
        }
    }

    private @Nullable SocketFilterException attachOrStay(@Nullable SocketAddress localAddress, boolean isEmpty) {
        try {
            OffloadRules.require(ctx, placement, offload);
            socket.requireFree();
            if (isEmpty) {
                socket.attach(UdpRelocation.forSocket(channel, placement, pipeline.program));
                enterKernel("attached before the channel was bound");
            } else {
                takeOver(pipeline.program, ctx.executor().newPromise());
            }
            return null;
        } catch (SocketFilterException e) {
            return stayInPipeline(e, localAddress);
        }
    }

    /** Nothing passes any more, and the channel is closed. One that is closed already fails nobody. */
    private void fail(Throwable failure) {
        enter(FilterState.FAILED, String.valueOf(failure.getMessage()));
        if (!channel.isOpen()) {
            return;
        }
        ctx.fireExceptionCaught(failure);
        ctx.close();
    }

    /** {@return whether the pipeline may not judge alone} It would misjudge what an unknown filter has cut. */
    private boolean isKernelRequired() {
        return offload == Offload.REQUIRED || socket.isUnproved();
    }

    /** The pipeline judges, if it can and the kernel is not required; otherwise returns why not. */
    private @Nullable SocketFilterException stayInPipeline(
            SocketFilterException why, @Nullable SocketAddress localAddress) {
        if (isKernelRequired()) {
            return why;
        }
        Optional<String> unsupported = PipelineSupport.whyNot(pipeline.program, placement, channel, localAddress);
        if (unsupported.isPresent()) {
            return new SocketFilterException(Reason.NOT_APPLICABLE, unsupported.get(), why);
        }
        enterPipeline(String.valueOf(why.getMessage()));
        return null;
    }

    /**
     * Puts the program in force on a socket that receives. Who judges last must see whole packets, so the kernel only
     * drops until nothing older is queued.
     *
     * @param replaced completed when the program is in force
     * @throws SocketFilterException if the kernel does not take the program: nothing has changed, unless the socket has
     *     lost its filter
     */
    private void takeOver(Program program, Promise<Void> replaced) {
        Program whole = UdpRelocation.forSocket(channel, placement, program);
        Optional<Program> form = PipelineSupport.agreesWithKernel(program, placement, channel)
                ? PredicateForm.of(whole)
                : Optional.empty();
        if (form.isEmpty()) {
            takeOverWithLoss(program, whole, replaced);
            return;
        }
        // Before the attach: what must be loaded for the first packet would let a receive queue overflow.
        PipelineFilter next = PipelineFilter.of(program, placement, channel);
        socket.attach(form.get());
        pipeline = next;
        Status both = enter(FilterState.BOTH, "attached to a bound channel");
        // Where it is not known what is queued, both continue to judge.
        if (PredicateForm.isExact(whole, PredicateForm.longestPacket(channel))
                && SocketFilters.tellsReceiveQueue(channel)) {
            queue.whenDrained(
                    both,
                    ReceiveQueue.GRACE_MILLIS,
                    () -> enterKernel("attached to a bound channel; what was queued before is judged"),
                    // Nothing passes unjudged in this state either.
                    e -> LOGGER.debug("{} continues to judge what the kernel has judged", channel, e));
        }
        replaced.trySuccess(null);
    }

    private void takeOverWithLoss(Program program, Program whole, Promise<Void> replaced) {
        if (offload != Offload.REQUIRED || !lossyHandover) {
            throw OffloadRules.notApplicable(
                    "the channel is bound, and the pipeline cannot judge what is queued as the kernel would");
        } else if (!SocketFilters.tellsReceiveQueue(channel)) {
            throw OffloadRules.notApplicable("the channel is bound, and "
                    + channel.getClass().getSimpleName() + " does not tell when its receive queue is empty"
                    + " (expected: a handler that is added before the bind)");
        }
        // First the program itself, so that what the kernel does not take changes nothing.
        socket.attach(whole);
        attachOrDetach(Program.of(new ReturnConstant(0)));
        PipelineFilter next = PipelineFilter.of(program, placement, channel);
        Status draining = enter(FilterState.DRAINING, "dropping everything until the receive queue is empty", replaced);
        queue.whenDrained(
                draining,
                ReceiveQueue.POLL_MILLIS,
                () -> {
                    attachOrDetach(whole);
                    pipeline = next;
                    enterKernel("attached to a bound channel, with loss");
                },
                e -> {
                    replaced.tryFailure(e);
                    fail(e);
                });
    }

    /** Attaches the program in place of one that must not stay. */
    private void attachOrDetach(Program program) {
        try {
            socket.attach(program);
        } catch (SocketFilterException e) {
            socket.detachQuietly();
            throw e;
        }
    }

    /** {@return whether nothing may be done with the socket's filter now, so that the action is done later} */
    boolean isPostponed(Runnable action) {
        return socket.isPostponed(ctx::executor, action);
    }

    /** Puts another program in force and tells when, or throws and leaves the old one there. */
    void replace(Program program, Promise<Void> replaced) {
        if (is(FilterState.REMOVED)) {
            throw OffloadRules.notApplicable("the handler was removed from its pipeline");
        } else if (is(FilterState.FAILED) || !channel.isOpen()) {
            throw OffloadRules.closed(null);
        }
        PipelineSupport.misplaced(program, placement).ifPresent(why -> {
            throw new IllegalArgumentException(why);
        });
        if (offload != Offload.REQUIRED) {
            Optional<String> unsupported = isDecided()
                    ? PipelineSupport.whyNot(program, placement, channel, channel.localAddress())
                    : PipelineSupport.whyNot(program, placement, PipelineSupport.knownExtensions(channel));
            if (unsupported.isPresent()) {
                throw new IllegalArgumentException(unsupported.get());
            }
        }
        if (!isDecided()) {
            pipeline = PipelineFilter.of(program, placement, channel);
            replaced.trySuccess(null);
            return;
        }
        try {
            OffloadRules.require(ctx, placement, offload);
            socket.requireFree();
            takeOver(program, replaced);
        } catch (SocketFilterException e) {
            if (!channel.isOpen()) {
                throw OffloadRules.closed(e);
            } else if (isKernelRequired()) {
                if (!socket.isAttached()) {
                    fail(e);
                }
                throw e;
            }
            replaceInPipeline(program, e);
            replaced.trySuccess(null);
        }
    }

    private void replaceInPipeline(Program program, SocketFilterException why) {
        PipelineFilter next = PipelineFilter.of(program, placement, channel);
        if (socket.isAttached()) {
            socket.detach();
        }
        pipeline = next;
        enterPipeline(String.valueOf(why.getMessage()));
    }

    /** The handler has left its pipeline: the socket's filter goes with it. */
    void remove() {
        // Why a channel failed is of more use than that its handlers went when it was closed.
        if (!is(FilterState.FAILED)) {
            enter(
                    FilterState.REMOVED,
                    channel.isOpen() ? "the handler was removed from its pipeline" : "the channel was closed");
        }
        bypass.setOpen(false);
        releaseReferences();
        if (!isPostponed(socket::release)) {
            socket.release();
        }
    }
}
