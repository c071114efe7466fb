package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.core.VerificationException;
import io.github.nettybpf.expression.FilterExpression.Options;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Lists, conversations, and conjunctions of lists, on packets that are cut off after each of their bytes. The optimizer
 * merges tests whatever their order, but a test that comes too early, or is left out, shows on a packet that ends before
 * what it reads. The verdict has to be that of libpcap's program, as it is written or optimized.
 */
class CutPacketsTest {
    private static final int PACKETS = 6;

    private static final String[] HOSTS = {"10.0.0.1", "10.0.0.2", "192.168.1.1", "224.0.0.5", "10.1.2.3"};
    private static final String[] HOSTS6 = {"2001:db8::1", "fe80::1", "::1", "ff02::1", "2001:db8::2"};
    private static final String[] MACS = {"00:11:22:33:44:55", "ff:ff:ff:ff:ff:ff", "1:2:3:4:5:6"};
    private static final String[] PORTS = {"22", "53", "80", "443"};
    private static final String[] DIRECTIONS = {"", "", "src ", "dst ", "src or dst "};

    /** The addresses and ports of a list. */
    private static final Pattern OPERAND = Pattern.compile(
            "\\b\\d+\\.\\d+\\.\\d+\\.\\d+\\b(?!/)|(?<=port )\\d+\\b(?!-)|2001:db8:[0-9a-f:]+|02:00:[0-9a-f:]+");

    private static final List<LinkType> TYPES =
            List.copyOf(EnumSet.complementOf(EnumSet.of(LinkType.FRELAY, LinkType.OTHER)));

    private long cuts;
    private long merged;

    @Test
    void everyCutHasOneOfTheVerdictsOfLibpcap() throws Exception {
        long seed = Long.getLong("bpf.seed", 1);
        try (Libpcap libpcap = Libpcap.start()) {
            for (int i = 0; i < 300; i++) {
                compare(libpcap, seed + i);
            }
        }
        assertTrue(cuts > 50_000, cuts + " cuts");
        assertTrue(merged > 5, merged + " cuts with the verdict of libpcap's optimized program alone");
    }

    @Test
    @Tag("soak")
    void manyMore() throws Exception {
        long first = System.nanoTime();
        long end = first + 1_000_000_000L * Integer.getInteger("soak.seconds", 60);
        System.out.println("cut packets, first seed " + first);
        long seed = first;
        try (Libpcap libpcap = Libpcap.start()) {
            for (; System.nanoTime() < end; seed++) {
                compare(libpcap, seed);
            }
        }
        System.out.printf("%d expressions, %d cut packets%n", seed - first, cuts);
    }

    private void compare(Libpcap libpcap, long seed) throws IOException {
        Random random = new Random(seed);
        boolean list = random.nextBoolean();
        LinkType type = list ? LinkType.EN10MB : TYPES.get(random.nextInt(TYPES.size()));
        String text = list ? list(random) : conjunction(random);
        Libpcap.Compiled plain = libpcap.compile(text, type, false, false);
        Libpcap.Compiled optimized = libpcap.compile(text, type, false, true);
        Filter ours;
        Filter theirs;
        Filter theirsOptimized;
        try {
            ours = Filter.interpret(FilterExpression.of(text, type, Options.DEFAULT.withRejectingAll())
                    .program());
            if (plain.instructions().isEmpty() || optimized.instructions().isEmpty()) {
                return;
            }
            theirs = Filter.interpret(Program.ofRaw(plain.instructions()));
            theirsOptimized = Filter.interpret(Program.ofRaw(optimized.instructions()));
        } catch (ExpressionException | VerificationException e) {
            // What one of the two refuses is compared by LibpcapTest.
            return;
        }
        RandomPackets packets = new RandomPackets(random, type);
        for (int i = 0; i < PACKETS; i++) {
            CapturedPacket packet = packets.next(false);
            byte[] bytes = new byte[packet.length()];
            packet.bytes().get(0, bytes);
            for (int length = 0; length <= bytes.length; length++) {
                CapturedPacket cut = new CapturedPacket(
                        ByteBuffer.wrap(Arrays.copyOf(bytes, length)), packet.wireLength(), packet.metadata());
                int verdict = ours.run(cut);
                int expected = theirs.run(cut);
                cuts++;
                if (length < bytes.length && verdict != expected) {
                    expected = theirsOptimized.run(cut);
                    merged++;
                }
                int n = length;
                assertEquals(
                        expected,
                        verdict,
                        () -> "seed " + seed + ", " + type + ", after " + n + " bytes: " + text + "\n"
                                + ProgramFormat.ASM.write(optimized.instructions()));
            }
        }
    }

    private static String any(Random random, String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** {@return a list of one kind or of two, with so few addresses and ports that packets have them} */
    private static String list(Random random) {
        RandomLists[] kinds = RandomLists.values();
        String text = kinds[random.nextInt(kinds.length)].list(random, 1 + random.nextInt(6));
        if (random.nextInt(4) == 0) {
            String other = kinds[random.nextInt(kinds.length)].list(random, 1 + random.nextInt(3));
            text = "(" + text + ")" + any(random, " or ", " and ", " and not ") + "(" + other + ")";
        }
        return OPERAND.matcher(text).replaceAll(match -> {
            String operand = match.group();
            return operand.startsWith("2001:")
                    ? any(random, HOSTS6)
                    : operand.startsWith("02:")
                            ? any(random, MACS)
                            : operand.contains(".") ? any(random, HOSTS) : any(random, PORTS);
        });
    }

    /** {@return a conjunction of lists whose elements are of different kinds} */
    private static String conjunction(Random random) {
        StringBuilder text = new StringBuilder();
        for (int lists = 1 + random.nextInt(3); lists > 0; lists--) {
            text.append(text.length() == 0 ? "" : " and ").append(random.nextInt(4) == 0 ? "not (" : "(");
            boolean hosts = random.nextInt(3) == 0;
            for (int terms = random.nextInt(random.nextBoolean() ? 2 : 6); terms >= 0; terms--) {
                text.append(hosts ? any(random, DIRECTIONS) + "host " + any(random, HOSTS) : test(random));
                text.append(terms == 0 ? ")" : " or ");
            }
        }
        return text.toString();
    }

    private static String test(Random random) {
        String not = random.nextInt(8) == 0 ? "not " : "";
        String direction = any(random, DIRECTIONS);
        return not
                + switch (random.nextInt(9)) {
                    case 0 -> any(random, "", "tcp ", "udp ") + direction + "port " + any(random, PORTS);
                    case 1 -> any(random, "tcp", "udp", "ip", "icmp", "arp", "ip6", "rarp", "stp", "igmp");
                    case 2 ->
                        any(random, "tcp[13] & 2 != 0", "ip[6:2] & 0x1fff = 0", "ip[9] = 17", "ip[12:4] = 0x0a000001")
                                + any(random, "", " or len > 50");
                    case 3 ->
                        direction + "net " + any(random, "10.0.0.0/8", "192.168.0.0/16", "10.0.0.0/30", "224.0.0.0/4");
                    case 4 -> any(random, "ip ", "arp ", "rarp ") + direction + "host " + any(random, HOSTS);
                    case 5 -> direction + "host " + any(random, HOSTS6);
                    case 6 -> direction + "portrange " + any(random, "20-80", "53-443");
                    default -> direction + "host " + any(random, HOSTS);
                };
    }
}
