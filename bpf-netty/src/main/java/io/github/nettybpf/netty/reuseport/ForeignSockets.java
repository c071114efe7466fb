package io.github.nettybpf.netty.reuseport;

import io.netty.channel.Channel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.util.List;

/** Looks for sockets of others that have joined a group, and warns once of each list of them. */
final class ForeignSockets {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(ReusePortGroup.class);

    private final Object group;
    private List<String> before = List.of();

    /**
     * Makes the search.
     *
     * @param group what warnings are about
     */
    ForeignSockets(Object group) {
        this.group = group;
    }

    /** {@return the sockets of the port that are not the group's own; none if they cannot be listed} */
    List<String> find(List<Channel> own) {
        List<String> found;
        try {
            found = PortSockets.foreign(own);
        } catch (IOException e) {
            LOGGER.debug("{}: the sockets of the port cannot be listed", group, e);
            return List.of();
        }
        synchronized (this) {
            if (!found.isEmpty() && !found.equals(before)) {
                LOGGER.warn("{}: other sockets are bound to the port and share what is received: {}", group, found);
            }
            before = found;
        }
        return found;
    }
}
