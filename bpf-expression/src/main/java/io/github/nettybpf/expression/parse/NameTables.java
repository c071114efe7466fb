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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Names of numbers, protocols and services. The tables are resources of this module; no file of the system is read. */
public final class NameTables {
    /**
     * A service.
     *
     * @param port its port
     * @param transports the transport protocols that have it: tcp, udp or both
     */
    public record Service(int port, Set<String> transports) {}

    private static final Map<String, Long> NUMBERS = read("numbers.txt", Long::valueOf);
    private static final Map<String, Integer> PROTOCOLS = read("protocols.txt", Integer::valueOf);

    /** Read when a service is first looked up, because these tables are long. */
    private static final class Services {
        /** Those that libpcap finds on Debian. */
        static final Map<String, Service> USUAL = readServices("services.txt");

        /** Those of IANA's registry that Debian does not have. */
        static final Map<String, Service> OTHERS = readServices("iana-services.txt");
    }

    private NameTables() {}

    /** {@return the names that stand for a number wherever a number may stand, with the numbers} */
    static Map<String, Long> numbers() {
        return NUMBERS;
    }

    /** {@return the numbers of IP protocols, by name} */
    public static Map<String, Integer> protocols() {
        return PROTOCOLS;
    }

    /** {@return the service of a name, or null if there is none} */
    public static @Nullable Service service(String name) {
        Service usual = Services.USUAL.get(name);
        return usual == null ? Services.OTHERS.get(name) : usual;
    }

    /** {@return the names of services that are in use, which are few of those that {@link #service} knows} */
    public static Set<String> usualServices() {
        return Services.USUAL.keySet();
    }

    private static <N> Map<String, N> read(String resource, Function<String, N> number) {
        Map<String, N> read = new HashMap<>();
        for (String[] row : rows(resource)) {
            read.put(row[0], number.apply(row[1]));
        }
        return Map.copyOf(read);
    }

    private static Map<String, Service> readServices(String resource) {
        Map<String, Service> services = new HashMap<>();
        for (String[] row : rows(resource)) {
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
