package io.github.nettybpf.netty;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ReturnConstant;
import io.github.nettybpf.core.Window;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.unix.DomainDatagramChannel;
import io.netty.util.internal.logging.InternalLogLevel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Optional;
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
    private static final long GRACE_MILLIS = 1000;

    private static final long POLL_MILLIS = 5;

    /** What happens to a packet that comes to the handler. */
    private enum Mode {
        JUDGE,
        PASS,
        DISCARD
    }

    private final Channel channel;
    private final Placement placement;
    private final Offload offload;
    private final boolean lossyHandover;
    private Judge judge;
    private Mode mode = Mode.JUDGE;
    private boolean started;
    private boolean stopped;
    private boolean complained;

    /** Tells scheduled checks of an earlier handover that they are out of date. */
    private int handover;

    private volatile boolean attached;
    private volatile Location location = Location.UNDECIDED;
    private volatile String reason = "the channel is neither bound nor connected";
    private volatile long dropsBefore;
    private volatile long dropsSeen;

    Filtering(Channel channel, Program program, Placement placement, Offload offload, boolean lossyHandover) {
        this.channel = channel;
        this.placement = placement;
        this.offload = offload;
        this.lossyHandover = lossyHandover;
        this.judge = new Judge(program, placement);
    }

    Channel channel() {
        return channel;
    }

    boolean isStarted() {
        return started;
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
        return switch (mode) {
            case JUDGE -> judge.keep(channel, message, content);
            case PASS -> content.readableBytes();
            case DISCARD -> Judge.DROP;
        };
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
            requireOffload();
            attach(kernelProgram(judge.program));
            mode = Mode.PASS;
            settle(Location.KERNEL, "attached before the channel was bound");
            started = true;
            return null;
        } catch (SocketFilterException e) {
            return stayInPipeline(e, localAddress);
        }
    }

    /**
     * Attaches the filter to a socket that may have packets queued, and may be receiving.
     *
     * @return why the channel must be closed, or null
     */
    @Nullable
    SocketFilterException startOnBound() {
        try {
            requireOffload();
            takeOver(judge.program);
            started = true;
            return null;
        } catch (SocketFilterException e) {
            return stayInPipeline(e, channel.localAddress());
        }
    }

    /** The pipeline judges: if the program allows, and nobody insists on the kernel. */
    private @Nullable SocketFilterException stayInPipeline(
            SocketFilterException why, @Nullable SocketAddress localAddress) {
        mode = Mode.JUDGE;
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
        Optional<String> missing = PipelineKnowledge.missing(program, placement);
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

    /** Asks whether the kernel may run the program, before asking whether it will. */
    private void requireOffload() {
        if (offload == Offload.NEVER) {
            throw notApplicable("Offload.NEVER");
        }
        if (!SocketFilters.isSupported(channel)) {
            throw new SocketFilterException(
                    Reason.UNSUPPORTED,
                    channel.getClass().getSimpleName() + " takes no filter (expected: an epoll or io_uring channel)");
        }
        Placement own = ownPlacement();
        boolean movable = own == Placement.UDP_SOCKET && placement == Placement.PAYLOAD;
        if (own == Placement.TCP_SOCKET && offload != Offload.REQUIRED) {
            throw notApplicable("a filter of a stream socket sees segments and not what a pipeline reads from it");
        }
        if (own != placement && !movable) {
            throw notApplicable("the program is for placement " + placement + ", and the socket's is " + own);
        }
        if (own == Placement.UDP_SOCKET && SocketFilters.coalescesDatagrams(channel)) {
            throw notApplicable("UDP_GRO is on: the kernel would judge several datagrams at once");
        }
    }

    private static SocketFilterException notApplicable(String why) {
        return new SocketFilterException(Reason.NOT_APPLICABLE, why);
    }

    private Placement ownPlacement() {
        if (channel instanceof DatagramChannel) {
            return Placement.UDP_SOCKET;
        }
        return channel instanceof DomainDatagramChannel ? Placement.PAYLOAD : Placement.TCP_SOCKET;
    }

    private Program kernelProgram(Program program) {
        return placement == ownPlacement() ? program : UdpRelocation.of(program);
    }

    private void attach(Program program) {
        long before = attached ? dropsBefore : SocketFilters.drops(channel);
        try {
            SocketFilters.attach(channel, program);
        } catch (SocketFilterException e) {
            if (e.reason() == Reason.NOT_INSTALLED && !attached) {
                detachQuietly();
            }
            throw e;
        }
        dropsBefore = before;
        attached = true;
    }

    /** What cannot be read back may still be there, or may never have been: it must not go on filtering either way. */
    private void detachQuietly() {
        try {
            SocketFilters.detach(channel);
        } catch (SocketFilterException e) {
            LOGGER.debug("{} had nothing to detach", channel, e);
        }
    }

    /** Whoever judges last must see whole packets, so the kernel only drops until nothing older is queued. */
    private void takeOver(Program program) {
        handover++;
        Program whole = kernelProgram(program);
        Optional<Program> form = judgeable(program) ? PredicateForm.of(whole) : Optional.empty();
        if (form.isEmpty()) {
            takeOverWithLoss(program, whole);
            return;
        }
        Judge old = judge;
        Mode oldMode = mode;
        judge = new Judge(program, placement);
        mode = Mode.JUDGE;
        try {
            attach(form.get());
        } catch (SocketFilterException e) {
            judge = old;
            mode = oldMode;
            throw e;
        }
        settle(Location.KERNEL_AND_PIPELINE, "attached to a bound channel");
        int longest = channel instanceof DatagramChannel ? LONGEST_DATAGRAM : -1;
        if (PredicateForm.isExact(whole, longest)) {
            whenDrained(GRACE_MILLIS, () -> {
                mode = Mode.PASS;
                settle(Location.KERNEL, "attached to a bound channel; what was queued before is judged");
            });
        }
    }

    /** Whether the pipeline comes to the kernel's verdict on every packet, however often it is asked. */
    private boolean judgeable(Program program) {
        boolean random = program.extensions().contains(Extension.RAND);
        boolean mayLeavePacket =
                placement == Placement.UDP_SOCKET && program.windows().contains(Window.LINK_LAYER);
        return !random
                && !mayLeavePacket
                && missingInPipeline(program, channel.localAddress()).isEmpty();
    }

    private void takeOverWithLoss(Program program, Program whole) {
        if (offload != Offload.REQUIRED || !lossyHandover) {
            throw notApplicable(
                    "the channel is bound, and the pipeline cannot judge what is queued as the kernel would");
        }
        attach(Program.of(new ReturnConstant(0)));
        mode = Mode.DISCARD;
        settle(Location.KERNEL_AND_PIPELINE, "dropping everything until the receive queue is empty");
        whenDrained(POLL_MILLIS, () -> {
            try {
                attach(whole);
                judge = new Judge(program, placement);
                mode = Mode.PASS;
                settle(Location.KERNEL, "attached to a bound channel, with loss");
            } catch (SocketFilterException e) {
                LOGGER.warn("{} stays closed to all packets", channel, e);
                channel.pipeline().fireExceptionCaught(e);
                channel.close();
            }
        });
    }

    /** Runs the action once the receive queue was seen empty after a grace time, and then one delayed turn later. */
    private void whenDrained(long graceMillis, Runnable action) {
        int current = handover;
        channel.eventLoop()
                .schedule(
                        () -> {
                            if (stopped || current != handover || !channel.isOpen()) {
                                return;
                            }
                            if (SocketFilters.receiveQueueBytes(channel) > 0) {
                                whenDrained(graceMillis, action);
                                return;
                            }
                            channel.eventLoop()
                                    .schedule(
                                            () -> {
                                                if (!stopped && current == handover && channel.isOpen()) {
                                                    action.run();
                                                }
                                            },
                                            POLL_MILLIS,
                                            TimeUnit.MILLISECONDS);
                        },
                        graceMillis,
                        TimeUnit.MILLISECONDS);
    }

    /** Puts another program in force, or throws and leaves the old one there. */
    void replace(Program program) {
        if (offload != Offload.REQUIRED) {
            missingInPipeline(program, started ? channel.localAddress() : null)
                    .filter(missing -> started
                            || PipelineKnowledge.missing(program, placement).isPresent())
                    .ifPresent(missing -> {
                        throw new IllegalArgumentException(missing);
                    });
        }
        if (!started) {
            judge = new Judge(program, placement);
            return;
        }
        try {
            requireOffload();
            takeOver(program);
        } catch (SocketFilterException e) {
            if (offload == Offload.REQUIRED) {
                throw e;
            }
            replaceInPipeline(program, e);
        }
    }

    private void replaceInPipeline(Program program, SocketFilterException why) {
        Judge old = judge;
        Mode oldMode = mode;
        judge = new Judge(program, placement);
        mode = Mode.JUDGE;
        try {
            if (attached) {
                SocketFilters.detach(channel);
                attached = false;
            }
        } catch (SocketFilterException e) {
            judge = old;
            mode = oldMode;
            throw e;
        }
        handover++;
        settle(Location.PIPELINE, String.valueOf(why.getMessage()));
    }

    /** Lets everything through again: the handler is gone. */
    void stop() {
        stopped = true;
        noteDrops();
        if (attached && channel.isOpen()) {
            try {
                SocketFilters.detach(channel);
            } catch (SocketFilterException e) {
                LOGGER.warn("{} keeps its filter although the handler was removed", channel, e);
            }
        }
        attached = false;
    }

    /** The last figure of a socket is gone with the socket. */
    void noteDrops() {
        droppedInKernel();
    }

    long droppedInKernel() {
        if (attached && channel.isOpen()) {
            try {
                dropsSeen = SocketFilters.drops(channel) - dropsBefore & 0xffff_ffffL;
            } catch (SocketFilterException e) {
                LOGGER.debug("{} does not tell its drops; the figure before stands", channel, e);
            }
        }
        return dropsSeen;
    }
}
