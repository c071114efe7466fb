package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.core.RandomPrograms;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The bytecode notation in its consumers: iptables' xt_bpf and tc's cls_bpf. Frames are sent through a veth pair, and
 * the packets and bytes that the kernel counts for each program are those that the interpreter accepts.
 */
class KernelConsumersTest {
    private static final int FRAMES = 300;
    private static final int RANDOM_PROGRAMS = 30;
    private static final int HEADER = 14;
    private static final int IPV4 = 0x0800;

    /** Programs for the IP header at offset 0. */
    private static final List<String> FOR_IP = List.of(
            "ret #0",
            "ret #1",
            "ldb [9]; jeq #17, yes, no; yes: ret #-1; no: ret #0",
            "ldxb 4*([0]&0xf); ldh [x + 2]; jeq #53, yes, no; yes: ret #-1; no: ret #0",
            "ld [12]; jeq #0x0a090001, yes, no; yes: ret a; no: ret #0",
            "ld len; jgt #60, yes, no; yes: ret #-1; no: ret #0",
            "ldb [0xfff00009]; jeq #6, yes, no; yes: ret #-1; no: ret #0",
            "ldh [0xffe0000c]; jeq #0x800, yes, no; yes: ret #-1; no: ret #0",
            "ld proto; jeq #0x800, yes, no; yes: ret #-1; no: ret #0",
            "ld [60]; ret #-1");

    /** Programs for the Ethernet header at offset 0. */
    private static final List<String> FOR_ETHERNET = List.of(
            "ret #0",
            "ret #-1",
            "ldh [12]; jeq #0x800, yes, no; yes: ret #-1; no: ret #0",
            "ldh [12]; jne #0x800, no; ldb [23]; jne #17, no; ldxb 4*([14]&0xf); ldh [x + 16]; jeq #53, yes, no;"
                    + " yes: ret #-1; no: ret #0",
            "ldb [0xfff00009]; jeq #6, yes, no; yes: ret #-1; no: ret #0",
            "ld proto; jeq #0x88b5, yes, no; yes: ret #-1; no: ret #0",
            "ld len; jgt #60, yes, no; yes: ret #-1; no: ret #0");

    /** A number of packets, and the sum of their bytes. */
    private record Count(long packets, long bytes) {}

    /**
     * A frame as a consumer shows it to its program: the bytes from offset 0 on, and the headers that SKF_NET_OFF and
     * SKF_LL_OFF reach.
     */
    private record Seen(Packet packet, int wireLength, Packet network, Packet linkLayer) implements Packet {
        /**
         * {@return the length that is counted} Both consumers count from the network header on, tc at least on ingress.
         */
        int counted() {
            return network.length();
        }

        @Override
        public int length() {
            return packet.length();
        }

        @Override
        public int u8(int offset) {
            return packet.u8(offset);
        }

        @Override
        public int u16(int offset) {
            return packet.u16(offset);
        }

        @Override
        public int u32(int offset) {
            return packet.u32(offset);
        }

        @Override
        public long extension(Extension extension, int a, int x) {
            return extension == Extension.PROTO ? linkLayer.u16(12) : Packet.super.extension(extension, a, x);
        }
    }

    private Namespace namespace;

    @BeforeEach
    void enter() {
        namespace = new Namespace();
        Namespace.pair("a0", "b0");
        Namespace.run("ip addr add 10.9.0.2/24 dev b0");
    }

