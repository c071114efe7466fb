package io.github.nettybpf.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;

/** Prints a table of the time per packet of each engine for each program. */
final class PeerTable {
    private static final String MANY_PACKET_TYPES = "--many-packet-types";

    private PeerTable() {}

    /**
     * Measures and prints.
     *
     * @param args in any order: names of {@link Workload}s (none means all); other peers, as {@code name=executable};
     *     {@code --many-packet-types}, with which this project's filters first run on other implementations of Packet.
     *     A peer whose name begins with {@link CEngine#PREFIX} is a {@link CEngine}
     * @throws IOException if a peer fails
     */
    public static void main(String[] args) throws IOException {
        List<Workload> workloads = new ArrayList<>();
        List<Engine> engines = new ArrayList<>();
        List<String> options = Stream.of(args).filter(MANY_PACKET_TYPES::equals).toList();
        EnumSet.complementOf(EnumSet.of(
                        JavaEngine.HAND_DIRECT,
                        JavaEngine.HAND_HEAP,
                        JavaEngine.COUNTED_DIRECT,
                        JavaEngine.COUNTED_HEAP))
                .forEach(engine -> engines.add(new JvmEngine(engine, options)));
        for (String arg : args) {
            int equals = arg.indexOf('=');
            if (equals >= 0) {
                String name = arg.substring(0, equals);
                Path executable = Path.of(arg.substring(equals + 1));
                engines.add(
                        name.startsWith(CEngine.PREFIX)
                                ? new CEngine(name, executable)
                                : new BytecodeEngine(name, executable));
            } else if (!arg.equals(MANY_PACKET_TYPES)) {
                workloads.add(Workload.valueOf(arg));
            }
        }
        System.out.println("| program | engine | ns/packet, median | min | max | to libpcap | to C -O3 |");
        System.out.println("|---|---|---:|---:|---:|---:|---:|");
        for (Workload workload : workloads.isEmpty() ? Arrays.asList(Workload.values()) : workloads) {
            Path folder = Files.createTempDirectory("frames");
            try {
                Path frames = folder.resolve("frames");
                workload.frames().write(frames);
                measure(workload, engines, frames);
            } finally {
                delete(folder);
            }
        }
    }

    private static void measure(Workload workload, List<Engine> engines, Path frames) throws IOException {
        try (Race race = new Race(workload)) {
            for (Engine engine : engines) {
                if (engine.has(workload)) {
                    race.enter(engine.name(), engine.command(workload, frames));
                }
            }
            race.run();
            race.print();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
