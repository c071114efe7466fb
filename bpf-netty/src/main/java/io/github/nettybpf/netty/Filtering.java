package io.github.nettybpf.netty;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.github.nettybpf.netty.internal.Bypass;
import io.github.nettybpf.netty.packet.PacketChannel;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DatagramChannel;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.logging.InternalLogLevel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The filtering of one channel: what runs where, and how it got there. Everything but the figures for
 * {@link FilterStats} belongs to the event loop.
 */
final class Filtering {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(BpfFilterHandler.class);

    /** A UDP datagram's length, header included, has 16 bits. */
    private static final int LONGEST_DATAGRAM = 0xffff;

    /**
     * How long a CPU may go on queueing packets by the old filter is some 50 us; this is for those, and for completions
     * that wait in an io_uring.
     */
    static final long GRACE_MILLIS = 1000;

    private static final long POLL_MILLIS = 5;

    /** Whose filter the channel's socket has. */
    private static final AttributeKey<Filtering> OWNER = AttributeKey.valueOf(Filtering.class, "OWNER");

    /** What happens to a packet that comes to the handler. */
    private enum Mode {
        JUDGE,
        PASS,
        DISCARD
    }

    private final ChannelHandlerContext ctx;
    private final Channel channel;
    private final Bypass bypass;
    private final Placement placement;
    private final Offload offload;
    private final boolean lossyHandover;
    private final DropCounter drops;
    private Judge judge;
    private Mode mode = Mode.JUDGE;
    private boolean started;
    private @Nullable ChannelFuture binding;
    private boolean complained;

    /** Tells scheduled checks of an earlier handover that they are out of date. */
    private int handover;

    private volatile boolean stopped;
    private volatile boolean attached;
    private volatile Location location = Location.UNDECIDED;
    private volatile String reason = "the channel is neither bound nor connected";

    Filtering(
            ChannelHandlerContext ctx,
            Program program,
            Placement placement,
            Offload offload,
            boolean lossyHandover,
            Bypass bypass) {
        this.ctx = ctx;
        this.channel = ctx.channel();
        this.bypass = bypass;
        this.placement = placement;
        this.offload = offload;
        this.lossyHandover = lossyHandover;
        this.drops = new DropCounter(channel);
        this.judge = new Judge(program, placement);
    }

    ChannelHandlerContext context() {
        return ctx;
    }

    boolean isStarted() {
        return started;
    }

    boolean isStopped() {
        return stopped;
    }

    Location location() {
        return location;
    }

    String reason() {
        return reason;
    }

    boolean complainsOnce() {
        boolean first = !complained;
        complained = true;
        return first;
    }

    int keep(Object message, ByteBuf content) {
        if (mode == Mode.JUDGE) {
            return judge.keep(channel, message, content);
        }
        return mode == Mode.PASS ? content.readableBytes() : Judge.DROP;
    }

    private void become(Mode next) {
        mode = next;
        bypass.setOpen(next == Mode.PASS && !stopped);
    }

    /** Lets go of what is held of packets: no more come for now. */
    void rest() {
        judge.rest();
    }

    /**
     * Attaches the filter while the socket can have nothing queued, and so by the program as it is.
     *
     * @return why the channel must not be bound or connected, or null
     */
    @Nullable
    SocketFilterException startBeforeBind(@Nullable SocketAddress localAddress) {
        if (started) {
            return null;
        }
        try {
            OffloadRules.require(ctx, placement, offload);
            requireOwnership();
            attach(kernelProgram(judge.program));
            become(Mode.PASS);
            settle(Location.KERNEL, "attached before the channel was bound");
            started = true;
            return null;
        } catch (SocketFilterException e) {
            return stayInPipeline(e, localAddress);
        }
    }

    /**
     * Attaches the filter to a socket that may have packets queued, and may be receiving. If the handler takes the place of
     * another, that one still has the socket's filter, and gives it up in this turn of the event loop: until then the
     * pipeline judges.
     */
    void startOnBound() {
        started = true;
        Filtering owner = channel.attr(OWNER).get();
        if (owner == null || owner == this) {
            failUnless(claim());
        } else {
            settle(Location.PIPELINE, "another handler has the socket's filter");
            channel.eventLoop().execute(() -> {
                if (!stopped && channel.isOpen()) {
                    failUnless(claim());
                }
            });
        }
    }

    private @Nullable SocketFilterException claim() {
        try {
            OffloadRules.require(ctx, placement, offload);
            requireOwnership();
            takeOver(judge.program, null);
            return null;
        } catch (SocketFilterException e) {
            return stayInPipeline(e, channel.localAddress());
        }
    }

    private void failUnless(@Nullable SocketFilterException failure) {
        if (failure != null) {
            fail(failure);
        }
    }

    /** Nothing passes any more, and the channel is closed. */
    private void fail(Throwable failure) {
        become(Mode.DISCARD);
        ctx.fireExceptionCaught(failure);
        ctx.close();
    }

