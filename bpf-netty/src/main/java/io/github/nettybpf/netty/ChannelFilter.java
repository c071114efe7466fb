package io.github.nettybpf.netty;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.github.nettybpf.netty.observe.FilterEvents;
import io.github.nettybpf.netty.observe.PacketCounters;
import io.github.nettybpf.netty.source.FilterRule;
import io.github.nettybpf.netty.source.SourceWatch;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.net.SocketAddress;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The filtering of one channel. It is in exactly one {@link FilterState}, which says what happens to a packet and where
 * the program runs; {@link FilterStatus} alone changes it. For the event loop, but for {@link #location} and {@link #drops}.
 */
final class ChannelFilter implements KernelHandover.Target {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(BpfFilterHandler.class);

    private final ChannelHandlerContext ctx;
    private final Channel channel;
    private final Placement placement;
    private final Offload offload;
    private final AttachedFilter socket;
    private final KernelHandover kernel;
    private final FilterStatus status;
    private final FilterBypass bypass;
    private final PacketCounters counters;
    private final Observation observation;
    private final SourceWatch sources;
    private final FilterEvents.Watch bursts;
    private PipelineFilter pipeline;
    private volatile PipelineFilter told; // the pipeline's, for other threads
    private boolean complained;
    private boolean isClaimPending;

    ChannelFilter(
            ChannelHandlerContext ctx,
            FilterRule rule,
            PacketCounters counters,
            Placement placement,
            FilterChoices choices,
            FilterBypass bypass) {
        this.ctx = ctx;
        this.channel = ctx.channel();
        this.placement = placement;
        this.offload = choices.offload();
        this.counters = counters;
        this.observation = new Observation(choices, counters, placement, channel);
        this.sources = new SourceWatch(choices.offloadsHotSources());
        this.bypass = bypass;
        this.status = new FilterStatus(ctx, choices, this::entered);
        this.socket = new AttachedFilter(channel);
        this.kernel = new KernelHandover(ctx, placement, choices, socket, sources, status, this);
        this.pipeline = observation.filter(rule, null);
        this.told = pipeline;
        counters.rules.judgeBy(pipeline.decisions());
        this.bursts = FilterEvents.get().watch(channel, counters);
    }

    @Override
    public PipelineFilter pipelineOf(FilterRule rule) {
        return observation.filter(rule, pipeline);
    }

    @Override
    public void judgeBy(PipelineFilter next) {
        counters.rules.judgeBy(next.decisions());
        pipeline = next;
        told = next;
    }

    /** {@return what judges, which tells from any thread what it has seen} */
    PipelineFilter told() {
        return told;
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
     * {@return how many bytes of the content to keep, or one of the negative numbers of {@link PipelineFilter}}
     */
    int keep(Object message, ByteBuf content) {
        FilterState.Action action = status.action();
        if (action == FilterState.Action.JUDGE) {
            int kept = pipeline.keepOrRelease(message, content);
            return pipeline.rule().enforced() ? kept : keepAll(kept, content);
        }
        return action == FilterState.Action.PASS ? content.readableBytes() : PipelineFilter.DISCARD;
    }

    /** Counts a packet that is released because {@link #keep} has returned a negative number for it. */
    void countDrop(int kept) {
        if (kept == PipelineFilter.DISCARD) {
            counters.discard();
        } else {
            counters.drop(pipeline.reason(kept));
        }
    }

    /** {@return all bytes of a packet of which otherwise so many would have been kept} */
    private int keepAll(int kept, ByteBuf content) {
        int length = content.readableBytes();
        if (kept < 0) {
            counters.wouldDrop();
            if (kept == PipelineFilter.UNKNOWN && isFirstComplaint()) {
                LOGGER.warn("{}: {}", channel, OffloadRules.readUnknown().getMessage());
            }
        } else if (kept < length) {
            counters.wouldTruncate();
        }
        return length;
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
            return !status.judgesAlone()
                    ? null
                    : PipelineSupport.whyNot(pipeline.program, placement, channel, own(localAddress))
                            .map(OffloadRules::notApplicable)
                            .orElse(null);
        }
        SocketFilterException failure = attachOrStay(localAddress, true);
        if (failure != null) {
            FilterEvents.get().refuse(channel, failure.getMessage());
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
        if (!socket.isOwnedByAnother() || !pipeline.rule().enforced()) {
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
            FilterEvents.get().refuse(channel, failure.getMessage());
            fail(failure);
        }
    }

    private @Nullable SocketFilterException attachOrStay(@Nullable SocketAddress localAddress, boolean isEmpty) {
        FilterRule rule = pipeline.rule();
        try {
            requirePipelineIfObserved(rule, localAddress);
        } catch (SocketFilterException e) {
            return e;
        }
        if (!rule.enforced()) {
            status.enterDryRun();
            return null;
        }
        try {
            kernel.start(rule, localAddress, isEmpty, ctx.executor().newPromise());
            return null;
        } catch (SocketFilterException e) {
            return stayInPipeline(e, localAddress);
        }
    }

    /** Throws if the pipeline cannot judge what is only to be observed. */
    private void requirePipelineIfObserved(FilterRule rule, @Nullable SocketAddress localAddress) {
        if (!rule.enforced()) {
            requirePipeline(rule.program(), "a dry run judges in the pipeline: ", localAddress);
        }
        requireShadow(rule, shadow -> PipelineSupport.whyNot(shadow, placement, channel, localAddress));
    }

    private void requirePipeline(Program program, String what, @Nullable SocketAddress localAddress) {
        PipelineSupport.whyNot(program, placement, channel, localAddress).ifPresent(why -> {
            throw OffloadRules.notApplicable(what + why);
        });
    }

    /** Throws if the rule has a shadow program that is for another placement, or that the pipeline cannot judge by. */
    private void requireShadow(FilterRule rule, Function<Program, Optional<String>> whyNot) {
        Program shadow = rule.shadow();
        if (shadow == null) {
            return;
        }
        Optional<String> refusal = PipelineSupport.misplaced(shadow, placement).or(() -> whyNot.apply(shadow));
        refusal.ifPresent(why -> {
            throw OffloadRules.notApplicable("shadow program: " + why);
        });
    }

    @Override
    public void leave(SocketFilterException why) {
        SocketFilterException unfiltered = stayInPipeline(why, channel.localAddress());
        if (unfiltered != null) {
            fail(unfiltered);
        }
    }

    /** Nothing passes any more, and the channel is closed. One that is closed already fails nobody. */
    @Override
    public void fail(Throwable failure) {
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

    /** {@return whether nothing may be done with the socket's filter now, so that the action is done later} */
    boolean isPostponed(Runnable action) {
        return socket.isPostponed(ctx::executor, action);
    }

    /** {@return whether it is the rule that judges already} To hand over to it would cost packets that it has cut. */
    @SuppressWarnings("ReferenceEquality") // to compare sets of sources may take long
    private boolean isInForce(FilterRule rule) {
        return rule == pipeline.rule() && !status.is(FilterState.DRAINING) && !status.is(FilterState.REPLACED);
    }

    /** Puts another rule in force and tells when, or throws and leaves the old one there. */
    void replace(FilterRule rule, Promise<Void> replaced) {
        if (status.is(FilterState.REMOVED)) {
            throw OffloadRules.notApplicable("the handler was removed from its pipeline");
        } else if (status.is(FilterState.FAILED) || !channel.isOpen()) {
            throw OffloadRules.closed(null);
        } else if (isInForce(rule)) {
            replaced.trySuccess(null);
            return;
        }
        Program program = rule.program();
        PipelineSupport.misplaced(program, placement).ifPresent(why -> {
            throw new IllegalArgumentException(why);
        });
        if (offload != Offload.REQUIRED || !rule.enforced()) {
            Optional<String> unsupported = isDecided()
                    ? PipelineSupport.whyNot(program, placement, channel, channel.localAddress())
                    : PipelineSupport.whyNot(program, placement, PipelineSupport.knownExtensions(channel));
            if (unsupported.isPresent()) {
                throw new IllegalArgumentException(unsupported.get());
            }
        }
        if (!isDecided()) {
            requireShadow(
                    rule,
                    shadow -> PipelineSupport.whyNot(shadow, placement, PipelineSupport.knownExtensions(channel)));
            judgeBy(pipelineOf(rule));
            replaced.trySuccess(null);
            return;
        }
        requirePipelineIfObserved(rule, channel.localAddress());
        if (!rule.enforced()) {
            leaveKernel(rule);
            status.enterDryRun();
            replaced.trySuccess(null);
            return;
        }
        try {
            kernel.start(rule, channel.localAddress(), false, replaced);
        } catch (SocketFilterException e) {
            if (!channel.isOpen()) {
                throw OffloadRules.closed(e);
            } else if (isKernelRequired()) {
                // A dry run had no filter to lose, and goes on unless the socket may have one that nobody knows.
                boolean isUnchanged = socket.isAttached() || (status.is(FilterState.DRY_RUN) && !socket.isUnproved());
                if (!isUnchanged) {
                    fail(e);
                }
                throw e;
            }
            replaceInPipeline(rule, e);
            replaced.trySuccess(null);
        }
    }

    /** The pipeline judges by the rule, and the socket has no filter. */
    private void leaveKernel(FilterRule rule) {
        PipelineFilter next = pipelineOf(rule);
        if (socket.isAttached()) {
            socket.detach();
        }
        judgeBy(next);
        sources.setNone();
    }

    private void replaceInPipeline(FilterRule rule, SocketFilterException why) {
        leaveKernel(rule);
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
        bursts.end();
        releaseReferences();
        if (!isPostponed(socket::release)) {
            socket.release();
        }
    }
}
