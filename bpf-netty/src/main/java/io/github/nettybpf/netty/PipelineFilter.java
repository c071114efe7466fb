package io.github.nettybpf.netty;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.PacketKinds;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.drops.DropReason;
import io.github.nettybpf.netty.drops.RuleHits;
import io.github.nettybpf.netty.drops.ShadowStats;
import io.github.nettybpf.netty.headers.HeaderUse;
import io.github.nettybpf.netty.headers.UdpPacket;
import io.github.nettybpf.netty.memory.BufferPacket;
import io.github.nettybpf.netty.memory.Memory;
import io.github.nettybpf.netty.observe.DecisionCounter;
import io.github.nettybpf.netty.source.FilterRule;
import io.github.nettybpf.netty.source.SourceJudge;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.Channel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ReferenceCountUtil;
import java.lang.invoke.MethodHandles;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A program with the view of packets that it has in the pipeline of one channel. Used by one event loop. */
abstract sealed class PipelineFilter permits PipelineFilter.OfBuffers, PipelineFilter.OfDatagrams, ObservedFilter {
    /** Instead of a number of bytes. */
    static final int DROP = -1;

    /** Instead of a number of bytes: the program asked for what is not known of this packet. */
    static final int UNKNOWN = -2;

    /** Instead of a number of bytes: the packet's source is not wanted. */
    static final int UNWANTED_SOURCE = -3;

    /** Instead of a number of bytes: nothing passes now, and the packet was not judged. */
    static final int DISCARD = -4;

    private static final PacketKinds BUFFERS =
            kinds(BufferPacket.AtAddress.class, BufferPacket.InNioBuffer.class, BufferPacket.InArray.class);
    private static final PacketKinds DATAGRAMS =
            kinds(UdpPacket.AtAddress.class, UdpPacket.InNioBuffer.class, UdpPacket.InArray.class);

    private final FilterRule rule;
    final Program program;
    final Filter filter;

    /** Judges first, by the source; null if all sources are wanted. */
    final @Nullable SourceJudge sources;

    private static PacketKinds kinds(
            Class<? extends Packet> atAddress, Class<? extends Packet> inNioBuffer, Class<? extends Packet> inArray) {
        return PacketKinds.of(
                MethodHandles.lookup(), List.of(Memory.READS_ADDRESSES ? atAddress : inNioBuffer, inArray));
    }

    PipelineFilter(FilterRule rule, Filter filter, @Nullable SourceJudge sources) {
        this.rule = rule;
        this.program = rule.program();
        this.filter = filter;
        this.sources = sources;
    }

    /**
     * {@return a filter for the messages of the channel}
     *
     * @param filter runs the rule's program
     * @param sources judges the rule's sources, or null if all are wanted
     */
    static PipelineFilter of(
            FilterRule rule, Placement placement, Channel channel, Filter filter, @Nullable SourceJudge sources) {
        if (placement == Placement.UDP_SOCKET) {
            return new OfDatagrams(rule, filter, sources, channel);
        } else if (channel instanceof FilteredChannel filtered && placement == filtered.placement()) {
            return new OfViews(rule, filter, sources, placement, channel, filtered.newPacketView());
        }
        return new OfBuffers(rule, filter, sources, placement, channel);
    }

    /** {@return what filters for the placement are shown} */
    static PacketKinds kinds(Placement placement) {
        return placement == Placement.UDP_SOCKET ? DATAGRAMS : BUFFERS;
    }

    /** {@return the bytes of a message, or null if it is none that is judged} */
    static @Nullable ByteBuf contentOf(Object msg) {
        if (msg instanceof ByteBuf buffer) {
            return buffer;
        } else if (msg instanceof DatagramPacket datagram) {
            return datagram.content();
        } else if (msg instanceof ByteBufHolder holder) {
            return holder.content();
        } else if (msg instanceof AddressedEnvelope<?, ?> envelope && envelope.content() instanceof ByteBuf buffer) {
            return buffer;
        }
        return null;
    }

    /** {@return who has sent a message, or null if that is not known} */
    static @Nullable InetSocketAddress sender(Object message, Channel channel) {
        // The class first: to ask one object about several interfaces again and again is slow on many JVMs.
        if (message instanceof DatagramPacket packet) {
            InetSocketAddress sender = packet.sender();
            if (sender != null) {
                return sender;
            }
        } else if (message instanceof AddressedEnvelope<?, ?> envelope && envelope.sender() != null) {
            return internet(envelope.sender());
        }
        return internet(channel.remoteAddress());
    }