    /** The pipeline judges: if the program allows, and nobody insists on the kernel. */
    private @Nullable SocketFilterException stayInPipeline(
            SocketFilterException why, @Nullable SocketAddress localAddress) {
        become(Mode.JUDGE);
        if (offload == Offload.REQUIRED) {
            return why;
        }
        Optional<String> missing = missingInPipeline(judge.program, localAddress);
        if (missing.isPresent()) {
            return new SocketFilterException(Reason.NOT_APPLICABLE, missing.get(), why);
        }
        started = true;
        settle(Location.PIPELINE, String.valueOf(why.getMessage()));
        return null;
    }

    private Optional<String> missingInPipeline(Program program, @Nullable SocketAddress localAddress) {
        Optional<String> missing = PipelineKnowledge.missing(program, placement, channel instanceof PacketChannel);
        if (missing.isEmpty()
                && placement == Placement.UDP_SOCKET
                && isWildcard(localAddress)
                && new UdpKnowledge(program).readsDestination()) {
            return Optional.of("the program reads the destination address, and the channel is bound to " + localAddress
                    + ": a pipeline does not know the one that a packet was sent to (expected: a bound address)");
        }
        return missing;
    }

    private static boolean isWildcard(@Nullable SocketAddress address) {
        return address == null
                || (address instanceof InetSocketAddress internet
                        && (internet.isUnresolved() || internet.getAddress().isAnyLocalAddress()));
    }

    private void settle(Location where, String why) {
        location = where;
        reason = why;
        boolean fallenBack = where == Location.PIPELINE && offload == Offload.AUTO;
        LOGGER.log(
                fallenBack ? InternalLogLevel.INFO : InternalLogLevel.DEBUG,
                "{} filters in {}: {}",
                channel,
                where,
                why);
    }

    /** One socket has one filter. */
    private void requireOwnership() {
        Filtering owner = channel.attr(OWNER).get();
        if (owner == this) {
            return;
        }
        if (owner != null) {
            throw OffloadRules.notApplicable("another handler has the socket's filter");
        }
        if (SocketFilters.read(channel).isPresent()) {
            throw OffloadRules.notApplicable("the socket has a filter already, and not from a handler");
        }
    }

    private Program kernelProgram(Program program) {
        return placement == SocketFilters.requirePlacement(channel) ? program : UdpRelocation.of(program);
    }

    private void attach(Program program) {
        if (!attached) {
            drops.start();
        }
        try {
            SocketFilters.attach(channel, program);
        } catch (SocketFilterException e) {
            if (e.reason() == Reason.NOT_INSTALLED) {
                // What the socket has now is unknown: it must not filter while the pipeline judges.
                detachQuietly();
            }
            throw e;
        }
        attached = true;
        channel.attr(OWNER).set(this);
    }

    private void detachQuietly() {
        countDrops();
        attached = false;
        channel.attr(OWNER).compareAndSet(this, null);
        try {
            SocketFilters.detach(channel);
        } catch (SocketFilterException e) {
            if (e.reason() != Reason.NOT_ATTACHED) {
                LOGGER.warn("{} may keep a filter that its handler does not know", channel, e);
            }
        }
    }

    /**
     * Whoever judges last must see whole packets, so the kernel only drops until nothing older is queued.
     *
     * @param done told when the program is in force, if that is not at once; null: nobody waits
     */
    private void takeOver(Program program, @Nullable Promise<Void> done) {
        Program whole = kernelProgram(program);
        Optional<Program> form = judgeable(program) ? PredicateForm.of(whole) : Optional.empty();
        if (form.isEmpty()) {
            takeOverWithLoss(program, whole, done);
            return;
        }
        Judge old = judge;
        Mode oldMode = mode;
        judge = new Judge(program, placement);
        become(Mode.JUDGE);
        try {
            attach(form.get());
        } catch (SocketFilterException e) {
            judge = old;
            become(attached || oldMode != Mode.PASS ? oldMode : Mode.JUDGE);
            throw e;
        }
        handover++;
        settle(Location.KERNEL_AND_PIPELINE, "attached to a bound channel");
        int longest = channel instanceof DatagramChannel ? LONGEST_DATAGRAM : -1;
        // Where nobody can tell what is queued, both go on judging.
        if (PredicateForm.isExact(whole, longest) && SocketFilters.tellsReceiveQueue(channel)) {
            whenDrained(GRACE_MILLIS, () -> {
                become(Mode.PASS);
                settle(Location.KERNEL, "attached to a bound channel; what was queued before is judged");
            });
        }
        succeed(done);
    }

    private static void succeed(@Nullable Promise<Void> done) {
        if (done != null) {
            done.trySuccess(null);
        }
    }

    /** Whether the pipeline comes to the kernel's verdict on every packet, however often it is asked. */
    private boolean judgeable(Program program) {
        Set<Extension> extensions = program.extensions();
        // nla and nlan: the kernel finds nothing in a packet that it keeps in pieces, some 16,000 bytes and up.
        boolean varies = extensions.contains(Extension.RAND)
                || extensions.contains(Extension.NLA)
                || extensions.contains(Extension.NLAN);
        boolean differs = placement == Placement.UDP_SOCKET
                && (program.offsetBases().contains(OffsetBase.LINK_LAYER) || new UdpKnowledge(program).readsChecksum());
        return !varies
                && !differs
                && missingInPipeline(program, channel.localAddress()).isEmpty();
    }

