package io.github.nettybpf.netty;

import io.github.nettybpf.netty.observe.FilterEvents;
import io.github.nettybpf.netty.source.FilterRule;
import io.netty.channel.Channel;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A change of what a handler judges by, which takes effect on the event loop of its channel. */
final class RuleChange {
    private final ChannelFilter target;
    private final Supplier<FilterRule> changed;
    private final Consumer<FilterRule> accepted;
    private final Promise<Void> done;

    /**
     * Prepares a change.
     *
     * @param changed the rule after the change; asked on the event loop, so that no other change is lost
     * @param accepted told the rule once the channel has it, also if it is in force later
     */
    RuleChange(ChannelFilter target, Supplier<FilterRule> changed, Consumer<FilterRule> accepted) {
        this.target = target;
        this.changed = changed;
        this.accepted = accepted;
        this.done = target.context().executor().newPromise();
    }

    /** {@return a future that tells when the change is in force} From any thread. */
    Future<Void> start() {
        runInEventLoop();
        return done;
    }

    /** The channel may be registered with another event loop while the change waits: then it goes there. */
    private void runInEventLoop() {
        EventExecutor executor = target.context().executor();
        if (executor.inEventLoop()) {
            run();
            return;
        }
        try {
            executor.execute(this::runInEventLoop);
        } catch (RejectedExecutionException e) {
            refuse(target.context().channel(), done, e);
        }
    }

    private void run() {
        if (target.isPostponed(this::run)) {
            return;
        }
        try {
            FilterRule rule = changed.get();
            target.replace(rule, done);
            accepted.accept(rule);
        } catch (RuntimeException | Error e) {
            refuse(target.context().channel(), done, e);
        }
    }

    /** Fails a change, unless it has come to another end. */
    static void refuse(Channel channel, Promise<Void> change, Throwable why) {
        if (change.tryFailure(why)) {
            FilterEvents.get().refuse(channel, why.getMessage());
        }
    }
}
