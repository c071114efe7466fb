package io.github.nettybpf.packet;

import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.SocketFilters;
import io.github.nettybpf.netty.memory.SockFprog;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.util.Optional;

/**
 * Binds a socket and adds it to its fanout group (PACKET_FANOUT). A socket can join a group only after it is bound, and
 * would by then have received frames that belong to other members. So a filter drops everything until the socket has
 * joined. If joining fails, that filter stays and the socket is useless.
 */
final class FanoutJoin {
    private static final int PACKET_FANOUT = 18;
    private static final int PACKET_FANOUT_DATA = 22;

    private static final Program DROP_ALL = Program.of(new ReturnConstant(0));

    private FanoutJoin() {}

    /** The bind(2) call, which is made while everything is dropped. */
    @FunctionalInterface
    interface Binding {
        void bind() throws IOException;
    }

    static void bind(Socket socket, PacketFanout fanout, Binding binding) throws IOException {
        Optional<Program> filter = SocketFilters.read(socket);
        setFilter(socket, DROP_ALL);
        binding.bind();
        join(socket, fanout);
        if (!SocketFilters.read(socket).equals(Optional.of(DROP_ALL))) {
            // Another filter was attached meanwhile: it stays.
            return;
        }
        if (filter.isEmpty()) {
            SocketFilters.detach(socket);
        } else {
            setFilter(socket, filter.get());
        }
    }

    private static void setFilter(Socket socket, Program program) throws IOException {
        try {
            SocketFilters.attach(socket, program);
        } catch (ChannelException e) {
            throw new IOException(
                    "SO_ATTACH_FILTER, to drop all until the socket has joined its fanout group: " + e.getMessage()
                            + " (expected: a filter that is not locked)",
                    e);
        }
    }

    private static void join(Socket socket, PacketFanout fanout) throws IOException {
        try {
            socket.setIntOpt(PacketSocket.SOL_PACKET, PACKET_FANOUT, fanout.group() | fanout.mode().number << 16);
        } catch (ChannelException e) {
            throw new IOException(
                    "PACKET_FANOUT " + fanout.mode() + " of group " + fanout.group() + ": " + e.getMessage()
                            + " (expected: an interface that is up, and a group of the same address and mode)",
                    e);
        }
        Program program = fanout.program();
        if (program != null) {
            try (SockFprog fprog = new SockFprog(program)) {
                socket.setRawOpt(PacketSocket.SOL_PACKET, PACKET_FANOUT_DATA, fprog.value());
            }
        }
    }
}
