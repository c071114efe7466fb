package io.github.nettybpf.netty.reuseport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RandomPrograms;
import io.github.nettybpf.netty.memory.SockFprog;
import io.netty.buffer.Unpooled;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The kernel chooses the socket that the function says, for random programs and datagrams. */
class SteeringKernelTest {
    private static final int MEMBERS = 4;
    private static final int SOL_SOCKET = 1;
    private static final int SO_ATTACH_REUSEPORT_CBPF = 51;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    @Test
    void theKernelChoosesAsTheFunctionDoes() throws IOException {
        compare(20261130, 300);
    }

    @Test
    @Tag("soak")
    void theKernelChoosesAsTheFunctionDoesForLong() throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("soak.seconds", 60));
        long seed = System.nanoTime();
        System.out.println("steering, first seed " + seed);
        long pairs = 0;
        for (; System.nanoTime() < end; seed++) {
            pairs += compare(seed, 300);
        }
        System.out.println("steering: " + pairs + " programs and datagrams, no difference");
    }

    private static long compare(long seed, int programs) throws IOException {
        assumeTrue(Epoll.isAvailable(), () -> "no epoll: " + Epoll.unavailabilityCause());
        long pairs = 0;
        for (String loopback : List.of("127.0.0.1", "::1")) {
            if (loopback.equals("::1") && !Socket.isIPv6Preferred()) {
                System.out.println("steering is not compared over IPv6: there is none here");
                continue;
            }
            try (Sockets sockets = new Sockets(InetAddress.getByName(loopback))) {
                pairs += compare(sockets, RandomPrograms.deterministic(seed), "seed " + seed, programs);
            }
        }
        assertTrue(pairs > programs, "compared only " + pairs);
        return pairs;
    }

    private static long compare(Sockets sockets, RandomPrograms random, String seed, int programs) throws IOException {
        List<Supplier<Program>> kinds = List.of(random::program, random::tests, random::chains);
        long pairs = 0;
        for (int i = 0; i < programs; i++) {
            Program program = kinds.get(i % kinds.size()).get();
            SlotFunction function;
            try {
                function = Steering.of(toSlots(program)).toSlots(MEMBERS);
            } catch (IllegalArgumentException refused) {
                continue;
            }
            sockets.steer(function.program());
            for (int n = 0; n < 6; n++) {
                byte[] payload =
                        n % 3 == 0 ? random.packet() : n % 3 == 1 ? random.smallPacket() : random.keyedPacket();
                OptionalInt slot = function.slot(sockets.shown(payload));
                if (slot.isPresent()) {
                    assertEquals(
                            slot.getAsInt(),
                            sockets.send(payload),
                            () -> seed + "\n" + program + HexFormat.of().formatHex(payload));
                    pairs++;
                }
            }
        }
        return pairs;
    }

    /** Most verdicts of random programs are no slots. */
    private static Program toSlots(Program program) {
        List<Instruction> changed = new ArrayList<>();
        for (Instruction instruction : program.instructions()) {
            changed.add(
                    instruction instanceof ReturnConstant ret
                            ? new ReturnConstant(Integer.remainderUnsigned(ret.val(), MEMBERS + 1))
                            : instruction);
        }
        return Program.of(changed);
    }

    /** A group of sockets on loopback. */
    private static final class Sockets implements AutoCloseable {
        private final List<Socket> members = new ArrayList<>();
        private final Socket sender = Socket.newSocketDgram();
        private final ByteBuffer memory = ByteBuffer.allocateDirect(65_536);
        private final InetAddress loopback;
        private InetSocketAddress address;

        Sockets(InetAddress loopback) throws IOException {
            this.loopback = loopback;
            address = new InetSocketAddress(loopback, 0);
            for (int i = 0; i < MEMBERS; i++) {
                Socket socket = Socket.newSocketDgram();
                members.add(socket);
                socket.setReusePort(true);
                socket.bind(address);
                address = socket.localAddress();
            }
            sender.bind(new InetSocketAddress(loopback, 0));
        }

        void steer(Program program) throws IOException {
            try (SockFprog fprog = new SockFprog(program)) {
                members.get(0).setRawOpt(SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, fprog.value());
            }
        }

        SteeredDatagram shown(byte[] payload) {
            InetSocketAddress from =
                    new InetSocketAddress(loopback, sender.localAddress().getPort());
            InetSocketAddress to = new InetSocketAddress(loopback, address.getPort());
            return SteeredDatagram.of(Unpooled.wrappedBuffer(payload), from, to);
        }

        /** {@return the index of the socket that the datagram comes to} */
        int send(byte[] payload) throws IOException {
            memory.clear();
            memory.put(payload);
            sender.sendTo(memory, 0, payload.length, loopback, address.getPort());
            long end = System.nanoTime() + PATIENCE_NANOS;
            while (System.nanoTime() < end) {
                for (int i = 0; i < MEMBERS; i++) {
                    memory.clear();
                    if (members.get(i).recvFrom(memory, 0, memory.capacity()) != null) {
                        return i;
                    }
                }
            }
            throw new AssertionError("no socket has received the datagram");
        }

        @Override
        public void close() throws IOException {
            for (Socket member : members) {
                member.close();
            }
            sender.close();
        }
    }
}
