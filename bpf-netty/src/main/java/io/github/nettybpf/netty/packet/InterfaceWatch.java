package io.github.nettybpf.netty.packet;

import io.netty.channel.EventLoop;
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
    private boolean down;

    InterfaceWatch(PacketChannel channel, PacketSocket socket) {
        this.channel = channel;
        this.socket = socket;
    }

    /** The kernel said that the interface is down. */
    void wentDown() {
        if (down) {
            return;
        }
        down = true;
        channel.pipeline().fireUserEventTriggered(PacketInterfaceEvent.DOWN);
        look(0);
    }

    private void look(long waitedMillis) {
        PacketAddress bound = channel.boundAddress();
        if (bound == null || !channel.isActive()) {
            return;
        }
        String name = bound.interfaceName();
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
        if (waitedMillis > 0 && isUp(name)) {
            down = false;
            channel.pipeline().fireUserEventTriggered(PacketInterfaceEvent.UP);
            return;
        }
        long next = Math.min(Math.max(FIRST_MILLIS, 2 * waitedMillis), LONGEST_MILLIS);
        EventLoop loop = channel.eventLoop();
        if (!loop.isShuttingDown()) {
            loop.schedule(() -> look(next), next, TimeUnit.MILLISECONDS);
        }
    }

    private boolean isUp(@Nullable String name) {
        return name != null && socket.isInterfaceUp(name);
    }
}
