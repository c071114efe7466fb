package io.github.nettybpf.packet;

import io.github.nettybpf.packet.PacketChannelConfig.Settings;
import io.github.nettybpf.packet.PacketSocket.Bound;
import io.github.nettybpf.packet.kernel.BlockingTasks;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.nio.channels.AlreadyBoundException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The life of a packet socket: it is bound once, on a thread that may block, and its memory and descriptor are released
 * once.
 */
final class PacketBinding {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(PacketChannel.class);

    private final PacketSocket socket;
    private final AtomicBoolean released = new AtomicBoolean();
    private volatile @Nullable CompletableFuture<Bound> binding;

    /**
     * Whether {@link #finishBy} is running: {@link #finish} is for the caller that started the bind, and fails for any
     * other bind.
     */
    private boolean finishing;

    PacketBinding(PacketSocket socket) {
        this.socket = socket;
    }

    /** {@return whether the socket is bound or being bound} */
    boolean isStarted() {
        return binding != null;
    }

    /** {@return whether the bind has ended, well or not} */
    boolean isDone() {
        CompletableFuture<Bound> started = binding;
        return started != null && started.isDone();
    }

    /**
     * Binds on another thread.
     *
     * @param wakeup run when a ring can read on: see {@link PacketRing}
     * @return completed when {@link #finishBy} is to be called
     */
    CompletableFuture<Bound> start(PacketAddress address, Settings settings, Runnable wakeup) {
        CompletableFuture<Bound> started = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return socket.bind(address, settings, wakeup);
                    } catch (IOException e) {
                        throw new CompletionException(e);
                    }
                },
                BlockingTasks.THREADS);
        binding = started;
        return started;
    }

    /** Runs the action, which calls {@link #finish}; on the event loop. */
    void finishBy(Runnable finish) {
        finishing = true;
        try {
            finish.run();
        } finally {
            finishing = false;
        }
    }

    /** {@return the result of the bind} If this throws the bind's failure, another bind may be started. */
    Bound finish() throws Exception {
        CompletableFuture<Bound> finished = binding;
        if (finished == null || !finishing) {
            throw new AlreadyBoundException();
        }
        try {
            return finished.join();
        } catch (CompletionException e) {
            binding = null;
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    /**
     * Waits for a bind that is under way; then frees the memory, as soon as no frame refers to it, and closes the
     * socket.
     */
    void release() throws IOException {
        if (!released.compareAndSet(false, true)) {
            return;
        }
        CompletableFuture<Bound> started = binding;
        Bound result =
                started == null ? null : started.exceptionally(failure -> null).join();
        if (result == null) {
            socket.close();
        } else {
            result.frames().close(this::closeSocket);
        }
    }

    private void closeSocket() {
        try {
            socket.close();
        } catch (IOException e) {
            LOGGER.warn("closing a packet socket failed", e);
        }
    }
}
