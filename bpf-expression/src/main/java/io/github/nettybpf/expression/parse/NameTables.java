package io.github.nettybpf.expression.parse;

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

/** The names that expressions may use, from tables that are part of this library. */
public final class NameTables {
    /** A service. */
    public record Service(int port, Set<String> transports) {}

    private static final Map<String, Long> NUMBERS = read("numbers.txt");
    private static final Map<String, Long> PROTOCOLS = read("protocols.txt");
    private static final Map<String, Service> SERVICES = readServices();

    private NameTables() {}

    /** {@return what stands for a number wherever a number may stand} */
    static Map<String, Long> numbers() {
        return NUMBERS;
    }

    /** {@return IP protocols by their names} */
    public static Map<String, Long> protocols() {
        return PROTOCOLS;
    }

    public static Map<String, Service> services() {
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
                Objects.requireNonNull(NameTables.class.getResourceAsStream(resource), resource),
                StandardCharsets.UTF_8))) {
            return reader.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" ", -1))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
