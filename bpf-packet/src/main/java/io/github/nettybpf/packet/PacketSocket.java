package io.github.nettybpf.packet;

import com.sun.jna.Pointer;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.SocketFilters;
import io.github.nettybpf.packet.PacketChannelConfig.Settings;
import io.github.nettybpf.packet.kernel.HardwareType;
import io.github.nettybpf.packet.kernel.InterfaceQuery;
import io.github.nettybpf.packet.kernel.Kernel;
import io.github.nettybpf.packet.kernel.KernelException;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A packet socket (AF_PACKET). It is opened for protocol 0, so it receives nothing until it is bound, and has its
 * filter and its ring by then. Calls that change the socket are for one thread at a time; statistics and buffer sizes
 * are for any thread.
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
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SO_TIMESTAMPNS = 35;

    /** The kernel doubles it, and allocates only what is queued. */
    private static final int RECEIVE_BUFFER = 1 << 24;

    /**
     * The frame size of the ring, which the kernel requires, and does not use with TPACKET_V3: frames have variable
     * length.
     */
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

    /** {@return a new socket, or one without a descriptor whose {@link #refusal} says why} */
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
            return new SocketException(new KernelException("socket(AF_PACKET)", -errno).getMessage());
        }
        return new SocketException(
                "socket(AF_PACKET): not permitted: a packet socket needs CAP_NET_RAW (expected: root; or"
                        + " AmbientCapabilities=CAP_NET_RAW in the systemd unit; or `setcap cap_net_raw+ep` on a java of its own, whose"
                        + " lib folder ldconfig then has to know; or, in a network namespace of its own, `unshare -Urn`)");
    }

    /** {@return why there is no socket, or null if there is one} */
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

    private int descriptor() {
        return fd().intValue();
    }

    /** The result of a bind: the local address, and the source of received frames. */
    record Bound(PacketAddress local, FrameSource frames) {}

    /**
     * Sets the ring up, or the options of reads, and binds the socket. A filter must have been attached before. Takes
     * about 20 ms, longer with a large ring.
     *
     * @param wakeup run when a ring can read on: see {@link PacketRing}
     */
    Bound bind(PacketAddress wanted, Settings settings, Runnable wakeup) throws IOException {
        PacketAddress address = resolve(wanted);
        requireEthernet(settings.type(), address);
        requireVlans(address);
        setOutgoing(settings.outgoing());
        if (settings.promiscuous()) {
            setPromiscuous(address.interfaceIndex(), true);
        }
        FrameSource frames = null;
        try {
            frames = openSource(settings, address, wakeup);
            PacketFanout fanout = settings.fanout();
            if (fanout == null) {
                Kernel.bindTo(descriptor(), address.encode());
            } else {
                membership = FanoutPrograms.enter(fd(), fanout);
                FanoutJoin.bind(fd(), fanout, () -> Kernel.bindTo(descriptor(), address.encode()));
            }
            return new Bound(localAddress(address.interfaceName()), frames);
        } catch (IOException | RuntimeException e) {
            if (frames != null) {
                frames.close(this::removeRing);
            }
            if (settings.promiscuous()) {
                setPromiscuous(address.interfaceIndex(), false);
            }
            throw e;
        }
    }

    /**
     * Throws if frames of a channel with link-layer headers can begin with another header than that of Ethernet, or with
     * none: a program for Ethernet would read something else at its offsets.
     */
    private void requireEthernet(PacketChannel.Type type, PacketAddress address) throws IOException {
        if (type != PacketChannel.Type.RAW) {
            return;
        } else if (address.interfaceIndex() == 0) {
            throw new SocketException("channel of type RAW on any interface: not all have an Ethernet header (expected:"
                    + " one interface; or PacketChannel.Type.DGRAM, and a program for placement IP)");
        }
        int hardwareType = hardwareType(address.interfaceIndex());
        if (hardwareType < 0) {
            throw new KernelException("hardware type of " + address, hardwareType);
        } else if (!HardwareType.hasEthernetHeader(hardwareType)) {
            throw new SocketException("channel of type RAW on " + address + ": hardware type "
                    + HardwareType.name(hardwareType) + ", without an Ethernet header (expected:"
                    + " PacketChannel.Type.DGRAM, and a program for placement IP)");
        }
    }

    /**
     * Throws if the socket's filter asks for the VLAN of frames, and the address is for one protocol: the kernel clears a
     * VLAN tag before it gives the frame to such a socket ({@code __netif_receive_skb_core}), so the frames of all VLANs
     * would seem to have none.
     */
    private void requireVlans(PacketAddress address) throws IOException {
        if (address.protocol() == PacketAddress.ALL_PROTOCOLS) {
            return;
        }
        Optional<Program> attached = SocketFilters.read(fd());
        if (attached.isEmpty()) {
            return;
        }
        Program filter = attached.get();
        for (Extension extension : filter.extensions()) {
            if (FrameView.TELLS_VLAN.contains(extension)) {
                int pc = filter.firstReading(extension).orElseThrow();
                throw new SocketException("filter of a channel for " + address + ": insn " + pc + ": "
                        + filter.instructions().get(pc) + ": the kernel tells the VLAN only to a channel for all"
                        + " protocols (expected: an address without withProtocol, and the ethertype in the program)");
            }
        }
    }

    private FrameSource openSource(Settings settings, PacketAddress address, Runnable wakeup) throws IOException {
        if (settings.receiveMode() == ReceiveMode.READ) {
            set("PACKET_AUXDATA", SOL_PACKET, PACKET_AUXDATA, 1);
            set("SO_TIMESTAMPNS", SOL_SOCKET, SO_TIMESTAMPNS, 1);
            if (!settings.receiveBufferGiven()) {
                enlargeReceiveBuffer();
            }
            return new FrameReader(descriptor(), settings, address);
        }
        set("PACKET_VERSION", SOL_PACKET, PACKET_VERSION, TPACKET_V3);
        set("PACKET_RESERVE", SOL_PACKET, PACKET_RESERVE, VlanTag.BYTES);
        setRing(settings.blockSize(), settings.blockCount(), settings.retireMillis());
        Pointer mapped;
        try {
            mapped = Kernel.map(descriptor(), settings.ringBytes());
        } catch (IOException e) {
            removeRing();
            throw e;
        }
        return new PacketRing(mapped, settings, address, wakeup);
    }

    /** The default has room for two or three frames that were merged by generic receive offload (GRO). */
    private void enlargeReceiveBuffer() throws IOException {
        try {
            fd().setIntOpt(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
        } catch (ChannelException notPermitted) {
            // Without CAP_NET_ADMIN, up to net.core.rmem_max.
            fd().setReceiveBufferSize(RECEIVE_BUFFER);
        }
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

    /** Removes the ring after a failed bind, so that the socket can be bound with other options. */
    private void removeRing() {
        try {
            setRing(0, 0, 0);
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    /** Sets an option; the exception names it, because Netty's has only the C library's message. */
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

    void setOutgoing(boolean shown) throws IOException {
        // A kernel before 4.20 does not know the option, and always shows outgoing frames, which is the default.
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

    void setPromiscuous(int interfaceIndex, boolean on) throws IOException {
        if (interfaceIndex == 0) {
            throw new IOException("PROMISCUOUS on any interface (expected: a channel that is bound to one)");
        }
        ByteBuffer request = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
        request.putInt(interfaceIndex).putShort((short) PACKET_MR_PROMISC).position(0);
        set("PACKET_MR_PROMISC", on ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP, request);
    }

    /** {@return the address with its interface's index, looked up in the socket's network namespace} */
    PacketAddress resolve(PacketAddress address) throws IOException {
        String name = address.interfaceName();
        return name == null ? address : address.withInterface(InterfaceQuery.index(descriptor(), name));
    }

    /** {@return the address that the socket is bound to, with the current hardware address of its interface} */
    PacketAddress localAddress(@Nullable String name) throws IOException {
        byte[] address = new byte[PacketAddress.BYTES];
        Kernel.localAddress(descriptor(), address);
        return PacketAddress.decode(address, name);
    }

    /**
     * {@return whether the interface that the socket was bound to was deleted, which sets the index in its address to
     * -1}
     */
    boolean isInterfaceGone() throws IOException {
        return localAddress(null).interfaceIndex() < 0;
    }

    /** {@return whether the interface with the index is up} */
    boolean isInterfaceUp(int index) {
        return InterfaceQuery.isUp(descriptor(), index);
    }

    /** {@return the hardware type of the interface (ARPHRD_*), or the negative errno} */
    int hardwareType(int index) {
        return InterfaceQuery.hardwareType(descriptor(), index);
    }

    /**
     * {@return what the kernel has counted so far} Reading PACKET_STATISTICS resets the kernel's counters, so they are
     * summed here.
     */
    synchronized PacketStatistics statistics() {
        count();
        return new PacketStatistics(packets, drops);
    }

    /** Adds the kernel's counters to the sums. Must be called before the counters, which have 32 bits, overflow. */
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

    /** {@return the sums so far, without a query} */
    synchronized PacketStatistics counted() {
        return new PacketStatistics(packets, drops);
    }

    /** {@return SO_RCVBUF, or its last value if the socket is closed} */
    synchronized int receiveBufferSize() throws IOException {
        if (!closed) {
            receiveBufferSize = fd().getReceiveBufferSize();
        }
        return receiveBufferSize;
    }

    /** {@return SO_SNDBUF, or its last value if the socket is closed} */
    synchronized int sendBufferSize() throws IOException {
        if (!closed) {
            sendBufferSize = fd().getSendBufferSize();
        }
        return sendBufferSize;
    }

    /** Closes the socket, and keeps its statistics and buffer sizes. */
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
