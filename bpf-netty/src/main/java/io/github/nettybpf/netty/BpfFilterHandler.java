package io.github.nettybpf.netty;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.address.SourceStats;
import io.github.nettybpf.netty.observe.FilterEvents;
import io.github.nettybpf.netty.observe.PacketCounters;
import io.github.nettybpf.netty.source.CurrentRule;
import io.github.nettybpf.netty.source.FilterRule;
import io.github.nettybpf.netty.source.SourceRule;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.net.SocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Runs a program over every inbound {@link ByteBuf}, {@link ByteBufHolder} and {@link AddressedEnvelope} of a {@code
 * ByteBuf}. Verdict 0 releases the message; any other verdict is the number of bytes to keep, and the writer index is
 * moved. Other messages pass untouched. Where the transport allows, the kernel runs the program instead, with the same
 * verdicts, and unwanted packets never reach the JVM.
 *
 * <p>On a UDP channel offset 0 is the UDP header, as it is for SO_ATTACH_FILTER, and not the payload: the first byte of
 * the payload is at offset 8. This keeps what is sent to port 53:
 *
 * <pre>{@code
 * // from the module bpf-expression; or, in assembly, Program.parse("ldh [2]\n jne #53, drop\n ret #-1\n drop: ret #0")
 * Program dns = FilterExpression.compile("src net 10.0.0.0/8 and dst port 53", Placement.UDP_SOCKET);
 * new Bootstrap().group(group).channel(EpollDatagramChannel.class).handler(new ChannelInitializer<Channel>() {
 *     protected void initChannel(Channel channel) {
 *         channel.pipeline().addLast(new BpfFilterHandler(dns), ...);
 *     }
 * }).bind(53);
 * }</pre>
 *
 * <p>Add the handler as the first of the pipeline, before the channel is bound: then the socket has its filter before
 * the first packet can arrive. On a channel that is bound already, the kernel gets a form of the program that only
 * drops, and the pipeline judges what the kernel keeps, so that no packet is lost and none passes unjudged. A handler
 * that is not the first inbound handler, that has an executor of its own, or whose channel's socket has another filter,
 * does not use the kernel. Netty refuses to add one handler to two channels. Do not switch UDP_GRO on while the kernel
 * filters: it would judge several datagrams at once.
 *
 * <p>In the pipeline a program sees of a datagram's headers what the addresses tell: ports, length and, from
 * SKF_NET_OFF on, the version and the addresses of the IP header; the UDP checksum reads as 0. A program that reads
 * more (a mark, a TTL, what IP options would change) is refused with a message that names the instruction, unless it is
 * {@link Offload#REQUIRED} in the kernel. So is a program that reads the destination address where the socket is bound
 * to the wildcard address: {@link PipelineSupport} tells. A datagram longer than the receive buffer is cut by Netty
 * before any handler sees it, and its length reads as the shorter one: size the buffer (MAX_DATAGRAM_PAYLOAD_SIZE,
 * RecvByteBufAllocator).
 *
 * <p>On a {@link FilteredChannel}, as the packet channels of the module bpf-packet are, offset 0 is what it is to the
 * socket, and the pipeline knows of a message what the channel says that it does: there {@code proto}, {@code type},
 * {@code ifidx}, {@code hatype}, the three {@code vlan_} extensions and where the network header begins.
 *
 * <p>What returns figures or a {@link Future} is for any thread, all else for the event loop.
 */
public final class BpfFilterHandler extends ChannelDuplexHandler {
    private final FilterChoices choices;
    private final PacketCounters counters = new PacketCounters();

    /** A read was asked for, and no message was passed on since; belongs to the event loop. */
    private boolean readWanted;

    private boolean warnsOfDatagrams; // their placement is another one than the default; belongs to the event loop
    private boolean droppedOne; // since the last read was complete; belongs to the event loop

    private final CurrentRule rule;
    private volatile @Nullable ChannelFilter filtering;

    /**
     * A handler with {@link Offload#AUTO}, and the placement that the channel has.
     *
     * @param program the program
     * @throws IllegalArgumentException if the program needs what no pipeline knows
     */
    public BpfFilterHandler(Program program) {
        this(builder(program));
    }

    private BpfFilterHandler(BpfFilterHandlerBuilder builder) {
        this(builder.choices(), builder.rule());
    }

    BpfFilterHandler(FilterChoices choices, FilterRule first) {
        this.choices = choices;
        first.sources().prepare();
        this.rule = new CurrentRule(first, counters.sources);
        choices.whyNot(rule.get()).ifPresent(refusal -> {
            FilterEvents.get().refuse(null, refusal);
            throw new IllegalArgumentException(refusal);
        });
    }

    /**
     * {@return a builder of a handler}
     *
     * @param program the program
     */
    public static BpfFilterHandlerBuilder builder(Program program) {
        return new BpfFilterHandlerBuilder(program);
    }

    /**
     * {@return what the handler has done so far} From any thread.
     */
    public FilterStats stats() {
        ChannelFilter current = filtering;
        FilterLocationEvent location = current == null ? null : current.location();
        PipelineFilter judge = current == null ? null : current.told();
        return new FilterStats(
                counters,
                droppedInKernel(),
                judge == null ? List.of() : judge.hits(),
                judge == null ? Optional.empty() : judge.shadow(),
                location == null ? FilterStats.Location.UNDECIDED : location.location(),
                location == null ? "the handler is in no pipeline" : location.reason());
    }

    /**
     * Replaces the program without a gap: no packet passes that neither of the two would let pass, and once the future
     * succeeds only the new one judges. Packets that are queued in the socket at that time were judged by the old
     * program, and are judged by the new one too, unless the old one may have cut them: then they pass as they are, and the
     * future succeeds when they are gone, about a second later. What was cut is judged by what is left where the kernel cannot
     * have the new program, where it passes samples, and on unix sockets, which do not tell what is queued. From any thread.
     *
     * @param replacement the new program
     * @return a future that always completes: it succeeds when the new program is in force, and fails with {@link
     *     IllegalArgumentException} or {@link SocketFilterException} if it cannot be, also because the channel is
     *     closed, the handler is removed or another replacement comes first; then the old program stays, or the channel
     *     is closed if the kernel has lost it
     */
    public Future<Void> replace(Program replacement) {
        return change(present -> present.withProgram(replacement));
    }

    /**
     * Begins to drop and cut packets, or ends it: then the handler is in a dry run, in which all packets pass and only
     * what would have become of them is counted. Without a gap, as {@link #replace}: once the future succeeds, all packets
     * are judged, or none. From any thread.
     *
     * @param enforced whether packets are dropped
     * @return a future as that of {@link #replace}
     */
    public Future<Void> enforce(boolean enforced) {
        return change(present -> present.withEnforced(enforced));
    }

    /**
     * Lets another program judge beside the one in force, which counts where they differ: {@link FilterStats#shadow}. It
     * drops nothing. The kernel then filters only if drops are sampled, so that what it drops is compared by samples.
     * From any thread.
     *
     * @param candidate the other program, or null to end it
     * @return a future as that of {@link #replace}
     */
    public Future<Void> shadow(@Nullable Program candidate) {
        return change(present -> present.withShadow(candidate));
    }

    /**
     * Drops what comes from these addresses, and no longer what comes from those before, without a gap, as {@link
     * #replace}. From any thread; a million prefixes hold it up for some ten milliseconds, so better no event loop's.
     *
     * @param sources the addresses; none if the set is empty
     * @return a future as that of {@link #replace}
     */
    public Future<Void> denySources(AddressSet sources) {
        return changeSources(present -> present.denying(sources));
    }

    /**
     * Drops what comes from other addresses than these, otherwise as {@link #denySources}.
     *
     * @param sources the addresses that are allowed, unless they are denied
     * @return a future as that of {@link #replace}
     */
    public Future<Void> allowSources(AddressSet sources) {
        return changeSources(present -> present.allowing(sources));
    }

    /** What takes long is done in the calling thread, unless another change comes in between. */
    @SuppressWarnings("ReferenceEquality") // comparing a million prefixes takes long
    private Future<Void> changeSources(UnaryOperator<SourceRule> change) {
        SourceRule before = rule.get().sources();
        SourceRule after = change.apply(before).prepare();
        return change(
                present -> present.withSources(present.sources() == before ? after : change.apply(present.sources())));
    }

    private Future<Void> change(UnaryOperator<FilterRule> change) {
        ChannelFilter current;
        synchronized (this) {
            current = filtering;
            if (current == null) {
                FilterRule changed = change.apply(rule.get());
                Optional<String> refusal = choices.whyNot(changed);
                if (refusal.isPresent()) {
                    FilterEvents.get().refuse(null, refusal.get());
                    return ImmediateEventExecutor.INSTANCE.newFailedFuture(new IllegalArgumentException(refusal.get()));
                }
                rule.set(changed);
                return ImmediateEventExecutor.INSTANCE.newSucceededFuture(null);
            }
        }
        return new RuleChange(current, () -> change.apply(rule.get()), rule::set).start();
    }

    /** {@return what the handler does with sets of sources} From any thread. */
    public SourceStats sources() {
        ChannelFilter current = filtering;
        return rule.stats(current == null ? null : current.sources());
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        Channel channel = ctx.channel();
        Placement placement = choices.placementOn(channel, rule.get().program());
        warnsOfDatagrams = choices.isDefault(placement, rule.get().program());
        ChannelFilter added;
        synchronized (this) {
            try {
                added = new ChannelFilter(
                        ctx, rule.get(), counters, placement, choices, new FilterBypass(ctx, this::countPassed));
            } catch (RuntimeException | Error e) {
                // Netty takes a handler that throws out of the pipeline: the channel must not go on without it.
                ctx.close();
                throw e;
            }
            filtering = added;
        }
        if (channel.isActive() || channel.localAddress() != null) {
            added.startOnActive();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        ChannelFilter removed = filtering;
        if (removed != null) {
            removed.remove();
            counters.keepDroppedInKernel(removed.drops());
        }
    }

    @Override
    public void bind(ChannelHandlerContext ctx, SocketAddress localAddress, ChannelPromise promise) {
        if (!ctx.channel().isOpen() || start(ctx, promise, localAddress)) {
            ctx.bind(localAddress, promise);
        }
    }

    @Override
    public void connect(
            ChannelHandlerContext ctx,
            SocketAddress remoteAddress,
            @Nullable SocketAddress localAddress,
            ChannelPromise promise) {
        if (!ctx.channel().isOpen() || start(ctx, promise, localAddress)) {
            ctx.connect(remoteAddress, localAddress, promise);
        }
    }

    private boolean start(ChannelHandlerContext ctx, ChannelPromise promise, @Nullable SocketAddress localAddress) {
        SocketFilterException failure = filtering().startBeforeBind(localAddress);
        if (failure == null) {
            return true;
        }
        promise.tryFailure(failure);
        ctx.close();
        return false;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        // A channel can be active without having been bound or connected through its pipeline.
        if (!filtering().isDecided()) {
            filtering().startOnActive();
        }
        ctx.fireChannelActive();
    }

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        filtering().drops();
        ctx.close(promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        ByteBuf content = PipelineFilter.contentOf(msg);
        if (content == null) {
            readWanted = false;
            ctx.fireChannelRead(msg);
            return;
        }
        if (warnsOfDatagrams && msg instanceof DatagramPacket) {
            warnsOfDatagrams = false;
            OffloadRules.warnOfDatagrams(ctx.channel());
        }
        int kept = filtering().keep(msg, content);
        if (kept < 0) {
            drop(ctx, msg, kept);
            return;
        }
        counters.accept();
        readWanted = false;
        if (kept < content.readableBytes()) {
            counters.truncate();
            content.writerIndex(content.readerIndex() + kept);
        }
        ctx.fireChannelRead(msg);
    }

    /** {@link #channelRead} of a packet that the kernel has judged, and that goes past this handler. */
    private void countPassed() {
        counters.accept();
        readWanted = false;
    }

    /** {@return where the program runs} From any thread. */
    FilterStats.Location location() {
        ChannelFilter current = filtering;
        return current == null
                ? FilterStats.Location.UNDECIDED
                : current.location().location();
    }

    /** {@return how many packets the kernel has dropped} From any thread. */
    long droppedInKernel() {
        ChannelFilter current = filtering;
        return current == null ? 0 : current.drops();
    }

    /** {@return the counters, which do not refer to the handler} */
    PacketCounters counters() {
        return counters;
    }

    /** {@return the rules whose drops are counted for metrics, and {@code other}; nothing if returns are not counted} */
    List<String> rules() {
        return choices.countsDecisions() ? counters.rules.list(rule.get().program()) : List.of();
    }

    /** {@return the way past this handler, or null while it is in no pipeline} */
    @Nullable
    FilterBypass bypass() {
        ChannelFilter current = filtering;
        return current == null ? null : current.bypass();
    }

    private void drop(ChannelHandlerContext ctx, Object msg, int kept) {
        filtering().countDrop(kept);
        droppedOne = true;
        ReferenceCountUtil.release(msg);
        if (kept == PipelineFilter.UNKNOWN && filtering().isFirstComplaint()) {
            ctx.fireExceptionCaught(OffloadRules.readUnknown());
        }
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        readWanted = true;
        filtering().noticeFrontHandlers();
        ctx.read();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        filtering().readComplete();
        boolean unanswered = droppedOne && readWanted;
        droppedOne = false;
        ctx.fireChannelReadComplete();
        // A handler that reads one packet at a time would wait for ever for those that were dropped.
        if (unanswered && !ctx.channel().config().isAutoRead()) {
            ctx.read();
        }
    }

    private ChannelFilter filtering() {
        ChannelFilter current = filtering;
        if (current == null) {
            throw new IllegalStateException("the handler is in no pipeline");
        }
        return current;
    }

    /** {@return how long the program is, where it runs, and why} */
    @Override
    public String toString() {
        ChannelFilter current = filtering;
        String where = current == null
                ? "in no pipeline"
                : current.location().location() + ": " + current.location().reason();
        return "BpfFilterHandler(" + rule.get().program().size() + " instructions, " + where + ')';
    }
}
