package io.github.nettybpf.netty.reuseport;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.netty.reuseport.MemberHandler.Counts;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.EventLoop;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The channels of a group, their slots, and the program that the kernel has. The group makes one change after the other;
 * in between, channels close by themselves, on their event loops.
 *
 * <p>How a channel is replaced without moving any other, at any moment: the new one is bound, and comes last in the
 * kernel's order. Its slot is steered to it, and the old one drained. Before the old one is closed a <i>placeholder</i>
 * is bound, a socket that nothing is steered to: it is the last now, and so the one that the kernel moves into the gap.
 * The next replacement closes the placeholder while its own new channel, which gets nothing yet, is last.
 *
 * <p>The kernel asks the first socket of its list for the group, and a socket that is being closed leaves the group a
 * moment before the list: a datagram that meets it there at that moment is lost, whichever slot it is for. IPv4 sockets
 * are listed newest first, IPv6 sockets oldest first. So the first socket of all is another idle one, the <i>anchor</i>,
 * which stays, and no channel is closed that is the newest. Source: udp_lib_unhash and udp4_lib_lookup2 in
 * net/ipv4/udp.c, inet_unhash in net/ipv4/inet_hashtables.c of the kernel.
 */
final class GroupMembers {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(ReusePortGroup.class);

    /** How long a channel that is replaced has to read what waits at its socket. */
    private static final long DRAIN_MILLIS = 30_000;

    private final ChannelOpener opener;
    private final Offload offload;
    private final boolean checkRouting;
    private final List<Member> members = new ArrayList<>();
    private final List<Counts> counts = new ArrayList<>();
    private final SocketOrder<Channel> order = new SocketOrder<>();
    private volatile SlotFunction function;
    private volatile InetSocketAddress address;
    private volatile String whyNotSteered = "";
    private volatile @Nullable Channel placeholder;
    private final ForeignSockets foreign = new ForeignSockets(this);

    /** The channel of a slot. */
    record Member(Channel channel, EventLoop loop) {}

    GroupMembers(
            ChannelOpener opener,
            SlotFunction function,
            Offload offload,
            boolean checkRouting,
            InetSocketAddress address) {
        this.opener = opener;
        this.function = function;
        this.offload = offload;
        this.checkRouting = checkRouting;
        this.address = address;
    }

    ChannelOpener opener() {
        return opener;
    }

    SlotFunction function() {
        return function;
    }

    InetSocketAddress address() {
        return address;
    }

    String whyNotSteered() {
        return whyNotSteered;
    }

    synchronized List<Channel> channels() {
        return members.stream().map(Member::channel).toList();
    }

    synchronized EventLoop loop(int slot) {
        requireSlot(slot);
        return members.get(slot).loop;
    }

    synchronized void requireSlot(int slot) {
        if (slot < 0 || slot >= members.size()) {
            throw new IllegalArgumentException("slot " + slot + " (expected: 0.." + (members.size() - 1) + ")");
        }
    }

    /** Opens all channels, or one if the kernel cannot steer; or none, if one fails. */
    CompletableFuture<Void> open() {
        int slots = function.slots();
        CompletableFuture<Void> opening = openFirst();
        for (int slot = 1; slot < slots; slot++) {
            int next = slot;
            opening = opening.thenCompose(before -> whyNotSteered.isEmpty()
                    ? openSlot(next, opener.loops().get(next))
                    : CompletableFuture.completedFuture(null));
        }
        return opening.thenRun(this::requireAlone)
                .handle((opened, failure) -> failure)
                .thenCompose(failure -> failure == null
                        ? CompletableFuture.completedFuture(null)
                        : close().thenCompose(closed -> CompletableFuture.failedFuture(Stages.cause(failure))));
    }

    /** The program is set before the bind, so that no datagram comes unsteered. */
    private CompletableFuture<Void> openFirst() {
        EventLoop loop = opener.loops().get(0);
        return opener.registerIdle(loop)
                .thenCompose(anchor -> prepareSteering(anchor) ? idle(anchor) : Stages.closed(anchor))
                .handle((bound, failure) -> {
                    if (failure != null) {
                        throw failed(0, failure);
                    }
                    return null;
                })
                .thenCompose(bound -> openSlot(0, loop));
    }

    /** {@return whether the kernel steers} */
    private boolean prepareSteering(Channel anchor) {
        String why = whyNot(anchor);
        if (why.isEmpty()) {
            return true;
        } else if (offload == Offload.REQUIRED) {
            anchor.close();
            throw new ChannelException("the kernel cannot steer: " + why);
        }
        LOGGER.warn("{} has one channel on one event loop: {}", this, why);
        whyNotSteered = why;
        function = function.steering().toSlots(1);
        return false;
    }

