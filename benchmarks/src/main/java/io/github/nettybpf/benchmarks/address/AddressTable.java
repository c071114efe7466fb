package io.github.nettybpf.benchmarks.address;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;

/**
 * Prints what looking a source up in a list of addresses costs: in an AddressSet, in Netty's IpSubnetFilter, in a binary
 * trie and in a HashSet, with the number of wrong answers; then what making and changing a set costs. A table for each
 * JVM; each column is measured in a JVM of its own, one after the other.
 */
final class AddressTable {
    private static final List<String> COUNTS = List.of("10000", "100000", "1000000");

    private AddressTable() {}

    /**
     * Measures and prints.
     *
     * @param args the JDKs, each as its feature version, an equals sign and its folder
     * @throws IOException if a JVM fails
     * @throws InterruptedException if the thread is interrupted
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        for (String jdk : args) {
            int equals = jdk.indexOf('=');
            EnumMap<AddressLookup, Map<String, Double>> figures = new EnumMap<>(AddressLookup.class);
            for (AddressLookup lookup : AddressLookup.values()) {
                figures.put(lookup, figures(Path.of(jdk.substring(equals + 1), "bin", "java"), lookup));
            }
            print("Java " + jdk.substring(0, equals), figures);
        }
    }

    private static Map<String, Double> figures(Path java, AddressLookup lookup)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(java.toString(), "-Xmx8g"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), AddressPeer.class.getName()));
        command.addAll(List.of(lookup.name(), String.join(",", COUNTS)));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Map<String, Double> figures = new HashMap<>();
        try (BufferedReader lines = process.inputReader(StandardCharsets.US_ASCII)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                int tab = line.indexOf('\t');
                figures.put(line.substring(0, tab), Double.valueOf(line.substring(tab + 1)));
            }
        }
        if (process.waitFor() != 0) {
            throw new IOException(lookup + " ended with " + process.exitValue());
        }
        return figures;
    }

    private static void print(String jvm, EnumMap<AddressLookup, Map<String, Double>> figures) {
        StringJoiner titles = new StringJoiner(" | ", "| " + jvm + ": ns for a lookup | prefixes | sources | ", " |");
        for (AddressLookup lookup : AddressLookup.values()) {
            titles.add(lookup.title);
        }
        System.out.println(titles);
        System.out.println("|---|---:|---|" + "---:|".repeat(AddressLookup.values().length));
        for (AddressFamily family : AddressFamily.values()) {
            for (String count : COUNTS) {
                for (String sources : List.of("random", "listed")) {
                    row(family, count, sources, figures);
                }
            }
        }
        System.out.println();
        System.out.println("| " + jvm + ": 1,000,000 prefixes | IPv4 | IPv6 |");
        System.out.println("|---|---:|---:|");
        Map<String, Double> set = Objects.requireNonNull(figures.get(AddressLookup.ADDRESS_SET));
        for (String name : List.of("build ms", "parse ms", "bytes MiB", "heap MiB", "update us", "longest update us")) {
            System.out.printf(
                    Locale.ROOT, "| %s | %,.1f | %,.1f |%n", name, set.get("IPV4 " + name), set.get("IPV6 " + name));
        }
        System.out.println();
    }

    private static void row(
            AddressFamily family, String count, String sources, EnumMap<AddressLookup, Map<String, Double>> figures) {
        StringJoiner row = new StringJoiner(" | ", "| ", " |");
        row.add(family.title);
        row.add(String.format(Locale.ROOT, "%,d", Integer.parseInt(count)));
        row.add(sources);
        for (Map<String, Double> all : figures.values()) {
            String name = family + " " + count + " ";
            Double wrong = all.get(name + "wrong");
            boolean isSaid = wrong != null && wrong > 0 && sources.equals("listed");
            row.add(String.format(Locale.ROOT, "%.0f", all.get(name + sources))
                    + (isSaid
                            ? String.format(Locale.ROOT, " (%,.0f of %,.0f wrong)", wrong, all.get(name + "checked"))
                            : ""));
        }
        System.out.println(row);
    }
}
