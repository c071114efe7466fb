package io.github.nettybpf.benchmarks;

import io.github.nettybpf.benchmarks.PeerProcess.Round;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Measures one program on all engines. They take turns in short rounds, so that other load on the machine affects all
 * of them alike. In its turn an engine runs twice on the same frames, and the second pass counts: the first one warms
 * up caches and branch predictors again after the other engines' turns. Times are CPU time of the thread; a ratio is
 * the median of the ratios of rounds that followed one another.
 */
final class Race implements AutoCloseable {
    private static final Duration WARM_UP = Duration.ofSeconds(6);
    private static final Duration RACE = Duration.ofSeconds(15);
    private static final int LEAST_ROUNDS = 15;

    /** An engine with its process and its times in ns per packet. */
    private static final class Entry {
        final String name;
        final PeerProcess process;
        double[] times = {};
        double bytes;
        String refusal = "";

        Entry(String name, PeerProcess process) {
            this.name = name;
            this.process = process;
        }
    }

    private final Workload workload;
    private final List<Entry> entries = new ArrayList<>();

    Race(Workload workload) {
        this.workload = workload;
    }

    void enter(String name, List<String> command) throws IOException {
        entries.add(new Entry(name, new PeerProcess(command)));
    }

    /** Warms all engines up, and measures them. */
    void run() throws IOException {
        for (Entry entry : entries) {
            entry.refusal = entry.process.refusal();
        }
        List<Entry> running =
                entries.stream().filter(entry -> entry.refusal.isEmpty()).toList();
        rounds(running, WARM_UP);
        List<double[]> rounds = rounds(running, RACE);
        for (int i = 0; i < running.size(); i++) {
            int index = i;
            running.get(i).times =
                    rounds.stream().mapToDouble(round -> round[index]).toArray();
        }
    }

    /** {@return ns per packet, by round and entry} */
    private List<double[]> rounds(List<Entry> running, Duration duration) throws IOException {
        List<double[]> rounds = new ArrayList<>();
        int count = workload.framesPerRound();
        int from = 0;
        long start = System.nanoTime();
        while (rounds.size() < LEAST_ROUNDS || System.nanoTime() - start < duration.toNanos()) {
            double[] times = new double[running.size()];
            int checksum = 0;
            for (int i = 0; i < times.length; i++) {
                PeerProcess process = running.get(i).process;
                process.run(from, from + count);
                Round round = process.run(from, from + count);
                if (i > 0 && round.checksum() != checksum) {
                    throw new IllegalStateException(workload.title() + ": the verdicts of " + running.get(i).name
                            + " differ from those of " + running.get(i - 1).name);
                }
                checksum = round.checksum();
                times[i] = (double) round.nanos() / count;
                running.get(i).bytes = (double) round.bytes() / count;
            }
            rounds.add(times);
            from = (from + count) % (Frames.COUNT * Frames.ROUNDS);
        }
        return rounds;
    }

    /** Prints a row for each engine. */
    void print() {
        String title = workload.title();
        for (Entry entry : entries) {
            String result = entry.refusal.isEmpty() ? result(entry.times) : "refused: " + entry.refusal + " | | | |";
            System.out.println("| " + title + " | " + entry.name + " | " + result + " |");
        }
    }

    /** {@return the median of the engine's times, in ns per packet} */
    double median(String name) {
        double[] sorted = entry(name).times.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** {@return the median ratio of the engine's times to those of another} */
    String ratio(String name, String base) {
        return ratio(entry(name).times, base);
    }

    /** {@return the bytes that the engine allocated for each packet of the last round} */
    double bytes(String name) {
        return entry(name).bytes;
    }

    private Entry entry(String name) {
        return entries.stream()
                .filter(entry -> entry.name.equals(name))
                .findFirst()
                .orElseThrow();
    }

    private String result(double[] times) {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        return String.format(
                Locale.ROOT,
                "%.1f | %.1f | %.1f | %s | %s",
                sorted[sorted.length / 2],
                sorted[0],
                sorted[sorted.length - 1],
                ratio(times, "libpcap"),
                ratio(times, "C, cc -O3"));
    }

    /**
     * {@return the median ratio of the times to those of the named engine, or the empty string if that engine did not
     * run}
     */
    private String ratio(double[] times, String name) {
        Optional<double[]> base = entries.stream()
                .filter(entry -> entry.name.equals(name) && entry.refusal.isEmpty())
                .map(entry -> entry.times)
                .findFirst();
        if (base.isEmpty()) {
            return "";
        }
        double[] ratios = new double[times.length];
        Arrays.setAll(ratios, n -> times[n] / base.get()[n]);
        Arrays.sort(ratios);
        return String.format(Locale.ROOT, "%.2f", ratios[ratios.length / 2]);
    }

    @Override
    public void close() {
        entries.forEach(entry -> entry.process.close());
    }
}