    private String whyNot(Channel channel) {
        if (offload == Offload.NEVER) {
            return "Offload.NEVER";
        } else if (!(channel instanceof UnixChannel)) {
            return channel.getClass().getSimpleName() + " (expected: an epoll or io_uring channel)";
        }
        String unproven = SteeringProbe.whyNot(address.getAddress() instanceof Inet6Address);
        if (unproven != null) {
            return unproven;
        }
        try {
            GroupSocket.share(channel);
            GroupSocket.steer(channel, function.program(behindAnchor(function.slots())));
            return "";
        } catch (ChannelException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** What the first channel gets as soon as it is bound. */
    private static int[] behindAnchor(int slots) {
        int[] verdicts = new int[slots];
        Arrays.fill(verdicts, 1);
        return verdicts;
    }

    CompletableFuture<Void> openSlot(int slot, EventLoop loop) {
        return opener.register(loop, slot)
                .thenCompose(channel -> bind(channel, slot, loop))
                .thenCompose(bound -> closePlaceholder())
                .handle((bound, failure) -> {
                    if (failure != null) {
                        throw failed(slot, failure);
                    }
                    return null;
                });
    }

    private CompletionException failed(int slot, Throwable failure) {
        Throwable cause = Stages.cause(failure);
        return new CompletionException(new ChannelException(
                "slot " + slot + " of " + function.slots() + ", " + address + ": " + cause.getMessage(), cause));
    }

    /** Binds a channel and gives it a slot that has none. */
    private CompletableFuture<Void> bind(Channel channel, int slot, EventLoop loop) {
        return bound(channel, slot).thenAccept(done -> add(new Member(channel, loop)));
    }

    private synchronized void add(Member member) {
        members.add(member);
        try {
            apply(function);
        } catch (ChannelException e) {
            members.remove(member);
            member.channel.close();
            throw e;
        }
    }

    /** Binds a channel that is to have a slot; if that fails, it is closed. */
    private CompletableFuture<Void> bound(Channel channel, int slot) {
        new MemberHandler(slot, counts(slot), checkRouting ? this::function : null).addTo(channel);
        return joined(channel);
    }

    synchronized Counts counts(int slot) {
        while (counts.size() <= slot) {
            counts.add(new Counts());
        }
        return counts.get(slot);
    }

    private CompletableFuture<Void> joined(Channel channel) {
        CompletableFuture<?> binding;
        try {
            if (whyNotSteered.isEmpty()) {
                GroupSocket.share(channel);
            }
            binding = Stages.of(channel.bind(address));
        } catch (ChannelException e) {
            binding = CompletableFuture.failedFuture(e);
        }
        return binding.handle((bound, failure) -> {
            if (failure != null) {
                channel.close();
                throw new CompletionException(failure);
            }
            join(channel);
            return null;
        });
    }

    private void join(Channel channel) {
        synchronized (this) {
            order.joined(channel);
            if (address.getPort() == 0 && channel.localAddress() instanceof InetSocketAddress chosen) {
                address = new InetSocketAddress(address.getAddress(), chosen.getPort());
            }
        }
        channel.closeFuture().addListener(closed -> leave(channel));
    }

    /** A channel is closed: the kernel has moved another one to its place already. */
    private synchronized void leave(Channel channel) {
        order.left(channel);
        if (members.stream().anyMatch(member -> member.channel.equals(channel))) {
            LOGGER.warn("{}: a channel is closed, what belongs to its slot goes to the next one: {}", this, channel);
        }
        try {
            apply(function);
        } catch (ChannelException e) {
            LOGGER.error("{}: datagrams may come to wrong channels, the program cannot be changed", this, e);
        }
    }

    /** Steers in the kernel by the function. Slots without an open channel go to the next one that has. */
    private synchronized void apply(SlotFunction steering) {
        if (!whyNotSteered.isEmpty()) {
            return;
        }
        int[] verdicts = new int[steering.slots()];
        Arrays.setAll(verdicts, this::index);
        Program program = steering.program(verdicts);
        for (Channel any : order.sockets()) {
            try {
                GroupSocket.steer(any, program);
                return;
            } catch (ChannelException e) {
                // Another event loop may have closed it, and its turn here is to come.
                if (any.isOpen()) {
                    throw e;
                }
            }
        }
    }

    /** {@return the index of the socket for a slot} */
    private int index(int slot) {
        for (int i = 0; i < members.size(); i++) {
            int index = order.indexOf(members.get((slot + i) % members.size()).channel);
            if (index >= 0) {
                return index;
            }
        }
        return 0;
    }

    synchronized void steer(SlotFunction steering) {
        apply(steering);
        function = steering;
    }

    CompletableFuture<Channel> replace(int slot, EventLoop loop) {
        if (!whyNotSteered.isEmpty()) {
            return CompletableFuture.failedFuture(
                    new IllegalStateException("a channel that is alone cannot be replaced: " + whyNotSteered));
        }
        Channel old = channels().get(slot);
        return opened(slot, loop).thenCompose(fresh -> closePlaceholder()
                .thenCompose(closed -> take(slot, fresh, loop, old))
                .thenApply(taken -> fresh));
    }

    /** A new channel that is bound and gets nothing yet. */
    private CompletableFuture<Channel> opened(int slot, EventLoop loop) {
        return opener.register(loop, slot)
                .thenCompose(channel -> bound(channel, slot).thenApply(done -> channel));
    }

    /** The new channel gets the slot; if the old one does not let go, it has the slot again. */
    private CompletableFuture<Void> take(int slot, Channel fresh, EventLoop loop, Channel old) {
        Member before;
        try {
            before = set(slot, new Member(fresh, loop));
        } catch (ChannelException e) {
            return closedAfter(Stages.closed(fresh), e);
        }
        return Drain.of(old, DRAIN_MILLIS)
                .thenCompose(drained -> closeInPlace(old, loop))
                .handle((closed, failure) -> failure == null
                        ? CompletableFuture.<Void>completedFuture(null)
                        : giveBack(slot, before, fresh, loop, failure))
                .thenCompose(result -> result);
    }

    private CompletableFuture<Void> giveBack(
            int slot, Member before, Channel fresh, EventLoop loop, Throwable failure) {
        set(slot, before);
        return closedAfter(
                Drain.of(fresh, DRAIN_MILLIS)
                        .thenCompose(drained -> closeInPlace(fresh, loop))
                        .handle((closed, again) -> Stages.closed(fresh)) // the last one: no other is moved
                        .thenCompose(closing -> closing),
                failure);
    }

    /** {@return a stage that fails when another one has ended} */
    static <T> CompletableFuture<T> closedAfter(CompletableFuture<?> ending, Throwable failure) {
        return ending.handle((ended, again) -> null)
                .thenCompose(ended -> CompletableFuture.failedFuture(Stages.cause(failure)));
    }

    private synchronized Member set(int slot, Member member) {
        Member before = members.set(slot, member);
        try {
            apply(function);
        } catch (ChannelException e) {
            members.set(slot, before);
            throw e;
        }
        return before;
    }

    /** Closes a channel to which nothing is steered, so that no other one is moved that something is steered to. */
    private CompletableFuture<Void> closeInPlace(Channel channel, EventLoop loop) {
        return opener.registerIdle(loop)
                .thenCompose(placeholder -> idle(placeholder)
                        .thenCompose(bound -> closePlaceholder())
                        .thenRun(() -> this.placeholder = placeholder))
                .thenCompose(opened -> Stages.closed(channel));
    }

    /** Lets a channel join that nothing is steered to. */
    private CompletableFuture<Void> idle(Channel channel) {
        GroupSocket.keepEmpty(channel);
        return joined(channel);
    }

    /** To be called when nothing is steered to the last socket, which takes the place of the placeholder. */
    private CompletableFuture<Void> closePlaceholder() {
        Channel open = placeholder;
        placeholder = null;
        return open == null ? CompletableFuture.completedFuture(null) : Stages.closed(open);
    }

    CompletableFuture<Void> resize(int slots) {
        if (!whyNotSteered.isEmpty()) {
            return CompletableFuture.failedFuture(
                    new IllegalStateException("a channel that is alone cannot be one of several: " + whyNotSteered));
        }
        return new Resizing(this).to(slots);
    }

    /** Closes a channel that has no slot any more, when it has read what it got. */
    CompletableFuture<Void> retire(Member member) {
        return Drain.of(member.channel, DRAIN_MILLIS).thenCompose(drained -> closeInPlace(member.channel, member.loop));
    }

    synchronized Member remove(int slot) {
        return members.remove(slot);
    }

    /** Looks for sockets of others in the group. */
    private void requireAlone() {
        List<String> others = findForeign();
        if (!others.isEmpty() && offload == Offload.REQUIRED) {
            throw new ChannelException(address + ": other sockets are bound to it and share what is received: " + others
                    + " (expected: none, or Offload.AUTO)");
        }
    }

    private List<String> findForeign() {
        List<Channel> own;
        synchronized (this) {
            own = order.sockets();
        }
        return whyNotSteered.isEmpty() ? foreign.find(own) : List.of();
    }

    GroupStats stats() {
        List<String> others = findForeign();
        List<GroupStats.Member> figures = new ArrayList<>();
        synchronized (this) {
            for (int slot = 0; slot < members.size(); slot++) {
                Counts of = counts.get(slot);
                figures.add(GroupStats.Member.of(members.get(slot).channel, of));
            }
        }
        return new GroupStats(figures, others);
    }

    /** Closes all that is open. */
    CompletableFuture<Void> close() {
        List<Channel> open;
        synchronized (this) {
            open = order.sockets();
            members.clear();
        }
        return CompletableFuture.allOf(open.stream().map(Stages::closed).toArray(CompletableFuture[]::new));
    }

    @Override
    public String toString() {
        return "SO_REUSEPORT group of " + address + " (" + function + ")";
    }
}
