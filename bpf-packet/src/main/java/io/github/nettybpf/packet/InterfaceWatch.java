package io.github.nettybpf.packet;

import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Polls an interface that went down, until it is up again or deleted, and any interface for its hardware address. The
 * kernel reports only that it went down (ENETDOWN) to a socket. Used by one event loop.
 */
final class InterfaceWatch {
    private static final long FIRST_MILLIS = 10;
    private static final long LONGEST_MILLIS = 500;

    private final PacketChannel channel;
    private final PacketSocket socket;

    /** Whether channelActive was fired: events of the interface are fired after it. */
    private boolean started;

    private boolean down;

    private @Nullable Future<?> nextPoll;

    InterfaceWatch(PacketChannel channel, PacketSocket socket) {
        this.channel = channel;
        this.socket = socket;
    }

    /** Called after channelActive was fired. */
    void start() {
        started = true;
        if (down) {
            fireDown();
        }
    }

    /** Called when the socket reports that the interface is down. */
    void wentDown() {
        if (down) {
            return;
        }
        down = true;
        if (started) {
            fireDown();
        }
    }

    private void fireDown() {
        channel.pipeline().fireUserEventTriggered(PacketInterfaceEvent.DOWN);
        poll(0);
    }

    /** Resumes polling: the channel has an event loop, perhaps a new one. */
    void registered() {
        if (started && down) {
            pollAfter(FIRST_MILLIS);
        }
    }

    void deregistered() {
        Future<?> next = nextPoll;
        if (next != null) {
            nextPoll = null;
            next.cancel(false);
        }
    }

    /** Tells if the hardware address of the interface has changed. */
    void checkAddress() {
        PacketAddress bound = channel.boundAddress();
        if (!started || bound == null || bound.interfaceIndex() == 0 || !channel.isActive()) {
            return;
        }
        PacketAddress now;
        try {
            now = socket.localAddress(bound.interfaceName());
        } catch (IOException e) {
            channel.pipeline().fireExceptionCaught(e);
            return;
        }
        // An interface that was deleted has no address, for a moment under its old index; that it was is told
        // otherwise.
        boolean isGone = now.interfaceIndex() != bound.interfaceIndex() || now.hardwareAddress().length == 0;
        if (!isGone && !Arrays.equals(now.hardwareAddress(), bound.hardwareAddress())) {
            channel.addressChanged(now);
            channel.pipeline().fireUserEventTriggered(PacketInterfaceEvent.ADDRESS_CHANGED);
        }
    }

    private void pollAfter(long millis) {
        deregistered();
        if (!channel.eventLoop().isShuttingDown()) {
            nextPoll = channel.eventLoop().schedule(() -> poll(millis), millis, TimeUnit.MILLISECONDS);
        }
    }

    private void poll(long waitedMillis) {
        PacketAddress bound = channel.boundAddress();
        // A handler may have closed or deregistered the channel.
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
        pollAfter(Math.min(Math.max(FIRST_MILLIS, 2 * waitedMillis), LONGEST_MILLIS));
    }
}
