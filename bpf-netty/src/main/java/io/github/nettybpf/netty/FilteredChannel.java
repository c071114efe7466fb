package io.github.nettybpf.netty;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Placement;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A channel whose socket takes filters, and which tells a {@link BpfFilterHandler} itself what it has to know. Netty's
 * own channels need no such thing: what their sockets show to a filter is known here.
 *
 * <p>The raw options of the socket are reached through {@link Channel#config}, as on Netty's unix channels. It is not
 * assumed that nothing is waiting once the socket's receive queue is empty: packets may lie in a ring beside it.
 *
 * <p>All methods may be called from any thread, {@link #newPacketView} on the event loop alone.
 */
public interface FilteredChannel extends Channel {
    /** {@return what offset 0 is to a filter of this channel's socket} */
    Placement placement();

    /**
     * {@return the extensions that the messages of this channel answer as the kernel does, beside those of any packet}
     */
    Set<Extension> knownExtensions();

    /** {@return a new view of this channel's messages, for one handler} */
    PacketView newPacketView();

    /**
     * {@return the bind that is under way off the event loop, or null if there is none} Until it is done, the handler
     * leaves the socket's filter alone.
     */
    @Nullable
    ChannelFuture bindUnderWay();
}
