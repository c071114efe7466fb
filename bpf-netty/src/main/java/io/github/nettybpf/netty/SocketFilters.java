package io.github.nettybpf.netty;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RawInstruction;
import io.github.nettybpf.core.VerificationException;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.github.nettybpf.netty.memory.SockFprog;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.unix.DomainDatagramChannel;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The socket filter of a channel: SO_ATTACH_FILTER and its relatives, on the epoll and io_uring transports of Linux.
 *
 * <p>The calls are system calls on the channel's socket, and may be made from any thread while the channel is open. A
 * {@link BpfFilterHandler} is not told of them: do not use both on one channel. Source: socket(7), and net/core/filter.c of the kernel.
 */
public final class SocketFilters {
    static final int SOL_SOCKET = 1;
    private static final int SOL_UDP = 17;
    static final int SO_ATTACH_FILTER = 26;
    private static final int SO_DETACH_FILTER = 27;
    private static final int SO_LOCK_FILTER = 44;
    private static final int SO_MEMINFO = 55;
    private static final int UDP_GRO = 104;

    private static final int EPERM = 1;
    private static final int ENOENT = 2;
    private static final int EBADF = 9;
    private static final int ENOMEM = 12;
    static final int EINVAL = 22;
    private static final int ENOPROTOOPT = 92;

    private static final String GET_FILTER = "SO_GET_FILTER";

    private static final int MEMINFO_BYTES = 36;
    private static final int MEMINFO_RMEM_ALLOC = 0;
    private static final int MEMINFO_DROPS = 8;

    private static final Path OPTMEM_MAX = Path.of("/proc/sys/net/core/optmem_max");
    private static final boolean LINUX =
            System.getProperty("os.name", "").toLowerCase(Locale.ROOT).equals("linux");

    private static final IntegerUnixChannelOption DETACH =
            new IntegerUnixChannelOption("SO_DETACH_FILTER", SOL_SOCKET, SO_DETACH_FILTER);
    private static final IntegerUnixChannelOption LOCK =
            new IntegerUnixChannelOption("SO_LOCK_FILTER", SOL_SOCKET, SO_LOCK_FILTER);
    private static final IntegerUnixChannelOption GRO = new IntegerUnixChannelOption("UDP_GRO", SOL_UDP, UDP_GRO);
    private static final RawUnixChannelOption MEMINFO =
            new RawUnixChannelOption("SO_MEMINFO", SOL_SOCKET, SO_MEMINFO, MEMINFO_BYTES);

    private SocketFilters() {}

    /**
     * Attaches the program to the channel's socket, in place of the present one, and reads it back. Packets that are
     * queued already keep the verdict that they were given: attach before the channel is bound or connected.
     *
     * @param channel an epoll or io_uring channel
     * @param program the program; its offset 0 is where the kind of socket has it, see
     *     {@link io.github.nettybpf.core.Placement}
     * @throws SocketFilterException if the socket does not have the filter afterwards, or, with reason
     *     {@link Reason#NOT_INSTALLED}, does not prove it; with reason {@link Reason#UNSUPPORTED} if the socket is of a
     *     kind that is not known to run filters, such as a unix stream socket
     */
    public static void attach(Channel channel, Program program) {
        requireSupport(channel, "SO_ATTACH_FILTER");
        requirePlacement(channel);
        try (SockFprog fprog = new SockFprog(program)) {
            ByteBuffer value = fprog.value();
            set(channel, attachOption(value), value, program);
            // gVisor answers success and does nothing.
            if (!isAttached(channel, fprog.instructions())) {
                throw new SocketFilterException(
                        Reason.NOT_INSTALLED,
                        "SO_ATTACH_FILTER succeeded, but the filter read back is not the program (expected: a kernel"
                                + " that filters)");
            }
        }
    }

    private static RawUnixChannelOption attachOption(ByteBuffer value) {
        return new RawUnixChannelOption("SO_ATTACH_FILTER", SOL_SOCKET, SO_ATTACH_FILTER, value.remaining());
    }

    private static boolean isAttached(Channel channel, ByteBuffer instructions) {
        try {
            return ask(channel, socket -> GetFilter.isAttached(socket, instructions));
        } catch (SocketFilterException e) {
            throw new SocketFilterException(
                    Reason.NOT_INSTALLED,
                    "SO_ATTACH_FILTER succeeded, but the filter cannot be read back: " + e.getMessage(),
                    e);
        }
    }

