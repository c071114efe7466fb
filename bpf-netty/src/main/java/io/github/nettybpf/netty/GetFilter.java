package io.github.nettybpf.netty;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RawInstruction;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * SO_GET_FILTER, by which a socket tells its filter. The length of this option counts instructions: when the kernel is
 * told n, it writes a program of up to n instructions, which are 8n bytes, and answers EINVAL for a longer one. So the
 * buffer here has room for 8n bytes, and n of them remain when the call is made. {@link
 * io.netty.channel.unix.RawUnixChannelOption} does not fit, because the memory behind it is as long as the kernel is
 * told.
 *
 * <p>All methods throw an {@link IOException} or a {@link ChannelException}, depending on the error, if the socket does
 * not tell.
 *
 * <p>Source: sk_get_filter in net/core/filter.c of the kernel.
 */
final class GetFilter {
    /** SO_GET_FILTER shares the number of SO_ATTACH_FILTER. */
    private static final int SO_GET_FILTER = SocketFilters.SO_ATTACH_FILTER;

    private GetFilter() {}

    /** {@return whether the socket has a filter} */
    static boolean isAttached(Socket socket) throws IOException {
        ByteBuffer first = read(socket, 1);
        return first == null || end(first) > 0;
    }

    /**
     * {@return whether the socket's filter is this one}
     *
     * @param instructions the remaining bytes are the instructions as the kernel has them
     */
    static boolean isAttached(Socket socket, ByteBuffer instructions) throws IOException {
        // What is shorter is followed by zeros, and the last instruction of a program is a return, which is none.
        return instructions.equals(read(socket, instructions.remaining() / RawInstruction.BYTES));
    }

    /** {@return the instructions of the socket's filter, or an empty list if it has none} */
    static List<RawInstruction> instructions(Socket socket) throws IOException {
        ByteBuffer longest = read(socket, Program.MAX_SIZE);
        if (longest == null) {
            throw new IOException("SO_GET_FILTER: more than " + Program.MAX_SIZE + " instructions");
        }
        longest.limit(end(longest));
        List<RawInstruction> instructions = new ArrayList<>(longest.remaining() / RawInstruction.BYTES);
        while (longest.hasRemaining()) {
            instructions.add(RawInstruction.readFrom(longest));
        }
        return List.copyOf(instructions);
    }

    /** {@return the instructions, with zeros after them, or null if there are more than that} */
    private static @Nullable ByteBuffer read(Socket socket, int count) throws IOException {
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(count * RawInstruction.BYTES).order(ByteOrder.nativeOrder());
        try {
            socket.getRawOpt(SocketFilters.SOL_SOCKET, SO_GET_FILTER, bytes.limit(count));
        } catch (ChannelException e) {
            if (SocketFilters.errno(e) == SocketFilters.EINVAL) {
                return null;
            }
            throw e;
        }
        return bytes.clear();
    }

    /** {@return where the instructions end} After them are zeros; the last one, a return, is none. */
    private static int end(ByteBuffer bytes) {
        int end = bytes.limit();
        while (end > 0 && bytes.getLong(end - RawInstruction.BYTES) == 0) {
            end -= RawInstruction.BYTES;
        }
        return end;
    }
}
