package io.github.nettybpf.expression.lower;

import io.github.nettybpf.expression.parse.Expression.Identifier.Ipv6;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * Asks whether an IPv6 address is one of many, by one word after the other. In libpcap the whole address has to be there,
 * even if only its beginning matters, unless its optimizer finds that out.
 */
final class WordTree {
    private final IntFunction<Value> words;
    private final boolean whole;

    WordTree(IntFunction<Value> words, boolean whole) {
        this.words = words;
        this.whole = whole;
    }

    Condition of(List<Ipv6> addresses) {
        return of(addresses, 0);
    }

    private Condition of(List<Ipv6> addresses, int word) {
        List<Ranges> ends = new ArrayList<>();
        Map<Integer, List<Ipv6>> longer = new TreeMap<>();
        for (Ipv6 address : addresses) {
            int bits = address.prefix() - 32 * word;
            int first = wordOf(address, word);
            if (bits <= 32 && (bits > 0 || word == 0)) {
                int mask = bits <= 0 ? 0 : -1 << (32 - bits);
                ends.add(new Hosts.Masked(first, mask).range());
            } else {
                longer.computeIfAbsent(first, k -> new ArrayList<>()).add(address);
            }
        }
        List<Condition> all = new ArrayList<>();
        if (!ends.isEmpty()) {
            Condition last = new Condition.Member(words.apply(3), Ranges.between(0, Ranges.END - 1));
            Condition member = new Condition.Member(words.apply(word), Ranges.union(ends));
            all.add(word == 3 || !whole ? member : Condition.and(member, last));
        }
        if (!longer.isEmpty()) {
            List<Condition.Case> cases = new ArrayList<>();
            longer.forEach((first, rest) -> cases.add(new Condition.Case(Ranges.of(first), of(rest, word + 1))));
            all.add(new Condition.Choice(words.apply(word), cases));
        }
        return Condition.any(all);
    }

    private static int wordOf(Ipv6 address, int word) {
        long half = word < 2 ? address.high() : address.low();
        return (int) (word % 2 == 0 ? half >>> 32 : half);
    }
}