    /**
     * Detaches the filter: from now on the socket receives everything.
     *
     * @param channel an epoll or io_uring channel
     * @throws SocketFilterException if there is none, or it is locked
     */
    public static void detach(Channel channel) {
        requireSupport(channel, "SO_DETACH_FILTER");
        set(channel, DETACH, 0, null);
    }

    /**
     * Locks the filter, or that there is none: no filter can be attached or detached until the socket is closed.
     *
     * @param channel an epoll or io_uring channel
     * @throws SocketFilterException if the socket does not take the option
     */
    public static void lock(Channel channel) {
        requireSupport(channel, "SO_LOCK_FILTER");
        set(channel, LOCK, 1, null);
    }

    /**
     * {@return the program that the socket has, or empty if it has none}
     *
     * @param channel an epoll or io_uring channel
     * @throws SocketFilterException if the socket does not tell
     */
    public static Optional<Program> read(Channel channel) {
        List<RawInstruction> raw = ask(channel, GetFilter::instructions);
        try {
            return raw.isEmpty() ? Optional.empty() : Optional.of(Program.ofRaw(raw));
        } catch (VerificationException e) {
            throw new SocketFilterException(
                    Reason.NOT_INSTALLED, "the socket gave back what is no program: " + e.getMessage(), e);
        }
    }

    /** {@return whether the socket has a filter} Cheaper than {@link #read(Channel)}. */
    static boolean isAttached(Channel channel) {
        return ask(channel, GetFilter::isAttached);
    }

    /**
     * {@return how many packets the socket has dropped, modulo 2<sup>32</sup>} By its filter, because its receive queue
     * was full, or because of a bad checksum: the kernel counts them together (SK_MEMINFO_DROPS). A unix socket counts
     * none of them.
     *
     * @param channel an epoll or io_uring channel
     * @throws SocketFilterException if the socket does not tell
     */
    public static long drops(Channel channel) {
        return meminfo(channel, MEMINFO_DROPS);
    }

    /**
     * Attaches the program to a socket that is no channel's, or not yet, in place of the one that is there.
     *
     * @param socket the socket
     * @param program the program
     * @throws IOException if the kernel does not take it; or a {@link ChannelException}, depending on the error
     */
    public static void attach(Socket socket, Program program) throws IOException {
        try (SockFprog fprog = new SockFprog(program)) {
            socket.setRawOpt(SOL_SOCKET, SO_ATTACH_FILTER, fprog.value());
        }
    }

    /**
     * Detaches the filter of a socket that is no channel's, or not yet.
     *
     * @param socket the socket
     * @throws IOException if there is none, or it is locked; or a {@link ChannelException}, depending on the error
     */
    public static void detach(Socket socket) throws IOException {
        socket.setIntOpt(SOL_SOCKET, SO_DETACH_FILTER, 0);
    }

    /**
     * {@return the program that a socket has which is no channel's, or not yet; or empty if it has none}
     *
     * @param socket the socket
     * @throws IOException if the socket does not tell; or a {@link ChannelException}, depending on the error
     */
    public static Optional<Program> read(Socket socket) throws IOException {
        List<RawInstruction> raw = GetFilter.instructions(socket);
        return raw.isEmpty() ? Optional.empty() : Optional.of(Program.ofRaw(raw));
    }

    /**
     * {@return whether {@link #receiveQueueBytes} is 0 only where nothing is queued} A unix socket charges the sender
     * and always says 0; a {@link FilteredChannel} may have packets in a ring.
     */
    static boolean tellsReceiveQueue(Channel channel) {
        return channel instanceof DatagramChannel;
    }

    /**
     * {@return whether the channel's socket is a UDP socket without a port, which receives nothing} A channel can be
     * active before it is bound; and the kernel binds a socket that sends, which the channel does not know.
     */
    static boolean isUnbound(Channel channel) {
        if (channel instanceof DatagramChannel
                && channel instanceof UnixChannel unix
                && unix.fd() instanceof Socket udp) {
            InetSocketAddress local = udp.localAddress();
            return local != null && local.getPort() == 0;
        }
        return false;
    }

    /** {@return how many bytes of the receive queue are taken, where {@link #tellsReceiveQueue}} */
    static long receiveQueueBytes(Channel channel) {
        return meminfo(channel, MEMINFO_RMEM_ALLOC);
    }

