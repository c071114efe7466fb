package io.github.nettybpf.netty.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The instructions for a set of sources beside what the set says of a packet's source. */
class FoldedProgramTest {
    /** Begins with registers that are 0, as all programs do. */
    private static final Program PROGRAM = Program.parse("""
            jeq #0, second, bad
            second: txa
            jeq #0, good, bad
            good: ret #77
            bad: ret #1
            """);

    private static final int KEPT = 77;

    /** Random sets of few addresses and of many, whose numbers have something in common or nothing. */
    private static final class Sets {
        final Random random;
        final int entries;
        final int shift;
        final List<byte[]> edges = new ArrayList<>();

        Sets(Random random) {
            this.random = random;
            this.entries = 1 + (random.nextInt(4) == 0 ? random.nextInt(600) : random.nextInt(20));
            this.shift = random.nextInt(28);
        }

        AddressSet next() throws UnknownHostException {
            AddressSet.Builder set = AddressSet.builder();
            int kinds = random.nextInt(3);
            for (int i = 0; i < entries; i++) {
                byte[] bytes = address(kinds == 2 ? random.nextBoolean() : kinds == 0);
                InetAddress address = InetAddress.getByAddress(bytes); // an IPv4 address if it is v4-mapped
                int bits = 8 * address.getAddress().length;
                int length = random.nextInt(3) == 0 ? random.nextInt(bits + 1) : bits;
                set.add(address, random.nextInt(20) == 0 ? random.nextInt(4) : length);
                edges.add(bytes);
                edges.add(near(bytes, 1));
                edges.add(near(bytes, -1));
                edges.add(filled(bytes, length));
                edges.add(near(filled(bytes, length), 1));
            }
            return set.build();
        }

        byte[] address(boolean isIpv4) {
            if (isIpv4) {
                int number = random.nextInt() >>> shift;
                return ByteBuffer.allocate(4)
                        .putInt(random.nextBoolean() ? number : ~number)
                        .array();
            }
            ByteBuffer bytes = ByteBuffer.allocate(16);
            for (int word = 0; word < 4; word++) {
                bytes.putInt(
                        switch (random.nextInt(5)) {
                            case 0 -> 0;
                            case 1 -> -1;
                            case 2 -> word == 2 ? 0xffff : 0x20010db8;
                            default -> random.nextInt() >>> shift;
                        });
            }
            return bytes.array();
        }

        private static byte[] near(byte[] address, int by) {
            byte[] other = address.clone();
            other[other.length - 1] += (byte) by;
            return other;
        }

        private static byte[] filled(byte[] address, int length) {
            byte[] last = address.clone();
            for (int bit = length; bit < 8 * last.length; bit++) {
                last[bit / 8] |= (byte) (0x80 >>> bit % 8);
            }
            return last;
        }
    }

    /** A frame with VLAN tags, cut somewhere, or a datagram as a UDP socket shows it. */
    private static Packet packet(Placement placement, byte[] source, Random random) {
        boolean isIpv4 = source.length == 4;
        ByteBuffer ip = ByteBuffer.allocate(isIpv4 ? 28 : 48);
        ip.put(0, (byte) (isIpv4 ? 0x45 : 0x6f));
        ip.put(isIpv4 ? 12 : 8, source);
        if (placement == Placement.UDP_SOCKET) {
            return new Datagram(ip.array());
        }
        ByteBuffer bytes = ByteBuffer.allocate(80);
        if (placement == Placement.ETHERNET) {
            bytes.position(12);
            int tags = random.nextInt(5) == 0 ? random.nextInt(4) : 0;
            for (int tag = 0; tag < tags; tag++) {
                bytes.putShort((short) new int[] {0x8100, 0x88a8, 0x9100}[random.nextInt(3)])
                        .putShort((short) random.nextInt());
            }
            boolean isIp = random.nextInt(10) > 0;
            bytes.putShort((short) (isIp ? isIpv4 ? 0x0800 : 0x86dd : random.nextInt()));
        } else if (random.nextInt(10) == 0) {
            ip.put(0, (byte) random.nextInt());
        }
        bytes.put(ip.array(), 0, Math.min(ip.capacity(), bytes.remaining()));
        int length = random.nextInt(4) == 0 ? random.nextInt(bytes.position() + 1) : bytes.position();
        return Packet.of(bytes.array(), 0, length);
    }

