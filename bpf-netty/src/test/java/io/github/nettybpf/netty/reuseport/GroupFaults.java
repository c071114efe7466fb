package io.github.nettybpf.netty.reuseport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.netty.FailingSockopt;
import io.github.nettybpf.netty.Offload;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What a group does while socket options fail. In every case what was asked for ends; after a bind that fails nothing is
 * open; after a change that fails the group is as before, each datagram comes to its slot, and the same change succeeds.
 */
final class GroupFaults extends GroupFixture {
    private static final int SLOTS = 3;

    /** An option that fails. */
    private enum Option {
        SHARE(FailingSockopt.SET, 15),
        STEER(FailingSockopt.SET, 51),
        KEEP_EMPTY(FailingSockopt.SET, 26),
        QUEUE(FailingSockopt.GET, 55);

        final int call;
        final int number;

        Option(int call, int number) {
            this.call = call;
            this.number = number;
        }
    }

    /** How Linux refuses options. */
    private enum Errno {
        EPERM(1, "Operation not permitted"),
        EINVAL(22, "Invalid argument"),
        ENOPROTOOPT(92, "Protocol not available");

        final int number;
        final String text;

        Errno(int number, String text) {
            this.number = number;
            this.text = text;
        }
    }

    private final FailingSockopt rules;
    private final Transport transport;
    private final Errno errno;
    /** The channels with handlers of the application. */
    private final Set<Channel> registered = ConcurrentHashMap.newKeySet();

    private int cases;

    private GroupFaults(FailingSockopt rules, Transport transport, Errno errno) {
        this.rules = rules;
        this.transport = transport;
        this.errno = errno;
        this.loops = transport.loops();
    }

    /** Runs all cases, and tells how many; the first that fails ends it. */
    public static void main(String[] args) {
        try {
            FailingSockopt rules = FailingSockopt.ofThisProcess();
            int cases = 0;
            for (Transport transport : List.of(Transport.EPOLL, Transport.IO_URING)) {
                if (transport == Transport.IO_URING && !IoUring.isAvailable()) {
                    System.out.println("skipped: " + transport + ": " + IoUring.unavailabilityCause());
                    continue;
                }
                for (Errno errno : Errno.values()) {
                    GroupFaults faults = new GroupFaults(rules, transport, errno);
                    try {
                        faults.run();
                    } finally {
                        faults.loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
                    }
                    cases += faults.cases;
                }
            }
            System.out.println(cases + " cases of socket options that fail, nothing half open");
        } catch (Throwable e) {
            e.printStackTrace();
            System.exit(1); // event loops would go on
        }
    }

    private void run() throws Exception {
        // The probe asks first: twice to share, once to steer. Then the anchor, twice, and the slots.
        for (int call = 1; call <= 3; call++) {
            fallsBack(Option.SHARE, call);
        }
        for (int call = 1; call <= 2; call++) {
            fallsBack(Option.STEER, call);
        }
        for (Offload offload : List.of(Offload.AUTO, Offload.REQUIRED)) {
            for (int call = 4; call < 5 + SLOTS; call++) {
                bindFails(offload, Option.SHARE, call, "slot " + Math.max(0, call - 5) + " of ");
            }
            for (int call = 3; call < 3 + SLOTS; call++) {
                bindFails(offload, Option.STEER, call, "slot " + (call - 3) + " of ");
            }
        }
        fails(Option.KEEP_EMPTY, 1, Integer.MAX_VALUE);
        ReusePortGroup group = bind(builder(Offload.REQUIRED));
        changes(group);
        group.close().sync();
        assertNothingOpen(group.localAddress());
    }

    private void changes(ReusePortGroup group) throws Exception {
        Change replace = () -> group.replace(1).await().cause();
        Change grow = () -> group.resize(SLOTS + 1).await().cause();
        Change steer = () -> group.steer(BY_FIRST_WORD).await().cause();
        changeFails(group, replace, Option.STEER, 1);
        changeFails(group, replace, Option.STEER, 2); // the first is when the placeholder is closed
        changeFails(group, replace, Option.SHARE, 1); // the new channel
        changeFails(group, replace, Option.SHARE, 2); // the placeholder
        changeFails(group, replace, Option.QUEUE, 1);
        changeFails(group, grow, Option.SHARE, 1);
        changeFails(group, grow, Option.STEER, 1);
        changeFails(group, steer, Option.STEER, 1);
    }

    /** What is asked of a group; the cause of its failure, or null. */
    private interface Change {
        Throwable failure() throws Exception;
    }

    private void fails(Option option, int first, int last) {
        cases++;
        rules.fail(0, option.call, 1, option.number, errno.number, first, last);
    }

