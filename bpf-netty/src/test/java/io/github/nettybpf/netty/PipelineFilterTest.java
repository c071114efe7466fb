package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RandomPrograms;
import io.github.nettybpf.netty.source.FilterRule;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.IllegalReferenceCountException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is kept of a packet does not depend on where its bytes are, nor on whether the program is compiled. */
class PipelineFilterTest {
    private static final int SEED = 20261121;
    private static final long UNREACHED_LENGTH = 11005148920026L;
    private static final InetSocketAddress FROM = address(new byte[] {(byte) 192, 0, 2, 2}, 53);
    private static final InetSocketAddress TO = address(new byte[] {(byte) 192, 0, 2, 1}, 1);
    private static final InetSocketAddress FROM_IPV6 = address(ipv6(2), 53);
    private static final InetSocketAddress TO_IPV6 = address(ipv6(1), 1);

    private final EmbeddedChannel channel = new EmbeddedChannel();

    private static byte[] ipv6(int last) {
        byte[] ip = new byte[16];
        ip[0] = (byte) 0xfd;
        ip[15] = (byte) last;
        return ip;
    }

    private static InetSocketAddress address(byte[] ip, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(ip), port);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    /** Ways to hold bytes. */
    enum Buffers {
        HEAP {
            @Override
            ByteBuf of(byte[] bytes) {
                return filled(PooledByteBufAllocator.DEFAULT.heapBuffer(bytes.length + 9), bytes);
            }
        },
        DIRECT {
            @Override
            ByteBuf of(byte[] bytes) {
                return filled(PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length + 9), bytes);
            }
        },
        UNPOOLED {
            @Override
            ByteBuf of(byte[] bytes) {
                return filled(Unpooled.directBuffer(bytes.length + 9), bytes);
            }
        },
        COMPOSITE {
            @Override
            ByteBuf of(byte[] bytes) {
                int half = bytes.length / 2;
                return Unpooled.compositeBuffer()
                        .addComponent(true, Unpooled.copiedBuffer(bytes, 0, half))
                        .addComponent(true, DIRECT.of(bytes).skipBytes(half));
            }
        },
        SLICE {
            @Override
            ByteBuf of(byte[] bytes) {
                return DIRECT.of(bytes).slice();
            }
        },
        READ_ONLY {
            @Override
            ByteBuf of(byte[] bytes) {
                return HEAP.of(bytes).asReadOnly();
            }
        },
        READ_ONLY_DIRECT {
            @Override
            ByteBuf of(byte[] bytes) {
                return DIRECT.of(bytes).asReadOnly();
            }
        },
        LITTLE_ENDIAN {
            @Override
            @SuppressWarnings("deprecation") // such buffers still come
            ByteBuf of(byte[] bytes) {
                return DIRECT.of(bytes).order(ByteOrder.LITTLE_ENDIAN);
            }
        },
        LITTLE_ENDIAN_COMPOSITE {
            @Override
            @SuppressWarnings("deprecation") // such buffers still come
            ByteBuf of(byte[] bytes) {
                return COMPOSITE.of(bytes).order(ByteOrder.LITTLE_ENDIAN);
            }
        };

        abstract ByteBuf of(byte[] bytes);

        /** The bytes are neither at the beginning nor at the end. */
        private static ByteBuf filled(ByteBuf buffer, byte[] bytes) {
            return buffer.writeZero(5).writeBytes(bytes).skipBytes(5);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Placement.class,
            names = {"ETHERNET", "IP", "UDP_SOCKET", "PAYLOAD"})
    void keepsTheSameOfAllBuffers(Placement placement) {
        keepsTheSameOfAllBuffers(placement, 45);
    }

    void keepsTheSameOfAllBuffers(Placement placement, int programs) {
        compare(SEED, placement, programs);
    }

    /** A compiled filter may read, before a test, what only a branch reads that no packet takes. */
    @ParameterizedTest
    @EnumSource(Buffers.class)
    void aLengthThatNoPacketMakesItReadNeedNotBeKnown(Buffers buffers) {
        Program program = Program.parse("""
                jeq #2, dead, live
                dead: ldb [4]
                jeq #1, yes, no
                live: ldb [8]
                jeq #1, yes, more
                more: ldb [9]
                jeq #2, yes, no
                yes: ret #-1
                no: ret #0
                """);
        PipelineFilter judge = PipelineFilter.of(
                FilterRule.of(program),
                Placement.UDP_SOCKET,
                channel,
                Filter.compile(program, PipelineFilter.kinds(Placement.UDP_SOCKET)),
                null);
        ByteBuf content = buffers.of(new byte[] {1, 2});
        assertEquals(2, judge.keep(new DatagramPacket(content, TO, FROM), content));
        content.release();
    }

