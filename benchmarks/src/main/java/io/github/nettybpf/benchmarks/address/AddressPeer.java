package io.github.nettybpf.benchmarks.address;

import io.github.nettybpf.benchmarks.address.AddressLists.Prefix;
import io.github.nettybpf.core.address.AddressSet;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/**
 * Measures one {@link AddressLookup} in a JVM of its own, and prints a line for each figure: its name, a tab, and the
 * figure. Sources are made in small batches right before they are looked up, none is looked up twice, and the time is
 * the median of the batches.
 */
final class AddressPeer {
    private static final int BATCH = 128;
    private static final int WARM_UP = 6_000;
    private static final int MEASURED = 4_000;

    /** How many comparisons of a list the answers are checked with. */
    private static final int COMPARISONS = 200_000_000;

    private static final int BUILDS = 7;
    private static final int UPDATES = 201;

    /** So that no lookup is left out. */
    private static int found;

    private AddressPeer() {}

    /**
     * Measures and prints.
     *
     * @param args the {@link AddressLookup}, and the numbers of prefixes
     */
    public static void main(String[] args) {
        AddressLookup lookup = AddressLookup.valueOf(args[0]);
        List<String> counts = List.of(args[1].split(",", -1));
        // All kinds of addresses, so that the JVM's compiler need not come back to the code when the next kind is
        // measured.
        for (AddressFamily family : AddressFamily.values()) {
            AddressLists lists = new AddressLists(family, Integer.parseInt(counts.get(0)));
            Predicate<InetSocketAddress> predicate = lookup.of(lists.prefixes());
            median(predicate, lists, false, WARM_UP);
            median(predicate, lists, true, WARM_UP);
        }
        for (String count : counts) {
            for (AddressFamily family : AddressFamily.values()) {
                AddressLists lists = new AddressLists(family, Integer.parseInt(count));
                Predicate<InetSocketAddress> predicate = lookup.of(lists.prefixes());
                String name = family + " " + count + " ";
                for (boolean isListed : new boolean[] {false, true}) {
                    median(predicate, lists, isListed, WARM_UP);
                    print(name + (isListed ? "listed" : "random"), median(predicate, lists, isListed, MEASURED));
                }
                if (lookup != AddressLookup.NOTHING) {
                    checkAnswers(name, predicate, lists);
                }
            }
        }
        if (lookup == AddressLookup.ADDRESS_SET) {
            for (AddressFamily family : List.of(AddressFamily.IPV4, AddressFamily.IPV6)) {
                build(family, new AddressLists(family, 1_000_000).prefixes());
            }
        }
        if (found < 0) {
            throw new IllegalStateException(found + " addresses found");
        }
    }

    private static void print(String name, double figure) {
        System.out.printf(Locale.ROOT, "%s\t%.3f%n", name, figure);
    }

    /** {@return the median time of a lookup, in ns} */
    private static double median(
            Predicate<InetSocketAddress> predicate, AddressLists lists, boolean isListed, int batches) {
        double[] times = new double[batches];
        for (int batch = 0; batch < batches; batch++) {
            InetSocketAddress[] sources = lists.sources(BATCH, isListed);
            long start = System.nanoTime();
            int count = count(predicate, sources);
            times[batch] = (double) (System.nanoTime() - start) / BATCH;
            found = (found + count) & Integer.MAX_VALUE;
        }
        return median(times);
    }

    private static int count(Predicate<InetSocketAddress> predicate, InetSocketAddress[] sources) {
        int count = 0;
        for (InetSocketAddress source : sources) {
            count += predicate.test(source) ? 1 : 0;
        }
        return count;
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    /** Half of the sources are of the list. */
    private static void checkAnswers(String name, Predicate<InetSocketAddress> predicate, AddressLists lists) {
        int checked = COMPARISONS / lists.prefixes().size();
        int wrong = 0;
        for (int i = 0; i < checked; i++) {
            Prefix source = lists.source(i % 2 == 0);
            wrong += predicate.test(new InetSocketAddress(source.address(), 1024)) != lists.contains(source) ? 1 : 0;
        }
        print(name + "checked", checked);
        print(name + "wrong", wrong);
    }

    private static void build(AddressFamily family, List<Prefix> prefixes) {
        String name = family + " ";
        double[] millis = new double[BUILDS];
        AddressSet set = AddressSet.EMPTY;
        for (int i = 0; i < BUILDS; i++) {
            set = AddressSet.EMPTY;
            long before = used();
            long start = System.nanoTime();
            set = AddressLookup.set(prefixes);
            millis[i] = (System.nanoTime() - start) / 1e6;
            print(name + "heap MiB", (used() - before) / (double) (1 << 20));
        }
        print(name + "build ms", median(millis));
        print(name + "bytes MiB", set.bytes() / (double) (1 << 20));
        StringBuilder text = new StringBuilder();
        prefixes.forEach(prefix -> text.append(prefix.address().getHostAddress())
                .append('/')
                .append(prefix.length())
                .append('\n'));
        String list = text.toString();
        for (int i = 0; i < BUILDS; i++) {
            long start = System.nanoTime();
            found = (found + (AddressSet.parse(list).isEmpty() ? 1 : 0)) & Integer.MAX_VALUE;
            millis[i] = (System.nanoTime() - start) / 1e6;
        }
        print(name + "parse ms", median(millis));
        double[] micros = new double[UPDATES];
        AddressLists others = new AddressLists(family, UPDATES + 1);
        for (int i = 0; i < UPDATES; i++) {
            AddressSet one = AddressLookup.set(others.prefixes().subList(i, i + 1));
            long start = System.nanoTime();
            set = i % 2 == 0 ? set.union(one) : set.difference(one);
            micros[i] = (System.nanoTime() - start) / 1e3;
        }
        print(name + "update us", median(micros));
        print(name + "longest update us", micros[UPDATES - 1]);
    }

    private static long used() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