    private void takeOverWithLoss(Program program, Program whole, @Nullable Promise<Void> done) {
        if (offload != Offload.REQUIRED || !lossyHandover) {
            throw OffloadRules.notApplicable(
                    "the channel is bound, and the pipeline cannot judge what is queued as the kernel would");
        } else if (!SocketFilters.tellsReceiveQueue(channel)) {
            throw OffloadRules.notApplicable("the channel is bound, and "
                    + channel.getClass().getSimpleName() + " does not tell when its receive queue is empty"
                    + " (expected: a handler that is added before the bind)");
        }
        // First the program itself, so that what the kernel does not take changes nothing.
        attach(whole);
        attach(Program.of(new ReturnConstant(0)));
        handover++;
        become(Mode.DISCARD);
        settle(Location.KERNEL_AND_PIPELINE, "dropping everything until the receive queue is empty");
        whenDrained(POLL_MILLIS, () -> {
            try {
                attach(whole);
                judge = new Judge(program, placement);
                become(Mode.PASS);
                settle(Location.KERNEL, "attached to a bound channel, with loss");
                succeed(done);
            } catch (SocketFilterException e) {
                if (done != null) {
                    done.tryFailure(e);
                }
                fail(e);
            }
        });
    }

    /** Runs the action once the receive queue was seen empty after a grace time, and then one delayed turn later. */
    private void whenDrained(long graceMillis, Runnable action) {
        int current = handover;
        later(graceMillis, current, () -> {
            if (SocketFilters.receiveQueueBytes(channel) > 0) {
                whenDrained(graceMillis, action);
            } else {
                later(POLL_MILLIS, current, action);
            }
        });
    }

    private void later(long millis, int current, Runnable action) {
        channel.eventLoop()
                .schedule(
                        () -> {
                            if (!stopped && current == handover && channel.isOpen()) {
                                action.run();
                            }
                        },
                        millis,
                        TimeUnit.MILLISECONDS);
    }

    /** The bind that is under way: that of a packet channel can take the filter from the socket, and gives it back. */
    void waitFor(ChannelFuture bind) {
        binding = bind;
    }

    /** {@return whether nothing may be done with the socket's filter now, so that the action is done later} */
    boolean isPostponed(Runnable action) {
        ChannelFuture bind = binding;
        if (bind == null || bind.isDone() || !(channel instanceof PacketChannel)) {
            return false;
        }
        bind.addListener(bound -> {
            if (ctx.executor().inEventLoop()) {
                action.run();
            } else {
                ctx.executor().execute(action);
            }
        });
        return true;
    }

    /** Puts another program in force and tells when, or throws and leaves the old one there. */
    void replace(Program program, Promise<Void> done) {
        if (stopped) {
            throw OffloadRules.notApplicable("the handler was removed from its pipeline");
        } else if (!channel.isOpen()) {
            throw OffloadRules.notApplicable("the channel is closed");
        }
        if (offload != Offload.REQUIRED) {
            Optional<String> missing = started
                    ? missingInPipeline(program, channel.localAddress())
                    : PipelineKnowledge.missing(program, placement, channel instanceof PacketChannel);
            if (missing.isPresent()) {
                throw new IllegalArgumentException(missing.get());
            }
        }
        if (!started) {
            judge = new Judge(program, placement);
            succeed(done);
            return;
        }
        try {
            OffloadRules.require(ctx, placement, offload);
            requireOwnership();
            takeOver(program, done);
        } catch (SocketFilterException e) {
            if (offload == Offload.REQUIRED) {
                if (!attached) {
                    fail(e);
                }
                throw e;
            }
            replaceInPipeline(program, e);
            succeed(done);
        }
    }

    private void replaceInPipeline(Program program, SocketFilterException why) {
        if (attached) {
            Judge old = judge;
            Mode oldMode = mode;
            judge = new Judge(program, placement);
            become(Mode.JUDGE);
            try {
                countDrops();
                SocketFilters.detach(channel);
            } catch (SocketFilterException e) {
                judge = old;
                become(oldMode);
                throw e;
            }
            attached = false;
            channel.attr(OWNER).compareAndSet(this, null);
        }
        judge = new Judge(program, placement);
        become(Mode.JUDGE);
        handover++;
        settle(Location.PIPELINE, String.valueOf(why.getMessage()));
    }

    /** Lets everything through again: the handler is gone. */
    void stop() {
        stopped = true;
        bypass.setOpen(false);
        rest();
        if (!isPostponed(this::letGo)) {
            letGo();
        }
    }

    private void letGo() {
        if (attached && channel.isOpen()) {
            detachQuietly();
        }
        attached = false;
        channel.attr(OWNER).compareAndSet(this, null);
    }

    /** {@return the drops that the kernel counted while it had the filter}; from any thread. */
    long countDrops() {
        return drops.count(attached);
    }
}