    @Test
    @Tag("soak")
    void keepsTheSameForLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("kinds of buffer, first seed " + seed);
        long pairs = compare(UNREACHED_LENGTH, Placement.UDP_SOCKET, 300);
        for (; System.nanoTime() < end; seed++) {
            for (Placement placement :
                    List.of(Placement.ETHERNET, Placement.IP, Placement.UDP_SOCKET, Placement.PAYLOAD)) {
                pairs += compare(seed, placement, 300);
            }
        }
        System.out.println("kinds of buffer: " + pairs + " programs and packets, no difference");
    }

    private long compare(long seed, Placement placement, int programs) {
        RandomPrograms random = RandomPrograms.deterministic(seed);
        List<Supplier<Program>> kinds = List.of(random::program, random::tests, random::chains);
        long pairs = 0;
        for (int i = 0; i < programs; i++) {
            Program program = kinds.get(i % kinds.size()).get();
            if (PipelineSupport.whyNot(program, placement).isPresent()) {
                continue;
            }
            PipelineFilter interpreted =
                    PipelineFilter.of(FilterRule.of(program), placement, channel, Filter.interpret(program), null);
            PipelineFilter compiled = PipelineFilter.of(
                    FilterRule.of(program),
                    placement,
                    channel,
                    Filter.compile(program, PipelineFilter.kinds(placement)),
                    null);
            for (int n = 0; n < 12; n++) {
                byte[] bytes = n % 3 == 0 ? random.packet() : n % 3 == 1 ? random.smallPacket() : random.keyedPacket();
                boolean ipv6 = n % 4 == 3;
                pairs += compare(seed, program, interpreted, compiled, bytes, ipv6);
            }
        }
        assertTrue(pairs > programs, "compared only " + pairs);
        return pairs;
    }

    private long compare(
            long seed,
            Program program,
            PipelineFilter interpreted,
            PipelineFilter compiled,
            byte[] bytes,
            boolean ipv6) {
        long pairs = 0;
        List<Integer> kept = new ArrayList<>();
        for (Buffers buffers : Buffers.values()) {
            ByteBuf content = buffers.of(bytes);
            DatagramPacket message =
                    ipv6 ? new DatagramPacket(content, TO_IPV6, FROM_IPV6) : new DatagramPacket(content, TO, FROM);
            int expected = interpreted.keep(message, content);
            int found = compiled.keep(message, content);
            kept.add(expected);
            // A packet that is too short whatever the unknown is need not be asked for it.
            boolean same = expected == found || (expected == PipelineFilter.UNKNOWN && found == PipelineFilter.DROP);
            if (!same || !kept.get(0).equals(expected)) {
                assertEquals(
                        kept.get(0),
                        found,
                        () -> "seed " + seed + ", " + buffers + "\n" + program
                                + HexFormat.of().formatHex(bytes));
            }
            assertTrue(message.release());
            pairs++;
        }
        return pairs;
    }

    @ParameterizedTest
    @EnumSource(Buffers.class)
    void readsNothingOfAReleasedBuffer(Buffers buffers) {
        Program program = Program.parse("ldb [9]\nret #-1");
        for (Placement placement : List.of(Placement.PAYLOAD, Placement.UDP_SOCKET)) {
            PipelineFilter judge = PipelineFilter.of(
                    FilterRule.of(program),
                    placement,
                    channel,
                    Filter.compile(program, PipelineFilter.kinds(placement)),
                    null);
            ByteBuf content = buffers.of(new byte[10]);
            DatagramPacket message = new DatagramPacket(content, TO, FROM);
            assertTrue(message.release());
            assertThrows(IllegalReferenceCountException.class, () -> judge.keep(message, content));
        }
    }

    @Test
    void aHeaderThatIsNotKnownIsNotLookedAtInVain() {
        Program program = Program.parse("""
                ldb [8]
                jne #1, no
                ldb [9]
                jne #2, no
                ldh [0]
                jne #53, no
                ret #-1
                no: ret #0
                """);
        PipelineFilter judge = PipelineFilter.of(
                FilterRule.of(program),
                Placement.UDP_SOCKET,
                channel,
                Filter.compile(program, PipelineFilter.kinds(Placement.UDP_SOCKET)),
                null);
        ByteBuf wanted = Buffers.DIRECT.of(new byte[] {1, 2});
        ByteBuf other = Buffers.DIRECT.of(new byte[] {1, 3});
        assertEquals(2, judge.keep(new DatagramPacket(wanted, TO, FROM), wanted));
        assertEquals(PipelineFilter.UNKNOWN, judge.keep(new DatagramPacket(wanted, TO), wanted));
        assertEquals(PipelineFilter.DROP, judge.keep(new DatagramPacket(other, TO), other));
        wanted.release();
        other.release();
    }

    /** Nor is an address looked at that no instruction can read: its absence decides nothing. */
    @ParameterizedTest
    @EnumSource(Buffers.class)
    void anAddressThatIsNotReadNeedNotBeKnown(Buffers buffers) {
        ByteBuf content = buffers.of(new byte[] {1, 2});
        DatagramPacket noSender = new DatagramPacket(content, TO);
        for (String onlyRecipient : List.of("ldh [2]\njeq #1, yes, no", "ldb [8]\njeq #1, yes, no")) {
            assertEquals(2, filter(onlyRecipient).keep(noSender, content));
        }
        // X + k wraps around, to the ports.
        for (String everything : List.of("ldh [0]\njeq #53, yes, no", "ldx #-2\nldh [x + 2]\njeq #53, yes, no")) {
            assertEquals(PipelineFilter.UNKNOWN, filter(everything).keep(noSender, content));
            assertEquals(2, filter(everything).keep(new DatagramPacket(content, TO, FROM), content));
        }
        content.release();
    }

    private PipelineFilter filter(String tests) {
        Program program = Program.parse(tests + "\nyes: ret #-1\nno: ret #0");
        return PipelineFilter.of(
                FilterRule.of(program),
                Placement.UDP_SOCKET,
                channel,
                Filter.compile(program, PipelineFilter.kinds(Placement.UDP_SOCKET)),
                null);
    }
}
