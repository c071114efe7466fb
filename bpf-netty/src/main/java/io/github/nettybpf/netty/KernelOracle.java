package io.github.nettybpf.netty;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RawInstruction;
import io.github.nettybpf.netty.memory.SockFprog;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The running kernel as a test oracle: it tells whether the kernel accepts a program, and the exact verdict that the
 * kernel gives. Packets are sent through a pair of unix datagram sockets of this object, which needs no privilege. For
 * tests and tools; it filters no channel. Not for use by several threads.
 *
 * <p>A socket shows of a verdict only how much of the packet it keeps. Therefore the program is run with every return
 * replaced by one that keeps the packet if the verdict is the one in question, and drops it otherwise.
 */
public final class KernelOracle implements AutoCloseable {
    /** The most bytes of a packet: a unix datagram takes them in one piece. */
    public static final int MAX_PACKET = 65_536;

    private static final int ADDED = 3;
    private static final int NOTHING_CAME = -1;

    private final Socket sender = Socket.newSocketDomainDgram();
    private final Socket receiver = Socket.newSocketDomainDgram();
    private final ByteBuffer memory = ByteBuffer.allocateDirect(MAX_PACKET);

    private KernelOracle() {}

    private void connect() throws IOException {
        Path folder = Files.createTempDirectory("bpf");
        Path path = folder.resolve("socket");
        try {
            receiver.bind(new DomainSocketAddress(path.toString()));
            sender.connect(new DomainSocketAddress(path.toString()));
        } finally {
            Files.deleteIfExists(path);
            Files.deleteIfExists(folder);
        }
    }

    /** {@return why there is no kernel to ask, or null if there is one: Linux, with Netty's native epoll library} */
    public static @Nullable Throwable unavailabilityCause() {
        return Epoll.unavailabilityCause();
    }

    /**
     * {@return an oracle, to be closed}
     *
     * @throws IllegalStateException if there is none here: see {@link #unavailabilityCause}
     * @throws UncheckedIOException if the sockets cannot be opened
     */
    public static KernelOracle open() {
        Throwable cause = unavailabilityCause();
        if (cause != null) {
            throw new IllegalStateException("no native epoll library: " + cause.getMessage(), cause);
        }
        KernelOracle kernel = new KernelOracle();
        try {
            kernel.connect();
            return kernel;
        } catch (IOException e) {
            kernel.close();
            throw new UncheckedIOException(e);
        }
    }

    /**
     * {@return the packet as these sockets show it to a program} It has no interface, and what the sockets do not know
     * is 0.
     *
     * @param packet the bytes, which are not copied
     */
    public static Packet shown(byte[] packet) {
        return new UnixDatagram(packet);
    }

    /**
     * {@return whether the kernel takes the program}
     *
     * @param program instructions that need not be a {@link Program}
     */
    public boolean accepts(List<RawInstruction> program) {
        if (program.isEmpty() || program.size() > 0xffff) {
            return false;
        }
        try (SockFprog fprog = new SockFprog(program)) {
            receiver.setRawOpt(SocketFilters.SOL_SOCKET, SocketFilters.SO_ATTACH_FILTER, fprog.value());
            return true;
        } catch (IOException | ChannelException e) {
            return false;
        }
    }

    /**
     * {@return the verdict of the kernel, unsigned} For a program of more than 4,093 instructions, and where a program
     * ends by asking for an interface that is not there, it is only known how much is kept; then a verdict that keeps
     * all is given as the interpreter has it.
     *
     * @param program the program
     * @param packet at most {@link #MAX_PACKET} bytes
     * @throws ChannelException if the kernel refuses the program: it may, where a jump spans some thousands of packet
     *     loads, or the program costs more than the socket's option memory
     * @throws UncheckedIOException if a packet does not get through
     */
    public int verdict(Program program, byte[] packet) {
        attach(program.raw());
        int kept = send(packet);
        if (kept == NOTHING_CAME) {
            return 0;
        }
        int predicted = Filter.interpret(program).run(new UnixDatagram(packet));
        if (kept < packet.length) {
            return kept;
        }
        if (program.size() + ADDED > Program.MAX_SIZE || endsWithoutReturn(program, packet)) {
            return atLeast(predicted, kept);
        }
        attach(asking(program, verdict -> verdict == predicted, JumpCondition.JEQ, predicted));
        if (send(packet) != NOTHING_CAME) {
            return predicted;
        }
        int verdict = 0;
        for (int bit = 1; bit != 0; bit <<= 1) {
            int asked = bit;
            attach(asking(program, value -> (value & asked) != 0, JumpCondition.JSET, bit));
            verdict |= send(packet) != NOTHING_CAME ? bit : 0;
        }
        return verdict;
    }

