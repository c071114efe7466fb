package io.github.nettybpf.netty.source;

import io.github.nettybpf.core.address.AddressPrefix;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.address.HotSource;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * Learns which prefixes of a denied set most packets come from, and chooses those that the kernel should drop.
 *
 * <p>Of what the pipeline drops, the rates are averages over some seconds. Of what the kernel drops, only one packet of
 * {@value #ONE_IN} arrives as a sample: too few to know the rate of each prefix, so that it is taken to be as before until
 * the samples contradict, those of the prefix or those of all together. Not thread-safe; one round follows another.
 */
final class HotPrefixes {
    /** One packet of so many from a prefix in the kernel is let through as a sample. */
    static final int ONE_IN = 128;

    /** In so many seconds, what was seen counts half. */
    private static final double HALF_LIFE_SECONDS = 15;

    /** So many samples, expected and seen, tell the rate of a prefix, and of all together. */
    private static final int ENOUGH = 8;

    private static final int ENOUGH_OF_ALL = 32;

    /** If no more than this part of the expected packets comes from the prefixes in the kernel, others have become hot. */
    private static final double OTHERS = 0.5;

    /** How much hotter another prefix must be to take the place of one in the kernel. */
    private static final double HYSTERESIS = 1.25;

    /** A change must spare this part of the packets, and so many a second, at least. */
    private static final double LEAST_GAIN = 0.005;

    private static final double LEAST_PACKETS = 10;

    /** How many prefixes are remembered. */
    private static final int MOST = 32_768;

    private static final class Figures {
        final AddressPrefix prefix;
        double weighted; // packets, those of long ago counting less
        long latest; // packets of the last round
        boolean inKernel;
        double rate; // of one in the kernel: packets a second
        long seen; // samples of one in the kernel, since the rate was set
        double seconds; // since then

        Figures(AddressPrefix prefix) {
            this.prefix = prefix;
        }
    }

    private final AddressSet denied;
    private final Map<AddressPrefix, Figures> figures = new HashMap<>();
    private double weight; // of the seconds, those of long ago counting less
    private double expectedOfAll;
    private double seenOfAll;

    HotPrefixes(AddressSet denied) {
        this.denied = denied;
    }

    /** Takes what was dropped in the last seconds. */
    void add(SourceSamples samples, double seconds) {
        Map<Address, Integer> counts = new HashMap<>();
        for (int i = 0; i < samples.size(); i++) {
            counts.merge(new Address(samples.high(i), samples.low(i)), 1, Integer::sum);
        }
        age(seconds);
        long seenInKernel = 0;
        for (Map.Entry<Address, Integer> entry : counts.entrySet()) {
            Optional<AddressPrefix> prefix = denied.prefixOf(entry.getKey().toInetAddress());
            if (prefix.isPresent()) {
                Figures of = figures.computeIfAbsent(prefix.get(), Figures::new);
                long packets = (long) entry.getValue() * samples.stride();
                if (of.inKernel) {
                    of.seen += packets;
                    seenInKernel += packets;
                } else {
                    of.weighted += packets;
                    of.latest += packets;
                }
            }
        }
        estimate(seenInKernel, seconds);
        forget();
    }

    private record Address(long high, long low) {
        InetAddress toInetAddress() {
            try {
                return InetAddress.getByAddress(
                        ByteBuffer.allocate(16).putLong(high).putLong(low).array());
            } catch (UnknownHostException e) {
                throw new IllegalStateException(e); // not reached: only an array of another length is refused
            }
        }
    }

    private void age(double seconds) {
        double kept = Math.pow(0.5, seconds / HALF_LIFE_SECONDS);
        weight = weight * kept + seconds;
        for (Figures each : figures.values()) {
            if (each.inKernel) {
                each.seconds += seconds;
                expectedOfAll += each.rate * seconds / ONE_IN;
            } else {
                each.weighted *= kept;
            }
            each.latest = 0;
        }
    }

    /** Corrects the rates of those in the kernel where the samples say so. */
    private void estimate(long seenInKernel, double seconds) {
        seenOfAll += seenInKernel;
        double factor = 1;
        if (expectedOfAll + seenOfAll >= ENOUGH_OF_ALL) {
            factor = seenOfAll / Math.max(expectedOfAll, 1);
            expectedOfAll = 0;
            seenOfAll = 0;
            if (factor < OTHERS) {
                beginAnew(seconds);
            }
        }
        for (Figures each : figures.values()) {
            if (each.inKernel) {
                each.rate *= factor;
                if (each.rate * each.seconds / ONE_IN + each.seen >= ENOUGH) {
                    each.rate = each.seen * ONE_IN / each.seconds;
                    each.seen = 0;
                    each.seconds = 0;
                }
            }
        }
    }

    /** The hottest are others now: what was seen before would hide them. */
    private void beginAnew(double seconds) {
        weight = seconds;
        for (Figures each : figures.values()) {
            each.weighted = each.latest;
        }
    }

    private double rate(Figures of) {
        return of.inKernel ? of.rate : of.weighted / weight;
    }

    /** Forgets the coldest, so that those who send from ever new addresses cannot fill the memory. */
    private void forget() {
        figures.values().removeIf(each -> !each.inKernel && each.weighted < 0.5);
        if (figures.size() > MOST) {
            List<Figures> hottestFirst = sorted(this::rate);
            hottestFirst.stream()
                    .filter(each -> !each.inKernel)
                    .skip(MOST / 2)
                    .forEach(each -> figures.remove(each.prefix));
        }
    }

    private record Valued(Figures figures, double value) {}

    /** The value of each is computed once, not for each comparison. */
    private List<Figures> sorted(ToDoubleFunction<Figures> value) {
        return figures.values().stream()
                .map(each -> new Valued(each, value.applyAsDouble(each)))
                .sorted(Comparator.comparingDouble(Valued::value).reversed())
                .map(Valued::figures)
                .toList();
    }

    /**
     * {@return the prefixes that the kernel should drop, and how many packets a second of each, or empty if that would
     * spare hardly more than now}
     *
     * @param budget how many instructions there are for them
     */
    Map<AddressPrefix, Double> choose(int budget) {
        Map<AddressPrefix, Double> chosen = new HashMap<>();
        double left = budget;
        double gain = 0;
        double all = 0;
        for (Figures each : sorted(each -> rate(each) * (each.inKernel ? HYSTERESIS : 1) / cost(each.prefix))) {
            double cost = cost(each.prefix);
            double rate = rate(each);
            boolean fits = cost <= left && rate > 0;
            if (fits) {
                left -= cost;
                chosen.put(each.prefix, rate);
            }
            gain += fits == each.inKernel ? 0 : fits ? rate : -rate;
            all += rate;
        }
        return gain > Math.max(LEAST_GAIN * all, LEAST_PACKETS) ? Map.copyOf(chosen) : Map.of();
    }

    /** {@return about how many instructions the prefix takes} */
    private static double cost(AddressPrefix prefix) {
        if (prefix.address().getAddress().length == 4) {
            return prefix.length() == 32 ? 1.1 : 2.1;
        }
        int words = (prefix.length() + 31) / 32;
        return words <= 1 ? 2.1 : 2.5 * words;
    }

    /** Takes note of what the kernel drops from now on, and how many packets a second of each. */
    void enforce(Map<AddressPrefix, Double> rates) {
        for (AddressPrefix prefix : rates.keySet()) {
            figures.computeIfAbsent(prefix, Figures::new);
        }
        for (Figures each : figures.values()) {
            Double rate = rates.get(each.prefix);
            if (rate != null && !each.inKernel) {
                each.rate = rate;
                each.seen = 0;
                each.seconds = 0;
            } else if (rate == null && each.inKernel) {
                each.weighted = each.rate * weight;
            }
            each.inKernel = rate != null;
        }
    }

    /** {@return the hottest, in descending order} */
    List<HotSource> hottest(int most) {
        return sorted(this::rate).stream()
                .limit(most)
                .map(each -> new HotSource(each.prefix, rate(each), each.inKernel))
                .toList();
    }
}
