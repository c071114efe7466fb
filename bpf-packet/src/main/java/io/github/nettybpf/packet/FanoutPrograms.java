package io.github.nettybpf.packet;

import io.github.nettybpf.core.Program;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The program of each fanout group that this process has members of (PACKET_FANOUT_DATA). The kernel lets every member
 * replace the group's program without notice, and has no call that reads it.
 */
final class FanoutPrograms {
    private static final int SOL_SOCKET = 1;
    private static final int SO_NETNS_COOKIE = 71;

    private static final Map<Key, Group> GROUPS = new HashMap<>();

    private FanoutPrograms() {}

    private record Key(long namespace, int number) {}

    private static final class Group {
        final Program program;
        int members;

        Group(Program program) {
            this.program = program;
        }
    }

    /** One socket's membership of a group, until it leaves. */
    static final class Membership {
        private final Key key;

        private Membership(Key key) {
            this.key = key;
        }

        void leave() {
            synchronized (GROUPS) {
                GROUPS.computeIfPresent(key, (same, group) -> --group.members == 0 ? null : group);
            }
        }
    }

    /**
     * {@return the membership, which the socket leaves when it is closed, or null if the fanout has no program or the
     * kernel does not tell the socket's network namespace}
     *
     * @throws IOException if the group has another program
     */
    static @Nullable Membership enter(Socket socket, PacketFanout fanout) throws IOException {
        Program program = fanout.program();
        Long namespace = program == null ? null : namespace(socket);
        if (program == null || namespace == null) {
            return null;
        }
        Key key = new Key(namespace, fanout.group());
        synchronized (GROUPS) {
            Group group = GROUPS.computeIfAbsent(key, absent -> new Group(program));
            if (!group.program.raw().equals(program.raw())) {
                throw new IOException("fanout PROGRAM of group " + fanout.group()
                        + ": its other members have another program (expected: the same one)");
            }
            group.members++;
            return new Membership(key);
        }
    }

    /** {@return the cookie of the socket's network namespace (SO_NETNS_COOKIE), or null before Linux 5.14} */
    private static @Nullable Long namespace(Socket socket) throws IOException {
        ByteBuffer cookie = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
        try {
            socket.getRawOpt(SOL_SOCKET, SO_NETNS_COOKIE, cookie);
            return cookie.getLong(0);
        } catch (ChannelException notKnown) {
            return null;
        }
    }
}