    private void works(Supplier<String> what) {
        assertTrue(rules.failed() > 0, () -> what.get() + ": nothing has failed");
        rules.clear();
    }

    private ReusePortGroup.Builder builder(Offload offload) {
        registered.clear();
        Bootstrap bootstrap = new Bootstrap()
                .group(loops)
                .channelFactory(transport::channel)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        registered.add(channel);
                        channel.pipeline().addLast(new Counter());
                    }
                });
        return ReusePortGroup.builder(bootstrap, SLOTS).steering(BY_FIRST_WORD).offload(offload);
    }

    private void fallsBack(Option option, int call) throws Exception {
        Supplier<String> what = () -> transport + ", " + errno + ", " + option + " " + call;
        fails(option, call, call);
        ReusePortGroup group = bind(builder(Offload.AUTO));
        works(what);
        assertTrue(group.whyNotSteered().contains(errno.text), () -> what.get() + ": " + group.whyNotSteered());
        assertEquals(1, group.channels().size());
        await(
                () -> what.get() + ": sockets",
                () -> socketsOf(group.localAddress().getPort()) == 1);
        Channel alone = group.channels().get(0);
        assertEquals(false, alone.config().getOption(UnixChannelOption.SO_REUSEPORT), what);
        try (DatagramSocket sender = new DatagramSocket()) {
            send(sender, group, 1, 3);
        }
        group.close().sync();
        assertNothingOpen(group.localAddress());
        bindFails(Offload.REQUIRED, option, call, "slot 0 of 3, ");
    }

    private void bindFails(Offload offload, Option option, int call, String where) throws Exception {
        Supplier<String> what = () -> transport + ", " + errno + ", " + offload + ", " + option + " " + call;
        InetSocketAddress address;
        try (DatagramSocket free = new DatagramSocket(loopback(0))) {
            address = loopback(free.getLocalPort());
        }
        fails(option, call, call);
        Throwable failure = builder(offload).bind(address).await().cause();
        works(what);
        assertNotNull(failure, what);
        assertTrue(
                failure.getMessage().startsWith(where) && failure.getMessage().contains(errno.text),
                () -> what.get() + ": " + failure.getMessage());
        assertNothingOpen(address);
    }

    private void assertNothingOpen(InetSocketAddress address) {
        await(() -> "open: " + registered, () -> registered.stream().noneMatch(Channel::isOpen));
        await(() -> "sockets of " + address, () -> socketsOf(address.getPort()) == 0);
    }

    /**
     * {@return how many UDP sockets have the port} One may be left out while sockets of others are closed: the kernel finds
     * the place where a reader goes on by counting. Source: proc_net(5), udp_get_idx in net/ipv4/udp.c.
     */
    private static long socketsOf(int port) {
        String local = String.format(Locale.ROOT, ":%04X", port);
        try {
            long sockets = 0;
            for (String list : List.of("/proc/net/udp", "/proc/net/udp6")) {
                sockets += Files.readAllLines(Path.of(list)).stream()
                        .filter(line -> line.strip().split("\\s+", -1)[1].endsWith(local))
                        .count();
            }
            return sockets;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void changeFails(ReusePortGroup group, Change change, Option option, int call) throws Exception {
        Supplier<String> what = () -> transport + ", " + errno + ", " + option + " " + call + ", " + group;
        List<Channel> before = group.channels();
        fails(option, call, call);
        Throwable failure = change.failure();
        works(what);
        assertNotNull(failure, what);
        assertTrue(failure.getMessage().contains(errno.text), () -> what.get() + ": " + failure.getMessage());
        assertEquals(before, group.channels(), what);
        assertIntact(group, what);
        Throwable again = change.failure();
        assertNull(again, () -> what.get() + ", again: " + again);
        if (group.channels().size() > SLOTS) {
            group.resize(SLOTS).sync();
        }
        assertIntact(group, what);
    }

    /** Nothing is open but the channels, the anchor and a placeholder, and each datagram comes to its slot. */
    private void assertIntact(ReusePortGroup group, Supplier<String> what) throws IOException {
        assertEquals(SLOTS, group.channels().size(), what);
        // On io_uring a channel that is closed is open for the moment that it takes.
        await(() -> what.get() + ": open are also other channels of " + registered, () -> registered.stream()
                .filter(Channel::isOpen)
                .collect(Collectors.toSet())
                .equals(Set.copyOf(group.channels())));
        int port = group.localAddress().getPort();
        await(() -> what.get() + ": " + socketsOf(port) + " sockets", () -> socketsOf(port) <= SLOTS + 2);
        received.clear();
        try (DatagramSocket sender = new DatagramSocket()) {
            send(sender, group, SLOTS, 3);
        }
        assertOnlyOwn(group, 3);
    }
}
