package io.github.nettybpf.netty.memory;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RawInstruction;
import io.netty.channel.unix.Buffer;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * {@code struct sock_fprog}: a count and a pointer to instructions in native memory, as SO_ATTACH_FILTER,
 * SO_ATTACH_REUSEPORT_CBPF and PACKET_FANOUT_DATA take it. Needs the native library of a Netty transport to be loaded.
 *
 * <p>The memory lives until this is closed: close it after the system call. Not for use by several threads.
 *
 * <p>Source: include/uapi/linux/filter.h of the kernel.
 */
public final class SockFprog implements AutoCloseable {
    private final ByteBuffer instructions;
    private final ByteBuffer fprog;

    /**
     * The struct for a program.
     *
     * @param program the program
     */
    public SockFprog(Program program) {
        this(program.raw());
    }

    /**
     * The struct for instructions that need not be a program.
     *
     * @param program at most 65535 instructions
     */
    public SockFprog(List<RawInstruction> program) {
        instructions =
                ByteBuffer.allocateDirect(program.size() * RawInstruction.BYTES).order(ByteOrder.nativeOrder());
        program.forEach(raw -> raw.writeTo(instructions));
        instructions.flip();
        fprog = ByteBuffer.allocateDirect(2 * Buffer.addressSize()).order(ByteOrder.nativeOrder());
        fprog.putShort(0, (short) program.size());
        long address = Buffer.memoryAddress(instructions);
        if (Buffer.addressSize() == Long.BYTES) {
            fprog.putLong(Long.BYTES, address);
        } else {
            fprog.putInt(Integer.BYTES, (int) address);
        }
    }

    /** {@return the struct, from position to limit, in memory that the kernel can read} */
    public ByteBuffer value() {
        return fprog;
    }

    /** {@return the instructions that the struct points at, from position to limit} */
    public ByteBuffer instructions() {
        return instructions.duplicate();
    }

    /** Ends the use of the memory: before this, the garbage collector does not free the instructions. */
    @Override
    @SuppressWarnings("ReachabilityFenceUsage") // The block that ends here is the caller's try.
    public void close() {
        Reference.reachabilityFence(instructions);
    }
}