    /** {@return to whom a message was sent, or null if that is not known} */
    static @Nullable InetSocketAddress recipient(Object message, Channel channel) {
        if (message instanceof DatagramPacket packet) {
            InetSocketAddress recipient = packet.recipient();
            if (recipient != null) {
                return recipient;
            }
        } else if (message instanceof AddressedEnvelope<?, ?> envelope && envelope.recipient() != null) {
            return internet(envelope.recipient());
        }
        return internet(channel.localAddress());
    }

    private static @Nullable InetSocketAddress internet(@Nullable SocketAddress address) {
        return address instanceof InetSocketAddress internet ? internet : null;
    }

    /** {@return what it judges by} */
    final FilterRule rule() {
        return rule;
    }

    /** {@link #keep}, which releases the message if it throws: what a channel or a message of others may do. */
    final int keepOrRelease(Object message, ByteBuf content) {
        try {
            return keep(message, content);
        } catch (RuntimeException | Error e) {
            ReferenceCountUtil.safeRelease(message);
            throw e;
        }
    }

    /** {@return how many bytes of the content to keep, or {@link #DROP}, {@link #UNKNOWN} or {@link #UNWANTED_SOURCE}} */
    abstract int keep(Object message, ByteBuf content);

    /**
     * {@return why the last packet is not kept}
     *
     * @param kept what {@link #keep} has returned for it: a negative number
     */
    final DropReason reason(int kept) {
        if (kept == UNWANTED_SOURCE) {
            return sources != null && sources.isDenied() ? DropReason.SOURCE_DENIED : DropReason.SOURCE_NOT_ALLOWED;
        }
        return kept == UNKNOWN ? DropReason.NOT_KNOWN : DropReason.PROGRAM;
    }

    /** Drops the references to packets, which others may use from now on. */
    abstract void releaseReferences();

    /**
     * Takes note that the kernel drops from now on, but for samples.
     *
     * @param samplesSources whether it drops all unwanted sources too; otherwise they reach the pipeline
     */
    void setSampled(boolean samplesSources) {
        // Only what is told of drops depends on it.
    }

    /** {@return how often the program has decided in which way, if that is counted} From any thread. */
    List<RuleHits> hits() {
        return List.of();
    }

    /** {@return how a shadow program would have judged, if there is one} From any thread. */
    Optional<ShadowStats> shadow() {
        return Optional.empty();
    }

    /** {@return what counts the decisions, or null if nothing does} */
    @Nullable
    DecisionCounter decisions() {
        return null;
    }

    /** Judges messages by their bytes. */
    static sealed class OfBuffers extends PipelineFilter {
        final Placement placement;
        private final Channel channel;
        private final BufferPacket.AtAddress atAddress;
        private final BufferPacket.InArray inArray;
        private final BufferPacket.InNioBuffer inNioBuffer;
        private final BufferPacket.InBuffer inBuffer;

        OfBuffers(FilterRule rule, Filter filter, @Nullable SourceJudge sources, Placement placement, Channel channel) {
            super(rule, filter, sources);
            this.placement = placement;
            this.channel = channel;
            this.atAddress = new BufferPacket.AtAddress(placement);
            this.inArray = new BufferPacket.InArray(placement);
            this.inNioBuffer = new BufferPacket.InNioBuffer(placement);
            this.inBuffer = new BufferPacket.InBuffer(placement);
        }

        @Override
        int keep(Object message, ByteBuf content) {
            if (sources != null && !isWanted(sources, message, content)) {
                return UNWANTED_SOURCE;
            }
            int verdict = run(content);
            return verdict == 0 ? DROP : placement.kept(verdict, content.readableBytes());
        }

        private boolean isWanted(SourceJudge judge, Object message, ByteBuf content) {
            if (placement == Placement.PAYLOAD) {
                return judge.wants(sender(message, channel));
            }
            inBuffer.show(content);
            try {
                return judge.wants(inBuffer, placement);
            } finally {
                inBuffer.clear();
            }
        }

