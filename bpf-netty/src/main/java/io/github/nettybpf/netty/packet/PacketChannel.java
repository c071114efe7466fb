package io.github.nettybpf.netty.packet;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.netty.packet.PacketSocket.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.UncheckedBooleanSupplier;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.AlreadyBoundException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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
public final class PacketChannel extends AbstractChannel implements UnixChannel {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(PacketChannel.class);
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 256);

    private static final long NO_BUFFERS_MILLIS = 1;
    private static final long LONGEST_WAIT_MILLIS = 1000;

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
    private final AtomicBoolean released = new AtomicBoolean();
    private final PacketChannelConfig config;
    private final FrameSender sender;
    private final InterfaceWatch watch;

    /** Not set here: asked for by the pipeline before this class's fields are. */
    private @Nullable AsyncBinding asyncBinding;

    private volatile boolean open = true;
    private volatile @Nullable PacketAddress bound;
    private volatile @Nullable CompletableFuture<Bound> binding;

    /** These belong to the event loop. */
    private @Nullable IoRegistration registration;

    /** Closes the channel: an event loop that is shut down without a quiet period may end without doing so. */
    private @Nullable Runnable atShutdown;

    private @Nullable FrameSource frames;
    private EpollIoOps ops = EpollIoOps.EPOLLERR;
    private boolean readPending;
    private boolean readScheduled;
    private boolean flushScheduled;

    /** What the interface had no room for, and since when. */
    private @Nullable Object waitingFor;

    private long waitingSince;

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
        this.config = new PacketChannelConfig(this, socket);
        this.sender = new FrameSender(socket, type);
        this.watch = new InterfaceWatch(this, socket);
    }

    /** {@return the kind of socket} */
    public Type type() {
        return type;
    }

    /** {@return what offset 0 is to a filter of this channel} */
    public Placement placement() {
        return type.placement;
    }

    /** {@return what the kernel counted since the channel was made}; also when it is closed, and from any thread. */
    public PacketStatistics statistics() {
        return socket.statistics();
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
        return loop instanceof IoEventLoop ioLoop && ioLoop.isCompatible(PacketUnsafe.class);
    }

    private PacketUnsafe handle() {
        return (PacketUnsafe) super.unsafe();
    }

    @Override
    protected void doRegister(ChannelPromise promise) {
        if (socket.refusal() != null) {
            promise.setFailure(socket.refusal());
            return;
        }
        ((IoEventLoop) eventLoop()).register(handle()).addListener(registered -> {
            if (!registered.isSuccess()) {
                promise.setFailure(registered.cause());
                return;
            }
            IoRegistration made = (IoRegistration) registered.getNow();
            registration = made;
            ops = EpollIoOps.EPOLLERR;
            if (eventLoop() instanceof SingleThreadEventExecutor executor) {
                Runnable hook = handle()::close;
                atShutdown = hook;
                executor.addShutdownHook(hook);
            }
            promise.setSuccess();
            ChannelOutboundBuffer waiting = handle().outboundBuffer();
            if (waiting != null && !waiting.isEmpty()) {
                flushLater();
            }
        });
    }

    @Override
    protected void doDeregister() {
        IoRegistration current = registration;
        if (current != null) {
            registration = null;
            // Tasks that still wait on this event loop find that it is not the channel's any more.
            readScheduled = false;
            flushScheduled = false;
            Runnable hook = atShutdown;
            if (hook != null && eventLoop() instanceof SingleThreadEventExecutor executor) {
                executor.removeShutdownHook(hook);
            }
            current.cancel();
        }
    }

    /** Binds on a thread that may wait, and then, on the event loop, runs what finishes the bind. */
    void bindElsewhere(SocketAddress localAddress, ChannelPromise promise, Runnable finish) {
        if (!promise.setUncancellable()) {
            return;
        }
        if (!open || binding != null || !(localAddress instanceof PacketAddress address)) {
            // Nothing to wait for: it fails.
            finish.run();
            return;
        }
        EventLoop loop = eventLoop();
        PacketChannelConfig.Settings settings = config.settings();
        CompletableFuture<Bound> started = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return socket.bind(address, settings, this::readLater);
                    } catch (IOException e) {
                        throw new CompletionException(e);
                    }
                },
                Aside.THREAD);
        binding = started;
        started.whenComplete((bound, failure) -> {
            try {
                loop.execute(finish);
            } catch (RejectedExecutionException e) {
                promise.tryFailure(e);
            }
        });
    }

    @Override
    protected void doBind(SocketAddress localAddress) throws Exception {
        if (!(localAddress instanceof PacketAddress)) {
            throw new IllegalArgumentException("address " + localAddress + " (expected: a PacketAddress)");
        }
        CompletableFuture<Bound> finished = binding;
        if (bound != null || finished == null || !finished.isDone()) {
            throw new AlreadyBoundException();
        }
        try {
            Bound result = finished.join();
            frames = result.frames();
            bound = result.local();
        } catch (CompletionException e) {
            binding = null;
            if (config.settings().fanout() != null) {
                // What such a socket still gets, nobody may see: see FanoutJoin.
                close();
            }
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    @Override
    protected void doDisconnect() throws Exception {
        doClose();
    }

    /** No frame is read any more, and the event loop does not hear of the socket. */
    private void stopIntake() {
        open = false;
        frames = null;
        doDeregister();
    }

    /** Waits for a bind that is under way; then the memory goes, as soon as nobody has frames in it, then the socket. */
    private void release() throws IOException {
        if (!released.compareAndSet(false, true)) {
            return;
        }
        CompletableFuture<Bound> started = binding;
        Bound result =
                started == null ? null : started.exceptionally(failure -> null).join();
        if (result == null) {
            socket.close();
        } else {
            result.frames().close(this::closeSocket);
        }
    }

    private void releaseQuietly() {
        try {
            release();
        } catch (IOException e) {
            LOGGER.warn("{} is not closed well", this, e);
        }
    }

    private void closeSocket() {
        try {
            socket.close();
        } catch (IOException e) {
            LOGGER.warn("{} is not closed well", this, e);
        }
    }

    @Override
    protected void doClose() throws Exception {
        if (open) {
            stopIntake();
        }
        release();
    }

    @Override
    protected void doBeginRead() {
        if (!isActive()) {
            return;
        }
        readPending = true;
        if (frames instanceof PacketRing ring && ring.isSliced()) {
            // One event a block: what is left of an earlier one brings none.
            submit(ops.with(EpollIoOps.EPOLLIN).with(EpollIoOps.EPOLLET));
            if (ring.isInBlock() && !readScheduled) {
                readScheduled = true;
                readLater();
            }
        } else {
            submit(ops.with(EpollIoOps.EPOLLIN));
        }
    }

    private void submit(EpollIoOps wanted) {
        IoRegistration current = registration;
        if (current != null && wanted.value() != ops.value()) {
            ops = wanted;
            current.submit(wanted);
        }
    }

    /** From any thread. */
    private void readLater() {
        try {
            EventLoop loop = eventLoop();
            loop.execute(() -> {
                if (isOn(loop)) {
                    readScheduled = false;
                    handle().readFrames();
                }
            });
        } catch (RejectedExecutionException e) {
            LOGGER.debug("{} reads no more: its event loop has ended", this, e);
        }
    }

    /** {@return whether this is still the channel's event loop}; asked on it. */
    private boolean isOn(EventLoop loop) {
        return registration != null && eventLoop().equals(loop);
    }

    /** Nothing is read but what was asked for. */
    void autoReadCleared() {
        if (!isRegistered()) {
            return;
        }
        EventLoop loop = eventLoop();
        if (!loop.inEventLoop()) {
            loop.execute(this::autoReadCleared);
        } else if (!config.isAutoRead()) {
            readPending = false;
            submit(ops.without(EpollIoOps.EPOLLIN));
        }
    }

    @Override
    protected Object filterOutboundMessage(Object msg) {
        return sender.prepare(msg, alloc());
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) {
        for (int budget = maxMessagesPerWrite(); budget > 0; budget--) {
            Object msg = in.current();
            if (msg == null) {
                break;
            }
            int error;
            try {
                error = sender.send(msg);
            } catch (IOException e) {
                in.remove(e);
                continue;
            }
            if (error == 0) {
                waitingFor = null;
                in.remove();
            } else if (error == -Kernel.EAGAIN) {
                break;
            } else if (error == -Kernel.ENOBUFS && mayWait(msg)) {
                submit(ops.without(EpollIoOps.EPOLLOUT));
                flushLater();
                return;
            } else {
                in.remove(new NativeIoException("send", error));
            }
        }
        submit(in.isEmpty() ? ops.without(EpollIoOps.EPOLLOUT) : ops.with(EpollIoOps.EPOLLOUT));
    }

    /** {@return whether to try once more}: one that the interface never takes must not hold up all behind it. */
    private boolean mayWait(Object msg) {
        long now = System.nanoTime();
        if (waitingFor != msg) { // the same one, not an equal one
            waitingFor = msg;
            waitingSince = now;
        }
        boolean may = now - waitingSince < TimeUnit.MILLISECONDS.toNanos(LONGEST_WAIT_MILLIS);
        if (!may) {
            waitingFor = null;
        }
        return may;
    }

    /** The queue of the interface is full. Nothing tells when it is not any more. */
    private void flushLater() {
        if (!flushScheduled) {
            flushScheduled = true;
            EventLoop loop = eventLoop();
            loop.schedule(
                    () -> {
                        if (isOn(loop)) {
                            flushScheduled = false;
                            handle().flush0();
                        }
                    },
                    NO_BUFFERS_MILLIS,
                    TimeUnit.MILLISECONDS);
        }
    }

    /** What the event loop talks to. */
    private final class PacketUnsafe extends AbstractUnsafe implements EpollIoHandle {
        @Override
        public FileDescriptor fd() {
            return PacketChannel.this.fd();
        }

        @Override
        public void handle(IoRegistration from, IoEvent event) {
            EpollIoOps ready = ((EpollIoEvent) event).ops();
            // First, as it names what the others would only fail of.
            if (ready.contains(EpollIoOps.EPOLLERR)) {
                error();
            }
            if (ready.contains(EpollIoOps.EPOLLOUT)) {
                super.flush0();
            }
            if (ready.contains(EpollIoOps.EPOLLIN)) {
                readFrames();
            }
        }

        @Override
        public void close() {
            close(voidPromise());
        }

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
            return close -> Aside.doThen(loop, PacketChannel.this::releaseQuietly, close);
        }

        @Override
        protected void flush0() {
            boolean waiting = flushScheduled || ops.contains(EpollIoOps.EPOLLOUT);
            if (!waiting || !isActive()) {
                super.flush0();
            }
        }

        /** Reads what is pending, so that the event does not come again and again. */
        private void error() {
            int errno;
            try {
                errno = socket.fd().getSoError();
            } catch (IOException e) {
                pipeline().fireExceptionCaught(e);
                close();
                return;
            }
            if (errno != 0) {
                failed(new NativeIoException("SO_ERROR", -Math.abs(errno)));
            }
        }

        private void failed(IOException e) {
            int errno = e instanceof NativeIoException said ? -said.expectedErr() : 0;
            if (errno == Kernel.ENETDOWN || errno == Kernel.ENODEV) {
                watch.wentDown();
            } else {
                pipeline().fireExceptionCaught(e);
            }
        }

        private boolean isReadUnwanted() {
            return !readPending && !config.isAutoRead();
        }

        private void readFrames() {
            FrameSource source = frames;
            if (source == null) {
                return;
            }
            if (isReadUnwanted()) {
                submit(ops.without(EpollIoOps.EPOLLIN));
                return;
            }
            RecvByteBufAllocator.ExtendedHandle budget = (RecvByteBufAllocator.ExtendedHandle) recvBufAllocHandle();
            budget.reset(config);
            ChannelPipeline pipeline = pipeline();
            IOException failure = null;
            boolean drained = false;
            try {
                do {
                    PacketFrame frame = source.next();
                    if (frame == null) {
                        drained = true;
                        break;
                    }
                    budget.incMessagesRead(1);
                    budget.lastBytesRead(Math.max(1, frame.content().readableBytes()));
                    readPending = false;
                    pipeline.fireChannelRead(frame);
                } while (frames == source && budget.continueReading(UncheckedBooleanSupplier.TRUE_SUPPLIER));
            } catch (IOException e) {
                failure = e;
                drained = true;
            }
            budget.readComplete();
            pipeline.fireChannelReadComplete();
            if (failure != null) {
                failed(failure);
            }
            if (frames != source) {
                return;
            }
            if (isReadUnwanted()) {
                submit(ops.without(EpollIoOps.EPOLLIN));
            } else if (!drained && ops.contains(EpollIoOps.EPOLLET) && !readScheduled) {
                readScheduled = true;
                readLater();
            }
        }
    }
}
