package io.github.nettybpf.core.address;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random overlapping sets and what lists of their ranges, searched one after the other, say. */
class RandomAddressSetTest {
    private static final BigInteger HALF = BigInteger.ONE.shiftLeft(64);

    /** Numbers from one to another; an IPv4 address has 32 bits. */
    private record Range(BigInteger first, BigInteger last) {
        boolean contains(BigInteger number) {
            return first.compareTo(number) <= 0 && number.compareTo(last) <= 0;
        }
    }

    @Test
    void agreesWithLists() {
        for (long seed = 1; seed <= 150; seed++) {
            compare(seed);
        }
    }

    @Test
    @Tag("soak")
    void forLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("sets of addresses, first seed " + seed);
        long lookups = 0;
        for (; System.nanoTime() < end; seed++) {
            lookups += compare(seed);
        }
        System.out.println(lookups + " lookups, no difference");
    }

    private static long compare(long seed) {
        return new Comparison(new Random(seed), seed % 2 == 0 ? 32 : 128).compare("seed " + seed);
    }

    /** Large nodes have an index, by 8 bits or by 12, and still larger ones a table. */
    @ParameterizedTest
    @ValueSource(ints = {3_000, 20_000})
    void agreesWithASortedListIfThereAreMany(int count) {
        for (int bits : new int[] {32, 128}) {
            for (int shift : new int[] {0, 16, 20}) {
                Comparison comparison = new Comparison(new Random(shift), bits);
                TreeSet<BigInteger> numbers = new TreeSet<>();
                AddressSet.Builder builder = AddressSet.builder();
                for (int i = 0; i < count; i++) {
                    BigInteger number = new BigInteger(bits - shift, comparison.random);
                    numbers.add(number);
                    builder.addAll(comparison.text(number));
                }
                AddressSet set = builder.build();
                assertEquals(set, comparison.listed(set));
                for (BigInteger number : numbers) {
                    BigInteger next = number.add(BigInteger.ONE);
                    assertTrue(comparison.contains(set, number));
                    assertEquals(numbers.contains(next), comparison.contains(set, next));
                }
                AddressSet.Builder half = AddressSet.builder();
                numbers.headSet(numbers.last()).forEach(number -> half.addAll(comparison.text(number)));
                AddressSet others = half.build();
                AddressSet rest = set.difference(others);
                assertEquals(AddressSet.of(comparison.text(numbers.last())), rest);
                assertEquals(set, rest.union(others));
                assertEquals(set.hashCode(), rest.union(others).hashCode());
            }
        }
    }

    /** Sets of one kind of address. */
    private static final class Comparison {
        private final Random random;
        private final int bits;

        Comparison(Random random, int bits) {
            this.random = random;
            this.bits = bits;
        }

        private long compare(String seed) {
            List<Range> left = ranges();
            List<Range> right = ranges();
            AddressSet a = set(left);
            AddressSet b = set(right);
            AddressSet union = a.union(b);
            AddressSet intersection = a.intersection(b);
            AddressSet difference = a.difference(b);
            List<BigInteger> probes = probes(left, right);
            for (BigInteger number : probes) {
                Supplier<String> what = () -> seed + ", " + number.toString(16);
                boolean inLeft = isIn(left, number);
                boolean inRight = isIn(right, number);
                assertEquals(inLeft, contains(a, number), what);
                assertEquals(inRight, contains(b, number), what);
                assertEquals(inLeft || inRight, contains(union, number), what);
                assertEquals(inLeft && inRight, contains(intersection, number), what);
                assertEquals(inLeft && !inRight, contains(difference, number), what);
            }
            List<Range> both = new ArrayList<>(right);
            both.addAll(left);
            assertEquals(set(both), union, seed);
            assertEquals(set(both).hashCode(), union.hashCode(), seed);
            assertEquals(a, difference.union(intersection), seed);
            assertTrue(difference.intersection(b).isEmpty(), seed);
            assertEquals(a, listed(a), seed);
            assertEquals(difference, listed(difference), seed);
            return 5L * probes.size();
        }

        /** {@return the set of the prefixes that a set is listed as} */
        private AddressSet listed(AddressSet set) {
            AddressSet.Builder builder = AddressSet.builder();
            set.forEach(prefix -> builder.add(prefix.address(), prefix.length()));
            return builder.build();
        }

        private boolean isIn(List<Range> ranges, BigInteger number) {
            return ranges.stream().anyMatch(range -> range.contains(number));
        }

        /** Prefixes of all lengths, and ranges, many of them near others; now and then enough for the forms of large nodes. */
        private List<Range> ranges() {
            int count = random.nextInt(10) == 0 ? 200 : random.nextInt(12);
            List<Range> ranges = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                BigInteger first = number(ranges);
                int free = random.nextInt(bits + 1);
                BigInteger size = BigInteger.ONE.shiftLeft(random.nextBoolean() ? free : random.nextInt(4));
                if (random.nextInt(3) > 0) {
                    BigInteger begin = first.divide(size).multiply(size);
                    ranges.add(new Range(inRange(begin), inRange(begin.add(size).subtract(BigInteger.ONE))));
                } else {
                    BigInteger other = number(ranges);
                    ranges.add(new Range(first.min(other), first.max(other)));
                }
            }
            return ranges;
        }

        private BigInteger number(List<Range> near) {
            if (!near.isEmpty() && random.nextInt(3) > 0) {
                Range range = near.get(random.nextInt(near.size()));
                BigInteger edge = random.nextBoolean() ? range.first : range.last;
                int shift = 16 * random.nextInt(bits / 16);
                return inRange(
                        edge.add(BigInteger.valueOf(random.nextInt(5) - 2).shiftLeft(shift)));
            }
            BigInteger any = new BigInteger(bits, random);
            return inRange(random.nextInt(4) == 0 ? any.shiftRight(16).shiftLeft(16) : any);
        }

        /** {@return the number in the space of these addresses} A v4-mapped address is not in that of IPv6. */
        private BigInteger inRange(BigInteger number) {
            BigInteger address = number.mod(BigInteger.ONE.shiftLeft(bits));
            boolean isMapped = bits == 128 && address.shiftRight(32).equals(BigInteger.valueOf(0xffff));
            return isMapped ? address.setBit(80) : address;
        }

        private List<BigInteger> probes(List<Range> left, List<Range> right) {
            List<BigInteger> probes = new ArrayList<>(
                    List.of(BigInteger.ZERO, BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE)));
            List<Range> all = new ArrayList<>(left);
            all.addAll(right);
            for (Range range : all) {
                for (BigInteger edge : new BigInteger[] {range.first, range.last}) {
                    probes.add(edge);
                    probes.add(inRange(edge.add(BigInteger.ONE)));
                    probes.add(inRange(edge.subtract(BigInteger.ONE)));
                }
            }
            for (int i = 0; i < 100; i++) {
                probes.add(number(all));
            }
            return probes;
        }

        private AddressSet set(List<Range> ranges) {
            StringBuilder text = new StringBuilder();
            ranges.forEach(range -> text.append(text(range.first))
                    .append(" - ")
                    .append(text(range.last))
                    .append('\n'));
            return AddressSet.parse(text.toString());
        }

        private String text(BigInteger number) {
            StringBuilder text = new StringBuilder();
            int group = bits == 32 ? 8 : 16;
            for (int shift = bits - group; shift >= 0; shift -= group) {
                int value = number.shiftRight(shift).intValue() & ((1 << group) - 1);
                text.append(bits == 32 ? Integer.toString(value) : Integer.toHexString(value));
                text.append(shift == 0 ? "" : bits == 32 ? "." : ":");
            }
            return text.toString();
        }

        private boolean contains(AddressSet set, BigInteger number) {
            return bits == 32
                    ? set.containsIpv4(number.intValue())
                    : set.containsIpv6(number.divide(HALF).longValue(), number.longValue());
        }
    }
}
