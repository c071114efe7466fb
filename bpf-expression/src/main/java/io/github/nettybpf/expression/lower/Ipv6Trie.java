package io.github.nettybpf.expression.lower;

import io.github.nettybpf.expression.parse.Expression.Identifier.Ipv6;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * Tests whether an IPv6 address has one of many prefixes: a trie of 32-bit words. In libpcap the packet has to have the
 * whole address, even if only its first words matter, unless libpcap's optimizer drops the other loads.
 */
final class Ipv6Trie {
    private final IntFunction<Value> words;

    /** Whether the packet has to have the whole address. */
    private final boolean whole;

    Ipv6Trie(IntFunction<Value> words, boolean whole) {
        this.words = words;
        this.whole = whole;
    }

    BooleanFormula of(List<Ipv6> addresses) {
        return of(addresses, 0);
    }

    private BooleanFormula of(List<Ipv6> addresses, int word) {
        List<RangeSet> ends = new ArrayList<>();
        Map<Integer, List<Ipv6>> longer = new TreeMap<>();
        for (Ipv6 address : addresses) {
            int bits = address.prefix() - 32 * word;
            int first = wordOf(address, word);
            if (bits <= 32 && (bits > 0 || word == 0)) {
                int mask = bits <= 0 ? 0 : -1 << (32 - bits);
                ends.add(new MaskedAddress(first, mask).range());
            } else {
                longer.computeIfAbsent(first, k -> new ArrayList<>()).add(address);
            }
        }
        List<BooleanFormula> all = new ArrayList<>();
        if (!ends.isEmpty()) {
            BooleanFormula last = new BooleanFormula.Membership(words.apply(3), RangeSet.between(0, RangeSet.END - 1));
            BooleanFormula member = new BooleanFormula.Membership(words.apply(word), RangeSet.union(ends));
            all.add(word == 3 || !whole ? member : BooleanFormula.and(member, last));
        }
        if (!longer.isEmpty()) {
            List<BooleanFormula.Case> cases = new ArrayList<>();
            longer.forEach((first, rest) -> cases.add(new BooleanFormula.Case(RangeSet.of(first), of(rest, word + 1))));
            all.add(new BooleanFormula.Switch(words.apply(word), cases));
        }
        return BooleanFormula.any(all);
    }

    private static int wordOf(Ipv6 address, int word) {
        long half = word < 2 ? address.high() : address.low();
        return (int) (word % 2 == 0 ? half >>> 32 : half);
    }
}
