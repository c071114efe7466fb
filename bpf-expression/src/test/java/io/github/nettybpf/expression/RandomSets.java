package io.github.nettybpf.expression;

import io.github.nettybpf.core.address.AddressPrefix;
import io.github.nettybpf.core.address.AddressSet;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Makes sets of addresses that overlap, adjoin, and lie at the ends of what there is, and addresses near their edges. */
final class RandomSets {
    private static final String[] EDGES = {
        "0.0.0.0/0",
        "0.0.0.0",
        "255.255.255.255",
        "128.0.0.0/1",
        "::/0",
        "::",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "8000::/1",
        "::ffff:10.0.0.1",
        "::ffff:10.0.0.0/104",
        "::fffe:ffff:ffff",
        "::1:0:0:0/80",
        "2001:db8::/32",
        "2001:db8::/64",
        "2001:db8::/96",
        "2001:db8::-2001:db8::ff:0",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:fffe-2001:db8::1",
        "10.0.0.0/8",
        "9.255.255.255-10.0.1.1"
    };
    private static final long[] STARTS = {0, 0x0a000000L, 0x0a0000f0L, 0xc0a80100L, 0xfffffff0L, 0x7fffffffL};
    private static final String[] STARTS6 = {
        "0",
        "20010db8000000000000000000000000",
        "20010db800000000fffffffffffffff0",
        "fe800000000000000000000000000000",
        "fffffffffffffffffffffffffffffff0",
        "0000000000000000000000fffffffff0"
    };

    private final Random random;

    RandomSets(Random random) {
        this.random = random;
    }

    /** {@return a set, of one kind of address or both; now and then of none or of all} */
    AddressSet next() {
        int kinds = random.nextInt(10);
        AddressSet.Builder set = AddressSet.builder();
        for (int entries = random.nextInt(random.nextInt(5) == 0 ? 40 : 6); entries >= 0 && kinds > 0; entries--) {
            boolean isIpv4 = kinds < 4 || (kinds > 6 && random.nextBoolean());
            if (kinds > 6 && random.nextInt(4) == 0) {
                set.addAll(EDGES[random.nextInt(EDGES.length)]);
            } else {
                add(set, isIpv4 ? 32 : 128);
            }
        }
        AddressSet made = set.build();
        return random.nextInt(8) == 0 ? made.difference(AddressSet.of(EDGES[random.nextInt(EDGES.length)])) : made;
    }

    private void add(AddressSet.Builder set, int bits) {
        BigInteger first = number(bits);
        int free =
                switch (random.nextInt(4)) {
                    case 0 -> 0;
                    case 1 -> random.nextInt(bits + 1);
                    default -> random.nextInt(bits / 4);
                };
        BigInteger size = BigInteger.ONE.shiftLeft(free);
        if (random.nextInt(3) == 0) {
            BigInteger last = first.add(new BigInteger(random.nextInt(12), random))
                    .min(BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE));
            set.addAll(text(first, bits) + "-" + text(last, bits));
        } else {
            set.addAll(text(first.divide(size).multiply(size), bits) + "/" + (bits - free));
        }
    }

    private BigInteger number(int bits) {
        if (random.nextInt(4) == 0) {
            return new BigInteger(bits, random);
        }
        BigInteger start = bits == 32
                ? BigInteger.valueOf(STARTS[random.nextInt(STARTS.length)])
                : new BigInteger(STARTS6[random.nextInt(STARTS6.length)], 16);
        return start.add(BigInteger.valueOf(random.nextInt(16)));
    }

    private static String text(BigInteger number, int bits) {
        StringBuilder text = new StringBuilder();
        int step = bits == 32 ? 8 : 16;
        for (int shift = bits - step; shift >= 0; shift -= step) {
            int part = number.shiftRight(shift).intValue() & ((1 << step) - 1);
            text.append(text.length() == 0 ? "" : bits == 32 ? "." : ":");
            text.append(bits == 32 ? Integer.toString(part) : Integer.toHexString(part));
        }
        return text.toString();
    }

    /** {@return the prefixes of a set} */
    static List<AddressPrefix> prefixes(AddressSet set) {
        List<AddressPrefix> prefixes = new ArrayList<>();
        set.forEach(prefixes::add);
        return prefixes;
    }

    /** {@return addresses of a length in bytes at the edges of the prefixes, one before and after them, in them, and others} */
    List<byte[]> probes(List<AddressPrefix> prefixes, int length) {
        List<BigInteger> probes = new ArrayList<>();
        for (AddressPrefix prefix : prefixes) {
            byte[] address = prefix.address().getAddress();
            if (address.length == length) {
                BigInteger first = new BigInteger(1, address);
                int free = 8 * length - prefix.length();
                BigInteger last = first.add(BigInteger.ONE.shiftLeft(free)).subtract(BigInteger.ONE);
                probes.add(first);
                probes.add(first.subtract(BigInteger.ONE));
                probes.add(last);
                probes.add(last.add(BigInteger.ONE));
                probes.add(first.add(new BigInteger(free, random)));
            }
        }
        for (int i = 0; i < 8; i++) {
            probes.add(number(8 * length));
        }
        return probes.stream().map(probe -> bytes(probe, length)).toList();
    }

    private static byte[] bytes(BigInteger number, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = number.shiftRight(8 * (length - 1 - i)).byteValue();
        }
        return bytes;
    }
}
