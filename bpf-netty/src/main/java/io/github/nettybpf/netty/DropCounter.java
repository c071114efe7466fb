package io.github.nettybpf.netty;

import io.netty.channel.Channel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

/**
 * Adds up what a socket's 32-bit count of drops goes on by, so that the sum neither wraps nor starts again. The last
 * figure of a socket is gone with the socket. For any thread.
 */
final class DropCounter {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(BpfFilterHandler.class);

    private final Channel channel;
    private long seen;
    private long sum;

    DropCounter(Channel channel) {
        this.channel = channel;
    }

    /** What was dropped before is somebody else's. */
    synchronized void start() {
        seen = SocketFilters.drops(channel);
    }

    /**
     * {@return the sum}
     *
     * @param goesOn whether what was dropped since the last call counts
     */
    synchronized long count(boolean goesOn) {
        if (goesOn && channel.isOpen()) {
            try {
                long now = SocketFilters.drops(channel);
                sum += (now - seen) & 0xffff_ffffL;
                seen = now;
            } catch (SocketFilterException e) {
                LOGGER.debug("{} does not tell its drops; the figure before stands", channel, e);
            }
        }
        return sum;
    }
}
