package io.github.nettybpf.netty.reuseport;

import io.github.nettybpf.netty.Offload;
import io.netty.bootstrap.AbstractBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A server on one port with several channels, each on an event loop of its own, among which a program in the kernel
 * chooses: SO_REUSEPORT with a {@link Steering}. Each channel has a <i>slot</i>, a number from 0. The channels are made by
 * the application's bootstrap, for UDP or as listeners for TCP, by the epoll or io_uring transport of Linux, and can have
 * a {@link io.github.nettybpf.netty.BpfFilterHandler} each.
 *
 * <p>The kernel counts the sockets of a group in an order that changes when one is closed; the group keeps its program
 * right. Channels are replaced, added and removed without losing or misrouting anything: see {@link #replace}. What a
 * channel that closes by itself, or by {@link Channel#close}, had not read is lost, and what belongs to its slot goes to
 * the next slot from then on.
 *
 * <p>Where the kernel cannot steer, and with {@link Offload#NEVER}, the group is one channel on one event loop, as a
 * server without this class; {@link #whyNotSteered} says so. With {@link Offload#REQUIRED} the bind fails instead.
 *
 * <p>The bind fails if another socket has the port already. A process of the same user can join the group later, unasked:
 * such sockets are looked for when all channels are bound and by {@link #stats}, and reported in the log; with {@link
 * Offload#REQUIRED} the bind is refused if one is there by then.
 *
 * <p>For use by any thread; changes are made one after the other. Close the group to close its channels.
 */
public final class ReusePortGroup {
    /** The slot of a channel, which its handlers find from the beginning: in {@code initChannel}, before the bind. */
    public static final AttributeKey<Integer> SLOT = AttributeKey.valueOf(ReusePortGroup.class, "SLOT");

    private final GroupMembers members;

    /** The change that was begun last; the next one waits for it. Guarded by this. */
    private CompletableFuture<?> lastChange = CompletableFuture.completedFuture(null);

    private boolean closed;

    private ReusePortGroup(GroupMembers members) {
        this.members = members;
    }

    /**
     * {@return a builder of a group}
     *
     * @param bootstrap for datagram channels, or for a server; it is copied, so that the application may change it later
     * @param slots the number of channels, 1..{@value Steering#MAX_SLOTS}
     * @throws IllegalArgumentException if there are not so many, the bootstrap's group has fewer event loops, or the
     *     bootstrap is of another kind
     */
    public static Builder builder(AbstractBootstrap<?, ?> bootstrap, int slots) {
        return new Builder(new ChannelOpener(bootstrap), slots);
    }

    /** Builds a {@link ReusePortGroup}. For one thread. */
    public static final class Builder {
        private final ChannelOpener opener;
        private final int slots;
        private Steering steering = Steering.bySource();
        private Offload offload = Offload.AUTO;
        private boolean checkRouting;

        private Builder(ChannelOpener opener, int slots) {
            if (slots < 1 || slots > Steering.MAX_SLOTS) {
                throw new IllegalArgumentException("slots " + slots + " (expected: 1.." + Steering.MAX_SLOTS + ")");
            }
            requireLoops(opener, slots);
            this.opener = opener;
            this.slots = slots;
        }

        /**
         * Sets what a datagram or a connection belongs to a slot by; the default is {@link Steering#bySource}.
         *
         * @param steering the steering
         * @return this
         */
        public Builder steering(Steering steering) {
            this.steering = steering;
            return this;
        }

        /**
         * Sets what to do where the kernel cannot steer; the default is {@link Offload#AUTO}: one channel.
         *
         * @param offload what the application wants
         * @return this
         */
        public Builder offload(Offload offload) {
            this.offload = offload;
            return this;
        }

        /**
         * Sets whether the steering is computed again for all that a channel receives, to count what came to a wrong one.
         * Takes some tens of nanoseconds for each datagram; the default is not to.
         *
         * @param checkRouting whether to count
         * @return this
         */
        public Builder checkRouting(boolean checkRouting) {
            this.checkRouting = checkRouting;
            return this;
        }

        /**
         * Opens and binds the channels, one after the other; the program is set before the first is bound.
         *
         * @param address the address; with port 0 the kernel chooses one for all
         * @return a future that ends when all are bound; if one fails it names the slot, and all are closed again
         */
        public Future<ReusePortGroup> bind(InetSocketAddress address) {
            GroupMembers members = new GroupMembers(opener, steering.toSlots(slots), offload, checkRouting, address);
            ReusePortGroup group = new ReusePortGroup(members);
            return Stages.toFuture(group.change(members::open).thenApply(opened -> group));
        }
    }

    private static void requireLoops(ChannelOpener opener, int slots) {
        int loops = opener.loops().size();
        if (slots > loops) {
            throw new IllegalArgumentException(slots + " slots: the bootstrap's group has " + loops
                    + " event loops (expected: one for each slot)");
        }
    }

    /** {@return the channels, by slot} One that has closed by itself is there until it is replaced. */
    public List<Channel> channels() {
        return members.channels();
    }

    /** {@return the address that all channels are bound to} */
    public InetSocketAddress localAddress() {
        return members.address();
    }

    /** {@return the choice of the kernel as a function} */
    public SlotFunction slotFunction() {
        return members.function();
    }

    /** {@return why there is one channel only and the kernel does not steer, or the empty string if it steers} */
    public String whyNotSteered() {
        return members.whyNotSteered();
    }

    /** {@return what the channels of a slot have counted} */
    MemberHandler.Counts counts(int slot) {
        return members.counts(slot);
    }

    /** {@return what each slot has received, and who else is on the port} Reads the list of the kernel's sockets. */
    public GroupStats stats() {
        return members.stats();
    }

    /**
     * Replaces the channel of a slot by a new one, made by the bootstrap, on the same event loop. The kernel gives the new
     * one all that is received from some moment on; the old one is closed when it has read what came before. A listener is
     * closed a second later, when handshakes are over. Established connections stay.
     *
     * @param slot the slot
     * @return a future of the new channel, which ends when the old one is closed; if it fails, the old one has the slot
     *     still, and the new one is closed
     * @throws IllegalArgumentException if there is no such slot
     */
    public Future<Channel> replace(int slot) {
        return replace(slot, members.loop(slot));
    }

    /**
     * Replaces the channel of a slot, as {@link #replace(int)} does, by one on another event loop.
     *
     * @param slot the slot
     * @param loop the event loop
     * @return a future of the new channel
     * @throws IllegalArgumentException if there is no such slot
     */
    public Future<Channel> replace(int slot, EventLoop loop) {
        members.requireSlot(slot);
        return Stages.toFuture(change(() -> members.replace(slot, loop)));
    }

    /**
     * Steers by something else. Datagrams that wait at a channel stay there.
     *
     * @param steering the steering
     * @return a future that ends when it is in force; if it fails, the former one is
     */
    public Future<Void> steer(Steering steering) {
        return Stages.toFuture(change(() -> {
            members.steer(steering.toSlots(members.channels().size()));
            return CompletableFuture.completedFuture(null);
        }));
    }

    /**
     * Changes the number of slots. New channels are bound before they get anything; those that are given up are closed
     * when they have read what they got.
     *
     * @param slots the new number
     * @return a future that ends when that is done
     * @throws IllegalArgumentException if there are not so many event loops, or too many slots
     */
    public Future<Void> resize(int slots) {
        if (slots < 1 || slots > Steering.MAX_SLOTS) {
            throw new IllegalArgumentException("slots " + slots + " (expected: 1.." + Steering.MAX_SLOTS + ")");
        }
        requireLoops(members.opener(), slots);
        return Stages.toFuture(change(() -> members.resize(slots)));
    }

    /** {@return a future that ends when all channels are closed} What they have not read is lost. */
    public Future<Void> close() {
        CompletableFuture<Void> closing;
        synchronized (this) {
            closed = true;
            closing = lastChange.handle((value, failure) -> null).thenCompose(ended -> members.close());
            lastChange = closing;
        }
        return Stages.toFuture(closing);
    }

    /** Makes a change after the one before it. */
    private synchronized <T> CompletableFuture<T> change(Supplier<CompletableFuture<T>> change) {
        if (closed) {
            return CompletableFuture.failedFuture(new IllegalStateException("the group is closed"));
        }
        CompletableFuture<T> begun = lastChange.handle((value, failure) -> null).thenCompose(ended -> change.get());
        lastChange = begun;
        return begun;
    }

    @Override
    public String toString() {
        return members.toString();
    }
}
