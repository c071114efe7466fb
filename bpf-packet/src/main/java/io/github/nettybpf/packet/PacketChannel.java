package io.github.nettybpf.packet;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.netty.FilteredChannel;
import io.github.nettybpf.netty.PacketView;
import io.github.nettybpf.netty.PipelineSupport;
import io.github.nettybpf.packet.PacketSocket.Bound;
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
 * Receives and sends whole frames of a network interface: a packet socket (AF_PACKET) on Netty's epoll event loops.
 *
 * <pre>{@code
 * EventLoopGroup group = new MultiThreadIoEventLoopGroup(EpollIoHandler.newFactory());
 * Channel arp = new Bootstrap().group(group).channel(PacketChannel.class).handler(new ChannelInitializer<Channel>() {
 *     protected void initChannel(Channel channel) {
 *         channel.pipeline().addLast(new BpfFilterHandler(Program.parse("ldh [12]\n jne #0x806, no\n ret #-1\n no: ret #0")));
 *         channel.pipeline().addLast(...); // gets PacketFrames
 *     }
 * }).bind(PacketAddress.of("eth0")).sync().channel();
 * }</pre>
 *
 * <p>Inbound messages are {@link PacketFrame}s, which their receiver releases. To send, write a {@link ByteBuf} that is a
 * whole frame, or a PacketFrame whose address names the interface; one write is one frame. Where the interface has no room,
 * frames wait in the channel, which then says so by {@link Channel#isWritable}. A frame that the kernel refuses, or
 * has no room for in a second, fails its own promise only. A channel is bound once; it cannot be connected.
 *
 * <p>A {@link io.github.nettybpf.netty.BpfFilterHandler} that is in the pipeline before the bind gives the kernel its
 * program first: not one frame comes through unjudged. Its verdict is how much of a frame is kept.
 *
 * <p>{@link ChannelOption#AUTO_READ} off: each read() brings one frame. An interface that goes down or away shows as a
 * {@link PacketInterfaceEvent}. The network namespace of the channel is that of the thread that makes it.
 *
 * @see PacketChannelOption
 */
public final class PacketChannel extends AbstractChannel implements UnixChannel, FilteredChannel {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(PacketChannel.class);

    /** Each read of many ends in calls of the kernel; each frame of a ring costs some ten nanoseconds. */
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 2048);

    /** The kind of a packet socket. */
    public enum Type {
        /** Frames with their link-layer header (SOCK_RAW). */
        RAW(3, Placement.ETHERNET),
        /** Packets without it (SOCK_DGRAM): the address that they are sent to says what the header is to be. */
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

    /** Not set here: asked for by the pipeline before this class's fields are. */
    private @Nullable AsyncBinding asyncBinding;

    private volatile boolean open = true;
    private volatile @Nullable PacketAddress bound;

    /** A channel for frames with their link-layer header. */
    public PacketChannel() {
        this(Type.RAW);
    }

    /**
     * A channel. If the process may not have one, registering it fails, and so the bind of a Bootstrap: with a
     * {@link java.net.SocketException} that names CAP_NET_RAW.
     *
     * @param type the kind of socket
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

    /** {@return the kind of socket} */
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

    /** {@return what the kernel counted since the channel was made}; also when it is closed, and from any thread. */
    public PacketStatistics statistics() {
        return socket.statistics();
    }

    /** {@return {@link #statistics} as they were when the kernel was last asked} */
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

    /** {@return where the channel is bound to, with index and hardware address}, or null. */
    @Override
    public @Nullable PacketAddress localAddress() {
        return bound;
    }

    /** {@return null}: a packet socket has no peer. */
    @Override
    public @Nullable SocketAddress remoteAddress() {
        return null;
    }

    @Nullable
    PacketAddress boundAddress() {
        return bound;
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
            goOnBinding();
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

    private void goOnBinding() {
        AsyncBinding unsafe = asyncBinding;
        if (unsafe != null) {
            unsafe.goOn();
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
                // What such a socket still gets, nobody may see: see FanoutJoin.
                close();
            }
            throw e;
        }
    }

    @Override
    protected void doDisconnect() throws Exception {
        doClose();
    }

    /** No frame is read any more, and the event loop does not hear of the socket. */
    private void stopIntake() {
        open = false;
        config.closed();
        goOnBinding();
        intake.stop();
        doDeregister();
    }

    private void releaseQuietly() {
        try {
            binding.release();
        } catch (IOException e) {
            LOGGER.warn("{} is not closed well", this, e);
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

    /** Nothing is read but what was asked for; from any thread. */
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

    /** Writes although {@link FrameOutput#isWaiting}: there may be room now. */
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
