package io.github.nettybpf.netty.reuseport;

import io.netty.channel.Channel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The sockets of a port as the kernel lists them, for what no system call tells: who else is in a SO_REUSEPORT group, and
 * how many connections wait at a listener.
 *
 * <p>Source: /proc/net/udp and /proc/net/tcp in proc_net(5), net/ipv4/udp.c and net/ipv4/tcp_ipv4.c of the kernel.
 */
final class PortSockets {
    private static final Path NET = Path.of("/proc/thread-self/net");
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final int LOCAL_ADDRESS = 1;
    private static final int STATE = 3;
    private static final int QUEUES = 4;
    private static final int UID = 7;
    private static final int INODE = 9;
    private static final String LISTENING = "0A";
    private static final String NOT_CONNECTED = "07";

    private final boolean tcp;
    private final List<Row> rows = new ArrayList<>();

    /**
     * One socket.
     *
     * @param place the family and the local address and port, as the kernel writes them
     * @param receiveQueue bytes that wait, or connections at a listener
     */
    private record Row(String place, long inode, int uid, long receiveQueue) {}

    /** Reads the lists; to be called by a thread of the sockets' network namespace. */
    private PortSockets(boolean tcp) throws IOException {
        this.tcp = tcp;
        String name = tcp ? "tcp" : "udp";
        read(name);
        read(name + "6");
    }

    private void read(String name) throws IOException {
        Path file = NET.resolve(name);
        if (!Files.exists(file)) {
            return; // a kernel without IPv6
        }
        for (String line : Files.readAllLines(file)) {
            String[] columns = BLANKS.split(line.strip(), -1);
            // Connected sockets have a port too, but belong to no group.
            if (columns.length > INODE && columns[STATE].equals(tcp ? LISTENING : NOT_CONNECTED)) {
                rows.add(new Row(
                        name + " " + columns[LOCAL_ADDRESS],
                        Long.parseLong(columns[INODE]),
                        Integer.parseInt(columns[UID]),
                        Long.parseLong(columns[QUEUES].substring(columns[QUEUES].indexOf(':') + 1), 16)));
            }
        }
    }

    /**
     * {@return the sockets at the address and port of these channels that are not theirs, each in words}
     *
     * @throws IOException if the kernel's lists cannot be read
     */
    static List<String> foreign(Collection<Channel> channels) throws IOException {
        if (channels.isEmpty()) {
            return List.of();
        }
        PortSockets sockets = new PortSockets(channels.iterator().next() instanceof ServerSocketChannel);
        List<Long> own = new ArrayList<>();
        for (Channel channel : channels) {
            inode(channel).ifPresent(own::add);
        }
        Set<String> places = sockets.rows.stream()
                .filter(row -> own.contains(row.inode))
                .map(Row::place)
                .collect(Collectors.toSet());
        return sockets.rows.stream()
                .filter(row -> places.contains(row.place) && !own.contains(row.inode))
                .map(row -> "socket " + row.inode + " of user " + row.uid)
                .toList();
    }

    /**
     * {@return how many connections wait to be accepted by a listener, or 0 if it is closed}
     *
     * @throws IOException if the kernel's lists cannot be read
     */
    static long waitingConnections(Channel listener) throws IOException {
        OptionalLong inode = inode(listener);
        return inode.isEmpty()
                ? 0
                : new PortSockets(true)
                        .rows.stream()
                                .filter(row -> row.inode == inode.getAsLong())
                                .mapToLong(Row::receiveQueue)
                                .sum();
    }

    private static OptionalLong inode(Channel channel) throws IOException {
        if (!channel.isOpen() || !(channel instanceof UnixChannel unix)) {
            return OptionalLong.empty();
        }
        // socket:[12345]
        String target = Files.readSymbolicLink(
                        Path.of("/proc/self/fd/" + unix.fd().intValue()))
                .toString();
        return OptionalLong.of(Long.parseLong(target.substring(target.indexOf('[') + 1, target.indexOf(']'))));
    }
}
