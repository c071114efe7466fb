package io.github.nettybpf.netty.reuseport;

import io.netty.channel.Channel;
import io.netty.channel.socket.ServerSocketChannel;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits until a channel has read all that had been steered to it, after nothing more is. */
final class Drain {
    /**
     * A CPU that runs the old program can queue a datagram some 50 us after the new one was set; a virtual one that loses
     * its own CPU just then, some 10 ms later. Meanwhile the kernel may have others for the socket beside its queue, which
     * are not counted (udp_prod_queue in net/ipv4/udp.c, since Linux 6.18).
     */
    private static final long DATAGRAM_GRACE_MILLIS = 100;

    /** A client completes a handshake within this time, or has to connect anew. */
    private static final long HANDSHAKE_GRACE_MILLIS = 1000;

    private static final long POLL_MILLIS = 5;

    private final Channel channel;
    private final long end;
    private final CompletableFuture<Void> done = new CompletableFuture<>();

    private Drain(Channel channel, long patienceMillis) {
        this.channel = channel;
        this.end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMillis);
    }

    /**
     * {@return a stage that ends when the channel has nothing more to read, or is closed} It fails if it has after the
     * time.
     *
     * @param patienceMillis how long the channel has
     */
    static CompletableFuture<Void> of(Channel channel, long patienceMillis) {
        if (!channel.isOpen()) {
            return CompletableFuture.completedFuture(null); // and its event loop may be gone
        }
        Drain drain = new Drain(channel, patienceMillis);
        channel.closeFuture().addListener(closed -> drain.done.complete(null));
        drain.later(
                channel instanceof ServerSocketChannel ? HANDSHAKE_GRACE_MILLIS : DATAGRAM_GRACE_MILLIS, drain::poll);
        return drain.done;
    }

    private void poll() throws IOException {
        long waiting = channel instanceof ServerSocketChannel
                ? PortSockets.waitingConnections(channel)
                : GroupSocket.queuedBytes(channel);
        if (waiting == 0) {
            // What has been taken out of the queue may wait in an io_uring still.
            later(POLL_MILLIS, () -> done.complete(null));
        } else if (System.nanoTime() - end > 0) {
            done.completeExceptionally(
                    new TimeoutException(channel + " does not read what waits at its socket (expected: a channel"
                            + " that reads, so that it can be replaced without loss)"));
        } else {
            later(POLL_MILLIS, this::poll);
        }
    }

    /** A step that may fail. */
    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    private void later(long millis, Step step) {
        try {
            channel.eventLoop().schedule(() -> run(step), millis, TimeUnit.MILLISECONDS);
        } catch (RuntimeException e) {
            done.completeExceptionally(e); // the event loop has been shut down
        }
    }

    private void run(Step step) {
        try {
            step.run();
        } catch (IOException | RuntimeException e) {
            done.completeExceptionally(e);
        }
    }
}
