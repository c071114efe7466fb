package io.github.nettybpf.netty;

import io.netty.channel.Channel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

/**
 * Adds up the increments of a socket's 32-bit count of drops, so that the sum neither wraps nor starts again. A socket
 * that does not tell counts nothing, which decides about no filter. For any thread.
 */
final class DropCounter {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(BpfFilterHandler.class);

    private final Channel channel;
    private boolean known;
    private long seen;
    private long sum;

    DropCounter(Channel channel) {
        this.channel = channel;
    }

    /** Starts to count: what was dropped before was dropped for another reason. */
    synchronized void start() {
        known = false;
        count(true);
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
                if (known) {
                    sum += (now - seen) & 0xffff_ffffL;
                }
                seen = now;
                known = true;
            } catch (SocketFilterException e) {
                LOGGER.debug("{} does not tell its drops; the figure before stands", channel, e);
            }
        }
        return sum;
    }
}
