package io.github.nettybpf.core.address;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The ranges of sets, and the prefixes around addresses. */
class AddressSetRangesTest {
    private static InetAddress ipv4(int address) throws UnknownHostException {
        return InetAddress.getByAddress(ByteBuffer.allocate(4).putInt(address).array());
    }

    private static InetAddress ipv6(long high, long low) throws UnknownHostException {
        return InetAddress.getByAddress(
                ByteBuffer.allocate(16).putLong(high).putLong(low).array());
    }

    private static AddressSet of(AddressPrefix prefix) {
        return AddressSet.builder().add(prefix.address(), prefix.length()).build();
    }

    @Test
    void rangesAreTheSet() {
        AddressSet set = AddressSet.of(
                "10.0.0.0/8", "11.0.0.0", "0.0.0.0", "255.255.255.255", "::1", "2001:db8::/33", "2001:db8:8000::/33");
        List<String> ranges = new ArrayList<>();
        set.forEachRange(new AddressSet.RangeConsumer() {
            @Override
            public void ipv4(int first, int last) {
                ranges.add(Integer.toHexString(first) + "-" + Integer.toHexString(last));
            }

            @Override
            public void ipv6(long firstHigh, long firstLow, long lastHigh, long lastLow) {
                ranges.add(String.format("%x:%x-%x:%x", firstHigh, firstLow, lastHigh, lastLow));
            }
        });
        assertEquals(
                List.of(
                        "0-0",
                        "a000000-b000000",
                        "ffffffff-ffffffff",
                        "0:1-0:1",
                        "20010db800000000:0-20010db8ffffffff:ffffffffffffffff"),
                ranges);
        assertEquals(5, set.rangeCount());
    }

    /** Whether few or many neighbours make the nodes of another kind. */
    @Test
    void thePrefixAroundAnAddressIsTheShortestThatIsInTheSet() throws Exception {
        for (long seed = 1; seed <= 60; seed++) {
            Random random = new Random(seed);
            AddressSet.Builder builder = AddressSet.builder();
            int entries = seed % 20 == 0 ? 40_000 : 1 + random.nextInt(300);
            List<InetAddress> addresses = new ArrayList<>();
            boolean isIpv4 = random.nextBoolean();
            for (int i = 0; i < entries; i++) {
                InetAddress address =
                        isIpv4 ? ipv4(random.nextInt()) : ipv6(random.nextLong() >>> 40, random.nextLong());
                int bits = isIpv4 ? 32 : 128;
                int length = random.nextInt(3) == 0 ? Math.max(2, random.nextInt(bits + 1)) : bits - random.nextInt(20);
                builder.add(address, length);
                addresses.add(address);
            }
            AddressSet set = builder.build();
            for (int i = 0; i < 100; i++) {
                check(set, addresses.get(random.nextInt(addresses.size())), "seed " + seed);
                check(set, isIpv4 ? ipv4(random.nextInt()) : ipv6(random.nextLong() >>> 40, 0), "seed " + seed);
            }
        }
    }

    private static void check(AddressSet set, InetAddress address, String what) {
        Optional<AddressPrefix> found = set.prefixOf(address);
        assertEquals(set.contains(address), found.isPresent(), what);
        if (found.isEmpty()) {
            return;
        }
        AddressPrefix prefix = found.get();
        assertTrue(of(prefix).contains(address), what + ", " + prefix);
        assertTrue(of(prefix).difference(set).isEmpty(), what + ", " + prefix);
        if (prefix.length() > 0) {
            AddressPrefix shorter = new AddressPrefix(prefix.address(), prefix.length() - 1);
            assertFalse(of(shorter).difference(set).isEmpty(), what + ", " + prefix);
        }
    }

    @Test
    void aMappedAddressIsTheIpv4Address() throws Exception {
        AddressSet set = AddressSet.of("0.0.0.0/0", "::/0");
        assertEquals("0.0.0.0/0", set.prefixOf(ipv4(5)).orElseThrow().toString());
        assertEquals("0:0:0:0:0:0:0:0/0", set.prefixOf(ipv6(5, 5)).orElseThrow().toString());
        assertEquals(Optional.empty(), AddressSet.of("::/0").prefixOf(ipv4(5)));
        assertEquals(1, AddressSet.of("10.0.0.0/8").rangeCount());
        assertEquals(0, AddressSet.EMPTY.rangeCount());
    }
}
