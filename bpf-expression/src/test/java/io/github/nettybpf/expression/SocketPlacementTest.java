package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.expression.FilterExpression.Options;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A socket's program gives a datagram the verdict that the programs for packets and frames give it with its headers.
 */
class SocketPlacementTest {
    /** Compiling one six times takes far longer than judging its packets. */
    private static final int EXPRESSIONS = 80;

    private static final int PACKETS = 60;
    private static final int[] ADDRESSES = {0x0a000001, 0x0a000002, 0xc0000207, 0x0a090807, 0xe0000001, -1, 0x0aff00ff};
    private static final long[][] ADDRESSES6 = {
        {0x20010db800000000L, 1},
        {0x20010db800000000L, 2},
        {0xfe80000000000000L, 7},
        {0x20010db800000001L, 1},
        {0xff02000000000000L, 1}
    };
    private static final int[] PORTS = {53, 67, 5353, 1024, 65535, 0, 4711};

    /**
     * A datagram as a socket's filter sees it.
     *
     * @param whole the packet from its network header on
     * @param at where the transport header is
     */
    record Datagram(Packet whole, int at) implements Packet {
        @Override
        public int length() {
            return whole.length() - at;
        }

        @Override
        public int u8(int offset) {
            return whole.u8(at + offset);
        }

        @Override
        public int u16(int offset) {
            return whole.u16(at + offset);
        }

        @Override
        public int u32(int offset) {
            return whole.u32(at + offset);
        }

        @Override
        public Packet network() {
            return whole;
        }
    }

    @ParameterizedTest
    @CsvSource({"UDP_SOCKET, 1", "TCP_SOCKET, 2"})
    void judgesAsForWholePackets(Placement socket, long seed) {
        compare(socket, seed);
    }

    @Test
    @Tag("soak")
    void forLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("expressions for sockets, first seed " + seed);
        for (; System.nanoTime() < end; seed++) {
            compare(Placement.UDP_SOCKET, seed);
            compare(Placement.TCP_SOCKET, seed);
        }
    }

    private static void compare(Placement socket, long seed) {
        Random random = new Random(seed);
        boolean udp = socket == Placement.UDP_SOCKET;
        RandomSocketExpressions expressions = new RandomSocketExpressions(random, udp ? "udp" : "tcp");
        int accepted = 0;
        for (int i = 0; i < EXPRESSIONS; i++) {
            String text = expressions.next();
            // In a packet, udp[...] is the header after an IPv4 header; on a socket it is the socket's own, also after
            // IPv6.
            boolean header = text.contains(udp ? "udp[" : "tcp[");
            Filter[] sockets = both(text, socket);
            Filter[] packets = both(text, Placement.IP);
            Filter[] frames = both(text, Placement.ETHERNET);
            for (int j = 0; j < PACKETS; j++) {
                ByteBuffer buffer = ByteBuffer.allocate(14 + 200);
                buffer.putLong(0x0200000000010200L).putInt(2);
                int at = network(random, buffer, udp ? 17 : 6, !header);
                transport(random, buffer, udp);
                byte[] frame = Arrays.copyOf(buffer.array(), buffer.position());
                Packet packet = Packet.of(frame, 14, frame.length - 14);
                int verdict = packets[1].run(packet);
                accepted += verdict == 0 ? 0 : 1;
                Supplier<String> what = () ->
                        "seed " + seed + ": " + text + "\n" + HexFormat.of().formatHex(frame);
                for (int k = 0; k < 2; k++) {
                    assertEquals(verdict, sockets[k].run(new Datagram(packet, at - 14)), what);
                    assertEquals(verdict, packets[k].run(packet), what);
                    CapturedPacket captured =
                            new CapturedPacket(ByteBuffer.wrap(frame), frame.length, CapturedPacket.Metadata.NOTHING);
                    assertEquals(verdict, frames[k].run(captured), what);
                }
            }
        }
        int pairs = EXPRESSIONS * PACKETS;
        assertTrue(accepted > pairs / 5 && accepted < pairs - pairs / 5, accepted + " of " + pairs + " accepted");
    }

    /** {@return the optimized program and the plain one} */
    private static Filter[] both(String text, Placement placement) {
        Options options = Options.DEFAULT.withNetmask(0xffffff00).withRejectingAll();
        return new Filter[] {
            Filter.interpret(FilterExpression.of(text, placement, options).program()),
            Filter.interpret(FilterExpression.of(text, placement, options.withoutOptimizer())
                    .program())
        };
    }

    private static int any(Random random, int... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** Writes the type and the network header. {@return where the transport header begins} */
    private static int network(Random random, ByteBuffer buffer, int protocol, boolean orIpv6) {
        if (orIpv6 && random.nextInt(3) == 0) {
            buffer.putShort((short) 0x86dd)
                    .putInt(0x60000000 | random.nextInt(1 << 28))
                    .putShort((short) 99);
            buffer.put((byte) protocol).put((byte) random.nextInt(256));
            for (int i = 0; i < 2; i++) {
                long[] address = ADDRESSES6[random.nextInt(ADDRESSES6.length)];
                buffer.putLong(address[0]).putLong(address[1]);
            }
            return buffer.position();
        }
        int words = any(random, 5, 5, 6, 15);
        buffer.putShort((short) 0x800).put((byte) (0x40 | words)).put((byte) random.nextInt(256));
        buffer.putShort((short) random.nextInt()).putShort((short) random.nextInt());
        buffer.putShort((short) any(random, 0, 0x4000)).put((byte) 64).put((byte) protocol);
        buffer.putShort((short) random.nextInt());
        buffer.putInt(any(random, ADDRESSES)).putInt(any(random, ADDRESSES));
        for (int i = 5; i < words; i++) {
            buffer.putInt(random.nextInt());
        }
        return buffer.position();
    }

    private static void transport(Random random, ByteBuffer buffer, boolean udp) {
        buffer.putShort((short) any(random, PORTS)).putShort((short) any(random, PORTS));
        byte[] rest = new byte[(udp ? 4 : 16) + random.nextInt(40)];
        random.nextBytes(rest);
        buffer.put(rest);
    }
}
