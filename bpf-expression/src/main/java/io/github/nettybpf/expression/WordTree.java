package io.github.nettybpf.expression;

import io.github.nettybpf.expression.Expression.Identifier.Ipv6;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;

/** Asks whether an IPv6 address is one of many, by one word after the other. */
final class WordTree {
    private final IntFunction<Value> words;

    WordTree(IntFunction<Value> words) {
        this.words = words;
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
            all.add(new Condition.Member(words.apply(word), Ranges.union(ends)));
        }
        longer.forEach(
                (first, rest) -> all.add(Condition.and(Condition.equal(words.apply(word), first), of(rest, word + 1))));
        return Condition.any(all);
    }

    private static int wordOf(Ipv6 address, int word) {
        long half = word < 2 ? address.high() : address.low();
        return (int) (word % 2 == 0 ? half >>> 32 : half);
    }
}