    /**
     * {@return whether the UDP channel's socket coalesces datagrams (UDP_GRO), so that a filter judges several at once}
     *
     * @throws SocketFilterException if the socket does not tell
     */
    static boolean coalescesDatagrams(Channel channel) {
        try {
            Integer gro = channel.config().getOption(GRO);
            return gro != null && gro != 0;
        } catch (ChannelException e) {
            if (errno(e) == ENOPROTOOPT) {
                return false; // before Linux 5.0
            }
            throw failure(channel, GRO.name(), null, e);
        }
    }

    /**
     * {@return what offset 0 is to a filter of the channel's socket} Only the kinds of socket that are known to run
     * their filters have one: a unix stream socket, for one, takes a filter, gives it back, and never runs it.
     *
     * @throws SocketFilterException if the channel is of no such kind
     */
    static Placement requirePlacement(Channel channel) {
        Placement placement = placement(channel);
        if (placement != null) {
            return placement;
        }
        throw new SocketFilterException(
                Reason.UNSUPPORTED,
                channel.getClass().getSimpleName() + ": its socket is not known to run a filter (expected: a UDP, TCP,"
                        + " unix datagram or packet channel)");
    }

    /** {@return what offset 0 is to a filter of the channel's socket, or null if the kind of socket is not known} */
    static @Nullable Placement placement(Channel channel) {
        if (channel instanceof DatagramChannel) {
            return Placement.UDP_SOCKET;
        } else if (channel instanceof FilteredChannel filtered) {
            return filtered.placement();
        } else if (channel instanceof DomainDatagramChannel) {
            return Placement.PAYLOAD;
        }
        return isTcp(channel) ? Placement.TCP_SOCKET : null;
    }

    /**
     * {@return whether the channel passes on several datagrams as one} Of Netty's channels only the epoll channel takes
     * apart what its socket coalesces, and in Netty 4.2.18 not where it reads by recvmmsg.
     *
     * @throws SocketFilterException if the socket does not tell
     */
    static boolean passesCoalesced(Channel channel) {
        if (!(channel instanceof DatagramChannel) || !isSupported(channel)) {
            return false;
        }
        boolean isEpoll = channel.getClass().getName().equals("io.netty.channel.epoll.EpollDatagramChannel");
        Integer byRecvmmsg = isEpoll ? channel.config().getOption(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE) : null;
        boolean takesApart = isEpoll && (byRecvmmsg == null || byRecvmmsg <= 0);
        return !takesApart && coalescesDatagrams(channel);
    }

    /** {@return whether the channel could take a filter at all} */
    static boolean isSupported(Channel channel) {
        return LINUX && channel instanceof UnixChannel;
    }

    private static long meminfo(Channel channel, int index) {
        requireSupport(channel, "SO_MEMINFO");
        ByteBuffer info = get(channel, MEMINFO);
        return Integer.toUnsignedLong(info.getInt(info.position() + 4 * index));
    }

    private static void requireSupport(Channel channel, String option) {
        if (!isSupported(channel)) {
            throw new SocketFilterException(
                    Reason.UNSUPPORTED,
                    option + " on " + channel.getClass().getSimpleName()
                            + " (expected: an epoll or io_uring channel on Linux)");
        }
    }

    /** A question to a socket about its filter. */
    @FunctionalInterface
    private interface Question<T> {
        T ask(Socket socket) throws IOException;
    }

    private static <T> T ask(Channel channel, Question<T> question) {
        requireSupport(channel, GET_FILTER);
        try {
            if (((UnixChannel) channel).fd() instanceof Socket socket) {
                return question.ask(socket);
            }
        } catch (ChannelException e) {
            throw failure(channel, GET_FILTER, null, e);
        } catch (IOException e) {
            throw failure(channel, GET_FILTER, null, new ChannelException(e));
        }
        throw new SocketFilterException(
                Reason.UNSUPPORTED,
                GET_FILTER + " on " + channel.getClass().getSimpleName() + ": its file descriptor is not a socket");
    }

    private static ByteBuffer get(Channel channel, RawUnixChannelOption option) {
        ByteBuffer value;
        try {
            value = channel.config().getOption(option);
        } catch (ChannelException e) {
            throw failure(channel, option.name(), null, e);
        }
        if (value == null) {
            throw new SocketFilterException(
                    Reason.UNSUPPORTED,
                    option.name() + " on " + channel.getClass().getSimpleName()
                            + ": the channel does not know raw options");
        }
        return value.order(ByteOrder.nativeOrder());
    }

