package io.github.nettybpf.examples;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The hardware addresses that claimed each IPv4 address. Keeps the most recently used addresses, and a few claimants of
 * each, so that a flood of forged addresses cannot exhaust memory. Safe for use by several threads.
 */
final class NeighbourTable {
    private static final int CLAIMANTS = 4;

    private final int limit;
    private final Map<Ip4, List<Mac>> claims = new LinkedHashMap<>(16, 0.75f, true);

    NeighbourTable(int limit) {
        this.limit = limit;
    }

    /** {@return what is new about this claim, or empty if the same interface claimed the address last} */
    synchronized Optional<String> learn(Ip4 address, Mac claimant) {
        if (!claimant.isStation()) {
            return Optional.of("CONFLICT: " + address + " is claimed by " + claimant + ", which no interface can have");
        }
        List<Mac> known = claims.get(address);
        if (known == null) {
            claims.put(address, new ArrayList<>(List.of(claimant)));
            if (claims.size() > limit) {
                claims.remove(claims.keySet().iterator().next());
            }
            return Optional.of("neighbour: " + address + " is at " + claimant);
        }
        Mac last = known.get(known.size() - 1);
        if (last.equals(claimant)) {
            return Optional.empty();
        }
        known.remove(claimant);
        known.add(claimant);
        if (known.size() > CLAIMANTS) {
            known.remove(0);
        }
        return Optional.of("CONFLICT: " + address + " is claimed by " + claimant + " and by " + last);
    }

    /** {@return a line for each address, in ascending order} */
    synchronized List<String> lines() {
        List<String> lines = new ArrayList<>();
        new TreeMap<>(claims).forEach((address, macs) -> {
            StringBuilder line = new StringBuilder(address + " " + macs.get(macs.size() - 1));
            for (int i = macs.size() - 2; i >= 0; i--) {
                line.append(", earlier ").append(macs.get(i));
            }
            lines.add(line.toString());
        });
        return lines;
    }
}
