package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.FilterExpression.Options;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lists of hardware addresses, compared with a set of numbers. */
class HardwareAddressesTest {
    /** The verdict for packets that an expression accepts. */
    private static final int ACCEPT = 262144;

    private static final int FRAMES = 2000;

    /** Addresses of {@code beginnings} vendors; few vendors or few numbers make addresses that share a part. */
    private static List<Long> addresses(Random random, int n, int beginnings, int endings) {
        long[] vendors = random.longs(beginnings, 0, 1L << 24).toArray();
        long[] numbers = random.longs(endings, 0, 1L << 24).toArray();
        return IntStream.range(0, n)
                .mapToObj(i -> vendors[random.nextInt(beginnings)] << 24 | numbers[random.nextInt(endings)])
                .toList();
    }

    private static String written(long address) {
        return HexFormat.ofDelimiter(":")
                .formatHex(ByteBuffer.allocate(8).putLong(address).array(), 2, 8);
    }

    private static Packet frame(Random random, long destination, long source) {
        byte[] bytes = ByteBuffer.allocate(22)
                .putLong(destination << 16)
                .putLong(6, source << 16)
                .array();
        return Packet.of(bytes, 0, random.nextInt(4) == 0 ? random.nextInt(14) : 14 + random.nextInt(8));
    }

    /** One of the addresses, or one that has a part of it. */
    private static long near(Random random, List<Long> addresses) {
        long address = addresses.get(random.nextInt(addresses.size()));
        return switch (random.nextInt(5)) {
            case 0 -> address ^ 1L << random.nextInt(48);
            case 1 -> (address & 0xffffffffL) | addresses.get(0) >>> 32 << 32;
            case 2 -> random.nextLong(1L << 48);
            default -> address;
        };
    }

    /** A frame that ends before the bytes that are tested is rejected, whatever the expression. */
    private static boolean accepts(String direction, boolean negated, Set<Long> set, Packet frame) {
        if (frame.length() < (direction.equals("dst") ? 6 : 12)) {
            return false;
        }
        long destination = Integer.toUnsignedLong(frame.u32(0)) << 16 | frame.u16(4);
        boolean found = !direction.equals("src") && set.contains(destination);
        if (!direction.equals("dst")) {
            long source = (long) frame.u16(6) << 32 | Integer.toUnsignedLong(frame.u32(8));
            found |= set.contains(source);
        }
        return found != negated;
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "2,2,2", "10,10,10", "30,2,4", "100,3,100", "100,100,3", "300,300,300", "600,1,600"})
    void listsFindEachOfTheirAddressesAndNoOther(int n, int beginnings, int endings) {
        Random random = new Random(n);
        int accepted = 0;
        for (String direction : new String[] {"host", "src", "dst", "src or dst"}) {
            for (boolean negated : new boolean[] {false, true}) {
                List<Long> addresses = addresses(random, n, beginnings, endings);
                Set<Long> set = new HashSet<>(addresses);
                String list =
                        addresses.stream().map(HardwareAddressesTest::written).collect(Collectors.joining(" or "));
                String text = (negated ? "not (" : "(") + "ether " + direction + " " + list + ")";
                FilterExpression optimized = FilterExpression.of(text, LinkType.EN10MB, Options.DEFAULT);
                FilterExpression plain = FilterExpression.of(text, LinkType.EN10MB, Options.DEFAULT.withoutOptimizer());
                Filter first = Filter.interpret(optimized.program());
                Filter second = Filter.interpret(plain.program());
                for (int i = 0; i < FRAMES; i++) {
                    Packet frame = frame(random, near(random, addresses), near(random, addresses));
                    int verdict = accepts(direction, negated, set, frame) ? ACCEPT : 0;
                    assertEquals(verdict, first.run(frame), text);
                    assertEquals(verdict, second.run(frame), text);
                    accepted += verdict == 0 ? 0 : 1;
                }
            }
        }
        assertTrue(accepted > FRAMES && accepted < 7 * FRAMES, accepted + " accepted");
    }

    /** Written as a list, as a list of negated terms, or with upper-case digits: the same program. */
    @Test
    void oneListIsOneTest() {
        List<String> addresses = new ArrayList<>();
        addresses(new Random(3), 50, 5, 50).forEach(address -> addresses.add(written(address)));
        Program list = compile("not ether src (" + String.join(" or ", addresses) + ")");
        assertEquals(list, compile("not ether src " + String.join(" and not ether src ", addresses)));
        assertEquals(
                list,
                compile("not ether src ("
                        + String.join(" or ", addresses)
                                .toUpperCase(Locale.ROOT)
                                .replace("OR", "or") + ")"));
        assertTrue(list.size() < 200, list::toString);
    }

    private static Program compile(String text) {
        return FilterExpression.compile(text, LinkType.EN10MB);
    }
}
