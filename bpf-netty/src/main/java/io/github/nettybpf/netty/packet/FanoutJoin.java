package io.github.nettybpf.netty.packet;

import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RawInstruction;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.Socket;
import io.netty.util.internal.CleanableDirectBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Binds a socket and lets it join its fanout group. A socket can join only when it is bound, and would by then have frames
 * that belong to other members: so it drops everything until it has joined. If it cannot, it goes on dropping, and is of no
 * more use.
 */
final class FanoutJoin {
    private static final int SOL_SOCKET = 1;
    private static final int SO_ATTACH_FILTER = 26;
    private static final int SO_DETACH_FILTER = 27;
    private static final int PACKET_FANOUT = 18;
    private static final int PACKET_FANOUT_DATA = 22;
    private static final int INSTRUCTION_BYTES = 8;

    private static final List<RawInstruction> NOTHING =
            Program.of(new ReturnConstant(0)).raw();

    private FanoutJoin() {}

    /** Binds. */
    @FunctionalInterface
    interface Binding {
        void bind() throws IOException;
    }

    static void bind(Socket socket, PacketFanout fanout, Binding binding) throws IOException {
        List<RawInstruction> filter = filterOf(socket);
        setFilter(socket, NOTHING);
        binding.bind();
        join(socket, fanout);
        if (!filterOf(socket).equals(NOTHING)) {
            // Somebody has attached another one meanwhile.
            return;
        }
        if (filter.isEmpty()) {
            socket.setIntOpt(SOL_SOCKET, SO_DETACH_FILTER, 0);
        } else {
            setFilter(socket, filter);
        }
    }

    private static void setFilter(Socket socket, List<RawInstruction> program) throws IOException {
        try {
            set(socket, SOL_SOCKET, SO_ATTACH_FILTER, program);
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
            set(socket, PacketSocket.SOL_PACKET, PACKET_FANOUT_DATA, program.raw());
        }
    }

    /** As SocketFilters reads it: the kernel counts instructions where it is told bytes. */
    private static List<RawInstruction> filterOf(Socket socket) throws IOException {
        ByteBuffer code =
                ByteBuffer.allocateDirect(Program.MAX_SIZE * INSTRUCTION_BYTES).order(ByteOrder.nativeOrder());
        socket.getRawOpt(SOL_SOCKET, SO_ATTACH_FILTER, code);
        List<RawInstruction> raw = new ArrayList<>();
        int end = 0;
        for (int at = 0; at < code.capacity(); at += INSTRUCTION_BYTES) {
            raw.add(new RawInstruction(
                    code.getShort(at) & 0xffff, code.get(at + 2) & 0xff, code.get(at + 3) & 0xff, code.getInt(at + 4)));
            if (code.getLong(at) != 0) {
                end = raw.size();
            }
        }
        return raw.subList(0, end);
    }

    /** Hands over {@code struct sock_fprog}. */
    private static void set(Socket socket, int level, int option, List<RawInstruction> program) throws IOException {
        CleanableDirectBuffer code = Buffer.allocateDirectBufferWithNativeOrder(program.size() * INSTRUCTION_BYTES);
        CleanableDirectBuffer fprog = Buffer.allocateDirectBufferWithNativeOrder(2 * Long.BYTES);
        try {
            for (RawInstruction raw : program) {
                code.buffer()
                        .putShort((short) raw.code())
                        .put((byte) raw.jt())
                        .put((byte) raw.jf())
                        .putInt(raw.k());
            }
            code.buffer().flip();
            fprog.buffer().putShort(0, (short) program.size());
            fprog.buffer().putLong(Long.BYTES, Buffer.memoryAddress(code.buffer()));
            socket.setRawOpt(level, option, fprog.buffer());
        } finally {
            fprog.clean();
            code.clean();
        }
    }
}
