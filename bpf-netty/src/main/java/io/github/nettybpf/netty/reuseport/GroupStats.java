package io.github.nettybpf.netty.reuseport;

import io.github.nettybpf.netty.SocketFilters;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a {@link ReusePortGroup} has done so far: a snapshot. Figures may be added in later versions. */
public final class GroupStats {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(ReusePortGroup.class);

    private final List<Member> members;
    private final List<String> foreign;

    GroupStats(List<Member> members, List<String> foreign) {
        this.members = List.copyOf(members);
        this.foreign = List.copyOf(foreign);
    }

    /** {@return the figures of each slot, in order} */
    public List<Member> members() {
        return members;
    }

    /** {@return sockets of the same port that are not the group's, as they were found last, each in words} */
    public List<String> foreignSockets() {
        return foreign;
    }

    /** What the channels of one slot have received. */
    public static final class Member {
        private final long received;
        private final long misrouted;
        private final @Nullable Long drops;

        private Member(long received, long misrouted, @Nullable Long drops) {
            this.received = received;
            this.misrouted = misrouted;
            this.drops = drops;
        }

        /** {@return the figures of a slot, whose present channel this is} */
        static Member of(Channel channel, MemberHandler.Counts counts) {
            @Nullable Long drops;
            try {
                drops = SocketFilters.drops(channel);
            } catch (ChannelException e) {
                LOGGER.debug("{} does not tell its drops", channel, e);
                drops = null;
            }
            return new Member(counts.received, counts.misrouted, drops);
        }

        /** {@return how many datagrams or connections came, after a filter if the channel has one} */
        public long received() {
            return received;
        }

        /**
         * {@return how many of them belong to another slot} Counted only where the group was built with {@link
         * ReusePortGroup.Builder#checkRouting}.
         */
        public long misrouted() {
            return misrouted;
        }

        /**
         * {@return how many datagrams the present channel's socket has dropped, modulo 2<sup>32</sup>, or -1 if it does
         * not tell} Because its receive queue was full, by its filter, or because of a bad checksum: the kernel counts
         * them together.
         */
        public long drops() {
            return drops == null ? -1 : drops;
        }

        @Override
        public String toString() {
            return "received " + received + ", misrouted " + misrouted + ", drops " + drops();
        }
    }

    @Override
    public String toString() {
        return members + (foreign.isEmpty() ? "" : ", foreign " + foreign);
    }
}
