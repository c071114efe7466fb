package io.github.nettybpf.examples;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The names of the owners of address blocks (OUI), from the IEEE's list as Debian's package ieee-data has it. */
final class Vendors {
    static final Path FILE = Path.of("/usr/share/ieee-data/oui.txt");
    static final Vendors NONE = new Vendors(Map.of());

    private static final Pattern LINE = Pattern.compile("([0-9A-F]{2})-([0-9A-F]{2})-([0-9A-F]{2}) +\\(hex\\)\\s+(.+)");

    /** The bit of an address that no block has: whoever uses it has chosen it (locally administered). */
    private static final long LOCAL = 0x0200_0000_0000L;

    private final Map<Long, String> names;

    private Vendors(Map<Long, String> names) {
        this.names = names;
    }

    /** Reads a file whose lines have the form {@code 00-00-0C   (hex)   Cisco Systems, Inc}; others are ignored. */
    static Vendors read(Path file) throws IOException {
        Map<Long, String> names = new HashMap<>();
        try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
            lines.map(LINE::matcher)
                    .filter(Matcher::matches)
                    .forEach(line -> names.put(
                            Long.parseLong(line.group(1) + line.group(2) + line.group(3), 16),
                            Printable.escaped(line.group(4).strip().getBytes(StandardCharsets.UTF_8))));
        }
        return new Vendors(names);
    }

    /** {@return the name, or empty if there is none} */
    Optional<String> of(Mac mac) {
        return (mac.bits() & LOCAL) != 0 ? Optional.empty() : Optional.ofNullable(names.get(mac.bits() >>> 24));
    }
}
