package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RandomPrograms;
import io.github.nettybpf.core.RawInstruction;
import io.github.nettybpf.core.VerificationException;
import io.github.nettybpf.netty.code.PredicateForm;
import io.github.nettybpf.netty.code.UdpRelocation;
import io.github.nettybpf.netty.memory.SockFprog;
import io.github.nettybpf.netty.source.FilterRule;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.Socket;
import io.netty.util.internal.CleanableDirectBuffer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random programs and packets: the running kernel is right. */
class KernelDifferentialTest {
    private static final int SEED = 20261121;

    /** The system property random.share is a percentage, for runs that have to be short. */
    private static final int STANDING = 25 * Integer.getInteger("random.share", 100);

    @BeforeEach
    void needsTheKernel() {
        assumeTrue(
                KernelOracle.unavailabilityCause() == null,
                () -> "no kernel to ask: " + KernelOracle.unavailabilityCause());
    }

    @Test
    void verdictsOnUnixSockets() {
        verdicts(SEED, STANDING);
    }

    @Test
    void deliveryOnUdpSockets() throws IOException {
        delivery(SEED, STANDING, false);
    }

    @Test
    void deliveryOfMovedProgramsOnUdpSockets() throws IOException {
        delivery(SEED + 1, STANDING, true);
    }

    @Test
    @Tag("soak")
    void forLong() throws IOException {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("kernel comparison, first seed " + seed);
        long pairs = 0;
        for (; System.nanoTime() < end; seed++) {
            pairs += verdicts(seed, 20_000);
            pairs += delivery(seed, 20_000, false);
            pairs += delivery(seed, 20_000, true);
        }
        System.out.println("kernel comparison: " + pairs + " programs and packets compared, no difference");
    }

    private static int verdicts(long seed, int pairs) {
        RandomPrograms random = RandomPrograms.deterministic(seed);
        try (KernelOracle kernel = KernelOracle.open()) {
            int accepted = 0;
            for (int i = 0; i < pairs; i++) {
                List<RawInstruction> raw = i % 10 == 0 ? random.junk() : random.plausible();
                Program program;
                try {
                    program = Program.ofRaw(raw);
                } catch (VerificationException e) {
                    assertTrue(!kernel.accepts(raw), () -> "seed " + seed + ": the kernel accepts\n" + raw);
                    continue;
                }
                assertTrue(kernel.accepts(raw), () -> "seed " + seed + ": the kernel refuses\n" + program);
                accepted++;
                byte[] packet = random.packet();
                int verdict = Filter.interpret(program).run(KernelOracle.shown(packet));
                int compiled = Filter.compile(program).run(KernelOracle.shown(packet));
                int kernels = kernel.verdict(program, packet);
                if (compiled != kernels) {
                    assertEquals(
                            Integer.toUnsignedLong(kernels),
                            Integer.toUnsignedLong(compiled),
                            () -> "compiled, seed " + seed + "\n" + program
                                    + HexFormat.of().formatHex(packet));
                }
                if (verdict != kernels) {
                    assertEquals(
                            Integer.toUnsignedLong(kernels),
                            Integer.toUnsignedLong(verdict),
                            () -> "seed " + seed + "\n" + program
                                    + HexFormat.of().formatHex(packet));
                }
            }
            assertTrue(accepted > pairs / 10);
            return accepted;
        }
    }

    /**
     * A pair of UDP sockets on loopback. The sender leaves out the checksum, which the pipeline shows as 0, so that
     * both see the same.
     */
    private static final class UdpPair implements AutoCloseable {
        private static final int SO_NO_CHECK = 11;
        private static final int SO_MEMINFO = 55;
        private static final int MEMINFO_DROPS = 8;

        final Socket sender = Socket.newSocketDgram();
        final Socket receiver = Socket.newSocketDgram();
        final CleanableDirectBuffer memory = Buffer.allocateDirectBufferWithNativeOrder(4096);
        private final ByteBuffer meminfo = ByteBuffer.allocateDirect(36).order(ByteOrder.nativeOrder());
        final InetSocketAddress from;
        final InetSocketAddress to;

        UdpPair() throws IOException {
            receiver.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0));
            to = receiver.localAddress();
            sender.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 2}), 0));
            from = sender.localAddress();
            sender.connect(to);
            sender.setIntOpt(1, SO_NO_CHECK, 1);
        }

        void attach(Program program) throws IOException {
            try (SockFprog fprog = new SockFprog(program.raw())) {
                receiver.setRawOpt(1, 26, fprog.value());
            }
        }

        /** {@return how many packets the receiver has dropped} */
        private int drops() throws IOException {
            receiver.getRawOpt(SocketFilters.SOL_SOCKET, SO_MEMINFO, meminfo.clear());
            return meminfo.getInt(4 * MEMINFO_DROPS);
        }

        /** {@return how many bytes came}, or -1. Waits until the packet has come, or is counted as dropped. */
        int send(byte[] packet) throws IOException {
            int before = drops();
            memory.buffer().clear().put(packet);
            sender.write(memory.buffer(), 0, packet.length);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Transport.PATIENCE_SECONDS);
            int read = receiver.read(memory.buffer(), 0, 4096);
            // Netty's read: 0 is no datagram.
            while (read == 0 && drops() == before) {
                assertTrue(System.nanoTime() < end, "a packet neither comes nor is dropped");
                read = receiver.read(memory.buffer(), 0, 4096);
            }
            return read < 0 ? 0 : read == 0 ? -1 : read;
        }

        @Override
        public void close() throws IOException {
            sender.close();
            receiver.close();
            memory.clean();
        }
    }

    private static int delivery(long seed, int pairs, boolean moved) throws IOException {
        RandomPrograms random = RandomPrograms.deterministic(seed);
        Placement placement = moved ? Placement.PAYLOAD : Placement.UDP_SOCKET;
        EmbeddedChannel channel = new EmbeddedChannel();
        int compared = 0;
        try (UdpPair udp = new UdpPair()) {
            for (int i = 0; i < pairs; i++) {
                Program program = random.program();
                byte[] packet = random.packet();
                if (PipelineSupport.whyNot(program, placement).isPresent()) {
                    continue;
                }
                Program attached = program;
                if (moved) {
                    try {
                        attached = UdpRelocation.of(program);
                    } catch (IllegalArgumentException e) {
                        continue;
                    }
                }
                ByteBuf content = Unpooled.wrappedBuffer(packet);
                int kept = PipelineFilter.of(
                                FilterRule.of(program),
                                placement,
                                channel,
                                Filter.compile(program, PipelineFilter.kinds(placement)),
                                null)
                        .keep(new DatagramPacket(content, udp.to, udp.from), content);
                if (kept == PipelineFilter.UNKNOWN) {
                    continue;
                }
                udp.attach(attached);
                int delivered = udp.send(packet);
                compared++;
                if (kept != delivered) {
                    String attachedText = attached.toString();
                    assertEquals(
                            delivered,
                            kept,
                            () -> "seed " + seed + "\n" + program + "attached\n" + attachedText
                                    + HexFormat.of().formatHex(packet) + " from " + udp.from + " to " + udp.to);
                }
                PredicateForm.of(attached).ifPresent(form -> {
                    try {
                        udp.attach(form);
                        assertEquals(
                                kept == PipelineFilter.DROP ? -1 : packet.length,
                                udp.send(packet),
                                () -> "seed " + seed + "\npredicate form of\n" + program);
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
            }
        }
        assertTrue(compared > pairs / 20, "compared only " + compared);
        channel.finish();
        return compared;
    }
}
