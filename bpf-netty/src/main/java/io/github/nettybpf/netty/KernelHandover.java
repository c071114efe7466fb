package io.github.nettybpf.netty;

import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.github.nettybpf.netty.code.PredicateForm;
import io.github.nettybpf.netty.observe.KernelSamples;
import io.github.nettybpf.netty.source.FilterRule;
import io.github.nettybpf.netty.source.KernelPrograms;
import io.github.nettybpf.netty.source.OffloadedSources;
import io.github.nettybpf.netty.source.SourceWatch;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.net.SocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Puts rules in force in the kernel: before the bind, or without a gap on a socket that receives. For the event loop. */
final class KernelHandover {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(BpfFilterHandler.class);
    private static final String ATTACHED_BEFORE_BIND = "attached before the channel was bound";
    private static final String ATTACHED_TO_BOUND = "attached to a bound channel";

    /** What is filtered by the rules. */
    interface Target {
        /** {@return what judges by the rule in the pipeline, once it is in force} */
        PipelineFilter pipelineOf(FilterRule rule);

        /** Judges by it from now on. */
        void judgeBy(PipelineFilter next);

        /** The socket has lost its filter: the pipeline judges instead, or the channel fails. */
        void leave(SocketFilterException why);

        /** Lets nothing pass any more, and closes the channel. */
        void fail(Throwable failure);
    }

    private final ChannelHandlerContext ctx;
    private final Channel channel;
    private final Placement placement;
    private final FilterChoices choices;
    private final AttachedFilter socket;
    private final SourceWatch sources;
    private final FilterStatus status;
    private final ReceiveQueue queue;
    private final Target target;

    KernelHandover(
            ChannelHandlerContext ctx,
            Placement placement,
            FilterChoices choices,
            AttachedFilter socket,
            SourceWatch sources,
            FilterStatus status,
            Target target) {
        this.ctx = ctx;
        this.channel = ctx.channel();
        this.placement = placement;
        this.choices = choices;
        this.socket = socket;
        this.sources = sources;
        this.status = status;
        this.queue = new ReceiveQueue(channel, status::present);
        this.target = target;
    }

    /**
     * Puts a rule in force in the kernel.
     *
     * @param localAddress the address that the channel has or will have
     * @param isEmpty whether nothing older can be queued
     * @param replaced completed when the rule is in force
     * @throws SocketFilterException if it cannot be: nothing has changed, unless the socket has lost its filter
     */
    void start(FilterRule rule, @Nullable SocketAddress localAddress, boolean isEmpty, Promise<Void> replaced) {
        OffloadRules.require(ctx, placement, choices.offload());
        choices.whyNotInKernel(rule).ifPresent(why -> {
            throw OffloadRules.notApplicable(why);
        });
        socket.requireFree();
        KernelPrograms programs = programs(rule, localAddress);
        Program complete = programs.complete();
        Program form = programs.form();
        boolean samples = choices.dropsOneIn() > 0;
        Program alone = form == null || !samples ? complete : null;
        if (isEmpty && alone != null) {
            socket.attach(alone);
            sources.setComplete(rule.sources());
            status.enterKernel(ATTACHED_BEFORE_BIND + (samples ? OffloadRules.NOT_SAMPLED : ""));
            replaced.trySuccess(null);
        } else if (alone != null && isQueueCut()) {
            replaceInKernel(rule, alone, form, replaced);
        } else if (form == null) {
            takeOverWithLoss(rule, complete, replaced);
        } else {
            takeOver(rule, complete, form, isEmpty, replaced);
        }
    }

    private KernelPrograms programs(FilterRule rule, @Nullable SocketAddress localAddress) {
        Placement own = SocketFilters.requirePlacement(channel);
        Program program = OffloadRules.onSocket(rule.program(), placement, own);
        if (!rule.sources().wantsAll() && !OffloadedSources.showsSource(own)) {
            throw OffloadRules.notApplicable(
                    "a filter at placement " + own + " does not see where a packet comes from");
        }
        boolean agrees = PipelineSupport.agreesWithKernel(rule.program(), placement, channel, localAddress);
        KernelPrograms programs = KernelPrograms.of(program, own, rule.sources(), SocketFilters.optmemMax(), agrees);
        if (programs.complete() == null && choices.offload() == Offload.REQUIRED) {
            throw OffloadRules.tooMany(rule.sources());
        }
        return programs;
    }

    /** {@return whether what is queued may have been cut by the kernel, and it is known when nothing is queued any more} */
    private boolean isQueueCut() {
        return (status.is(FilterState.REPLACED) || (status.is(FilterState.KERNEL) && socket.cuts()))
                && SocketFilters.tellsReceiveQueue(channel);
    }