    @AfterEach
    void leave() {
        if (namespace != null) {
            namespace.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"iptables-nft", "iptables-legacy"})
    void iptablesCountsWhatMatches(String iptables) throws Exception {
        List<byte[]> frames = frames(1);
        List<Seen> delivered = new ArrayList<>();
        for (byte[] frame : frames) {
            if (isIp(frame)) {
                delivered.add(asIp(frame));
            }
        }
        List<Program> programs = programs(FOR_IP, delivered, 64);
        Namespace.assumeRun(rule(iptables, programs.get(0)));
        programs.stream().skip(1).forEach(program -> Namespace.run(rule(iptables, program)));
        Namespace.run(iptables + " -w -P INPUT DROP");
        send(frames);
        Pattern line = Pattern.compile("(?m)^ *(?<packets>\\d+) +(?<bytes>\\d+) .* b0 ");
        awaitCounts(programs, delivered, line, () -> Namespace.run(iptables + " -w -v -n -x -L INPUT"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"iptables-nft", "iptables-legacy"})
    void iptablesTakes64Instructions(String iptables) {
        Program longest = Program.parse("ld #1\n".repeat(63) + "ret a");
        Namespace.assumeRun(rule(iptables, longest));
        Program tooLong = Program.parse("ld #1\n".repeat(64) + "ret a");
        assertThrows(IllegalStateException.class, () -> Namespace.run(rule(iptables, tooLong)));
    }

    @Test
    void tcCountsWhatMatches() throws Exception {
        Namespace.pair("c0", "d0");
        List<byte[]> frames = frames(2);
        List<Seen> received =
                frames.stream().map(KernelConsumersTest::asEthernet).toList();
        List<Program> programs = programs(FOR_ETHERNET, received, 500);
        Namespace.assumeRun("tc qdisc add dev b0 clsact");
        for (int i = 0; i < programs.size(); i++) {
            List<String> filter = new ArrayList<>(
                    words("tc filter add dev b0 ingress protocol all prio " + (i + 1) + " bpf bytecode"));
            filter.add(bytecode(programs.get(i)));
            filter.addAll(words("action mirred egress mirror dev c0 continue"));
            if (i == 0) {
                Namespace.assumeRun(filter);
            } else {
                Namespace.run(filter);
            }
        }
        send(frames);
        Pattern line = Pattern.compile("Sent (?<bytes>\\d+) bytes (?<packets>\\d+) pkt");
        awaitCounts(programs, received, line, () -> Namespace.run("tc -s filter show dev b0 ingress"));
    }

    /**
     * As docs/formats.md says: the verdict -1 means the class of the filter (flowid), any other verdict is the class.
     */
    @Test
    void tcTakesTheVerdictForTheClass() throws Exception {
        Namespace.assumeRun("tc qdisc add dev a0 root handle 1: htb default 9");
        for (int id = 1; id <= 3; id++) {
            Namespace.run("tc class add dev a0 parent 1: classid 1:" + id + " htb rate 1gbit quantum 2000");
        }
        String program = "ldb [23]; jeq #17, f, g; f: ret #-1; g: jeq #6, b, no; b: ret #0x10003; no: ret #0";
        List<String> filter =
                new ArrayList<>(words("tc filter add dev a0 parent 1: protocol all bpf flowid 1:1 bytecode"));
        filter.add(bytecode(parse(program)));
        Namespace.assumeRun(filter);
        List<byte[]> frames = frames(3);
        send(frames);
        long[] expected = new long[4];
        for (byte[] frame : frames) {
            int protocol = frame[23];
            expected[protocol == 17 ? 1 : protocol == 6 ? 3 : 0]++;
        }
        assertTrue(expected[1] > 10 && expected[3] > 10, Arrays.toString(expected));
        Pattern sent = Pattern.compile("class htb 1:(\\d) .*\\n Sent \\d+ bytes (\\d+) pkt");
        PacketLifecycleTest.await("the classes", () -> {
            long[] counted = new long[4];
            List<MatchResult> classes = sent.matcher(Namespace.run("tc -s class show dev a0"))
                    .results()
                    .toList();
            for (MatchResult found : classes) {
                counted[Integer.parseInt(found.group(1))] = Long.parseLong(found.group(2));
            }
            counted[0] = expected[0];
            return Arrays.equals(expected, counted);
        });
    }

    /** {@return the rows, random programs that each accept some packets but not all, and one that accepts all} */
    private static List<Program> programs(List<String> rows, List<Seen> packets, int most) {
        List<Program> programs =
                new ArrayList<>(rows.stream().map(KernelConsumersTest::parse).toList());
        RandomPrograms random = RandomPrograms.deterministic(11);
        while (programs.size() < rows.size() + RANDOM_PROGRAMS) {
            Program program = programs.size() % 2 == 0 ? random.program() : random.tests();
            if (program.size() <= most && readsOnlyThePacket(program)) {
                long matching = count(program, packets).packets();
                if (matching > 0 && matching < packets.size()) {
                    programs.add(program);
                }
            }
        }
        programs.add(parse("ret #-1"));
        return programs;
    }

    /**
     * {@return whether the program reads only the packet, and no metadata such as the interface, the queue or the hash}
     */
    private static boolean readsOnlyThePacket(Program program) {
        return program.instructions().stream()
                .filter(LoadExtension.class::isInstance)
                .map(load -> ((LoadExtension) load).num())
                .allMatch(extension -> extension == Extension.LEN || extension == Extension.XOR_X);
    }

    private static Program parse(String row) {
        return Program.parse(row.replace("; ", "\n"));
    }

    private static String bytecode(Program program) {
        return ProgramFormat.BYTECODE.write(program).strip();
    }

    private static List<String> words(String command) {
        return List.of(command.split(" ", -1));
    }

    private static List<String> rule(String iptables, Program program) {
        List<String> rule = new ArrayList<>(words(iptables + " -w -A INPUT -i b0 -m bpf --bytecode"));
        rule.add(bytecode(program));
        return rule;
    }

    private static Count count(Program program, List<Seen> packets) {
        Filter filter = Filter.interpret(program);
        long matching = 0;
        long bytes = 0;
        for (Seen packet : packets) {
            if (filter.run(packet) != 0) {
                matching++;
                bytes += packet.counted();
            }
        }
        return new Count(matching, bytes);
    }

    /** Waits for the counter of the last program, which matches every packet and runs last, and then compares all. */
    private static void awaitCounts(
            List<Program> programs, List<Seen> packets, Pattern line, Supplier<String> counters) {
        PacketLifecycleTest.await("all packets", () -> {
            List<Count> counted = counts(line, counters.get());
            return counted.get(counted.size() - 1).packets() >= packets.size();
        });
        List<Count> counted = counts(line, counters.get());
        assertEquals(programs.size(), counted.size());
        for (int i = 0; i < programs.size(); i++) {
            Program program = programs.get(i);
            assertEquals(count(program, packets), counted.get(i), program::toString);
        }
    }

    private static List<Count> counts(Pattern line, String text) {
        List<Count> counts = new ArrayList<>();
        Matcher matcher = line.matcher(text);
        while (matcher.find()) {
            counts.add(new Count(Long.parseLong(matcher.group("packets")), Long.parseLong(matcher.group("bytes"))));
        }
        return counts;
    }

    private static void send(List<byte[]> frames) throws InterruptedException {
        try (Tap a = new Tap().bind("a0")) {
            for (byte[] frame : frames) {
                a.send(Unpooled.wrappedBuffer(frame));
            }
        }
    }

    private static Seen asIp(byte[] frame) {
        int length = ByteBuffer.wrap(frame).getShort(HEADER + 2);
        Packet network = Packet.of(frame, HEADER, length);
        return new Seen(network, length, network, Packet.of(frame, 0, HEADER + length));
    }

    private static Seen asEthernet(byte[] frame) {
        Packet network = Packet.of(frame, HEADER, frame.length - HEADER);
        return new Seen(Packet.of(frame), frame.length, network, Packet.of(frame));
    }

    private static boolean isIp(byte[] frame) {
        return ByteBuffer.wrap(frame).getShort(HEADER - 2) == IPV4;
    }

    /**
     * IPv4 packets of several protocols, some with options, some with a trailer; and one frame in ten of another
     * ethertype.
     */
    private static List<byte[]> frames(long seed) {
        Random random = new Random(seed);
        List<byte[]> frames = new ArrayList<>();
        for (int i = 0; i < FRAMES; i++) {
            int header = random.nextInt(3) == 0 ? 24 : 20;
            int length = header + 8 + random.nextInt(60);
            byte[] frame = new byte[HEADER + length + random.nextInt(20)];
            for (int at = HEADER + header; at < frame.length; at++) {
                frame[at] = (byte) random.nextInt(random.nextBoolean() ? 256 : 8);
            }
            ByteBuffer fields = ByteBuffer.wrap(frame);
            Arrays.fill(frame, 0, 6, (byte) 0xff);
            frame[6] = 2;
            fields.putShort(HEADER - 2, (short) (random.nextInt(10) == 0 ? Tap.ETHERTYPE : IPV4));
            frame[HEADER] = (byte) (0x40 | header / 4);
            fields.putShort(HEADER + 2, (short) length);
            frame[HEADER + 8] = 64;
            frame[HEADER + 9] =
                    (byte) List.of(1, 6, 17, 17, 132).get(random.nextInt(5)).intValue();
            fields.putInt(HEADER + 12, 0x0a090001 + 2 * random.nextInt(2));
            fields.putInt(HEADER + 16, 0x0a090002);
            Arrays.fill(frame, HEADER + 20, HEADER + header, (byte) 1);
            fields.putShort(HEADER + header + 2, (short) (random.nextBoolean() ? 53 : 1000 + random.nextInt(9)));
            fields.putShort(HEADER + 10, checksum(fields, HEADER, header));
            frames.add(frame);
        }
        return frames;
    }

    private static short checksum(ByteBuffer bytes, int from, int length) {
        int sum = 0;
        for (int at = from; at < from + length; at += 2) {
            sum += Short.toUnsignedInt(bytes.getShort(at));
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        return (short) ~((sum & 0xffff) + (sum >>> 16));
    }
}
