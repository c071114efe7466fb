package io.github.nettybpf.benchmarks;

import io.github.nettybpf.benchmarks.Engine.Round;
import io.github.nettybpf.benchmarks.Engine.Run;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Prints a table of what each engine needs for each program, and how that compares with the last engine, which is the
 * peer.
 *
 * <p>All engines take turns in short rounds, so that what else the machine does meets all of them alike. Times are CPU time
 * of the thread; a ratio is the median of the ratios of rounds that followed one another.
 */
final class PeerTable {
    private static final int WARM_UP_ROUNDS = 300;
    private static final int ROUNDS = 301;

    private PeerTable() {}

    /**
     * Measures and prints.
     *
     * @param args the peers' executables, each as {@code name=path}; in front of them, {@code --many-packet-types} makes
     *     the interpreter meet other implementations of {@link Packet} first
     * @throws IOException if a peer fails
     */
    public static void main(String[] args) throws IOException {
        List<String> peers = new ArrayList<>(List.of(args));
        Frames frames = new Frames();
        if (peers.remove("--many-packet-types")) {
            OtherPackets.run(frames);
        }
        Path file = Files.createTempFile("frames", ".bin");
        try {
            frames.write(file);
            List<Engine> engines = new ArrayList<>();
            engines.add(new JavaEngine("interpreter", Filter::interpret, frames));
            for (String peer : peers) {
                int equals = peer.indexOf('=');
                engines.add(new PeerProcess(peer.substring(0, equals), Path.of(peer.substring(equals + 1)), file));
            }
            String peer = engines.get(engines.size() - 1).name();
            System.out.println("| program | engine | ns/packet, median | min | max | ratio to " + peer + " |");
            System.out.println("|---|---|---:|---:|---:|---:|");
            for (Workload workload : Workload.values()) {
                measure(workload, engines);
            }
        } finally {
            Files.delete(file);
        }
    }

    private static void measure(Workload workload, List<Engine> engines) throws IOException {
        List<Run> runs = new ArrayList<>();
        try {
            for (Engine engine : engines) {
                runs.add(engine.start(workload));
            }
            rounds(workload, engines, runs, WARM_UP_ROUNDS);
            double[][] times = rounds(workload, engines, runs, ROUNDS);
            for (int i = 0; i < times.length; i++) {
                print(workload, engines.get(i), times[i], times[times.length - 1]);
            }
        } finally {
            runs.forEach(Run::close);
        }
    }

    /** {@return ns per packet, by engine and round} */
    private static double[][] rounds(Workload workload, List<Engine> engines, List<Run> runs, int count)
            throws IOException {
        double[][] times = new double[runs.size()][count];
        for (int n = 0; n < count; n++) {
            int checksum = 0;
            for (int i = 0; i < runs.size(); i++) {
                Round round = runs.get(i).round();
                if (i > 0 && round.checksum() != checksum) {
                    throw new IllegalStateException(workload.title() + ": the verdicts of "
                            + engines.get(i).name() + " differ from those of "
                            + engines.get(i - 1).name());
                }
                checksum = round.checksum();
                times[i][n] = (double) round.nanos() / (Frames.COUNT * Frames.ROUNDS);
            }
        }
        return times;
    }

    private static void print(Workload workload, Engine engine, double[] times, double[] peer) {
        double[] ratios = new double[times.length];
        Arrays.setAll(ratios, n -> times[n] / peer[n]);
        double[] sorted = sorted(times);
        System.out.printf(
                Locale.ROOT,
                "| %s | %s | %.1f | %.1f | %.1f | %.2f |%n",
                workload.title(),
                engine.name(),
                sorted[sorted.length / 2],
                sorted[0],
                sorted[sorted.length - 1],
                sorted(ratios)[ratios.length / 2]);
    }

    private static double[] sorted(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted;
    }
}