    private static int atLeast(int predicted, int kept) {
        boolean fits = predicted < 0 || predicted >= kept;
        return fits && predicted != 0 ? predicted : kept;
    }

    /** ifidx and hatype return A at once: no return that could be replaced. */
    private boolean endsWithoutReturn(Program program, byte[] packet) {
        if (program.firstReading(Extension.IFIDX).isEmpty()
                && program.firstReading(Extension.HATYPE).isEmpty()) {
            return false;
        }
        attach(asking(program, verdict -> false, JumpCondition.JSET, 0));
        return send(packet) != NOTHING_CAME;
    }

    /** The program with its returns keeping the packet where the question is answered by yes. */
    private static List<RawInstruction> asking(
            Program program, IntPredicate constant, JumpCondition test, int operand) {
        int end = program.size();
        List<RawInstruction> asking = new ArrayList<>(end + ADDED);
        for (int pc = 0; pc < end; pc++) {
            Instruction instruction = program.instructions().get(pc);
            if (instruction instanceof ReturnA) {
                asking.add(new Jump(end - pc - 1).assemble());
            } else if (instruction instanceof ReturnConstant ret) {
                asking.add(new Jump(end + (constant.test(ret.val()) ? 1 : 2) - pc - 1).assemble());
            } else {
                asking.add(program.raw().get(pc));
            }
        }
        asking.add(new JumpIf(test, operand, 0, 1).assemble());
        asking.add(new ReturnConstant(-1).assemble());
        asking.add(new ReturnConstant(0).assemble());
        return asking;
    }

    private void attach(List<RawInstruction> program) {
        try (SockFprog fprog = new SockFprog(program)) {
            receiver.setRawOpt(SocketFilters.SOL_SOCKET, SocketFilters.SO_ATTACH_FILTER, fprog.value());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return how many bytes were received, or {@link #NOTHING_CAME}} */
    private int send(byte[] packet) {
        try {
            memory.clear().put(packet);
            int sent = sender.write(memory, 0, packet.length);
            if (sent != packet.length) {
                throw new IOException("sent " + sent + " of " + packet.length + " bytes to a unix socket");
            }
            int read = receiver.read(memory, 0, MAX_PACKET);
            // Netty's read: -1 is a datagram of no bytes, and 0 is none.
            return read < 0 ? 0 : read == 0 ? NOTHING_CAME : read;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            sender.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            closeReceiver();
        }
    }

    private void closeReceiver() {
        try {
            receiver.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A packet as these sockets show it, measured: no device, and 0 for what they do not know. */
    private static final class UnixDatagram implements Packet {
        private final Packet bytes;

        UnixDatagram(byte[] bytes) {
            this.bytes = Packet.of(bytes);
        }

        @Override
        public int length() {
            return bytes.length();
        }

        @Override
        public int u8(int offset) {
            return bytes.u8(offset);
        }

        @Override
        public int u16(int offset) {
            return bytes.u16(offset);
        }

        @Override
        public int u32(int offset) {
            return bytes.u32(offset);
        }

        @Override
        public Packet network() {
            return bytes;
        }

        @Override
        public long extension(Extension extension, int a, int x) {
            return switch (extension) {
                case LEN, RAND, XOR_X, NLA, NLAN -> bytes.extension(extension, a, x);
                case IFIDX, HATYPE -> NO_DEVICE;
                default -> 0;
            };
        }
    }
}