    /** To judge again what was cut would lose it: it passes, and the rule is in force once that is gone. */
    private void replaceInKernel(FilterRule rule, Program complete, @Nullable Program form, Promise<Void> replaced) {
        PipelineFilter next = target.pipelineOf(rule);
        socket.attach(complete);
        target.judgeBy(next);
        sources.setComplete(rule.sources());
        Object waiting = status.enter(
                FilterState.REPLACED, "replaced; what was queued passes as it was judged before", replaced);
        queue.whenDrained(
                waiting,
                ReceiveQueue.GRACE_MILLIS,
                () -> status.enterKernel("replaced" + (choices.dropsOneIn() > 0 ? OffloadRules.NOT_SAMPLED : "")),
                e -> judgeQueued(rule, complete, form, replaced, e));
    }

    /** It is not known when what was queued is gone: both judge from now on, if they can. */
    private void judgeQueued(
            FilterRule rule, Program complete, @Nullable Program form, Promise<Void> replaced, Throwable unknown) {
        try {
            if (form != null) {
                LOGGER.debug("{} does not tell what is queued", channel, unknown);
                takeOver(rule, complete, form, false, replaced);
                return;
            }
        } catch (RuntimeException | Error e) {
            unknown.addSuppressed(e);
        }
        RuleChange.refuse(channel, replaced, unknown);
        target.fail(unknown);
    }

    /** Who judges last must see whole packets, so the kernel only drops until nothing older is queued. */
    private void takeOver(
            FilterRule rule, @Nullable Program complete, Program form, boolean isEmpty, Promise<Void> replaced) {
        // Before the attach: what must be loaded for the first packet would let a receive queue overflow.
        PipelineFilter next = target.pipelineOf(rule);
        boolean isSampled;
        if (complete != null) {
            isSampled = attach(form);
            sources.setComplete(rule.sources());
        } else {
            Placement own = SocketFilters.requirePlacement(channel);
            isSampled = attach(sources.begin(form, own, rule.sources(), SocketFilters.optmemMax(), this::attachHot));
        }
        target.judgeBy(next);
        int oneIn = choices.dropsOneIn();
        String samples = isSampled ? OffloadRules.sampled(oneIn) : oneIn > 0 ? OffloadRules.NOT_SAMPLED : "";
        String how = isEmpty ? ATTACHED_BEFORE_BIND : ATTACHED_TO_BOUND;
        Object both = status.enter(FilterState.BOTH, how + samples);
        boolean tellsQueue = SocketFilters.tellsReceiveQueue(channel);
        boolean isExact = complete != null && PredicateForm.isExact(complete, PredicateForm.longestPacket(channel));
        boolean samplesSources = complete != null;
        if (isSampled && isEmpty) {
            next.setSampled(samplesSources);
        } else if (isSampled || (tellsQueue && isExact)) {
            queue.whenDrained(
                    both,
                    ReceiveQueue.GRACE_MILLIS,
                    isSampled
                            ? () -> next.setSampled(samplesSources)
                            : () -> status.enterKernel(how + "; what was queued before is judged" + samples),
                    // Nothing passes unjudged in this state either.
                    e -> LOGGER.debug("{} continues to judge what the kernel has judged", channel, e));
        }
        // Where it is not known what is queued, both continue to judge.
        replaced.trySuccess(null);
    }

    /**
     * Attaches what drops no more than the pipeline does; if samples are wanted, with some packets that it passes.
     *
     * @return whether samples pass: there is no room for them beside the longest programs
     */
    private boolean attach(Program form) {
        int oneIn = choices.dropsOneIn();
        Optional<Program> sampling = oneIn == 0 ? Optional.empty() : KernelSamples.of(form, oneIn);
        if (sampling.isPresent()) {
            try {
                socket.attach(sampling.get());
                return true;
            } catch (SocketFilterException e) {
                if (e.reason() != Reason.NO_MEMORY && e.reason() != Reason.REFUSED) {
                    throw e;
                }
                LOGGER.debug("{} has no room for samples in its filter", channel, e);
            }
        }
        socket.attach(form);
        return false;
    }

    /** {@return whether the socket has another program for the hottest sources} */
    private boolean attachHot(Program hot) {
        try {
            attach(hot);
            return true;
        } catch (SocketFilterException e) {
            LOGGER.debug("{} keeps the program that it has for denied sources", channel, e);
            if (!socket.isAttached() && channel.isOpen()) {
                target.leave(e);
            }
            return false;
        }
    }

    private void takeOverWithLoss(FilterRule rule, @Nullable Program whole, Promise<Void> replaced) {
        if (whole == null || choices.offload() != Offload.REQUIRED || !choices.lossyHandover()) {
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
        PipelineFilter next = target.pipelineOf(rule);
        Object draining =
                status.enter(FilterState.DRAINING, "dropping everything until the receive queue is empty", replaced);
        queue.whenDrained(
                draining,
                ReceiveQueue.POLL_MILLIS,
                () -> {
                    attachOrDetach(whole);
                    target.judgeBy(next);
                    sources.setComplete(rule.sources());
                    status.enterKernel(ATTACHED_TO_BOUND
                            + ", with loss"
                            + (choices.dropsOneIn() > 0 ? OffloadRules.NOT_SAMPLED : ""));
                },
                e -> {
                    RuleChange.refuse(channel, replaced, e);
                    target.fail(e);
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
}
