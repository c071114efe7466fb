package io.github.nettybpf.packet;

import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.SockFprog;
import io.github.nettybpf.netty.SocketFilters;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.util.Optional;

/**
 * Binds a socket and lets it join its fanout group. A socket can join only when it is bound, and would by then have frames
 * that belong to other members: so it drops everything until it has joined. If it cannot, it goes on dropping, and is of no
 * more use.
 */
final class FanoutJoin {
    private static final int PACKET_FANOUT = 18;
    private static final int PACKET_FANOUT_DATA = 22;

    private static final Program NOTHING = Program.of(new ReturnConstant(0));

    private FanoutJoin() {}

    /** Binds. */
    @FunctionalInterface
    interface Binding {
        void bind() throws IOException;
    }

    static void bind(Socket socket, PacketFanout fanout, Binding binding) throws IOException {
        Optional<Program> filter = SocketFilters.read(socket);
        setFilter(socket, NOTHING);
        binding.bind();
        join(socket, fanout);
        if (!SocketFilters.read(socket).equals(Optional.of(NOTHING))) {
            // Somebody has attached another one meanwhile.
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
