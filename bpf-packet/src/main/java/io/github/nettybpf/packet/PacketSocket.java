package io.github.nettybpf.packet;

import com.sun.jna.Pointer;
import io.github.nettybpf.packet.PacketChannelConfig.Settings;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A packet socket (AF_PACKET). It is made for protocol 0, so that it receives nothing before it is bound: by then it has
 * its filter, and its ring. Calls that change it are for one thread at a time; figures are for any.
 *
 * <p>Source: packet(7), netdevice(7), net/packet/af_packet.c of the kernel.
 */
final class PacketSocket {
    static final int SOL_PACKET = 263;
    static final int PACKET_AUXDATA = 8;

    private static final int AF_PACKET = 17;
    private static final int NONBLOCK_CLOEXEC = 0x800 | 0x80000;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final int PACKET_DROP_MEMBERSHIP = 2;
    private static final int PACKET_RX_RING = 5;
    private static final int PACKET_STATISTICS = 6;
    private static final int PACKET_VERSION = 10;
    private static final int PACKET_RESERVE = 12;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final int TPACKET_V3 = 2;
    private static final int PACKET_MR_PROMISC = 1;
    private static final int SOL_SOCKET = 1;
    private static final int SO_TIMESTAMPNS = 35;

    /** The kernel asks for it, and does not use it: a frame takes what room it needs. */
    private static final int FRAME_SIZE = 1 << 11;

    private final @Nullable Socket socket;
    private final @Nullable SocketException refusal;

    private long packets;
    private long drops;
    private int receiveBufferSize;
    private int sendBufferSize;
    private boolean closed;
    private FanoutPrograms.@Nullable Membership membership;

    private PacketSocket(@Nullable Socket socket, @Nullable SocketException refusal) {
        this.socket = socket;
        this.refusal = refusal;
    }

    /** {@return a new socket}, or one that says in {@link #refusal} why there is none. */
    static PacketSocket open(PacketChannel.Type type) {
        int fd;
        try {
            fd = Kernel.openSocket(AF_PACKET, type.number | NONBLOCK_CLOEXEC, 0);
        } catch (LinkageError e) {
            SocketException refusal = new SocketException(
                    e instanceof NoClassDefFoundError
                            ? "no packet sockets without JNA (expected: net.java.dev.jna:jna-jpms, or jna, on the class or"
                                    + " module path): " + e
                            : "no packet sockets here: " + e);
            refusal.initCause(e);
            return new PacketSocket(null, refusal);
        }
        return fd >= 0 ? new PacketSocket(new Socket(fd), null) : new PacketSocket(null, refusal(-fd));
    }

    private static SocketException refusal(int errno) {
        if (errno != Kernel.EPERM && errno != Kernel.EACCES) {
            return new SocketException("socket(AF_PACKET): " + new NativeIoException("socket", -errno).getMessage());
        }
        return new SocketException(
                "socket(AF_PACKET): not permitted: a packet socket needs CAP_NET_RAW (expected: root; or"
                        + " AmbientCapabilities=CAP_NET_RAW in the systemd unit; or `setcap cap_net_raw+ep` on a java of its own, whose"
                        + " lib folder ldconfig then has to know; or, in a network namespace of its own, `unshare -Urn`)");
    }

    /** {@return why there is no socket}, or null. */
    @Nullable
    SocketException refusal() {
        return refusal;
    }

    Socket fd() {
        if (socket == null) {
            throw new ChannelException(refusal);
        }
        return socket;
    }

    private int number() {
        return fd().intValue();
    }

    /** What a bound socket is: where it is bound to, and where its frames come from. */
    record Bound(PacketAddress local, FrameSource frames) {}

    /**
     * Makes the way that frames come by, and binds: the socket has its filter by now, if it is to have one. Takes some 20
     * ms, and more with a large ring.
     *
     * @param wakeup see {@link PacketRing}
     */
    Bound bind(PacketAddress wanted, Settings settings, Runnable wakeup) throws IOException {
        PacketAddress address = resolve(wanted);
        outgoing(settings.outgoing());
        if (settings.promiscuous()) {
            promiscuous(address.interfaceIndex(), true);
        }
        FrameSource frames = null;
        try {
            frames = source(settings, address, wakeup);
            PacketFanout fanout = settings.fanout();
            if (fanout == null) {
                Kernel.bindTo(number(), address.encode());
            } else {
                membership = FanoutPrograms.enter(fd(), fanout);
                FanoutJoin.bind(fd(), fanout, () -> Kernel.bindTo(number(), address.encode()));
            }
            return new Bound(localAddress(address.interfaceName()), frames);
        } catch (IOException | RuntimeException e) {
            if (frames != null) {
                frames.close(this::forgetRing);
            }
            if (settings.promiscuous()) {
                promiscuous(address.interfaceIndex(), false);
            }
            throw e;
        }
    }

    private FrameSource source(Settings settings, PacketAddress address, Runnable wakeup) throws IOException {
        if (settings.receiveMode() == ReceiveMode.READ) {
            set("PACKET_AUXDATA", SOL_PACKET, PACKET_AUXDATA, 1);
            set("SO_TIMESTAMPNS", SOL_SOCKET, SO_TIMESTAMPNS, 1);
            return new FrameReader(number(), settings, address);
        }
        set("PACKET_VERSION", SOL_PACKET, PACKET_VERSION, TPACKET_V3);
        set("PACKET_RESERVE", SOL_PACKET, PACKET_RESERVE, VlanTag.BYTES);
        setRing(settings.blockSize(), settings.blockCount(), settings.retireMillis());
        Pointer mapped;
        try {
            mapped = Kernel.map(number(), settings.ringBytes());
        } catch (IOException e) {
            forgetRing();
            throw e;
        }
        return new PacketRing(mapped, settings, address, wakeup);
    }

