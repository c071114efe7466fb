package io.github.nettybpf.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Prints what the handler costs in a pipeline, with a column for each JVM: packets through a pipeline without a filter,
 * with a check by hand, with the filter, and with one that counts its decisions. All rows and columns of a program take turns.
 */
final class HandlerTable {
    private static final List<Workload> WORKLOADS = List.of(Workload.PORT_22, Workload.DHCP);

    /** The engines with one kind of buffer. */
    private enum Buffers {
        DIRECT(JavaEngine.PASS_DIRECT, JavaEngine.HAND_DIRECT, JavaEngine.FILTER_DIRECT, JavaEngine.COUNTED_DIRECT),
        HEAP(JavaEngine.PASS_HEAP, JavaEngine.HAND_HEAP, JavaEngine.FILTER_HEAP, JavaEngine.COUNTED_HEAP);

        final JavaEngine unfiltered;
        final JavaEngine byHand;
        final JavaEngine filter;
        final JavaEngine counted;

        Buffers(JavaEngine unfiltered, JavaEngine byHand, JavaEngine filter, JavaEngine counted) {
            this.unfiltered = unfiltered;
            this.byHand = byHand;
            this.filter = filter;
            this.counted = counted;
        }

        /** {@return the rows, in order} */
        List<JavaEngine> engines() {
            return List.of(unfiltered, byHand, filter, counted);
        }
    }

    /**
     * A column.
     *
     * @param name its title
     * @param java the executable
     * @param options the JVM's options
     */
    private record Jvm(String name, Path java, List<String> options) {
        static Stream<Jvm> of(String argument) {
            int equals = argument.indexOf('=');
            String version = argument.substring(0, equals);
            Path java = Path.of(argument.substring(equals + 1), "bin", "java");
            Jvm plain = new Jvm("Java " + version, java, List.of());
            // Netty has no Unsafe from Java 24 on.
            return Integer.parseInt(version) < 24
                    ? Stream.of(plain)
                    : Stream.of(
                            plain,
                            new Jvm(
                                    plain.name + ", native access",
                                    java,
                                    List.of("--enable-native-access=ALL-UNNAMED")));
        }

        String title(JavaEngine engine) {
            return engine.title + ", " + name;
        }
    }

    private HandlerTable() {}

    /**
     * Measures and prints.
     *
     * @param args the JDKs, each as its feature version, an equals sign and its folder
     * @throws IOException if a JVM fails
     */
    public static void main(String[] args) throws IOException {
        List<Jvm> jvms = Stream.of(args).flatMap(Jvm::of).toList();
        System.out.println("| program | buffer | pipeline | "
                + jvms.stream().map(Jvm::name).collect(Collectors.joining(" | ")) + " |");
        System.out.println("|---|---|---|" + "---:|".repeat(jvms.size()));
        for (Workload workload : WORKLOADS) {
            try (Race race = new Race(workload)) {
                for (Jvm jvm : jvms) {
                    for (Buffers buffers : Buffers.values()) {
                        for (JavaEngine engine : buffers.engines()) {
                            race.enter(jvm.title(engine), command(jvm, engine, workload));
                        }
                    }
                }
                race.run();
                for (Buffers buffers : Buffers.values()) {
                    print(workload, buffers, jvms, race);
                }
            }
        }
    }

    private static List<String> command(Jvm jvm, JavaEngine engine, Workload workload) {
        List<String> command = new ArrayList<>(List.of(jvm.java.toString()));
        command.addAll(jvm.options);
        command.addAll(JavaPeer.arguments(engine, workload));
        return command;
    }

    private static void print(Workload workload, Buffers buffers, List<Jvm> jvms, Race race) {
        String start = "| " + workload.title() + " | " + buffers.name().toLowerCase(Locale.ROOT) + " | ";
        for (JavaEngine engine : buffers.engines()) {
            String name = engine == buffers.filter
                    ? "filter"
                    : engine == buffers.counted
                            ? "filter that counts its decisions"
                            : engine == buffers.byHand ? "check by hand" : "no filter";
            System.out.println(start
                    + name
                    + jvms.stream()
                            .map(jvm -> cell(race, jvm.title(engine), jvm.title(buffers.unfiltered)))
                            .collect(Collectors.joining(" | ", " | ", " |")));
        }
    }

    private static String cell(Race race, String name, String base) {
        String median = String.format(Locale.ROOT, "%.1f", race.median(name));
        return name.equals(base)
                ? median
                : median + String.format(Locale.ROOT, ", %s, %.0f B", race.ratio(name, base), race.bytes(name));
    }
}
