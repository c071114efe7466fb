package io.github.nettybpf.netty;

import io.github.nettybpf.core.RawInstruction;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.util.internal.CleanableDirectBuffer;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * {@code struct sock_fprog}: a count and a pointer to instructions in native memory, which stay there until this is
 * closed. Needs the native library of a transport to be loaded.
 */
final class Fprog implements AutoCloseable {
    private final CleanableDirectBuffer code;
    private final CleanableDirectBuffer fprog;

    Fprog(List<RawInstruction> program) {
        code = Buffer.allocateDirectBufferWithNativeOrder(program.size() * RawInstruction.BYTES);
        fprog = Buffer.allocateDirectBufferWithNativeOrder(2 * Buffer.addressSize());
        ByteBuffer instructions = code.buffer();
        program.forEach(raw -> raw.writeTo(instructions));
        instructions.flip();
        long address = Buffer.memoryAddress(instructions);
        fprog.buffer().putShort(0, (short) program.size());
        if (Buffer.addressSize() == Long.BYTES) {
            fprog.buffer().putLong(Long.BYTES, address);
        } else {
            fprog.buffer().putInt(Integer.BYTES, (int) address);
        }
    }

    /** {@return the option that takes {@link #value}} */
    RawUnixChannelOption option() {
        return new RawUnixChannelOption(
                "SO_ATTACH_FILTER", SocketFilters.SOL_SOCKET, SocketFilters.SO_ATTACH_FILTER, value().remaining());
    }

    ByteBuffer value() {
        return fprog.buffer();
    }

    @Override
    public void close() {
        fprog.clean();
        code.clean();
    }
}