    private void setRing(int blockSize, int blockCount, int retireMillis) throws IOException {
        ByteBuffer request = ByteBuffer.allocate(28).order(ByteOrder.nativeOrder());
        request.putInt(blockSize).putInt(blockCount);
        request.putInt(blockCount == 0 ? 0 : FRAME_SIZE).putInt((int) ((long) blockSize * blockCount / FRAME_SIZE));
        request.putInt(retireMillis).putInt(0).putInt(0).flip();
        set(
                "PACKET_RX_RING of " + blockCount + " blocks of " + blockSize
                        + " bytes (expected: BLOCK_SIZE a multiple of the page size; BLOCK_COUNT times BLOCK_SIZE below 8 TiB, and"
                        + " no more than the kernel has memory for)",
                PACKET_RX_RING,
                request);
    }

    /** So that the socket can be bound again, otherwise. */
    private void forgetRing() {
        try {
            setRing(0, 0, 0);
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    /** Netty answers with an unchecked exception that has the C library's words, and not what was to be set. */
    private void set(String name, int level, int option, int value) throws IOException {
        try {
            fd().setIntOpt(level, option, value);
        } catch (ChannelException e) {
            throw new IOException(name + ": " + e.getMessage(), e);
        }
    }

    private void set(String name, int option, ByteBuffer value) throws IOException {
        try {
            fd().setRawOpt(SOL_PACKET, option, value);
        } catch (ChannelException e) {
            throw new IOException(name + ": " + e.getMessage(), e);
        }
    }

    void outgoing(boolean shown) throws IOException {
        // An older kernel does not know it: then it shows them, as is asked for by default.
        if (!shown || ignoresOutgoing()) {
            set("PACKET_IGNORE_OUTGOING", SOL_PACKET, PACKET_IGNORE_OUTGOING, shown ? 0 : 1);
        }
    }

    private boolean ignoresOutgoing() {
        try {
            return fd().getIntOpt(SOL_PACKET, PACKET_IGNORE_OUTGOING) != 0;
        } catch (IOException | ChannelException notKnown) {
            return false;
        }
    }

    void promiscuous(int interfaceIndex, boolean on) throws IOException {
        if (interfaceIndex == 0) {
            throw new IOException("PROMISCUOUS on any interface (expected: a channel that is bound to one)");
        }
        ByteBuffer request = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
        request.putInt(interfaceIndex).putShort((short) PACKET_MR_PROMISC).position(0);
        set("PACKET_MR_PROMISC", on ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP, request);
    }

    /** {@return the address with its interface's index}, looked up in the socket's network namespace. */
    PacketAddress resolve(PacketAddress address) throws IOException {
        String name = address.interfaceName();
        return name == null ? address : address.withInterface(InterfaceQuery.index(number(), name));
    }

    private PacketAddress localAddress(@Nullable String name) throws IOException {
        byte[] address = new byte[PacketAddress.BYTES];
        Kernel.localAddress(number(), address);
        return PacketAddress.decode(address, name);
    }

    /** {@return whether the interface that the socket was bound to is gone}: the kernel has taken it out of the address. */
    boolean isInterfaceGone() throws IOException {
        return localAddress(null).interfaceIndex() < 0;
    }

    /** {@return whether the interface is up}, whatever its name is now. */
    boolean isInterfaceUp(int index) {
        return InterfaceQuery.isUp(number(), index);
    }

    /** {@return the kind of interface}, as ARP numbers it, or negative if there is no such interface. */
    int hardwareType(int index) {
        return InterfaceQuery.hardwareType(number(), index);
    }

    /** {@return what was counted so far}: the kernel forgets what it tells. */
    synchronized PacketStatistics statistics() {
        count();
        return new PacketStatistics(packets, drops);
    }

    /** Adds up what the kernel has counted: often enough, as it does so in 32 bits. */
    synchronized void count() {
        if (!closed && socket != null) {
            ByteBuffer counted = ByteBuffer.allocate(12).order(ByteOrder.nativeOrder());
            try {
                fd().getRawOpt(SOL_PACKET, PACKET_STATISTICS, counted);
            } catch (IOException e) {
                throw new ChannelException("PACKET_STATISTICS: " + e.getMessage(), e);
            }
            packets += Integer.toUnsignedLong(counted.getInt(0));
            drops += Integer.toUnsignedLong(counted.getInt(4));
        }
    }

    /** {@return what was added up so far}, without asking the kernel. */
    synchronized PacketStatistics counted() {
        return new PacketStatistics(packets, drops);
    }

    /** {@return SO_RCVBUF}, as it was last if the socket is closed. */
    synchronized int receiveBufferSize() throws IOException {
        if (!closed) {
            receiveBufferSize = fd().getReceiveBufferSize();
        }
        return receiveBufferSize;
    }

    /** {@return SO_SNDBUF}, as it was last if the socket is closed. */
    synchronized int sendBufferSize() throws IOException {
        if (!closed) {
            sendBufferSize = fd().getSendBufferSize();
        }
        return sendBufferSize;
    }

    /** Closes the socket; its figures stay. */
    synchronized void close() throws IOException {
        if (closed || socket == null) {
            return;
        }
        try {
            count();
            receiveBufferSize();
            sendBufferSize();
        } finally {
            closed = true;
            socket.close();
            FanoutPrograms.Membership group = membership;
            if (group != null) {
                group.leave();
            }
        }
    }
}