        private int run(ByteBuf content) {
            if (Memory.isAddressable(content)) {
                atAddress.show(content);
                return filter.run(atAddress);
            } else if (content.hasArray()) {
                inArray.show(content);
                return filter.run(inArray);
            } else if (Memory.isNioBuffer(content)) {
                inNioBuffer.show(content);
                return filter.run(inNioBuffer);
            }
            inBuffer.show(content);
            try {
                return filter.run(inBuffer);
            } finally {
                inBuffer.clear();
            }
        }

        @Override
        void releaseReferences() {
            inArray.clear();
            inNioBuffer.clear();
        }
    }

    /** Judges the messages of a {@link FilteredChannel}, which knows more of them than their bytes. */
    private static final class OfViews extends OfBuffers {
        private final PacketView view;

        OfViews(
                FilterRule rule,
                Filter filter,
                @Nullable SourceJudge sources,
                Placement placement,
                Channel channel,
                PacketView view) {
            super(rule, filter, sources, placement, channel);
            this.view = view;
        }

        @Override
        int keep(Object message, ByteBuf content) {
            if (!view.show(message, content)) {
                return super.keep(message, content);
            }
            try {
                if (sources != null && !sources.wants(view, placement)) {
                    return UNWANTED_SOURCE;
                }
                int verdict = filter.run(view);
                return verdict == 0 ? DROP : view.contentBytes(placement.kept(verdict, view.length()));
            } finally {
                view.clear();
            }
        }
    }

    /** Judges datagrams by a UDP header that is made from their addresses. */
    static final class OfDatagrams extends PipelineFilter {
        private final Channel channel;
        private final boolean looksAtSender;
        private final boolean looksAtRecipient;
        private final UdpPacket.AtAddress atAddress;
        private final UdpPacket.InArray inArray;
        private final UdpPacket.InNioBuffer inNioBuffer;
        private final UdpPacket.InBuffer inBuffer;

        /**
         * For datagrams whose header is not all known: a compiled filter may read bytes that its verdict does not need.
         */
        private @Nullable Filter interpreter;

        OfDatagrams(FilterRule rule, Filter filter, @Nullable SourceJudge sources, Channel channel) {
            super(rule, filter, sources);
            this.channel = channel;
            HeaderUse use = HeaderUse.of(rule.program());
            this.looksAtSender = use.sender();
            this.looksAtRecipient = use.recipient();
            this.atAddress = new UdpPacket.AtAddress(use);
            this.inArray = new UdpPacket.InArray(use);
            this.inNioBuffer = new UdpPacket.InNioBuffer(use);
            this.inBuffer = new UdpPacket.InBuffer(use);
        }

        @Override
        int keep(Object message, ByteBuf content) {
            if (sources != null && !sources.wants(sender(message, channel))) {
                return UNWANTED_SOURCE;
            }
            if (Memory.isAddressable(content)) {
                atAddress.show(content);
                return keep(message, atAddress);
            } else if (content.hasArray()) {
                inArray.show(content);
                return keep(message, inArray);
            } else if (Memory.isNioBuffer(content)) {
                inNioBuffer.show(content);
                return keep(message, inNioBuffer);
            }
            inBuffer.show(content);
            try {
                return keep(message, inBuffer);
            } finally {
                inBuffer.clear();
            }
        }

        private int keep(Object message, UdpPacket datagram) {
            datagram.showAddresses(
                    looksAtSender ? sender(message, channel) : null,
                    looksAtRecipient ? recipient(message, channel) : null);
            Filter engine = datagram.isComplete() ? filter : interpreter();
            return kept(engine.run(datagram), datagram);
        }

        private Filter interpreter() {
            if (interpreter == null) {
                interpreter =
                        filter instanceof DecisionCounter counter ? counter.interpreted() : Filter.interpret(program);
            }
            return interpreter;
        }

        private static int kept(int verdict, UdpPacket datagram) {
            if (datagram.readUnknown()) {
                return UNKNOWN;
            }
            int length = datagram.length();
            if (Integer.compareUnsigned(verdict, length) >= 0) {
                return length - UdpPacket.HEADER;
            }
            return verdict == 0 ? DROP : Placement.UDP_SOCKET.kept(verdict, length) - UdpPacket.HEADER;
        }

        @Override
        void releaseReferences() {
            inArray.clear();
            inNioBuffer.clear();
        }
    }
}
