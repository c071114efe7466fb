package io.github.nettybpf.expression;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** The names that expressions may use, from tables that are part of this library. */
final class Names {
    /** A service. */
    record Service(int port, Set<String> transports) {}

    private static final Map<String, Long> NUMBERS = read("numbers.txt");
    private static final Map<String, Long> PROTOCOLS = read("protocols.txt");
    private static final Map<String, Service> SERVICES = readServices();

    private Names() {}

    /** {@return what stands for a number wherever a number may stand} */
    static Map<String, Long> numbers() {
        return NUMBERS;
    }

    /** {@return IP protocols by their names} */
    static Map<String, Long> protocols() {
        return PROTOCOLS;
    }

    static Map<String, Service> services() {
        return SERVICES;
    }

    private static Map<String, Long> read(String resource) {
        Map<String, Long> read = new HashMap<>();
        for (String[] row : rows(resource)) {
            read.put(row[0], Long.valueOf(row[1]));
        }
        return Map.copyOf(read);
    }

    private static Map<String, Service> readServices() {
        Map<String, Service> services = new HashMap<>();
        for (String[] row : rows("services.txt")) {
            Set<String> transports = new HashSet<>();
            for (int i = 2; i < row.length; i++) {
                transports.add(row[i]);
            }
            services.put(row[0], new Service(Integer.parseInt(row[1]), Set.copyOf(transports)));
        }
        return Map.copyOf(services);
    }

    private static Collection<String[]> rows(String resource) {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(Names.class.getResourceAsStream(resource), resource), StandardCharsets.UTF_8))) {
            return reader.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" ", -1))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * {@return "; did you mean 'NAME'?" with the candidate that is most like the word}, or nothing if none is much like it.
     */
    static String suggestion(String word, Collection<String> candidates) {
        String best = "";
        int bestDistance = word.length() <= 3 ? 2 : 3;
        if (word.length() > 1 && word.length() <= 40) {
            for (String candidate : new TreeSet<>(candidates)) {
                int distance = distance(word, candidate);
                if (distance < bestDistance && distance < candidate.length()) {
                    best = candidate;
                    bestDistance = distance;
                }
            }
        }
        return best.isEmpty() ? "" : "; did you mean '" + best + "'?";
    }

    /** {@return how many insertions, removals, replacements and swaps of neighbours lead from one word to the other} */
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int replaced = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(replaced, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                boolean swapped =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                if (swapped) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
