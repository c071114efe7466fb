package io.github.nettybpf.netty;

import io.netty.channel.Channel;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The receive queue of a channel's socket, during a handover: what waits there was judged by an older filter or by none.
 * For the event loop.
 */
final class ReceiveQueue {
    /**
     * Packets judged by the old filter can be queued up to 50 us after an attach, and completions wait in an io_uring: this
     * is much longer.
     */
    static final long GRACE_MILLIS = 1000;

    static final long POLL_MILLIS = 5;

    private final Channel channel;
    private final Supplier<?> state;

    /**
     * The queue of the channel.
     *
     * @param state the state of the handover: an action that was asked for in another one is not run
     */
    ReceiveQueue(Channel channel, Supplier<?> state) {
        this.channel = channel;
        this.state = state;
    }

    /**
     * Runs the action once the receive queue was seen empty after a grace time, and then one delayed turn later; or the
     * other one if the queue cannot be asked or the action fails.
     */
    void whenDrained(long graceMillis, Runnable action, Consumer<RuntimeException> failure) {
        later(graceMillis, failure, () -> {
            if (SocketFilters.receiveQueueBytes(channel) > 0) {
                whenDrained(graceMillis, action, failure);
            } else {
                later(POLL_MILLIS, failure, action);
            }
        });
    }

    private void later(long millis, Consumer<RuntimeException> failure, Runnable action) {
        Object current = state.get();
        channel.eventLoop()
                .schedule(
                        () -> {
                            if (!current.equals(state.get()) || !channel.isOpen()) {
                                return;
                            }
                            try {
                                action.run();
                            } catch (RuntimeException e) {
                                failure.accept(e);
                            }
                        },
                        millis,
                        TimeUnit.MILLISECONDS);
    }
}
