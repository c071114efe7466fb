package io.github.nettybpf.netty;

import io.github.nettybpf.netty.observe.FilterEvents;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.logging.InternalLogLevel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The {@link FilterState} of one channel and why it is in it, which is logged and told in the pipeline. {@link #enter}
 * alone changes it. For the event loop, but for {@link #location}.
 */
final class FilterStatus {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(BpfFilterHandler.class);

    /** A state that was entered: each is another object, so that a timer knows whether its state has ended. */
    private static final class Entered {
        final FilterState state;

        /** Why, for people. */
        final String reason;

        /** Completed when the state that this one leads to is entered, or cannot be; null if none waits. */
        final @Nullable Promise<Void> replaced;

        Entered(FilterState state, String reason, @Nullable Promise<Void> replaced) {
            this.state = state;
            this.reason = reason;
            this.replaced = replaced;
        }
    }

    private final ChannelHandlerContext ctx;
    private final Channel channel;
    private final Offload offload;
    private final FrontHandlers front;
    private final Consumer<FilterState> listener;
    private String ownReason = ""; // without what is said of handlers before this one
    private volatile Entered present =
            new Entered(FilterState.UNDECIDED, "the channel is neither bound nor connected", null);

    /**
     * Undecided at first.
     *
     * @param listener told each state as soon as it is entered
     */
    FilterStatus(ChannelHandlerContext ctx, FilterChoices choices, Consumer<FilterState> listener) {
        this.ctx = ctx;
        this.channel = ctx.channel();
        this.offload = choices.offload();
        this.front = new FrontHandlers(ctx, choices.afterOtherHandlers());
        this.listener = listener;
    }

    boolean is(FilterState state) {
        return present.state == state;
    }

    /** {@return whether the pipeline judges, and the kernel does not} */
    boolean judgesAlone() {
        return is(FilterState.PIPELINE) || is(FilterState.AFTER_HANDLER) || is(FilterState.DRY_RUN);
    }

    FilterState.Action action() {
        return present.state.action;
    }

    /** {@return what stands for the present state until another one is entered, or the same one again} */
    Object present() {
        return present;
    }

    /** {@return where the program runs, and why} From any thread. */
    FilterLocationEvent location() {
        Entered current = present;
        return new FilterLocationEvent(current.state.location, current.reason);
    }

    /** Changes the state, and returns what is {@link #present} then. */
    Object enter(FilterState state, String reason) {
        return enter(state, reason, null);
    }

    /**
     * Changes the state, and returns what is present then. Listeners that are told of it may change it again at once.
     *
     * @param replaced told when the state that this one leads to is entered
     */
    Object enter(FilterState state, String reason, @Nullable Promise<Void> replaced) {
        return enter(state, reason, replaced, state.logLevel(offload));
    }

    private Object enter(
            FilterState state, String reason, @Nullable Promise<Void> replaced, InternalLogLevel logLevel) {
        Entered old = present;
        Entered entered = new Entered(state, reason, replaced);
        present = entered;
        listener.accept(state);
        FilterEvents.get().locate(channel, old.state.location, state.location, reason);
        // Each change of the sets of sources enters a dry run anew.
        boolean isKnown = state == FilterState.DRY_RUN && old.state == state && old.reason.equals(reason);
        LOGGER.log(
                isKnown ? InternalLogLevel.DEBUG : logLevel, "{} filters in {}: {}", channel, state.location, reason);
        // In a task of its own: what listeners do, as another replacement, is not to happen within this change.
        try {
            ctx.executor().execute(() -> announce(old, entered));
        } catch (RejectedExecutionException ended) {
            announce(old, entered);
        }
        return entered;
    }

    private void announce(Entered old, Entered entered) {
        boolean wasHandover = old.state == FilterState.DRAINING || old.state == FilterState.REPLACED;
        if (old.replaced != null && wasHandover && entered.state == FilterState.KERNEL) {
            old.replaced.trySuccess(null);
        } else if (old.replaced != null) {
            RuleChange.refuse(
                    channel,
                    old.replaced,
                    OffloadRules.notApplicable("the program was not put in force: " + entered.reason));
        }
        if (entered.state != FilterState.REMOVED) {
            ctx.fireUserEventTriggered(new FilterLocationEvent(entered.state.location, entered.reason));
        }
    }

    /** The kernel has judged everything; what a handler that comes first passes on instead is nobody's. */
    void enterKernel(String reason) {
        ownReason = reason;
        String before = front.consumer();
        if (before.isEmpty()) {
            enter(FilterState.KERNEL, reason);
        } else {
            enter(FilterState.KERNEL, reason + OffloadRules.notJudgedAgain(before), null, InternalLogLevel.WARN);
        }
    }

    /** The pipeline judges what is received, or what a handler passes on that comes first and may consume. */
    void enterPipeline(String reason) {
        ownReason = reason;
        String before = front.consumer();
        if (before.isEmpty()) {
            enter(FilterState.PIPELINE, reason);
        } else {
            enter(FilterState.AFTER_HANDLER, OffloadRules.afterHandler(before));
        }
    }

    /** Nothing is filtered. */
    void enterDryRun() {
        String before = front.consumer();
        enter(
                FilterState.DRY_RUN,
                before.isEmpty()
                        ? OffloadRules.DRY_RUN
                        : OffloadRules.DRY_RUN + "; " + OffloadRules.afterHandler(before));
    }

    /** Notices a handler that was put before this one since, or removed. */
    void noticeFrontHandlers() {
        if (!front.hasChanged()) {
            return;
        }
        if (is(FilterState.PIPELINE) || is(FilterState.AFTER_HANDLER)) {
            enterPipeline(ownReason);
        } else if (is(FilterState.KERNEL)) {
            enterKernel(ownReason);
        } else if (is(FilterState.DRY_RUN)) {
            enterDryRun();
        }
    }
}
