package io.github.nettybpf.packet;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.netty.FilteredChannel;
import io.github.nettybpf.netty.PacketView;
import io.github.nettybpf.netty.PipelineSupport;
import io.github.nettybpf.packet.PacketSocket.Bound;
import io.github.nettybpf.packet.kernel.BlockingTasks;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.AlreadyBoundException;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Sends and receives whole frames of a network interface: a packet socket (AF_PACKET, packet(7)) on Netty's epoll event
 * loops.
 *
 * <pre>{@code
 * Program program = Program.parse("ldh [12]\n jne #0x806, no\n ret #-1\n no: ret #0"); // ARP
 * EventLoopGroup group = new MultiThreadIoEventLoopGroup(EpollIoHandler.newFactory());
 * Channel arp = new Bootstrap().group(group).channel(PacketChannel.class).handler(new ChannelInitializer<Channel>() {
 *     protected void initChannel(Channel channel) {
 *         channel.pipeline().addLast(new BpfFilterHandler(Vlan.untagged().restrict(program)));
 *         channel.pipeline().addLast(...); // receives PacketFrames
 *     }
 * }).bind(PacketAddress.of("eth0")).sync().channel();
 * }</pre>
 *
 * <p>Inbound messages are {@link PacketFrame}s, which their receiver releases. To send, write a {@link ByteBuf} that is
 * a whole frame, or a PacketFrame whose address names the interface; one write is one frame. While the interface's
 * queue is full, frames wait in the channel, as {@link Channel#isWritable} tells. A frame that the kernel refuses, or
 * that it has no room for, fails only its own promise: after at most a second in which no frame got out. A channel is
 * bound once; it cannot be connected.
 *
 * <p>A {@link io.github.nettybpf.netty.BpfFilterHandler} that is in the pipeline before the bind attaches its program
 * before the socket is bound: no frame is received unfiltered. The verdict is the number of bytes of a frame that are
 * kept (the snapshot length). The kernel removes the VLAN tag from a frame before the program sees it: {@link
 * io.github.nettybpf.netty.Vlan} says whose frames are wanted.
 *
 * <p>With {@link ChannelOption#AUTO_READ} off, each read() receives one frame. When the interface goes down, comes up,
 * changes its hardware address or is deleted, the channel fires a {@link PacketInterfaceEvent}, and when frames were lost
 * a {@link PacketLossEvent}. The channel is in the network namespace of the
 * thread that creates it.
 *
 * @see PacketChannelOption
 */
public final class PacketChannel extends AbstractChannel implements UnixChannel, FilteredChannel {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(PacketChannel.class);

    /**
     * A read of the event loop costs system calls, a frame of a ring some ten nanoseconds: so a read takes many frames.
     */
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 2048);

    /** The type of a packet socket: whether frames include the link-layer header. */
    public enum Type {
        /**
         * Frames with their Ethernet header (SOCK_RAW): placement {@link Placement#ETHERNET}. A channel of this type cannot
         * be bound to any interface, nor to one whose frames begin with another header or none (tun, WireGuard, PPP, GRE).
         */
        RAW(3, Placement.ETHERNET),
        /**
         * Packets without the link-layer header (SOCK_DGRAM): placement {@link Placement#IP}, on every kind of interface.
         * For a packet to send, the kernel makes the header of its address.
         */
        DGRAM(2, Placement.IP);

        final int number;
        final Placement placement;

        Type(int number, Placement placement) {
            this.number = number;
            this.placement = placement;
        }
    }

    private final Type type;
    private final PacketSocket socket;
    private final PacketBinding binding;
    private final PacketChannelConfig config;
    private final FrameSender sender;
    private final PacketHandle handle;
    private final FrameIntake intake;
    private final FrameOutput output;

    /** Has no initializer: the superclass's constructor may set it, before this class's initializers run. */
    private @Nullable AsyncBinding asyncBinding;

    private volatile boolean open = true;
    private volatile @Nullable PacketAddress bound;

    /** Creates a channel of type {@link Type#RAW}. */
    public PacketChannel() {
        this(Type.RAW);
    }

    /**
     * Creates a channel. If the process lacks the permission, registering the channel fails, and so does the bind of a
     * {@link io.netty.bootstrap.Bootstrap}, with a {@link java.net.SocketException} that names CAP_NET_RAW.
     *
     * @param type the type of socket
     */
    public PacketChannel(Type type) {
        super(null);
        this.type = type;
        this.socket = PacketSocket.open(type);
        this.binding = new PacketBinding(socket);
        this.config = new PacketChannelConfig(this, socket);
        this.sender = new FrameSender(socket, type);
        this.handle = new PacketHandle(this, socket);
        this.intake = new FrameIntake(this, handle);
        this.output = new FrameOutput(this, handle, sender);
    }

    /** {@return the type of socket} */
    public Type type() {
        return type;
    }

    @Override
    public Placement placement() {
        return type.placement;
    }

    @Override
    public Set<Extension> knownExtensions() {
        return PipelineSupport.packetSocketExtensions();
    }

    @Override
    public PacketView newPacketView() {
        return new FrameView(placement());
    }

    @Override
    public @Nullable ChannelFuture bindUnderWay() {
        AsyncBinding unsafe = asyncBinding;
        return unsafe == null ? null : unsafe.bindUnderWay();
    }

    /**
     * {@return what the kernel has counted since the channel was created} May be called from any thread, and after the
     * channel is closed.
     */
    public PacketStatistics statistics() {
        return socket.statistics();
    }

    /** {@return the {@link #statistics} of the last query, without another one} */
    PacketStatistics countedSoFar() {
        return socket.counted();
    }

    @Override
    public FileDescriptor fd() {
        return socket.fd();
    }

    @Override
    public PacketChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public boolean isActive() {
        return open && bound != null;
    }

    /**
     * {@return the address that the channel is bound to, with interface index and hardware address, or null if it is
     * not bound}
     */
    @Override
    public @Nullable PacketAddress localAddress() {
        return bound;
    }

    /** {@return null, because a packet socket has no peer} */
    @Override
    public @Nullable SocketAddress remoteAddress() {
        return null;
    }

    @Nullable
    PacketAddress boundAddress() {
        return bound;
    }

    /** The interface has another hardware address. */
    void addressChanged(PacketAddress now) {
        bound = now;
    }

    @Override
    protected @Nullable SocketAddress localAddress0() {
        return bound;
    }

    @Override
    protected @Nullable SocketAddress remoteAddress0() {
        return null;
    }

    @Override
    public Channel.Unsafe unsafe() {
        AsyncBinding unsafe = asyncBinding;
        if (unsafe == null) {
            unsafe = new AsyncBinding(this, super.unsafe());
            asyncBinding = unsafe;
        }
        return unsafe;
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new PacketUnsafe();
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return loop instanceof IoEventLoop ioLoop && ioLoop.isCompatible(PacketHandle.class);
    }

    @Override
    protected void doRegister(ChannelPromise promise) {
        if (socket.refusal() != null) {
            promise.setFailure(socket.refusal());
            return;
        }
        ((IoEventLoop) eventLoop()).register(handle).addListener(registered -> {
            if (!registered.isSuccess()) {
                promise.setFailure(registered.cause());
                return;
            }
            handle.registered((IoRegistration) registered.getNow());
            intake.registered();
            promise.setSuccess();
            resumeBinding();
            ChannelOutboundBuffer waiting = unsafe().outboundBuffer();
            if (waiting != null && !waiting.isEmpty()) {
                output.flushLater();
            }
        });
    }

    @Override
    protected void doDeregister() {
        if (handle.deregister()) {
            intake.deregistered();
            output.deregistered();
        }
    }

    private void resumeBinding() {
        AsyncBinding unsafe = asyncBinding;
        if (unsafe != null) {
            unsafe.resume();
        }
    }

    @Override
    protected void doBind(SocketAddress localAddress) throws Exception {
        if (!(localAddress instanceof PacketAddress)) {
            throw new IllegalArgumentException("address " + localAddress + " (expected: a PacketAddress)");
        } else if (bound != null) {
            throw new AlreadyBoundException();
        }
        try {
            Bound result = binding.finish();
            intake.start(result.frames());
            bound = result.local();
            config.bound();
        } catch (AlreadyBoundException e) {
            throw e;
        } catch (Exception e) {
            config.notBound();
            if (config.getOption(PacketChannelOption.FANOUT) != null) {
                // The socket may be bound already, to drop everything for good: see FanoutJoin.
                close();
            }
            throw e;
        }
    }

    @Override
    protected void doDisconnect() throws Exception {
        doClose();
    }

    /** Ends reading, and cancels the registration with the event loop. */
    private void stopIntake() {
        open = false;
        config.closed();
        resumeBinding();
        intake.stop();
        doDeregister();
    }

    private void releaseQuietly() {
        try {
            binding.release();
        } catch (IOException e) {
            LOGGER.warn("closing {} failed", this, e);
        }
    }

    @Override
    protected void doClose() throws Exception {
        if (open) {
            stopIntake();
        }
        binding.release();
    }

    @Override
    protected void doBeginRead() {
        if (isActive()) {
            intake.beginRead();
        }
    }

    /** AUTO_READ was switched off; from any thread. */
    void autoReadCleared() {
        if (!isRegistered()) {
            return;
        }
        EventLoop loop = eventLoop();
        if (loop.inEventLoop()) {
            intake.autoReadCleared();
        } else {
            loop.execute(this::autoReadCleared);
        }
    }

    @Override
    protected Object filterOutboundMessage(Object msg) {
        return sender.prepare(msg, alloc());
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) {
        output.write(in, maxMessagesPerWrite());
    }

    /** Flushes even if {@link FrameOutput#isWaiting}: the kernel may have room now. */
    void flushNow() {
        ((PacketUnsafe) super.unsafe()).flushNow();
    }

    FrameIntake intake() {
        return intake;
    }

    PacketHandle handle() {
        return handle;
    }

    PacketBinding binding() {
        return binding;
    }

    private final class PacketUnsafe extends AbstractUnsafe {
        @Override
        public void connect(SocketAddress remote, @Nullable SocketAddress local, ChannelPromise promise) {
            if (promise.setUncancellable()) {
                safeSetFailure(
                        promise, new UnsupportedOperationException("connect of a PacketChannel (expected: bind)"));
            }
        }

        @Override
        protected @Nullable Executor prepareToClose() {
            stopIntake();
            EventLoop loop = eventLoop();
            if (loop.isShuttingDown()) {
                return null;
            }
            return close -> BlockingTasks.doThen(loop, PacketChannel.this::releaseQuietly, close);
        }

        @Override
        protected void flush0() {
            if (!output.isWaiting() || !isActive()) {
                super.flush0();
            }
        }

        private void flushNow() {
            super.flush0();
        }
    }
}