    private static <T> void set(Channel channel, ChannelOption<T> option, T value, @Nullable Program program) {
        boolean taken;
        try {
            taken = channel.config().setOption(option, value);
        } catch (ChannelException e) {
            throw failure(channel, option.name(), program, e);
        }
        if (!taken) {
            throw new SocketFilterException(
                    Reason.UNSUPPORTED,
                    option.name() + " on " + channel.getClass().getSimpleName()
                            + ": the channel does not know raw options");
        }
    }

    private static boolean isTcp(Channel channel) {
        return channel instanceof SocketChannel || channel instanceof ServerSocketChannel;
    }

    private static SocketFilterException failure(
            Channel channel, String name, @Nullable Program program, ChannelException e) {
        if (!channel.isOpen()) {
            return new SocketFilterException(Reason.CLOSED, name + ": the channel is closed", e);
        }
        return switch (errno(e)) {
            case EPERM ->
                isLocked(channel)
                        ? new SocketFilterException(Reason.LOCKED, name + ": the filter is locked (SO_LOCK_FILTER)", e)
                        : new SocketFilterException(
                                Reason.PERMISSION,
                                name + ": not permitted (EPERM): "
                                        + (isTcp(channel)
                                                ? "a filter of a TCP socket needs CAP_NET_ADMIN"
                                                : "a security profile forbids it (expected: one that allows socket filters)"),
                                e);
            case ENOMEM -> new SocketFilterException(Reason.NO_MEMORY, name + ": " + noMemory(program), e);
            case EINVAL ->
                program == null
                        ? new SocketFilterException(Reason.OTHER, name + ": invalid argument (EINVAL)", e)
                        : new SocketFilterException(
                                Reason.REFUSED, name + ": the kernel refuses the program (EINVAL)", e);
            case ENOENT -> new SocketFilterException(Reason.NOT_ATTACHED, name + ": there is no filter (ENOENT)", e);
            case EBADF -> new SocketFilterException(Reason.CLOSED, name + ": the channel is closed", e);
            case ENOPROTOOPT ->
                new SocketFilterException(
                        Reason.UNSUPPORTED, name + ": the socket does not know this option (ENOPROTOOPT)", e);
            default -> new SocketFilterException(Reason.OTHER, name + ": " + e.getMessage(), e);
        };
    }

    /**
     * Netty's setsockopt leaves only the C library's text of the error, which depends on its locale: compared with the
     * texts that the same library has for the errors in question. These follow "failed with error(-1)", or "failed" in
     * Netty 4.2.0.
     */
    static int errno(ChannelException e) {
        String message = String.valueOf(e.getMessage());
        for (int errno : new int[] {EPERM, ENOENT, EBADF, ENOMEM, EINVAL, ENOPROTOOPT}) {
            String described = String.valueOf(new NativeIoException("", -errno).getMessage());
            if (message.endsWith(described.substring(described.indexOf(": ")))) {
                return errno;
            }
        }
        return 0;
    }

    /**
     * {@return the limit of a socket's option memory in bytes (net.core.optmem_max), or empty if it cannot be read here} The
     * charges of a socket's filters, {@link Program#kernelCost}, must stay below it.
     */
    public static OptionalLong optmemMax() {
        try {
            // In one read: a second read of a sysctl file returns nothing.
            return OptionalLong.of(
                    Long.parseLong(Files.readAllLines(OPTMEM_MAX).get(0).strip()));
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException notLinux) {
            return OptionalLong.empty();
        }
    }

    private static String noMemory(@Nullable Program program) {
        OptionalLong limit = optmemMax();
        String max = limit.isPresent() ? Long.toString(limit.getAsLong()) : "not readable here";
        String cost = program == null ? "" : " the filter costs " + program.kernelCost() + " bytes;";
        return "the socket's option memory is full (ENOMEM):" + cost + " net.core.optmem_max is " + max;
    }

    private static boolean isLocked(Channel channel) {
        try {
            Integer locked = channel.config().getOption(LOCK);
            return locked != null && locked != 0;
        } catch (ChannelException e) {
            return false;
        }
    }
}
