package io.github.nettybpf.netty.reuseport;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.SocketFilters;
import io.github.nettybpf.netty.memory.SockFprog;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The options of a channel's socket that a group needs.
 *
 * <p>Source: SO_REUSEPORT and SO_ATTACH_REUSEPORT_CBPF in socket(7), SO_MEMINFO in net/core/sock.c of the kernel.
 */
final class GroupSocket {
    private static final int SOL_SOCKET = 1;
    private static final int SO_ATTACH_REUSEPORT_CBPF = 51;
    private static final int SO_MEMINFO = 55;
    private static final int MEMINFO_BYTES = 36;

    private static final RawUnixChannelOption MEMINFO =
            new RawUnixChannelOption("SO_MEMINFO", SOL_SOCKET, SO_MEMINFO, MEMINFO_BYTES);

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(ReusePortGroup.class);
    private static final Program NOTHING = Program.parse("ret #0");

    private GroupSocket() {}

    /**
     * Lets the socket share its port.
     *
     * @throws ChannelException if it does not
     */
    static void share(Channel channel) {
        if (!channel.config().setOption(UnixChannelOption.SO_REUSEPORT, true)) {
            throw unknown(channel, "SO_REUSEPORT");
        }
    }

    /**
     * Sets the program that chooses among the sockets of the group, in place of the present one, before the first socket
     * is bound or later. Nothing reads it back.
     *
     * @throws ChannelException if the socket does not take it
     */
    static void steer(Channel channel, Program program) {
        try (SockFprog fprog = new SockFprog(program)) {
            ByteBuffer value = fprog.value();
            RawUnixChannelOption option = new RawUnixChannelOption(
                    "SO_ATTACH_REUSEPORT_CBPF", SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, value.remaining());
            if (!channel.config().setOption(option, value)) {
                throw unknown(channel, option.name());
            }
        }
    }

    /**
     * Lets a UDP socket that nothing is steered to take nothing all the same, such as a multicast, which all sockets get. If
     * it does not take the filter, multicasts fill its receive queue.
     */
    static void keepEmpty(Channel channel) {
        if (!(channel instanceof DatagramChannel)) {
            return; // a listener would need CAP_NET_ADMIN
        }
        try {
            SocketFilters.attach(channel, NOTHING);
        } catch (ChannelException e) {
            LOGGER.debug("{} may take multicasts, and keeps them", channel, e);
        }
    }

    /**
     * {@return how many bytes of memory the datagrams take that wait in the receive queue}
     *
     * @throws ChannelException if the socket does not tell
     */
    static long queuedBytes(Channel channel) {
        ByteBuffer info = channel.config().getOption(MEMINFO);
        if (info == null) {
            throw unknown(channel, MEMINFO.name());
        }
        return Integer.toUnsignedLong(info.order(ByteOrder.nativeOrder()).getInt(info.position()));
    }

    private static ChannelException unknown(Channel channel, String option) {
        return new ChannelException(
                option + " on " + channel.getClass().getSimpleName() + " (expected: an epoll or io_uring channel)");
    }
}
