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
     * @param state tells the present state of the handover
     */
    ReceiveQueue(Channel channel, Supplier<?> state) {
        this.channel = channel;
        this.state = state;
    }

    /**
     * Runs the action once the receive queue was seen empty after a grace time, and then one delayed turn later; or the
     * other one if the queue cannot be asked or the action fails. A queue that does not {@linkplain
     * SocketFilters#tellsReceiveQueue tell} what is in it counts as empty after the grace time.
     *
     * @param wanted the state that this belongs to: nothing is run once it has ended
     */
    void whenDrained(Object wanted, long graceMillis, Runnable action, Consumer<Throwable> failure) {
        later(wanted, graceMillis, failure, () -> {
            if (SocketFilters.tellsReceiveQueue(channel) && SocketFilters.receiveQueueBytes(channel) > 0) {
                whenDrained(wanted, graceMillis, action, failure);
            } else {
                later(wanted, POLL_MILLIS, failure, action);
            }
        });
    }

    private void later(Object wanted, long millis, Consumer<Throwable> failure, Runnable action) {
        channel.eventLoop()
                .schedule(
                        () -> {
                            if (!wanted.equals(state.get()) || !channel.isOpen()) {
                                return;
                            }
                            try {
                                action.run();
                            } catch (RuntimeException | Error e) {
                                failure.accept(e);
                            }
                        },
                        millis,
                        TimeUnit.MILLISECONDS);
    }
}