    private record Datagram(Packet udp, Packet network) implements Packet {
        Datagram(byte[] ip) {
            this(Packet.of(new byte[8]), Packet.of(ip));
        }

        @Override
        public int length() {
            return udp.length();
        }

        @Override
        public int u8(int offset) {
            return udp.u8(offset);
        }

        @Override
        public int u16(int offset) {
            return udp.u16(offset);
        }

        @Override
        public int u32(int offset) {
            return udp.u32(offset);
        }
    }

    private static long compare(long seed) throws UnknownHostException {
        Random random = new Random(seed);
        Placement placement =
                List.of(Placement.UDP_SOCKET, Placement.ETHERNET, Placement.IP).get(random.nextInt(3));
        Sets sets = new Sets(random);
        SourceRule rule = SourceRule.ALL;
        int kind = random.nextInt(3);
        if (kind != 0) {
            rule = rule.denying(sets.next());
        }
        if (kind != 1) {
            rule = rule.allowing(sets.next());
        }
        Optional<Program> folded = FoldedProgram.of(PROGRAM, placement, rule);
        if (folded.isEmpty()) {
            assertTrue(rule.deciding().rangeCount() > 200, "seed " + seed);
            return 0;
        }
        Filter filter = Filter.interpret(folded.get());
        Source source = new Source();
        for (int i = 0; i < 200; i++) {
            byte[] address = random.nextInt(4) == 0
                    ? sets.address(random.nextBoolean())
                    : sets.edges.get(random.nextInt(sets.edges.size()));
            Packet packet = packet(placement, address, random);
            boolean wanted;
            if (packet instanceof Datagram) {
                wanted = rule.wants(InetAddress.getByAddress(address));
            } else {
                source.read(packet, placement);
                wanted = source.isWantedBy(rule);
            }
            boolean isMappedOnUdp = packet instanceof Datagram
                    && address.length == 16
                    && InetAddress.getByAddress(address).getAddress().length == 4;
            if (!isMappedOnUdp) {
                assertEquals(
                        wanted ? KEPT : 0,
                        filter.run(packet),
                        () -> "seed " + seed + ", " + placement + ", " + ByteBuffer.wrap(address));
            }
        }
        return 200;
    }

    @Test
    void agreesWithTheSet() throws UnknownHostException {
        for (long seed = 1; seed <= 400; seed++) {
            compare(seed);
        }
    }

    @Test
    @Tag("soak")
    void agreesForLong() throws UnknownHostException {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("folded programs, first seed " + seed);
        long packets = 0;
        for (; System.nanoTime() < end; seed++) {
            packets += compare(seed);
        }
        System.out.println(packets + " packets by folded programs, no difference");
    }

    /** What a set costs decides how much of it the kernel can have. */
    @ParameterizedTest
    @CsvSource({"1, 10", "100, 117", "1000, 1090", "3600, 3938"})
    void aHostTakesLittleMoreThanAnInstruction(int hosts, int instructions) {
        Random random = new Random(1);
        AddressSet.Builder set = AddressSet.builder();
        for (int i = 0; i < hosts; i++) {
            set.addAll(random.nextInt(224) + "." + random.nextInt(256) + "." + random.nextInt(256) + "."
                    + random.nextInt(256));
        }
        Program folded = FoldedProgram.of(
                        Program.parse("ret #-1"), Placement.UDP_SOCKET, SourceRule.ALL.denying(set.build()))
                .orElseThrow();
        assertEquals(instructions, folded.size());
    }
}
