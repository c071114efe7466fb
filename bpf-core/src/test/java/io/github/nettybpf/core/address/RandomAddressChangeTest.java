package io.github.nettybpf.core.address;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Sets of addresses that are changed by a few addresses again and again, and what the list of all changes says: the
 * last one that has an address decides.
 */
class RandomAddressChangeTest {
    /** An address; not v4-mapped. */
    private record Address(long high, long low) implements Comparable<Address> {
        Address plus(long distance) {
            long sum = low + distance;
            long carry = distance < 0
                    ? (Long.compareUnsigned(sum, low) > 0 ? -1 : 0)
                    : (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
            return new Address(high + carry, sum);
        }

        @Override
        public int compareTo(Address other) {
            return RangeList.compare(high, low, other.high, other.low);
        }

        boolean isMapped() {
            return AddressText.isMapped(high, low);
        }

        InetAddress address() {
            try {
                return InetAddress.getByAddress(
                        ByteBuffer.allocate(16).putLong(high).putLong(low).array());
            } catch (UnknownHostException e) {
                throw new AssertionError(e);
            }
        }
    }

    private record Change(boolean isUnion, Address first, Address last) {
        boolean has(Address address) {
            return first.compareTo(address) <= 0 && address.compareTo(last) <= 0;
        }
    }

    /** Where most addresses of a set are. */
    private enum Place {
        ONE_NETWORK_OF_64_BITS,
        ONE_NETWORK_OF_32_BITS,
        TWO_NETWORKS,
        POWERS_OF_TWO,
        ANYWHERE,

        /** v4-mapped addresses, which are IPv4. */
        IPV4,
        IPV4_NETWORK
    }

    @Test
    void agreesWithTheListOfChanges() {
        for (long seed = 1; seed <= 30; seed++) {
            new Run(seed).run();
        }
    }

    @Test
    @Tag("soak")
    void forLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("changes of sets of addresses, first seed " + seed);
        long lookups = 0;
        for (; System.nanoTime() < end; seed++) {
            lookups += new Run(seed).run();
        }
        System.out.println(lookups + " lookups, no difference");
    }

    private static final List<Place> PLACES = List.of(Place.values());

    /** The changes of one set. */
    private static final class Run {
        private final Random random;
        private final Place place;
        private final boolean isIpv4;
        private final String name;
        private final List<Change> changes = new ArrayList<>();
        private AddressSet set = AddressSet.EMPTY;

        Run(long seed) {
            random = new Random(seed);
            place = PLACES.get(random.nextInt(PLACES.size()));
            isIpv4 = place == Place.IPV4 || place == Place.IPV4_NETWORK;
            name = "seed " + seed + ", " + place;
        }

        private long run() {
            AddressSet.Builder many = AddressSet.builder();
            int count = random.nextInt(300);
            for (int i = 0; i < count; i++) {
                Change change = change(true);
                changes.add(change);
                many.addRange(change.first.address(), change.last.address());
            }
            set = many.build();
            long lookups = compare();
            for (int step = 0; step < 40; step++) {
                boolean isUnion = random.nextBoolean();
                AddressSet.Builder few = AddressSet.builder();
                for (int i = random.nextInt(3); i >= 0; i--) {
                    Change change = change(isUnion);
                    changes.add(change);
                    few.addRange(change.first.address(), change.last.address());
                }
                AddressSet other = few.build();
                set = isUnion ? (random.nextBoolean() ? set.union(other) : other.union(set)) : set.difference(other);
                lookups += compare();
            }
            return lookups;
        }

        private long compare() {
            List<Address> probes = new ArrayList<>();
            for (Change change : changes) {
                for (Address edge : List.of(change.first, change.last)) {
                    probes.addAll(List.of(edge, edge.plus(1), edge.plus(-1)));
                }
            }
            for (int i = 0; i < 20; i++) {
                probes.add(address());
            }
            probes.removeIf(probe -> probe.isMapped() != isIpv4);
            for (Address probe : probes) {
                assertEquals(isIn(probe), set.containsIpv6(probe.high, probe.low), () -> name + ", " + probe.address());
            }
            AddressSet.Builder listed = AddressSet.builder();
            set.forEach(prefix -> listed.add(prefix.address(), prefix.length()));
            AddressSet anew = listed.build();
            assertEquals(anew, set, name);
            assertEquals(anew.hashCode(), set.hashCode(), name);
            assertEquals(anew.isEmpty(), set.isEmpty(), name);
            assertEquals(anew.prefixCount(), set.prefixCount(), name);
            return probes.size();
        }

        private boolean isIn(Address address) {
            for (int i = changes.size() - 1; i >= 0; i--) {
                if (changes.get(i).has(address)) {
                    return changes.get(i).isUnion;
                }
            }
            return false;
        }

        /** Single addresses, prefixes and ranges, many of them next to others. */
        private Change change(boolean isUnion) {
            Address first = address();
            int free = isIpv4 ? random.nextInt(33) : random.nextInt(4) > 0 ? random.nextInt(70) : random.nextInt(129);
            return switch (random.nextInt(4)) {
                case 0 -> new Change(isUnion, first, first);
                case 1 -> {
                    Address last = address();
                    yield first.compareTo(last) <= 0
                            ? new Change(isUnion, first, last)
                            : new Change(isUnion, last, first);
                }
                default -> {
                    long high = Entries.highMask(128 - free);
                    long low = Entries.lowMask(128 - free);
                    Address begin = new Address(first.high & high, first.low & low);
                    Address end = new Address(first.high | ~high, first.low | ~low);
                    // ::/80 ends with a v4-mapped address.
                    boolean isRange = begin.isMapped() == end.isMapped();
                    yield new Change(isUnion, isRange ? begin : first, isRange ? end : first);
                }
            };
        }

        private Address address() {
            if (!changes.isEmpty() && random.nextInt(3) == 0) {
                Change change = changes.get(random.nextInt(changes.size()));
                Address edge = random.nextBoolean() ? change.first : change.last;
                return inPlace(edge.plus(random.nextInt(5) - 2));
            }
            long network = 0x20010db8L << 32;
            return inPlace(
                    random.nextInt(20) == 0
                            ? new Address(random.nextLong(), random.nextLong())
                            : switch (place) {
                                case ONE_NETWORK_OF_64_BITS -> new Address(network, random.nextInt(5000));
                                case ONE_NETWORK_OF_32_BITS ->
                                    new Address(network | random.nextInt(1 << 20), random.nextLong());
                                case TWO_NETWORKS -> new Address(network | random.nextInt(2), random.nextInt(5000));
                                case POWERS_OF_TWO ->
                                    new Address(
                                            1L << random.nextInt(64),
                                            random.nextBoolean() ? 0 : 1L << random.nextInt(64));
                                case IPV4_NETWORK -> new Address(0, 10 << 24 | random.nextInt(5000));
                                case ANYWHERE, IPV4 -> new Address(random.nextLong(), random.nextLong());
                            });
        }

        /** Ranges of IPv6 addresses may reach over the v4-mapped ones, but neither begin nor end among them. */
        private Address inPlace(Address address) {
            if (isIpv4) {
                return new Address(0, 0xffffL << 32 | (address.low & 0xffffffffL));
            }
            return address.isMapped() ? new Address(1, address.low) : address;
        }
    }
}
