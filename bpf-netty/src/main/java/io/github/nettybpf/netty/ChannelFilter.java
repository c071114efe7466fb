package io.github.nettybpf.netty;

import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.github.nettybpf.netty.code.PredicateForm;
import io.github.nettybpf.netty.source.CurrentRule;
import io.github.nettybpf.netty.source.FilterRule;
import io.github.nettybpf.netty.source.KernelPrograms;
import io.github.nettybpf.netty.source.OffloadedSources;
import io.github.nettybpf.netty.source.SourceCounters;
import io.github.nettybpf.netty.source.SourceJudge;
import io.github.nettybpf.netty.source.SourceWatch;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.net.SocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The filtering of one channel. It is in exactly one {@link FilterState}, which says what happens to a packet and where
 * the program runs; {@link FilterStatus} alone changes it. For the event loop, but for {@link #location} and {@link #drops}.
 */
final class ChannelFilter {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(BpfFilterHandler.class);
    private static final String ATTACHED_BEFORE_BIND = "attached before the channel was bound";

    private final ChannelHandlerContext ctx;
    private final Channel channel;
    private final Placement placement;
    private final Offload offload;
    private final boolean lossyHandover;
    private final AttachedFilter socket;
    private final ReceiveQueue queue;
    private final FilterStatus status;
    private final FilterBypass bypass;
    private final SourceCounters sourceCounters;
    private final SourceWatch sources;
    private PipelineFilter pipeline;
    private boolean complained;
    private boolean isClaimPending;

    ChannelFilter(
            ChannelHandlerContext ctx,
            CurrentRule rule,
            Placement placement,
            FilterChoices choices,
            FilterBypass bypass) {
        this.ctx = ctx;
        this.channel = ctx.channel();
        this.placement = placement;
        this.offload = choices.offload();
        this.lossyHandover = choices.lossyHandover();
        this.sourceCounters = rule.counters();
        this.sources = new SourceWatch(choices.offloadsHotSources());
        this.bypass = bypass;
        this.status = new FilterStatus(ctx, choices, this::entered);
        this.socket = new AttachedFilter(channel);
        this.queue = new ReceiveQueue(channel, status::present);
        this.pipeline = pipelineOf(rule.get());
    }

    private PipelineFilter pipelineOf(FilterRule rule) {
        SourceJudge judge = rule.sources().wantsAll() ? null : new SourceJudge(rule.sources(), sourceCounters);
        return PipelineFilter.of(rule.program(), placement, channel, judge);
    }

    ChannelHandlerContext context() {
        return ctx;
    }

    FilterBypass bypass() {
        return bypass;
    }

    /** {@return where the program runs, and why} From any thread. */
    FilterLocationEvent location() {
        FilterLocationEvent location = status.location();
        return new FilterLocationEvent(location.location(), location.reason() + sources.description());
    }

    /** {@return which sources the kernel has} */
    SourceWatch sources() {
        return sources;
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
        FilterState.Action action = status.action();
        if (action == FilterState.Action.JUDGE) {
            return pipeline.keepOrRelease(message, content);
        }
        return action == FilterState.Action.PASS ? content.readableBytes() : PipelineFilter.DROP;
    }

    /** Drops the references to packets that others may use from now on. */
    void releaseReferences() {
        pipeline.releaseReferences();
    }

    private void entered(FilterState state) {
        bypass.setOpen(state.action == FilterState.Action.PASS);
        boolean judges = state.action == FilterState.Action.JUDGE && state != FilterState.REMOVED;
        sources.watch(ctx::executor, judges ? pipeline.sources : null, state == FilterState.BOTH);
    }

    /** {@return whether the socket has another program for the hottest sources} If it has none, the pipeline judges. */
    private boolean attachHot(Program hot) {
        try {
            socket.attach(hot);
            return true;
        } catch (SocketFilterException e) {
            LOGGER.debug("{} keeps the program that it has for denied sources", channel, e);
            if (!socket.isAttached() && channel.isOpen()) {
                SocketFilterException unfiltered = stayInPipeline(e, channel.localAddress());
                if (unfiltered != null) {
                    fail(unfiltered);
                }
            }
            return false;
        }
    }

    void readComplete() {
        releaseReferences();
        noticeFrontHandlers();
    }

    /** Notices a handler that was put before this one since, or removed; one that passes on no event, by a read. */
    void noticeFrontHandlers() {
        if (!isClaimPending) {
            status.noticeFrontHandlers();
        }
    }

    /** {@return the address that the channel has or will have} A connect without one keeps that of the bind. */
    private @Nullable SocketAddress own(@Nullable SocketAddress given) {
        return given == null ? channel.localAddress() : given;
    }

    /** {@return whether it is decided where the program runs} */
    boolean isDecided() {
        return !status.is(FilterState.UNDECIDED);
    }

    /**
     * Attaches the filter while the socket can have nothing queued, and so by the program as it is.
     *
     * @return why the channel must not be bound or connected, or null
     */
    @Nullable
    SocketFilterException startBeforeBind(@Nullable SocketAddress localAddress) {
        if (status.is(FilterState.FAILED)) {
            return OffloadRules.notApplicable(status.location().reason());
        } else if (isDecided()) {
            boolean inPipeline = status.is(FilterState.PIPELINE) || status.is(FilterState.AFTER_HANDLER);
            return !inPipeline
                    ? null
                    : PipelineSupport.whyNot(pipeline.program, placement, channel, own(localAddress))
                            .map(OffloadRules::notApplicable)
                            .orElse(null);
        }
        SocketFilterException failure = attachOrStay(localAddress, true);
        if (failure != null) {
            status.enter(FilterState.FAILED, String.valueOf(failure.getMessage()));
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
        Object waiting = status.enter(FilterState.PIPELINE, "another handler has the socket's filter");
        isClaimPending = true;
        ctx.executor().execute(() -> {
            isClaimPending = false;
            if (waiting.equals(status.present()) && channel.isOpen()) {
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
                attachAtOnce(localAddress);
            } else {
                takeOver(
                        pipeline.rule(),
                        kernelPrograms(pipeline.rule(), localAddress),
                        "attached to a bound channel",
                        ctx.executor().newPromise());
            }
            return null;
        } catch (SocketFilterException e) {
            return stayInPipeline(e, localAddress);
        }
    }

    /** Nothing passes any more, and the channel is closed. One that is closed already fails nobody. */
    private void fail(Throwable failure) {
        status.enter(FilterState.FAILED, String.valueOf(failure.getMessage()));
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
        sources.setNone();
        status.enterPipeline(String.valueOf(why.getMessage()));
        return null;
    }

    /** The socket can have nothing queued. */
    private void attachAtOnce(@Nullable SocketAddress localAddress) {
        FilterRule rule = pipeline.rule();
        KernelPrograms programs = kernelPrograms(rule, localAddress);
        if (programs.complete() == null) {
            takeOver(rule, programs, ATTACHED_BEFORE_BIND, ctx.executor().newPromise());
            return;
        }
        socket.attach(programs.complete());
        sources.setComplete(rule.sources());
        status.enterKernel(ATTACHED_BEFORE_BIND);
    }

    private KernelPrograms kernelPrograms(FilterRule rule, @Nullable SocketAddress localAddress) {
        Placement own = SocketFilters.requirePlacement(channel);
        Program program = OffloadRules.onSocket(rule.program(), placement, own);
        if (!rule.sources().wantsAll() && !OffloadedSources.showsSource(own)) {
            throw OffloadRules.notApplicable(
                    "a filter at placement " + own + " does not see where a packet comes from");
        }
        boolean agrees = PipelineSupport.agreesWithKernel(rule.program(), placement, channel, localAddress);
        KernelPrograms programs = KernelPrograms.of(program, own, rule.sources(), SocketFilters.optmemMax(), agrees);
        if (programs.complete() == null && offload == Offload.REQUIRED) {
            throw OffloadRules.tooMany(rule.sources());
        }
        return programs;
    }

    /**
     * Puts a rule in force on a socket that receives. Who judges last must see whole packets, so the kernel only drops
     * until nothing older is queued.
     *
     * @param replaced completed when the rule is in force
     * @throws SocketFilterException if the kernel does not take the program: nothing has changed, unless the socket has
     *     lost its filter
     */
    private void takeOver(FilterRule rule, KernelPrograms programs, String how, Promise<Void> replaced) {
        Program form = programs.form();
        if (form == null) {
            takeOverWithLoss(rule, programs.complete(), replaced);
            return;
        }
        // Before the attach: what must be loaded for the first packet would let a receive queue overflow.
        PipelineFilter next = pipelineOf(rule);
        Program complete = programs.complete();
        if (complete != null) {
            socket.attach(form);
            sources.setComplete(rule.sources());
        } else {
            Placement own = SocketFilters.requirePlacement(channel);
            socket.attach(sources.begin(form, own, rule.sources(), SocketFilters.optmemMax(), this::attachHot));
        }
        pipeline = next;
        Object both = status.enter(FilterState.BOTH, how);
        // Where it is not known what is queued, both continue to judge.
        if (complete != null
                && PredicateForm.isExact(complete, PredicateForm.longestPacket(channel))
                && SocketFilters.tellsReceiveQueue(channel)) {
            queue.whenDrained(
                    both,
                    ReceiveQueue.GRACE_MILLIS,
                    () -> status.enterKernel("attached to a bound channel; what was queued before is judged"),
                    // Nothing passes unjudged in this state either.
                    e -> LOGGER.debug("{} continues to judge what the kernel has judged", channel, e));
        }
        replaced.trySuccess(null);
    }

    private void takeOverWithLoss(FilterRule rule, @Nullable Program whole, Promise<Void> replaced) {
        if (whole == null || offload != Offload.REQUIRED || !lossyHandover) {
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
        PipelineFilter next = pipelineOf(rule);
        Object draining =
                status.enter(FilterState.DRAINING, "dropping everything until the receive queue is empty", replaced);
        queue.whenDrained(
                draining,
                ReceiveQueue.POLL_MILLIS,
                () -> {
                    attachOrDetach(whole);
                    pipeline = next;
                    sources.setComplete(rule.sources());
                    status.enterKernel("attached to a bound channel, with loss");
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

    /** Puts another rule in force and tells when, or throws and leaves the old one there. */
    void replace(FilterRule rule, Promise<Void> replaced) {
        if (status.is(FilterState.REMOVED)) {
            throw OffloadRules.notApplicable("the handler was removed from its pipeline");
        } else if (status.is(FilterState.FAILED) || !channel.isOpen()) {
            throw OffloadRules.closed(null);
        }
        Program program = rule.program();
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
            pipeline = pipelineOf(rule);
            replaced.trySuccess(null);
            return;
        }
        try {
            OffloadRules.require(ctx, placement, offload);
            socket.requireFree();
            takeOver(rule, kernelPrograms(rule, channel.localAddress()), "attached to a bound channel", replaced);
        } catch (SocketFilterException e) {
            if (!channel.isOpen()) {
                throw OffloadRules.closed(e);
            } else if (isKernelRequired()) {
                if (!socket.isAttached()) {
                    fail(e);
                }
                throw e;
            }
            replaceInPipeline(rule, e);
            replaced.trySuccess(null);
        }
    }

    private void replaceInPipeline(FilterRule rule, SocketFilterException why) {
        PipelineFilter next = pipelineOf(rule);
        if (socket.isAttached()) {
            socket.detach();
        }
        pipeline = next;
        sources.setNone();
        status.enterPipeline(String.valueOf(why.getMessage()));
    }

    /** The handler has left its pipeline: the socket's filter goes with it. */
    void remove() {
        // Why a channel failed is of more use than that its handlers went when it was closed.
        if (!status.is(FilterState.FAILED)) {
            status.enter(
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
