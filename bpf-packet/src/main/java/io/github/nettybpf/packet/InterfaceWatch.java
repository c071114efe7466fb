package io.github.nettybpf.packet;

import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what becomes of an interface that went down. The kernel tells a socket that it did, and nothing more: not that
 * it is up again, and not that it was deleted afterwards. Used by one event loop.
 */
final class InterfaceWatch {
    private static final long FIRST_MILLIS = 10;
    private static final long LONGEST_MILLIS = 500;

    private final PacketChannel channel;
    private final PacketSocket socket;

    /** Whether the pipeline knows that the channel is active: it hears of the interface after that. */
    private boolean started;

    private boolean down;

    private @Nullable Future<?> nextLook;

    InterfaceWatch(PacketChannel channel, PacketSocket socket) {
        this.channel = channel;
        this.socket = socket;
    }

    /** The pipeline knows that the channel is active. */
    void start() {
        started = true;
        if (down) {
            tell();
        }
    }

    /** The kernel said that the interface is down. */
    void wentDown() {
        if (down) {
            return;
        }
        down = true;
        if (started) {
            tell();
        }
    }

    private void tell() {
        channel.pipeline().fireUserEventTriggered(PacketInterfaceEvent.DOWN);
        look(0);
    }

    /** The channel has an event loop, perhaps another one than before. */
    void registered() {
        if (started && down) {
            lookAfter(FIRST_MILLIS);
        }
    }

    void deregistered() {
        Future<?> next = nextLook;
        if (next != null) {
            nextLook = null;
            next.cancel(false);
        }
    }

    private void lookAfter(long millis) {
        deregistered();
        if (!channel.eventLoop().isShuttingDown()) {
            nextLook = channel.eventLoop().schedule(() -> look(millis), millis, TimeUnit.MILLISECONDS);
        }
    }

    private void look(long waitedMillis) {
        PacketAddress bound = channel.boundAddress();
        // A handler may have closed the channel, or taken it from its event loop.
        if (bound == null || !channel.isActive() || !channel.isRegistered()) {
            return;
        }
        try {
            if (socket.isInterfaceGone()) {
                channel.pipeline().fireUserEventTriggered(PacketInterfaceEvent.DELETED);
                channel.close();
                return;
            }
        } catch (IOException e) {
            channel.pipeline().fireExceptionCaught(e);
            channel.close();
            return;
        }
        if (waitedMillis > 0 && socket.isInterfaceUp(bound.interfaceIndex())) {
            down = false;
            channel.pipeline().fireUserEventTriggered(PacketInterfaceEvent.UP);
            return;
        }
        lookAfter(Math.min(Math.max(FIRST_MILLIS, 2 * waitedMillis), LONGEST_MILLIS));
    }
}
